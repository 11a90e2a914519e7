"""Announced windows: only inside one is a press a test or a drill. None can be long, and each is in the log."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from alerts.domain.presses import Mode
from alerts.storage import policies as storage
from alerts.storage.database import Database
from alerts.storage.errors import UnknownReference
from alerts.storage.log import Entry, append_log
from alerts.storage.policies import Window

LONGEST = timedelta(hours=24)  # a window that is forgotten must not last


class WindowInvalid(ValueError):
    """A window that cannot be announced; the message says what to mend."""


async def announce_window(
    database: Database,
    mode: Mode,
    starts_at: datetime,
    ends_at: datetime,
    by: str,
    *,
    school: str | None = None,
    district: str | None = None,
    note: str = "",
) -> Window:
    """Announces a window for a school, a district, or the whole city. Raises WindowInvalid."""
    if mode is Mode.LIVE:
        raise WindowInvalid("a window is for `test` or `drill`")
    if school and district:
        raise WindowInvalid("name a school or a district, not both")
    if not timedelta() < ends_at - starts_at <= LONGEST:
        raise WindowInvalid("a window must end after it starts, within 24 hours")
    async with database.transaction() as connection:
        now = await database.read_now(connection)
        if ends_at <= now:
            raise WindowInvalid("the window is over already")
        window = Window(0, mode, district, school, starts_at, ends_at, by, now, note)
        try:
            window = replace(window, id=await storage.announce_window(connection, window))
        except UnknownReference as error:
            raise WindowInvalid(
                f"there is no school {school}" if school else f"there is no district {district}"
            ) from error
        entry = Entry(f"person:{by}", f"window:{window.id}", "window.announced", {"window": window})
        await append_log(connection, now, [entry])
    return window


async def end_window(database: Database, window_id: int, by: str) -> bool:
    """Ends a window now; False when there is none, or it was over."""
    async with database.transaction() as connection:
        now = await database.read_now(connection)
        if not await storage.end_window(connection, window_id, now):
            return False
        await append_log(connection, now, [Entry(f"person:{by}", f"window:{window_id}", "window.ended", {})])
    return True


async def list_windows(database: Database) -> list[Window]:
    """Windows that are not over."""
    async with database.connection() as connection:
        return await storage.list_windows(connection, await database.read_now(connection))
