"""A real dashboard on a real database, seen through the browser: what the played service cannot know."""

from __future__ import annotations

import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from playwright.async_api import BrowserContext, Page

from alerts.settings import Settings
from alerts.storage.database import Database
from dashboard.page import BUILT_PAGE
from tests.alerts.story import Story
from tests.browser.desk import Desk, open_window
from tests.dashboard.board import PASSWORD, Dashboard, run_dashboard

REACH = """
update channel set enabled = true where code in ('sms', 'voice');
insert into contact_method (person, rank, channel, address, added_at, verified_at)
    select p.code, c.rank, c.code, '+999' || p.code, now(), now()
    from person p, (values ('sms', 1), ('voice', 2)) as c (code, rank) where p.code in ('guard', 'desk', 'city');
"""


class RealDesk(Desk):
    """A window on the real board."""

    def __init__(self, page: Page, dashboard: Dashboard) -> None:
        super().__init__(page, f"{dashboard.address}/")
        self.dashboard = dashboard
        self.story = dashboard.story
        self.service = dashboard.service

    @property
    def settings(self) -> Settings:
        return self.service.settings

    async def enter(self, route: str = "", name: str = "wang", *, filled: bool = False) -> None:
        """Opens the page at a route as somebody who is signed in."""
        await self.come_in(name, PASSWORD, route, filled=filled)

    async def change_hands(self, name: str, route: str = "") -> None:
        """Somebody else signs in at the same window, and goes to a route."""
        await self.page.goto("about:blank")  # nothing is asked any more in the name of who was there before
        await self.page.context.clear_cookies()
        await self.come_in(name, PASSWORD, route)


# Li may confirm what Chen proposes.
SECOND_ADMINISTRATOR = "update account set role = 'administrator' where name = 'li'"


@asynccontextmanager
async def open_real_desk(
    ground: BrowserContext, database: Database, listener: socket.socket
) -> AsyncIterator[RealDesk]:
    """A window on three schools, whose guard and desks can be reached; its complaints fail the test."""
    async with database.connection() as connection:
        await connection.execute(REACH)
    story = Story(database)
    async with (
        run_dashboard(story, BUILT_PAGE, listener) as dashboard,
        open_window(ground, dashboard.address) as page,
    ):
        desk = RealDesk(page, dashboard)
        yield desk
    assert desk.complaints == [], desk.complaints
