"""Notices and channels in the page: a dry run before anything is sent, what became of it, and what waits where."""

from __future__ import annotations

import pytest
from playwright.async_api import Locator, expect

from alerts.engine.delivery import Courier
from tests.alerts.story import RecordingChannel
from tests.browser.looks import find_grave
from tests.browser.real_board import RealDesk

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

NO_SHARED_CHANNEL = "update channel set enabled = false where code in ('log', 'webhook')"


def form(desk: RealDesk) -> Locator:
    """Where a notice is written."""
    return desk.page.locator("[data-part=compose]")


def dry_run(desk: RealDesk) -> Locator:
    """Whom it would tell."""
    return desk.page.locator("[data-part=dry-run]")


async def write(desk: RealDesk) -> None:
    """A notice of the first district, all but sent."""
    await desk.story.database_execute(NO_SHARED_CHANNEL)
    await desk.enter("#/notices")
    await desk.page.get_by_role("link", name="写通知").click()
    await form(desk).locator("[data-field=title]").fill("周五停电")
    await form(desk).locator("[data-field=text]").fill("周五 12 点停电一小时。")
    await form(desk).get_by_label("市南区").check()


async def test_a_notice_is_counted_before_it_is_sent_and_followed_afterwards(real_desk: RealDesk) -> None:
    desk, story = real_desk, real_desk.story
    await write(desk)
    # The guard and the desk have telephones; who else holds a post there has nothing.
    await expect(dry_run(desk)).to_contain_text("将通知 2 人")
    await expect(dry_run(desk).locator("[data-channel=sms]")).to_contain_text("2")
    await expect(dry_run(desk)).to_contain_text("2 人无法通知")
    await expect(dry_run(desk)).to_contain_text("钱值班")
    await form(desk).get_by_label("督导员").check()
    await expect(dry_run(desk)).to_contain_text("将通知 0 人")
    await form(desk).get_by_label("督导员").uncheck()
    await expect(dry_run(desk)).to_contain_text("将通知 2 人")
    assert await find_grave(desk, around=False) == []
    await desk.save_picture("notice-compose")
    await form(desk).get_by_role("button", name="发送", exact=True).click()
    await expect(form(desk)).to_contain_text("确定发送给 2 人")
    assert await story.value("select count(*) from notice") == 0
    await form(desk).get_by_role("button", name="确定发送").click()
    notice = desk.page.locator("[data-part=notice]")
    await expect(notice.locator("[data-progress=queued] b")).to_have_text("2")
    await expect(notice.locator("[data-progress=unreachable] b")).to_have_text("2")
    courier = Courier(story.database, RecordingChannel("sms", confirms=True), story.composer)
    await courier.carry_once()
    await courier.finish()
    await expect(notice.locator("[data-progress=handed_over] b")).to_have_text("2")
    await expect(notice.locator("[data-message]").first).to_contain_text("已交给通道")
    assert await find_grave(desk, around=False) == []
    await desk.save_picture("notice")
    await desk.go("#/notices")
    await expect(desk.page.locator("[data-notice]")).to_contain_text("周五停电")


async def test_a_notice_to_the_whole_city_waits_for_another_desk_which_finds_it_and_confirms(
    real_desk: RealDesk,
) -> None:
    desk, story = real_desk, real_desk.story
    await story.database_execute("update account set role = 'city_desk' where name = 'li'")
    await write(desk)
    await form(desk).get_by_role("radio", name="全市").check()
    await expect(dry_run(desk)).to_contain_text("人无法通知")
    await form(desk).get_by_label("没有第二个人在").check()
    await form(desk).get_by_role("button", name="发送", exact=True).click()
    await expect(form(desk).get_by_role("alert").filter(has_text="请写明为什么")).to_be_visible()
    await desk.save_picture("notice-city")
    await form(desk).get_by_label("没有第二个人在").uncheck()
    await form(desk).get_by_role("button", name="发送", exact=True).click()
    await form(desk).get_by_role("button", name="提出，等人确认").click()
    order = desk.page.locator("[data-order]")
    await expect(order).to_contain_text("是您提出的，等另一个人确认")
    assert await story.value("select count(*) from notice") == 0

    await desk.change_hands("li")
    await desk.page.locator("[data-part=orders-waiting]").get_by_role("link").click()
    await order.get_by_role("button", name="确认…").click()
    assert await find_grave(desk, around=False) == []
    await desk.save_picture("orders")
    await order.get_by_role("button", name="我确认").click()
    await expect(desk.page.locator("[data-part=done]")).to_contain_text("已确认：周五停电")
    await expect(order).to_have_count(0)
    assert await story.value("select sent_by from notice") == "wang"


