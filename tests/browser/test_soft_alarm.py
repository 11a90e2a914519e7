"""The alarm button of a school's people on the page, over a line that breaks."""

from __future__ import annotations

import asyncio

import pytest
from playwright.async_api import Route, expect

from tests.alerts.story import LI
from tests.browser.looks import LOOKS, inspect, wear
from tests.browser.real_board import RealDesk
from tests.browser.test_roles import let_places_in

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

PRESSES = "select count(*) from press"


class Line:
    """What lies between the page and the way by which it presses."""

    def __init__(self) -> None:
        self.works = True
        self.answers = True
        self.stored = asyncio.Event()

    async def carry(self, route: Route) -> None:
        """Carries a press, or loses it, or only its answer."""
        if not self.works:
            await route.abort("internetdisconnected")
        elif not self.answers:
            await route.fetch()
            self.stored.set()
            await route.abort("connectionreset")
        else:
            await route.continue_()


async def test_an_alarm_over_a_broken_line_is_kept_counts_once_and_is_not_called_sent_before_it_is(
    real_desk: RealDesk,
) -> None:
    desk, story, line = real_desk, real_desk.story, Line()
    page = desk.page
    await let_places_in(desk)
    await page.set_viewport_size({"width": 390, "height": 844})
    await page.route("**/api/v1/presses", line.carry)
    await desk.enter(name="men")
    hold, kept = page.locator("[data-hold=live]"), page.locator("[data-part=soft-alarm] [data-press]")

    await hold.click()
    await expect(page.locator("[data-part=soft-alarm]")).to_contain_text("没有报警：要按住 1.5 秒")
    await expect(kept).to_have_count(0)

    line.works = False
    await hold.focus()
    await page.keyboard.down("Space")
    await expect(kept).to_have_attribute("data-progress", "unsent")
    await page.keyboard.up("Space")
    await expect(kept).to_contain_text("还没有发出")
    await expect(page.locator("[data-part=soft-alarm] a[href='tel:110']")).to_be_visible()
    await inspect(desk, "soft-alarm")
    await wear(desk, LOOKS[0])
    assert await story.value(PRESSES) == 0

    await page.reload()
    await expect(kept).to_have_attribute("data-progress", "unsent")
    line.works, line.answers = True, False
    await page.evaluate("dispatchEvent(new Event('online'))")
    await line.stored.wait()
    assert await story.value(PRESSES) == 1
    await expect(kept).to_have_attribute("data-progress", "unsent")  # only who hears the answer knows

    line.answers = True
    await page.evaluate("dispatchEvent(new Event('online'))")
    await expect(kept).to_have_attribute("data-progress", "received")
    press = (await story.rows("select school, kind, mode, source, late, incident from press"))[0]
    assert tuple(press)[:5] == ("S1", "panic", "live", "http", False)
    await story.answers.acknowledge(press["incident"], LI)
    await expect(kept).to_contain_text("已有人接警")

    await page.locator("[data-kind=fire]").click()
    await expect(kept).to_have_count(2)
    await expect(kept.first).to_have_attribute("data-progress", "received")
    assert await story.value("select count(*) from incident where category = 'fire'") == 1
    await page.get_by_text("测试、演练", exact=True).click()
    await expect(page.locator("[data-part=soft-alarm]")).to_contain_text("按下都算真实报警")
    await kept.first.get_by_role("button", name="收起").click()
    await expect(kept).to_have_count(1)
