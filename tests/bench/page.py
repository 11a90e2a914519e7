"""The page in a real Chromium, against a played service of the whole city: how soon it is useful, how evenly it draws
while things happen, and whether a day of changes leaves anything behind.

Each figure stands beside its floor: the first paint beside an empty page of the same server, frames beside the same
page while nothing happens, memory beside what it was after a tenth of the day.
"""

from __future__ import annotations

import asyncio
import shutil
import socket
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from playwright.async_api import Browser, BrowserContext, CDPSession, Page, async_playwright

from simulators.embedded.errors import EmbeddedServerError
from tests.bench.busy_city import BusyCity
from tests.bench.line import Line
from tests.browser.desk import CHROMIUM_FLAGS, Desk

SLOWDOWNS = (1, 4)
BITS_A_SECOND, ROUND_TRIP_SECONDS = 10e6, 0.04
RATE, SECONDS = 50, 20.0
AT_ONCE = 250  # changes of the compressed day that are under way at most; far fewer than an incident lives
MOMENTS = (0.1, 0.5, 1.0)
_PATIENCE_MS = 120_000.0
_SCREEN: dict[str, Any] = {"viewport": {"width": 1366, "height": 768}, "locale": "zh-CN"}

# When queue, list and counts were first on the screen: the end of the frame that drew the last of them.
_NOTE_PAINT = """
window.paint = new Promise((resolve) => {
  const shown = () => document.querySelector('#queue [data-incident]') && document.querySelector('[data-school]')
    && document.querySelector('[data-count=online] b')?.textContent !== '0'
  const note = () => {
    if (!(document.querySelector('#app') ? shown() : document.querySelector('p'))) return
    watching.disconnect()
    requestAnimationFrame(() => setTimeout(() => resolve(performance.now())))
  }
  const watching = new MutationObserver(note)
  watching.observe(document, { childList: true, subtree: true, characterData: true })
})
"""
_READ_SCRIPT = """(until) => performance.getEntriesByType('resource')
  .filter(({ name, startTime }) => name.endsWith('.js') && startTime <= until)
  .reduce((sum, { encodedBodySize }) => sum + encodedBodySize, 0)"""
_WATCH_FRAMES = """() => {
  const seen = window.seen = { frames: [], tasks: [], blamed: [] }
  let last = performance.now()
  const step = (now) => { seen.frames.push(now - last); last = now; seen.next = requestAnimationFrame(step) }
  seen.next = requestAnimationFrame((now) => { last = now; seen.next = requestAnimationFrame(step) })
  new PerformanceObserver((list) => seen.tasks.push(...list.getEntries().map(({ duration }) => duration)))
    .observe({ type: 'longtask' })
  new PerformanceObserver((list) => {
    for (const { duration, scripts } of list.getEntries())
      seen.blamed.push([duration, scripts.map((one) => `${one.invoker} ${one.duration.toFixed(0)} ms`).join(', ')])
  }).observe({ type: 'long-animation-frame' })
}"""
_COUNT_CHANGES = """
window.heard = 0
window.goal = null
window.WebSocket = class extends WebSocket {
  constructor(...address) {
    super(...address)
    this.addEventListener('message', ({ data }) => {
      if (data.startsWith('{"type":"change"')) window.heard += 1
      if (window.heard >= window.goal?.count) window.goal.reach()
    })
  }
}
"""
_AWAIT_CHANGES = """(count) => new Promise((reach) => {
  if (window.heard >= count) reach()
  else window.goal = { count, reach }
})"""


@dataclass(frozen=True, slots=True)
class FirstPaint:
    """Milliseconds from asking for the page until it was useful, each with nothing kept of the time before; the same of
    an empty page; and what of script had come by then, compressed. By a processor so many times slower than ours."""

    slowdown: int
    useful: Sequence[float]
    empty: Sequence[float]
    script_bytes: int


