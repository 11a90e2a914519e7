"""Rosters in the page: a week as it is, changed after looking, by hand, or from a calendar; days off."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from playwright.async_api import Locator, expect

from alerts.domain.rosters import Override, OverrideKind
from alerts.staff.absences import save_leave
from alerts.staff.rosters import save_override
from tests.alerts.staff.rota import SHANGHAI, put_in_force
from tests.browser.looks import walk
from tests.browser.real_board import RealDesk

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

POST = "#/rosters/S1%3Aduty"
CLOSED_LOOP = """
insert into day_exception (kind, first_on, last_on, district, level, reason, saved_by, saved_at)
values ('closed_loop', current_date, current_date + 9, '370202', 'tightened', '流感高发，减少外来人员', 'test', now())
"""
ICS = """BEGIN:VCALENDAR
VERSION:2.0
PRODID:-//school//ZH
BEGIN:VEVENT
UID:1
SUMMARY:夜班 冯局长
DTSTART:{day}T200000
DTEND:{day}T230000
END:VEVENT
BEGIN:VEVENT
UID:2
SUMMARY:路人甲
DTSTART:{day}T080000
DTEND:{day}T200000
END:VEVENT
END:VCALENDAR
"""


def week(desk: RealDesk) -> Locator:
    """The week of the post, each day a row."""
    return desk.page.locator("[data-part=post] [data-part=week]")


def day(desk: RealDesk, ahead: int) -> str:
    """A day on the wall of the school, so many days from today."""
    return (desk.story.now.astimezone(SHANGHAI) + timedelta(days=ahead)).date().isoformat()


async def send_on_leave_today(desk: RealDesk) -> None:
    now = desk.story.now
    await save_leave(desk.story.database, "guard", now, now + timedelta(days=6), "", "wang")


async def stand_in_for_half_an_hour(desk: RealDesk) -> None:
    """Such a bar is far too narrow for a finger, unless it is made wider than its time."""
    noon = desk.story.now.astimezone(SHANGHAI).replace(hour=12, minute=0) + timedelta(days=1)
    stand_in = Override(0, OverrideKind.REPLACE, noon, noon + timedelta(minutes=30), "head", "guard")
    await save_override(desk.story.database, "S1:duty", stand_in, "", "wang")


async def test_the_week_shows_who_is_on_duty_and_a_hole_in_red_and_why(real_desk: RealDesk) -> None:
    desk = real_desk
    await put_in_force(desk.story)
    await send_on_leave_today(desk)
    await desk.enter("#/rosters")
    row = desk.page.locator('[data-post="S1:duty"]')
    await expect(row.locator("b.hole")).to_be_visible()
    await row.get_by_role("link", name="学校值守").click()
    await expect(week(desk).locator("[data-day]")).to_have_count(7)
    await expect(week(desk).get_by_role("button", name=re.compile("^钱值班")).first).to_be_visible()
    await expect(week(desk).locator("[data-hole=leave]").first).to_contain_text("离岗且无人替")
    await desk.go("#/rosters/~schools/S1")
    await expect(desk.page.locator("[data-part=on-duty-now]")).to_contain_text("学校值守")


async def test_a_roster_shows_whom_it_would_put_on_duty_before_it_is_saved(real_desk: RealDesk) -> None:
    desk = real_desk
    await desk.enter(f"{POST}")
    await expect(desk.page.locator("[data-part=post]")).to_contain_text("任职人员全天值守")
    await desk.page.get_by_role("link", name="建立排班").click()
    editor, preview = desk.page.locator("[data-part=roster-editor] form"), desk.page.locator("[data-part=preview]")
    await expect(preview).to_contain_text("第 1 组还没有人")
    await editor.get_by_role("button", name="赵保安").click()
    await expect(preview).to_contain_text("处缺人")
    await expect(preview.locator("[data-hole=no_shift]").first).to_be_visible()
    await editor.get_by_role("button", name="再加一个班次").click()
    night = editor.locator('[data-shift="夜班"]')
    await night.get_by_role("combobox", name=re.compile("添加")).fill("钱")
    await night.get_by_role("option", name=re.compile("钱值班")).click()
    await expect(preview).to_contain_text("没有缺人")
    assert await desk.story.value("select count(*) from roster") == 0
    # An alarm calls the person away, and what was not saved is still there.
    await desk.go("#/")
    await desk.go(f"{POST}/edit")
    await expect(night).to_contain_text("钱值班")
    await editor.get_by_role("button", name="保存并立即生效").click()
    await expect(week(desk)).to_contain_text("赵保安")
    assert await desk.story.value("select count(distinct person) from duty where post = 'S1:duty'") == 2


async def test_who_did_not_see_the_newest_version_is_told_and_may_still_save_theirs(real_desk: RealDesk) -> None:
    desk = real_desk
    await put_in_force(desk.story)
    await desk.enter(f"{POST}/edit")
    editor = desk.page.locator("[data-part=roster-editor] form")
    await editor.get_by_label("提前到岗（分钟）").fill("15")
    await put_in_force(desk.story)
    await editor.get_by_role("button", name="保存并立即生效").click()
    await expect(editor.get_by_role("alert")).to_contain_text("别人刚刚保存了第 2 版")
    await editor.get_by_role("button", name="仍要保存我的").click()
    await expect(editor.get_by_role("alert")).to_have_text("")
    await editor.get_by_role("button", name="保存并立即生效").click()
    await expect(week(desk)).to_be_visible()
    assert await desk.story.value("select version from roster where post = 'S1:duty'") == 3


async def test_a_shift_is_given_to_somebody_else_and_taken_back(real_desk: RealDesk) -> None:
    desk = real_desk
    await put_in_force(desk.story)
    await desk.enter(POST)
    await week(desk).locator(f'[data-day="{day(desk, 2)}"]').get_by_role("button", name=re.compile("^赵保安")).click()
    form = desk.page.locator("[data-part=override-form]")
    await expect(form.get_by_label("从", exact=True)).to_have_value(f"{day(desk, 2)}T08:00")
    await form.get_by_role("combobox", name=re.compile("来的人")).fill("冯")
    await form.get_by_role("option", name=re.compile("冯局长")).click()
    await form.get_by_role("button", name="保存").click()
    overrides = desk.page.locator("[data-override]")
    await expect(overrides).to_contain_text("冯局长")
    await expect(week(desk).get_by_role("button", name=re.compile("^冯局长"))).to_be_visible()
    await overrides.get_by_role("button", name=re.compile("删除")).click()
    await overrides.get_by_role("button", name="确定").click()
    await expect(overrides).to_have_count(0)
    await expect(week(desk).get_by_role("button", name=re.compile("^冯局长"))).to_have_count(0)


async def test_two_people_swap_their_shifts_and_whoever_subscribes_gets_an_address_once(real_desk: RealDesk) -> None:
    desk = real_desk
    await put_in_force(desk.story)
    await desk.enter(POST)
    swap = desk.page.locator("[data-part=swap-form]")
    await swap.get_by_text("两人换班").click()
    of_guard = swap.get_by_label("这一班").locator("option", has_text="赵保安")
    of_duty = swap.get_by_label("换那一班").locator("option", has_text="钱值班")
    await swap.get_by_label("这一班").select_option(await of_guard.nth(1).get_attribute("value"))
    await swap.get_by_label("换那一班").select_option(await of_duty.nth(2).get_attribute("value"))
    await swap.get_by_role("button", name="换班").click()
    await expect(desk.page.locator("[data-override]")).to_have_count(2)
    sources = "select array_agg(distinct person order by person) from duty where post = 'S1:duty' and source = 'swap'"
    assert await desk.story.value(sources) == ["duty", "guard"]
    feed = desk.page.locator("[data-part=feed]")
    await feed.get_by_role("button", name="生成地址").click()
    address = await feed.get_by_role("textbox", name="订阅地址").input_value()
    answer = await desk.page.request.get(address)
    assert "BEGIN:VEVENT" in await answer.text()
    await desk.page.reload()
    await expect(feed).to_contain_text("已有订阅地址")
    await expect(feed.get_by_label("订阅地址", exact=True)).to_have_count(0)


async def test_a_calendar_is_looked_at_before_its_events_become_duty(real_desk: RealDesk) -> None:
    desk = real_desk
    await desk.enter(f"{POST}/import")
    text = ICS.format(day=day(desk, 1).replace("-", "")).replace("\n", "\r\n").encode()
    file = {"name": "duty.ics", "mimeType": "text/calendar", "buffer": text}
    await desk.page.get_by_label(re.compile("日历文件")).set_input_files(file)  # type: ignore[arg-type]
    await expect(desk.page.locator("[data-imported=false]")).to_contain_text("找到 1 个值班事件")
    await expect(desk.page.locator("[data-imported=false]")).to_contain_text("路人甲")
    assert await desk.story.value("select count(*) from roster") == 0
    await desk.page.get_by_role("button", name="导入并立即生效").click()
    await expect(desk.page.locator("[data-imported=true]")).to_contain_text("已导入 1 个")
    assert await desk.story.value("select person from duty where post = 'S1:duty'") == "head"


async def test_days_off_and_days_that_are_otherwise_are_entered_and_a_year_that_nobody_knows_is_warned_of(
    real_desk: RealDesk,
) -> None:
    desk = real_desk
    await desk.enter("#/rosters/~calendar", name="chen")
    calendar = desk.page.locator("[data-part=calendar]")
    await calendar.get_by_label("日期").fill(day(desk, 3))
    await calendar.get_by_label("名称").fill("运动会")
    await calendar.get_by_role("button", name="录入").click()
    await expect(calendar.locator(f'[data-entered="{day(desk, 3)}"]')).to_contain_text("运动会")
    assert await desk.story.value("select count(*) from calendar_day") == 1
    unknown = str(int(day(desk, 0)[:4]) + 1)
    await calendar.get_by_label("年份").select_option(unknown)
    await expect(calendar.locator(f'[data-unknown="{unknown}"]')).to_contain_text("放假安排还不知道")

    days = calendar.locator("[data-part=exceptions]")
    await days.get_by_label("哪一种").select_option("exam")
    await say_when(days, day(desk, 5), "期末考试")
    await expect(desk.page.locator("[data-part=orders] [data-order]")).to_contain_text("期末考试")
    assert await desk.story.value("select count(*) from day_exception") == 0, "the whole city takes two people"
    await desk.go("#/rosters/~calendar/schools/S1")
    await days.get_by_label("全部离校的时间").fill("12:30")
    await say_when(days, day(desk, 5), "运动会")
    await expect(days.locator("[data-exception]")).to_contain_text("提前放学 · 12:30 前全部离校")
    told = "select array[kind::text, school, closes::text, reason] from day_exception"
    assert await desk.story.value(told) == ["early_closing", "S1", "12:30:00", "运动会"]
    await days.get_by_role("button", name="恢复平常：提前放学").click()
    await days.get_by_role("button", name="恢复平常", exact=True).click()
    await expect(days.locator("[data-exception]")).to_have_count(0)


async def say_when(days: Locator, on: str, why: str) -> None:
    """Says that this day is otherwise."""
    await days.get_by_label("第一天").fill(on)
    await days.get_by_label("最后一天").fill(on)
    await days.get_by_label("缘由").fill(why)
    await days.get_by_role("button", name="保存").click()


async def test_the_pages_of_rosters_fit_and_can_be_read_by_everybody(real_desk: RealDesk) -> None:
    await put_in_force(real_desk.story)
    await send_on_leave_today(real_desk)
    await stand_in_for_half_an_hour(real_desk)
    await real_desk.story.database_execute(CLOSED_LOOP)
    await real_desk.enter(name="chen")
    routes = {
        "rosters": "#/rosters",
        "school-posts": "#/rosters/~schools/S1",
        "post": POST,
        "roster-editor": f"{POST}/edit",
        "calendar": "#/rosters/~calendar",
    }
    await walk(real_desk, routes, shown=dict.fromkeys(("post", "roster-editor"), "[data-part=week]"))
