"""A desk handed over at the page: noted, signed, and in everybody's view there until somebody receives it."""

from __future__ import annotations

import pytest
from playwright.async_api import expect

from alerts.domain.rights import Role
from alerts.storage.accounts import Account, save_account
from tests.alerts.story import WANG
from tests.browser.real_board import RealDesk
from tests.dashboard.board import hash_password

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]


async def test_a_desk_is_handed_over_by_keyboard_and_stays_in_view_until_somebody_receives_it(
    real_desk: RealDesk,
) -> None:
    desk, page = real_desk, real_desk.page
    async with desk.story.database.transaction() as connection:
        now = await desk.story.database.read_now(connection)
        await save_account(connection, Account("sun", "孙值班", Role.CITY_DESK), hash_password(), now)
    incident = (await desk.story.press("S1-G1", id="p1")).incident
    await desk.story.answers.acknowledge(incident, WANG)
    await desk.enter("#/shifts")
    await page.get_by_label("对“第一小学 · 紧急报警”的说明").fill("家长在路上")
    await desk.go("#/")  # an alarm may call away in the middle of a sentence
    await desk.go("#/shifts")
    await page.get_by_label("要交代的话").fill("夜里有雪")
    await desk.save_picture("shift-hand-over")
    await page.keyboard.press("Tab")
    await page.keyboard.press("Enter")
    shown = page.locator("[data-handover]")
    await expect(shown).to_contain_text("王值班")
    await expect(shown).to_contain_text("家长在路上")
    await expect(shown).to_contain_text("请接班的人登录后签收")

    await desk.change_hands("sun", "#/")
    banner = page.locator("[data-part=shift-waiting]")
    await expect(banner).to_contain_text("王值班")
    await banner.get_by_role("link").click()
    await page.get_by_label("接班时的话").fill("清楚")
    await page.keyboard.press("Enter")
    await expect(shown).to_contain_text("孙值班")
    await desk.save_picture("shift-received")
    await desk.go("#/")
    await expect(banner).to_have_count(0)
