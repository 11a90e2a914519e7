"""People in the page: found, reached in their order, proved by a code, away and stood in for."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from playwright.async_api import Locator, expect

from tests.browser.looks import walk
from tests.browser.real_board import RealDesk

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]


def part(desk: RealDesk, name: str) -> Locator:
    """One part of a person's page."""
    return desk.page.locator(f"[data-part={name}]")


def methods(desk: RealDesk) -> Locator:
    """How the person is reached, in their order."""
    return part(desk, "methods").locator("[data-method]")


async def read_sent_code(desk: RealDesk) -> str:
    """The six digits that are on their way to the telephone."""
    text = await desk.story.value("select text from notice order by id desc limit 1")
    found = re.search(r"\d{6}", str(text))
    assert found, text
    return found[0]


async def test_whom_nothing_reaches_is_found_and_a_number_counts_only_when_its_code_came_back(
    real_desk: RealDesk,
) -> None:
    desk = real_desk
    await desk.enter("#/people")
    await expect(desk.page.locator('[data-person="guard"]')).to_contain_text("2 种方式可用")
    await desk.page.get_by_label("只看联系不上的").check()
    await expect(desk.page.locator('[data-person="guard"]')).to_have_count(0)
    await desk.page.get_by_role("searchbox").fill("钱")
    await desk.page.locator('[data-person="duty"]').get_by_role("link", name="钱值班").click()
    await part(desk, "methods").get_by_label("号码或地址").fill("12345")
    await part(desk, "methods").get_by_role("button", name="添加").click()
    await expect(part(desk, "methods")).to_contain_text("短信需要手机号")
    await part(desk, "methods").get_by_label("号码或地址").fill("138 0000 0000")
    await part(desk, "methods").get_by_role("button", name="添加").click()
    await expect(methods(desk)).to_contain_text("未验证，不会用来通知")
    await methods(desk).get_by_role("button", name="发送验证码").click()
    await expect(methods(desk).get_by_role("textbox")).to_be_visible()
    code = await read_sent_code(desk)
    await methods(desk).get_by_role("textbox").fill("000000" if code != "000000" else "000001")
    await methods(desk).get_by_role("button", name="验证", exact=True).click()
    await expect(methods(desk)).to_contain_text("验证码不对")
    await methods(desk).get_by_role("textbox").fill(code)
    await methods(desk).get_by_role("button", name="验证", exact=True).click()
    await expect(methods(desk)).to_have_attribute("data-state", "works")
    assert await desk.story.value("select verified_at is not null from contact_method where person = 'duty'")


async def test_the_order_of_methods_is_changed_and_one_is_taken_away_after_asking(real_desk: RealDesk) -> None:
    desk = real_desk
    await desk.enter("#/people/guard")
    await expect(methods(desk).first).to_contain_text("短信")
    await methods(desk).last.get_by_role("button", name=re.compile("上移")).click()
    await expect(methods(desk).first).to_contain_text("电话")
    channels = "select array_agg(channel order by rank) from contact_method where person = 'guard'"
    assert await desk.story.value(channels) == ["voice", "sms"]
    await methods(desk).last.get_by_role("button", name=re.compile("删除")).click()
    await methods(desk).last.get_by_role("button", name="不删").click()
    await expect(methods(desk)).to_have_count(2)
    await methods(desk).last.get_by_role("button", name=re.compile("删除")).click()
    await methods(desk).last.get_by_role("button", name="确定").click()
    await expect(methods(desk)).to_have_count(1)
    assert await desk.story.value(channels) == ["voice"]


async def test_leave_deputies_and_certificates_are_entered_and_what_ends_soon_is_marked(real_desk: RealDesk) -> None:
    desk = real_desk
    await desk.enter("#/people/guard")
    await part(desk, "deputies").get_by_role("combobox").fill("钱")
    await part(desk, "deputies").get_by_role("option", name=re.compile("钱值班")).click()
    await expect(part(desk, "deputies").locator('[data-deputy="duty"]')).to_be_visible()
    day = (desk.story.now + timedelta(days=2)).date().isoformat()
    await part(desk, "leave").get_by_label("从", exact=True).fill(f"{day}T08:00")
    await part(desk, "leave").get_by_label("到", exact=True).fill(f"{day}T07:00")
    await part(desk, "leave").get_by_role("button", name="登记离岗").click()
    await expect(part(desk, "leave")).to_contain_text("离岗结束时间要晚于开始时间")
    await part(desk, "leave").get_by_label("到", exact=True).fill(f"{day}T20:00")
    await part(desk, "leave").get_by_role("button", name="登记离岗").click()
    await expect(part(desk, "leave").locator("[data-leave]")).to_contain_text("20:00")
    hours = await desk.story.value("select ends_at - starts_at from leave where person = 'guard'")
    assert hours == timedelta(hours=12)
    await part(desk, "certificates").get_by_text("登记或续期证书").click()
    await part(desk, "certificates").get_by_label("编号").fill("BA-1")
    await part(desk, "certificates").get_by_label("有效期至").fill(day)
    await part(desk, "certificates").get_by_role("button", name="保存").click()
    await expect(part(desk, "certificates").locator("[data-certificate]")).to_contain_text("30 天内到期")
    await desk.go("#/people/~certificates")
    await expect(desk.page.get_by_role("link", name="赵保安")).to_be_visible()


async def test_a_reader_sees_a_person_and_can_change_nothing(real_desk: RealDesk) -> None:
    desk = real_desk
    await desk.enter("#/people/guard", name="li")
    await expect(methods(desk)).to_have_count(2)
    await expect(desk.page.locator("[data-part=person] form")).to_have_count(0)
    await expect(desk.page.locator("[data-part=person]").get_by_role("button")).to_have_count(0)


async def test_the_pages_of_people_fit_and_can_be_read_by_everybody(real_desk: RealDesk) -> None:
    await real_desk.enter()
    routes = {"people": "#/people", "person": "#/people/guard", "certificates": "#/people/~certificates"}
    await walk(real_desk, routes)
