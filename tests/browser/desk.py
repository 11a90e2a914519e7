"""A watching desk as a person has it: one browser window, seen and handled by what is on the screen."""

from __future__ import annotations

import os
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

from playwright.async_api import Browser, BrowserContext, ConsoleMessage, Locator, Page, async_playwright, expect

PATIENCE_MS = 20_000  # a loaded machine is slow, and what is awaited is awaited by its condition
expect.set_options(timeout=PATIENCE_MS)
RESULTS = Path("test-results")
CHROMIUM_FLAGS = [
    "--no-sandbox",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--process-per-site",  # windows of one context are drawn by one process, which compiles the page's script once
    "--renderer-process-limit=1",  # so nothing is made ready for a window that may come: half of what opening one costs
]
# Without motion, which would be drawn sixty times a second for nobody; and no colour is measured between two states.
ORDINARY: dict[str, Any] = {
    "viewport": {"width": 1366, "height": 768},
    "locale": "zh-CN",
    "reduced_motion": "reduce",
}
PHONE: dict[str, Any] = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
# What the browser itself notes about refused and broken requests; tests refuse and break them on purpose.
_NETWORK_NOTES = re.compile(r"Failed to load resource|WebSocket connection to .* failed|net::ERR_")


@asynccontextmanager
async def open_chromium(path: str) -> AsyncIterator[Browser]:
    """A Chromium by its path."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=path, args=CHROMIUM_FLAGS)
        yield browser
        await browser.close()


@asynccontextmanager
async def open_ground(chromium: Browser) -> AsyncIterator[BrowserContext]:
    """What ordinary windows stand on. One of them, empty, always stays, and with it the process that draws them all."""
    context = await chromium.new_context(**ORDINARY)
    page = await context.new_page()
    await page.route("**/*", lambda route: route.fulfill(body=""))
    await page.goto("http://127.0.0.1/")
    yield context
    await context.close()


@asynccontextmanager
async def open_window(ground: BrowserContext, url: str) -> AsyncIterator[Page]:
    """A window where nobody is signed in, and nothing is stored of the service that had the port before."""
    await ground.clear_cookies()
    page = await ground.new_page()
    devtools = await ground.new_cdp_session(page)
    await devtools.send("Storage.clearDataForOrigin", {"origin": url, "storageTypes": "local_storage"})
    await devtools.detach()
    yield page
    await page.close()


class Desk:
    """One window. `complaints` gathers what went wrong in the page without being seen."""

    def __init__(self, page: Page, url: str) -> None:
        self.page = page
        self.url = url
        self.complaints: list[str] = []
        page.on("console", self._note)
        page.on("pageerror", lambda error: self.complaints.append(f"uncaught: {error.stack}"))

    async def open(self, route: str = "", *, filled: bool = False) -> None:
        """Loads the page, where a press fills the screen only if so wished."""
        wish = "on" if filled else "off"
        keep = f"localStorage.setItem('campus.takeover', '{wish}')"
        await self.page.add_init_script(f"if (location.origin !== 'null') {keep}")  # an empty page keeps nothing
        await self.page.goto(f"{self.url}{route}")

    async def sign_in(self, name: str = "wang", password: str = "correct-horse") -> None:
        """Fills in the form and sends it off."""
        await self.page.fill("#name", name)
        await self.page.fill("#password", password)
        await self.page.click("button[type=submit]")

    async def come_in(self, name: str, password: str, route: str = "", *, filled: bool = False) -> None:
        """Opens the page as whoever has signed in already, and waits until it is live. Half the work of the form."""
        answer = await self.page.request.post(
            urljoin(self.url, "/api/v1/session"), data={"name": name, "password": password}
        )
        await expect(answer).to_be_ok()
        await self.open(route, filled=filled)
        await expect(self.room).to_have_attribute("data-health", "live")

    async def watch(self, name: str = "wang", route: str = "", *, filled: bool = False) -> None:
        """Opens the page, and waits until the whole city is there."""
        await self.come_in(name, "correct-horse", route, filled=filled)
        await expect(self.page.locator("[data-count=online] b")).not_to_have_text("0")

    @property
    def room(self) -> Locator:
        """The whole board; its data attributes tell of the connection and the sound."""
        return self.page.locator(".room")

    @property
    def live_cards(self) -> Locator:
        """Cards of real incidents, most urgent first."""
        return self.page.locator("#queue [data-group=live] .incident")

    @property
    def exercise_cards(self) -> Locator:
        """Cards of tests and drills."""
        return self.page.locator("#queue [data-group=exercise] .incident")

    def card(self, incident: int) -> Locator:
        """The card of one incident in the queue."""
        return self.page.locator(f'#queue [data-incident="{incident}"]')

    @property
    def banner(self) -> Locator:
        """The full-width warning that the board cannot be believed."""
        return self.page.locator(".banner")

    def action(self, name: str) -> Locator:
        """A button of the incident's own page."""
        return self.page.locator(f'[data-view=incident] [data-action="{name}"]')

    async def go(self, route: str) -> None:
        """Moves within the page, as a link would."""
        await self.page.evaluate("route => { location.hash = route }", route)

    async def save_picture(self, name: str) -> None:
        """Keeps what is on the screen in test-results/, for people to look at; only where CAMPUS_TEST_PICTURES=1."""
        if os.environ.get("CAMPUS_TEST_PICTURES") != "1":
            return
        RESULTS.mkdir(exist_ok=True)
        await self.page.screenshot(path=RESULTS / f"{name}.png")

    def _note(self, message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"} and not _NETWORK_NOTES.search(message.text):
            self.complaints.append(f"{message.type}: {message.text}")
