"""A real Chromium, and the played service that its pages talk to."""

from __future__ import annotations

import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Browser, BrowserContext

from tests.browser.desk import ORDINARY, Desk, open_chromium, open_ground, open_window
from tests.browser.fake_service import FakeService
from tests.browser.real_board import RealDesk, open_real_desk
from tests.conftest import Lender, open_database

OpenDesk = Callable[..., Awaitable[Desk]]


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def chromium(chromium_path: str, built_page: Path) -> AsyncIterator[Browser]:
    """The machine's Chromium, started once for all tests."""
    async with open_chromium(chromium_path) as browser:
        yield browser


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def ground(chromium: Browser) -> AsyncIterator[BrowserContext]:
    """What ordinary windows stand on; made once, because that is half the work of a short test."""
    async with open_ground(chromium) as context:
        yield context


@pytest.fixture(scope="session")
def place() -> Iterator[socket.socket]:
    """The port where each service listens in its turn: the browser knows the page from there, and what it compiled."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener


@pytest_asyncio.fixture(loop_scope="session")
async def service(place: socket.socket) -> AsyncIterator[FakeService]:
    """A played service of a small city."""
    async with FakeService().running(place.dup()) as running:
        yield running


@pytest_asyncio.fixture(loop_scope="session")
async def open_desk(chromium: Browser, service: FakeService) -> AsyncIterator[OpenDesk]:
    """Opens windows that share nothing with others; what their pages complained of fails the test at its end."""
    desks: list[Desk] = []

    async def open_one(**options: Any) -> Desk:
        context = await chromium.new_context(**(ORDINARY | options))
        desks.append(Desk(await context.new_page(), service.url))
        return desks[-1]

    yield open_one
    for desk in desks:
        await desk.page.context.close()
    assert [complaint for desk in desks for complaint in desk.complaints] == []


@pytest_asyncio.fixture(loop_scope="session")
async def desk(ground: BrowserContext, service: FakeService) -> AsyncIterator[Desk]:
    """One window with the board's page not yet loaded; whatever its page complains of fails the test at its end."""
    async with open_window(ground, service.url) as page:
        desk = Desk(page, service.url)
        yield desk
    assert desk.complaints == []


@pytest_asyncio.fixture(loop_scope="session")
async def real_desk(
    ground: BrowserContext, place: socket.socket, lender: Lender, peopled_template: str
) -> AsyncIterator[RealDesk]:
    """A window on a real dashboard with a real database behind it."""
    async with (
        lender.lend(peopled_template) as url,
        open_database(url) as database,
        open_real_desk(ground, database, place.dup()) as desk,
    ):
        yield desk