@dataclass(frozen=True, slots=True)
class Frames:
    """How evenly a page drew: milliseconds between frames, tasks over 50 ms, and of what the worst frames consisted;
    and the shares of the main thread that went by with all work, script, style and layout."""

    name: str
    between: Sequence[float]
    long_tasks: Sequence[float]
    blamed: Sequence[tuple[float, str]]
    busy: float
    script: float
    style: float

    def at(self, share: float) -> float:
        """Milliseconds that this share of the frames took at most."""
        ordered = sorted(self.between)
        return ordered[min(len(ordered) - 1, int(len(ordered) * share))]

    @property
    def late(self) -> float:
        """The share of frames that came more than 17 ms after the one before."""
        return sum(one > 17 for one in self.between) / len(self.between)


@dataclass(frozen=True, slots=True)
class Kept:
    """What the page held after so many changes, after its garbage was collected."""

    changes: int
    heap_bytes: int
    nodes: int
    listeners: int


@dataclass(frozen=True, slots=True)
class PageFigures:
    """All of it."""

    first: Sequence[FirstPaint]
    frames: Sequence[Frames]
    day: Sequence[Kept]


def measure_page(schools: int, paints: int, changes: int) -> PageFigures:
    """So many first paints, and a day of so many changes."""
    return asyncio.run(_measure(schools, paints, changes))


async def _measure(schools: int, paints: int, changes: int) -> PageFigures:
    path = next(filter(None, map(shutil.which, ("chromium-headless-shell", "chromium", "google-chrome"))), None)
    if path is None:
        raise EmbeddedServerError("Chromium is not installed")
    async with async_playwright() as playwright, BusyCity(schools).running(_listen()) as service:
        browser = await playwright.chromium.launch(executable_path=path, args=CHROMIUM_FLAGS)
        first = [await _measure_paints(browser, service, paints, slowdown) for slowdown in SLOWDOWNS]
        frames = [one for slowdown in SLOWDOWNS for one in await _measure_frames(browser, service, slowdown)]
        day = await _measure_day(browser, service, changes)
        await browser.close()
    return PageFigures(first, frames, day)


def _listen() -> socket.socket:
    return socket.create_server(("127.0.0.1", 0))


# The first useful paint


async def _measure_paints(browser: Browser, service: BusyCity, paints: int, slowdown: int) -> FirstPaint:
    empty, useful, script = [], [], 0
    line = Line(service.port, bits_a_second=BITS_A_SECOND, round_trip_seconds=ROUND_TRIP_SECONDS)
    async with line.open() as port:
        url = f"http://127.0.0.1:{port}/"
        for _ in range(paints):
            empty.append((await _paint(browser, url, "empty", slowdown))[0])
            took, script = await _paint(browser, url, "", slowdown)
            useful.append(took)
    return FirstPaint(slowdown, useful, empty, script)


async def _paint(browser: Browser, url: str, route: str, slowdown: int) -> tuple[float, int]:
    """Of a person who is signed in, at a browser that was never here."""
    async with _open_desk(browser, url) as (desk, devtools):
        await desk.page.add_init_script(_NOTE_PAINT)
        await _sign_in(desk)
        await devtools.send("Emulation.setCPUThrottlingRate", {"rate": slowdown})
        await desk.open(route)
        took = await desk.page.evaluate("window.paint")
        return took, await desk.page.evaluate(_READ_SCRIPT, took)


# Frames


async def _measure_frames(browser: Browser, service: BusyCity, slowdown: int) -> list[Frames]:
    slow = "" if slowdown == 1 else f", {slowdown} times slower"
    async with _open_desk(browser, service.url) as (desk, devtools):
        await _watch(desk)
        await devtools.send("Emulation.setCPUThrottlingRate", {"rate": slowdown})
        quiet = await _watch_frames(desk.page, devtools, f"nothing happens{slow}", service, 0)
        busy = await _watch_frames(desk.page, devtools, f"{RATE} changes/s{slow}", service, RATE)
    return [quiet, busy]


