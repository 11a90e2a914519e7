"""An inspector's eye on one school's day: walked by keyboard on a telephone, down to the raw message."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta

import pytest
from playwright.async_api import expect

from alerts.domain.compliance.verdicts import Judgement, Reference, ReferenceKind, Verdict, say
from tests.alerts.compliance.living import EQUIPMENT
from tests.alerts.compliance.standing import ZONE, let_stand, today
from tests.browser.looks import find_cut_off, find_grave
from tests.browser.real_board import RealDesk

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

HAZARD = """
insert into hazard (school, source, title, place, fingerprint, opened_at, opened_by, due_at) values
    ('S2', 'parent', '路灯不亮', '南门', 'f', now() - interval '9 days', 'wang', now() - interval '1 day');
"""

HEARD = """
insert into device_transition (device, at, link, troubles)
    select code, now() - interval '3 days', 'online', '{}' from device;
"""


async def report(desk: RealDesk, device: str, channel: str, hours: str, held_hours: float = 0, **said: object) -> None:
    """A device of S2 tells what happened yesterday; it came in so many hours later."""
    yesterday = today(desk.story.database, 1)
    at = datetime.fromisoformat(f"{yesterday}T{hours}").replace(tzinfo=ZONE)
    message = {"id": f"{channel} {hours}", "at": at.isoformat(), **said}
    came = at + timedelta(hours=held_hours, seconds=1)
    await desk.story.intake.take_reports([desk.story.arrival(message, device, channel, school="S2", received_at=came)])


async def fill_yesterday(desk: RealDesk) -> date:
    """The gate opened in lessons; one visitor was written down at once, another in the evening."""
    await desk.story.database_execute(EQUIPMENT + HEARD)
    for hours, opened in (("09:00", False), ("10:00", True), ("10:05", False)):
        await report(desk, "S2-GATE", "gate", hours, open=opened)
    for visit, hours, held in (("v1", "10:01", 0), ("v2", "14:00", 6)):
        await report(desk, "S2-VIS", "visit", hours, held, visit=visit, step="register", name="张三")
    return today(desk.story.database, 1)


async def test_a_day_is_walked_by_keyboard_on_a_telephone_down_to_the_raw_message(real_desk: RealDesk) -> None:
    desk, page = real_desk, real_desk.page
    yesterday = await fill_yesterday(desk)
    await page.set_viewport_size({"width": 390, "height": 844})
    # Nobody recorded that day; what happened on it is drawn all the same.
    await desk.enter(f"#/compliance/schools/S2/{yesterday}")
    gate = page.locator("[data-part=day] [data-lane=gate]")
    opened = gate.locator("[data-mark=open]")
    await expect(opened).to_have_attribute("aria-label", re.compile("^开，10:00:00 – 10:05:00"))
    await gate.locator("[tabindex='0']").focus()
    for _ in range(2):
        await page.keyboard.press("ArrowRight")
    await expect(opened).to_be_focused()
    await page.keyboard.press("Enter")
    chosen = page.locator("[data-part=chosen]")
    await expect(chosen.get_by_role("heading", name="开，10:00:00 – 10:05:00")).to_be_focused()
    await chosen.get_by_role("button", name="打开证据").first.click()
    await expect(chosen.locator("[data-part=raw] pre")).to_contain_text('"open":true')
    await expect(chosen.locator("[data-part=raw]")).to_contain_text("SHA-256")
    await page.locator("#day-heading").scroll_into_view_if_needed()
    await desk.save_picture("compliance-day-phone")
    assert await page.evaluate("document.documentElement.scrollWidth") <= 390
    assert await find_cut_off(desk) == []
    assert await find_grave(desk, around=False) == []
    # What was kept and does not count says why; the table has it, too.
    await page.locator("[data-part=day-table] summary").click()
    row = page.locator("[data-part=day-table] tr[data-mark=visit]").filter(has_text="v2")
    await expect(row).to_contain_text("事后补填的访客登记")
    await row.get_by_role("button", name="查看").click()
    await expect(chosen).to_contain_text("不计入的原因")
    await expect(chosen.locator("[data-part=raw]")).to_contain_text("v2")
    await chosen.get_by_role("button", name="收起").click()
    await expect(row.get_by_role("button", name="查看")).to_be_focused()


async def test_on_a_desk_the_whole_day_is_in_sight_and_no_name_of_a_strip_covers_what_it_says(
    real_desk: RealDesk,
) -> None:
    page = real_desk.page
    await real_desk.enter(f"#/compliance/schools/S2/{await fill_yesterday(real_desk)}")
    strip = page.locator("[data-part=day] [data-lane]", has=page.locator(".nothing")).first
    label, words = strip.locator(".label"), strip.locator(".nothing")
    await expect(words).to_be_visible()
    assert await page.locator("[data-part=day] [data-sideways]").evaluate("one => one.scrollWidth <= one.clientWidth")
    left, right = await words.bounding_box(), await label.bounding_box()
    assert left is not None
    assert right is not None
    assert left["x"] >= right["x"] + right["width"] - 1


async def test_the_day_goes_on_while_one_looks_and_a_hazard_opens_where_a_rule_refers_to_it(
    real_desk: RealDesk,
) -> None:
    desk, page = real_desk, real_desk.page
    await desk.story.database_execute(EQUIPMENT + HAZARD)
    overdue = Judgement(
        Verdict.NOT_MET,
        (say("hazard_overdue", hazard=1, due="2026-11-23T02:00:00+00:00"),),
        (Reference(ReferenceKind.HAZARD, "1"),),
    )
    await let_stand(desk.story.database, {"S2": {"Z1": overdue}})
    await desk.enter("#/compliance/schools/S2")
    day = page.locator("[data-part=day]")
    await expect(day).to_contain_text("随时更新")
    await expect(day.locator("[data-lane=facts] [data-mark=fact]")).to_have_count(0)
    await desk.story.database_execute(
        "insert into declared_fact (school, kind, at, by, grade, said, recorded_at)"
        " values ('S2', 'kit', now(), 'wang', 'C', '{}', now())"
    )
    await let_stand(desk.story.database, {"S2": {"Z1": overdue, "G6": Verdict.UNKNOWN}})
    await expect(day.locator("[data-lane=facts] [data-mark=fact]")).to_have_count(1)
    rule = page.locator("[data-rule=Z1]")
    await rule.get_by_role("button", name="打开证据").click()
    await expect(rule.locator("[data-part=hazard]")).to_contain_text("路灯不亮")
    await day.evaluate("day => day.scrollIntoView()")
    await desk.save_picture("compliance-day-desk")
    assert await find_grave(desk, around=False) == []
