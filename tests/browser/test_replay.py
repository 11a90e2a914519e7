"""The board as it was, played and scrubbed at the page: never to be taken for the live one, and nothing to do on it."""

from __future__ import annotations

import asyncio

import pytest
from playwright.async_api import expect

from alerts.domain.incidents import Cause
from alerts.replay import keep_keyframe
from tests.alerts.story import WANG, Story
from tests.browser.real_board import RealDesk
from tests.dashboard.board import PATIENCE_SECONDS

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]


async def wait_until_seen(story: Story, incident: int) -> None:
    """The board told that the incident stands on its screen, and that somebody sits there."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        while not await story.value("select count(seen_at) from screen_showing where incident = $1", incident):
            await asyncio.sleep(0.05)


async def test_an_incident_is_seen_again_second_by_second_and_nothing_rings_or_can_be_done(real_desk: RealDesk) -> None:
    desk, page, story = real_desk, real_desk.page, real_desk.story
    await keep_keyframe(story.database)
    await story.forward(60)
    await desk.enter()
    incident = (await story.press("S1-G1", id="p1")).incident
    await expect(desk.card(incident)).to_be_visible()
    await page.mouse.move(300, 300)
    await wait_until_seen(story, incident)
    await story.forward(20)
    await story.answers.acknowledge(incident, WANG)
    await story.forward(20)
    await story.answers.close(incident, WANG, Cause.DISPUTE)
    await story.forward(120)
    await desk.go(f"#/incidents/{incident}")
    await expect(page.locator("[data-part=screens]")).to_contain_text("最先看到：王值班")
    await page.get_by_role("link", name="回放").click()
    replay = page.locator("[data-part=replay]")
    await expect(replay).to_have_attribute("data-state", "ready")
    await expect(page.locator("[data-part=replay-sign]")).to_contain_text("不是现在的情况")
    past = replay.locator(f"[data-past-incident='{incident}']")
    await expect(past).to_have_count(0)
    await page.keyboard.press("]")
    await expect(past).to_have_attribute("data-state", "open")
    await expect(replay.locator("[data-past-count=open]")).to_contain_text("1")
    await expect(replay.locator("li[data-kind='incident.acknowledged']")).to_have_count(0)
    await desk.save_picture("replay")
    await expect(desk.room).to_have_attribute("data-ringing", "fault")  # of now: no engine runs in this story
    await expect(page.locator("dialog[open]")).to_have_count(0)
    assert await replay.get_by_role("button", name="接警", exact=True).count() == 0
    await replay.get_by_role("button", name="16").click()
    line = replay.locator("[data-field=replay-line]")
    await line.focus()
    await page.keyboard.press("Space")
    await expect(past).to_have_attribute("data-state", "acknowledged")
    await expect(replay.locator("li[data-kind='incident.acknowledged']")).to_contain_text("王值班")
    await expect(past).to_have_count(0)
    await page.keyboard.press("Home")
    await page.keyboard.press("]")
    await expect(past).to_have_attribute("data-state", "open")
    await page.set_viewport_size({"width": 390, "height": 844})
    await desk.save_picture("replay-phone")