async def test_nothing_is_sent_without_words_or_an_audience_and_what_was_written_stays(real_desk: RealDesk) -> None:
    desk = real_desk
    await write(desk)
    await form(desk).locator("[data-field=title]").fill(" ")
    await form(desk).get_by_role("button", name="发送", exact=True).click()
    await expect(form(desk).get_by_role("alert").filter(has_text="请填写标题")).to_be_visible()
    await form(desk).get_by_label("市南区").uncheck()
    await form(desk).locator("[data-field=title]").fill("周五停电")
    await form(desk).get_by_role("button", name="发送", exact=True).click()
    await expect(form(desk).get_by_role("alert").filter(has_text="请选择对象")).to_be_visible()
    await desk.go("#/incidents/1")
    await expect(desk.page.locator("[data-view=incident]")).to_be_visible()
    await desk.page.go_back()
    await expect(form(desk).locator("[data-field=text]")).to_have_value("周五 12 点停电一小时。")
    assert await desk.story.value("select count(*) from notice") == 0


async def go_alone(form: Locator) -> None:
    """Says why there is no second person for what reaches the whole city."""
    await form.locator("[data-field=alone]").check()
    await form.locator("[data-field=reason]").fill("夜里只有我一人")


async def test_a_channel_shows_what_waits_and_takes_its_throttle_and_quiet_hours(real_desk: RealDesk) -> None:
    desk, story = real_desk, real_desk.story
    await story.press("S1-G1", id="a-press")
    await desk.enter("#/channels", name="chen")
    sms = desk.page.locator("[data-channel=sms]")
    await expect(sms).to_contain_text("真实警情")
    await expect(sms).to_contain_text("已启用")
    await expect(sms).to_contain_text("0 / 3 失效")
    await sms.get_by_role("button", name="设置：短信").click()
    conduct = desk.page.locator("[data-part=conduct]")
    await conduct.locator("[data-field=limited]").check()
    await go_alone(conduct)
    await conduct.locator("[data-field=rate]").fill("0")
    await conduct.get_by_role("button", name="保存").click()
    await expect(conduct).to_contain_text("1 到 10000")
    await conduct.locator("[data-field=rate]").fill("25")
    await conduct.locator("[data-field=quiet]").check()
    await conduct.locator("[data-field=quiet-zone]").fill("Asia/Tsingtao")
    await conduct.get_by_role("button", name="保存").click()
    await expect(conduct.locator("[data-part=problem]")).to_contain_text("没有这个时区")
    assert await find_grave(desk, around=False) == []
    await desk.save_picture("channels")
    await conduct.locator("[data-field=quiet-zone]").fill("Asia/Shanghai")
    await conduct.get_by_role("button", name="保存").click()
    await expect(sms).to_contain_text("每秒 25 条")
    await expect(sms).to_contain_text("安静时段 22:00–次日 07:00")
    assert await story.value("select rate_per_second from channel where code = 'sms'") == 25
    city = desk.page.locator("[data-part=city-quiet]")
    await city.get_by_role("button", name="设置：全市安静时段").click()
    await city.locator("[data-field=quiet]").check()
    await city.locator("[data-field=quiet-from]").fill("23:00")
    await go_alone(city)
    await city.get_by_role("button", name="保存").click()
    await expect(city).to_contain_text("安静时段 23:00–次日 07:00")


async def test_a_reader_looks_and_is_offered_nothing_to_change(real_desk: RealDesk) -> None:
    desk = real_desk
    await desk.enter("#/channels", name="li")
    await expect(desk.page.locator("[data-channel=sms]")).to_contain_text("已启用")
    await expect(desk.page.locator("[data-part=channels] button")).to_have_count(0)
    await desk.go("#/notices/new")
    await expect(desk.page.locator("[data-section=notices]")).to_contain_text("您的角色可以查看")
    await desk.go("#/practice")
    await expect(desk.page.locator("[data-section=practice]")).to_contain_text("您的角色可以查看")
