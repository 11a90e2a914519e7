"""Holes of the coming week: seen before they hurt, explained, and gone when they are mended."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from playwright.async_api import expect

from alerts.domain.rosters import Override, OverrideKind
from alerts.engine.coverage import lint_stale_schools
from alerts.staff.rosters import end_override, save_override
from tests.alerts.staff.rota import POST, put_in_force, stand_at
from tests.browser.real_board import RealDesk

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]


async def look_at_coverage(desk: RealDesk) -> None:
    """The engine's lint, until it has seen every change."""
    while await lint_stale_schools(desk.story.database):
        pass


async def leave_tuesday_empty(desk: RealDesk) -> tuple[datetime, int]:
    """Only the school's own people can be reached; on next Tuesday from 14:00 to 16:00 nobody is on duty."""
    tuesday = stand_at(desk.story, 2026, 11, 19, 9) + timedelta(days=5, hours=5)
    await desk.story.database_execute("update channel set enabled = false where code = 'log'")
    await desk.story.database_execute("delete from contact_method where person in ('desk', 'city')")
    await desk.story.database_execute(
        "insert into contact_method (person, rank, channel, address, added_at, verified_at)"
        " values ('duty', 1, 'sms', '+999duty', now(), now())"
    )
    await put_in_force(desk.story)
    empty = Override(0, OverrideKind.NOBODY, tuesday, tuesday + timedelta(hours=2), None)
    saved, _ = await save_override(desk.story.database, POST, empty, "", "wang")
    await look_at_coverage(desk)
    return tuesday, saved.id


async def test_a_hole_in_next_tuesdays_roster_is_listed_explained_and_mended(real_desk: RealDesk) -> None:
    desk = real_desk
    _, override = await leave_tuesday_empty(desk)
    await desk.enter("#/coverage")
    hole = desk.page.locator('[data-hole="S1"][data-finding=nobody]')
    await expect(hole).to_contain_text("11月24日周二 14:00 – 15:59")  # a minute later 16:00 is soon enough
    await expect(hole).to_contain_text("“值班”的排班这时没有人值班")
    await desk.save_picture("coverage")
    await hole.get_by_role("link", name="第一小学").click()
    # Explained for the minute at which it begins: nobody at the school, and the desks have no way either.
    explained = desk.page.locator("[data-part=explain]")
    await expect(explained.locator("[data-reached]")).to_have_attribute("data-reached", "nobody")
    await expect(explained.get_by_label("报警时间")).to_have_value("2026-11-24T14:00")
    await explained.get_by_label("报警时间").fill("2026-11-24T16:00")
    await expect(explained.locator('[data-person="guard"]')).to_contain_text("短信")
    await expect(explained.locator("[data-reached]")).to_have_attribute("data-reached", "0")
    await desk.go("#/schools/S1")
    await expect(desk.page.locator("[data-part=coverage] [data-finding=nobody]")).to_contain_text("14:00")
    await end_override(desk.story.database, POST, override, "wang")
    await look_at_coverage(desk)
    await desk.go("#/coverage")
    await expect(desk.page.locator("[data-figure=covered]")).to_have_text("2")
    await expect(desk.page.locator('[data-hole="S1"]')).to_have_count(0)


async def test_a_school_that_was_never_looked_at_is_not_said_to_be_covered(real_desk: RealDesk) -> None:
    desk = real_desk
    await desk.enter("#/coverage")
    await expect(desk.page.locator("[data-figure=covered]")).to_have_text("0")
    await expect(desk.page.locator("[data-part=summary]")).to_contain_text("还没有检查过")
    await expect(desk.page.locator("[data-section=coverage]")).not_to_contain_text("每一刻报警都能")
    await desk.go("#/schools/S1")
    await expect(desk.page.locator("[data-part=coverage]")).to_contain_text("还没有检查完")


async def test_holes_are_narrowed_by_district_and_kind(real_desk: RealDesk) -> None:
    desk = real_desk
    await leave_tuesday_empty(desk)
    await desk.enter("#/coverage")
    await expect(desk.page.locator('[data-hole="S3"]')).to_be_visible()
    await desk.page.get_by_role("button", name="只看 市南区").click()
    await expect(desk.page.locator('[data-hole="S3"]')).to_have_count(0)
    await expect(desk.page.locator('[data-hole="S1"]')).to_have_count(2)
    await desk.page.get_by_label("空档类别").select_option("nobody")
    await expect(desk.page.locator('[data-hole="S1"]')).to_have_count(1)