async def _watch_frames(page: Page, devtools: CDPSession, name: str, service: BusyCity, rate: int) -> Frames:
    before = await _read_metrics(devtools)
    await page.evaluate(_WATCH_FRAMES)
    await (service.go_on_for(SECONDS, rate) if rate else asyncio.sleep(SECONDS))
    seen = await page.evaluate("() => { cancelAnimationFrame(window.seen.next); return window.seen }")
    after = await _read_metrics(devtools)
    spent = {one: (after[one] - before[one]) / (after["Timestamp"] - before["Timestamp"]) for one in after}
    style = spent["LayoutDuration"] + spent["RecalcStyleDuration"]
    blamed = sorted(((took, scripts) for took, scripts in seen["blamed"]), reverse=True)
    return Frames(name, seen["frames"], seen["tasks"], blamed, spent["TaskDuration"], spent["ScriptDuration"], style)


# A day


async def _measure_day(browser: Browser, service: BusyCity, changes: int) -> list[Kept]:
    """As fast as the page takes it; a hundred times a person looks at an incident and goes back."""
    kept: list[Kept] = []
    async with _open_desk(browser, service.url) as (desk, devtools):
        await desk.page.add_init_script(_COUNT_CHANGES)
        await _watch(desk)
        sent, looks = 0, 0
        while sent < changes:
            sent += await _send_and_await(desk.page, service, min(AT_ONCE, changes - sent))
            if sent >= changes * (looks + 1) / 100:
                looks += 1
                await _look_at_one(desk, service)
            if len(kept) < len(MOMENTS) and sent >= changes * MOMENTS[len(kept)]:
                kept.append(await _read_kept(devtools, sent))
    return kept


async def _send_and_await(page: Page, service: BusyCity, changes: int) -> int:
    heard, before = await page.evaluate("window.heard"), service.changes
    service.go_on(changes)
    sent = service.changes - before
    await page.evaluate(_AWAIT_CHANGES, heard + sent)
    return sent


async def _look_at_one(desk: Desk, service: BusyCity) -> None:
    await desk.go(f"#/incidents/{service.newest}")
    await desk.page.locator("[data-view=incident]").wait_for()
    await desk.go("#/")
    await desk.page.locator("[data-school]").first.wait_for()


async def _read_kept(devtools: CDPSession, changes: int) -> Kept:
    await devtools.send("HeapProfiler.collectGarbage")
    await devtools.send("HeapProfiler.collectGarbage")  # what the first one only found to be free
    heap = await devtools.send("Runtime.getHeapUsage")
    metrics = await _read_metrics(devtools)
    return Kept(changes, heap["usedSize"], int(metrics["Nodes"]), int(metrics["JSEventListeners"]))


# A desk


@asynccontextmanager
async def _open_desk(browser: Browser, url: str) -> AsyncIterator[tuple[Desk, CDPSession]]:
    """A window in a browser that knows nothing yet; motions are drawn. If its page complained, it is no measurement."""
    context: BrowserContext = await browser.new_context(**_SCREEN)
    desk = Desk(await context.new_page(), url)
    devtools = await context.new_cdp_session(desk.page)
    await devtools.send("Performance.enable")
    yield desk, devtools
    await context.close()
    if desk.complaints:
        raise RuntimeError(f"the page complained: {desk.complaints}")


async def _watch(desk: Desk) -> None:
    await _sign_in(desk)
    await desk.open()
    await desk.page.locator("[data-school]").first.wait_for(timeout=_PATIENCE_MS)


async def _sign_in(desk: Desk) -> None:
    said = {"name": "wang", "password": "correct-horse"}
    answer = await desk.page.request.post(f"{desk.url}api/v1/session", data=said)
    if not answer.ok:
        raise RuntimeError(f"nobody was let in: {answer.status}")


async def _read_metrics(devtools: CDPSession) -> dict[str, float]:
    answer = await devtools.send("Performance.getMetrics")
    return {one["name"]: one["value"] for one in answer["metrics"]}
