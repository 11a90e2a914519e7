"""The wall: nobody touches it, and everybody in the room reads it."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from playwright.async_api import expect

from alerts.domain.presses import Kind
from tests.browser.desk import Desk
from tests.browser.fake_service import FakeService
from tests.browser.looks import LOOKS, find_cut_off, find_grave, let_frames_pass, resize, wear

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

# The smallest letters that are shown, as a share of the screen's height.
SMALLEST = """() => {
    const worded = one => [...one.childNodes].some(child => child.nodeType === 3 && child.data.trim())
    const shown = [...document.querySelectorAll('.wall article *, .wall li *, .wall td, .wall tbody th')]
        .filter(one => one.checkVisibility() && worded(one))
    return Math.min(...shown.map(one => parseFloat(getComputedStyle(one).fontSize))) / innerHeight
}"""


def turn_to(service: FakeService, table: str) -> None:
    """Lets the clock go on to where the turn of a table has just begun: each has its twenty seconds."""
    begins = {"devices": 1, "hundreds": 21}[table]
    service.city.shift += timedelta(seconds=(begins - service.city.now().timestamp()) % 40)


async def test_a_wall_shows_the_districts_when_all_is_calm_and_each_alarm_in_its_turn(
    desk: Desk, service: FakeService
) -> None:
    await desk.watch(filled=True)
    tables = desk.page.locator("[data-wall-table]")
    for table, look in zip(("devices", "hundreds"), LOOKS, strict=True):
        await desk.go("#/")
        await wear(desk, look)
        await desk.go("#/wall")
        await resize(desk, "wall")
        turn_to(service, table)
        await expect(tables).to_have_attribute("data-wall-table", table)
        await desk.save_picture(f"wall-{table}-{look.language}-{look.scheme}")
        assert await find_grave(desk) == []
        assert await desk.page.evaluate(SMALLEST) >= 0.025

    waiting = [service.city.press(number, kind=kind).id for number, kind in ((3, Kind.FIRE), (4, Kind.INTRUDER))]
    large = desk.page.locator("[data-wall-incident]")
    await expect(desk.page.locator("[data-wall-queue]")).to_have_count(2)
    await expect(desk.page.locator("dialog")).to_have_count(0)
    first = await large.get_attribute("data-wall-incident")
    service.city.shift += timedelta(seconds=10)
    await expect(large).not_to_have_attribute("data-wall-incident", str(first))
    assert {first, await large.get_attribute("data-wall-incident")} == {str(one) for one in waiting}
    assert await desk.page.evaluate("getComputedStyle(document.querySelector('.wall')).cursor") == "none"
    for width, height in ((1920, 1080), (3840, 2160)):
        await desk.page.set_viewport_size({"width": width, "height": height})
        await let_frames_pass(desk)
        await desk.save_picture(f"wall-alarm-{width}")
        assert await desk.page.evaluate("document.documentElement.scrollWidth") <= width
        assert await find_cut_off(desk) == []
        assert await desk.page.evaluate(SMALLEST) >= 0.025
    assert await find_grave(desk) == []

    # Somebody took one of them: what nobody has stays large.
    service.city.act(waiting[1], "acknowledge", "孙值守", {})
    await expect(large).to_have_attribute("data-wall-incident", str(waiting[0]))
    service.city.act(waiting[0], "acknowledge", "孙值守", {})
    await expect(large).to_have_class(re.compile("acknowledged"))
    assert await desk.page.evaluate(SMALLEST) >= 0.025
    service.ticking = False
    service.drop_boards()
    await expect(desk.banner).to_be_visible()
    await desk.page.keyboard.press("Escape")
    await expect(desk.page.locator("#queue")).to_be_visible()
