"""A board that cannot be believed says so, and one that is back misses nothing."""

from __future__ import annotations

import asyncio
import re

import pytest
from playwright.async_api import Route, WebSocket, expect

from alerts.domain.board import Link
from alerts.domain.watchers import Doing, Watcher
from tests.browser.conftest import OpenDesk
from tests.browser.desk import PATIENCE_MS, Desk
from tests.browser.fake_service import FakeService

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]


async def test_a_board_without_ticks_says_within_five_seconds_that_it_is_stale(
    open_desk: OpenDesk, service: FakeService
) -> None:
    desk = await open_desk()  # with a clock of its own
    await desk.page.clock.install()
    await desk.watch()
    service.ticking = False
    # Whatever tick was still on its way is here when this has been answered.
    await desk.page.evaluate("fetch('/api/v1/session').then(answer => answer.text())")
    await desk.page.clock.run_for(5_000)
    await expect(desk.banner).to_contain_text("画面停在")
    await expect(desk.room).to_have_class(re.compile("blind"))
    assert await desk.room.get_attribute("data-health") in {"stale", "lost"}
    assert "grayscale(1)" in await desk.page.locator(".desk").evaluate("desk => getComputedStyle(desk).filter")


async def test_a_stale_board_recovers_by_itself_when_ticks_come_again(desk: Desk, service: FakeService) -> None:
    await desk.watch()
    service.ticking = False
    await expect(desk.room).to_have_attribute("data-health", "stale")
    await expect(desk.page.locator("[data-said=urgent]")).to_contain_text("连接中断")
    service.ticking = True
    await expect(desk.room).to_have_attribute("data-health", "live")
    await expect(desk.banner).to_have_count(0)
    await expect(desk.page.locator("[data-said=calm]")).to_contain_text("连接已恢复")


async def test_a_lost_connection_is_told_at_once_and_nothing_is_missing_after_it(
    desk: Desk, service: FakeService
) -> None:
    before = service.city.press(3)
    service.watchers = [Watcher("zhao", "赵敏", Doing.LOOKING, service.city.now())]
    others = desk.page.locator("[data-part=watchers]")
    await desk.watch(route=f"#/incidents/{before.id}")
    await expect(others).to_have_text("赵敏 也在看")
    service.accepting = False
    service.drop_boards()
    await expect(desk.banner).to_contain_text("连接中断")
    await expect(desk.page).to_have_title(re.compile(r"\(1\)"))
    await expect(others).to_have_text("现在不知道还有谁在看")
    service.city.act(before.id, "acknowledge", "赵敏", {})
    missed = service.city.press(7)
    gone = service.city.press(9)
    service.city.act(gone.id, "respond", "赵敏", {})
    service.city.act(gone.id, "close", "赵敏", {"cause": "accidental"})
    service.city.set_link(11, Link.OFFLINE)
    snapshots = service.snapshots_sent
    service.accepting = True
    await expect(desk.room).to_have_attribute("data-health", "live")
    await expect(desk.card(before.id)).to_have_attribute("data-state", "acknowledged")
    await expect(desk.card(missed.id)).to_have_attribute("data-state", "open")
    await expect(desk.card(gone.id)).to_have_count(0)
    await expect(desk.page.locator("[data-count=offline] b")).to_have_text("1")
    assert service.snapshots_sent == snapshots, "it resumed by its cursor"
    await expect(others).to_have_text("赵敏 也在看")


async def test_the_feed_comes_before_the_page_which_opens_another_when_that_one_is_gone(
    desk: Desk, service: FakeService
) -> None:
    pressed = service.city.press(3)
    await desk.watch()
    coming = asyncio.Event()
    heard: list[asyncio.Event] = []  # of each feed, whether it said anything: the page before may still be told ticks

    def follow(feed: WebSocket) -> None:
        heard.append(said := asyncio.Event())
        feed.on("framereceived", lambda _: said.set())

    desk.page.on("websocket", follow)

    async def hold(route: Route) -> None:
        await coming.wait()
        await route.continue_()

    await desk.page.route(re.compile(r"/assets/index-.*\.js"), hold)
    for breaks in (False, True):
        snapshots = service.snapshots_sent
        async with desk.page.expect_websocket():
            await desk.page.reload(wait_until="commit")
        await asyncio.wait_for(heard[-1].wait(), PATIENCE_MS / 1000)
        if breaks:
            service.drop_boards()
        coming.set()
        await expect(desk.room).to_have_attribute("data-health", "live")
        await expect(desk.card(pressed.id)).to_have_attribute("data-state", "open")
        assert service.snapshots_sent == snapshots + 1 + breaks
        coming.clear()


async def test_changes_that_can_no_longer_be_resumed_come_as_a_fresh_snapshot(desk: Desk, service: FakeService) -> None:
    before = service.city.press(3)
    await desk.watch()
    service.accepting = False
    service.drop_boards()
    await expect(desk.banner).to_be_visible()
    service.city.act(before.id, "respond", "赵敏", {})
    service.city.act(before.id, "close", "赵敏", {"cause": "accidental"})
    missed = service.city.press(7)
    service.forget_history()
    snapshots = service.snapshots_sent
    service.accepting = True
    await expect(desk.card(missed.id)).to_be_visible()
    await expect(desk.card(before.id)).to_have_count(0)
    assert service.snapshots_sent == snapshots + 1


async def test_a_resync_replaces_the_board_without_a_gap(desk: Desk, service: FakeService) -> None:
    incident = service.city.press(3)
    await desk.watch()
    tell, service.city._tell = service.city._tell, lambda _kind, _item: None
    service.city.act(incident.id, "acknowledge", "赵敏", {})
    silent = service.city.press(8)
    service.city._tell = tell
    service.resync()
    await expect(desk.card(incident.id)).to_have_attribute("data-state", "acknowledged")
    await expect(desk.card(silent.id)).to_be_visible()
    await expect(desk.page.locator("[data-said=urgent]")).to_contain_text("新警情")
    await expect(desk.room).to_have_attribute("data-health", "live")


@pytest.mark.parametrize(
    ("part", "words"),
    [("presses_heard", "报警接收通道中断"), ("engine_runs", "升级通知引擎停止")],
)
async def test_a_part_of_the_service_that_is_down_is_shouted(
    desk: Desk, service: FakeService, part: str, words: str
) -> None:
    await desk.watch()
    setattr(service, part, False)
    await expect(desk.banner).to_contain_text(words)
    await expect(desk.page.get_by_text("服务异常")).to_be_visible()
    await expect(desk.room).to_have_attribute("data-ringing", "fault")
    setattr(service, part, True)
    await expect(desk.banner).to_have_count(0)
    await expect(desk.room).to_have_attribute("data-ringing", "")


async def test_a_press_rings_even_while_the_fault_tone_sounds(desk: Desk, service: FakeService) -> None:
    await desk.watch()
    service.engine_runs = False
    await expect(desk.room).to_have_attribute("data-ringing", "fault")
    service.city.press(3)
    await expect(desk.room).to_have_attribute("data-ringing", "panic")


async def test_fifty_presses_in_a_burst_are_all_counted(desk: Desk, service: FakeService) -> None:
    await desk.watch()
    for _ in range(50):
        service.city.press(3)
    await expect(desk.card(1)).to_contain_text("按键 50 次")
    await expect(desk.live_cards).to_have_count(1)
