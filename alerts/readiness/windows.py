"""Announced windows: only inside one is a press a test or a drill. None can be long, and each is in the log."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from alerts.domain.incidents import MoveRefused
from alerts.domain.practice import PoliceNotice, Way
from alerts.domain.presses import Mode
from alerts.domain.rights import CITY, Place
from alerts.storage import windows as storage
from alerts.storage.database import Database
from alerts.storage.errors import UnknownReference
from alerts.storage.log import Entry, append_log
from alerts.storage.windows import Window

LONGEST = timedelta(hours=24)  # a window that is forgotten must not last


class WindowInvalid(ValueError):
    """A window that cannot be announced; the message says what to mend."""


class NoSuchWindow(LookupError):
    """There is no window of that number, or it is over."""


class AlreadyNotified(MoveRefused):
    """110 was told already, and the first notice stands."""

    slug = "already-notified"


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
    told_police: tuple[Way, str] | None = None,
) -> Window:
    """Announces a window for a school, a district, or the whole city. Raises WindowInvalid.

    `told_police`: 110 was told before, by telephone or link, under this number; it counts as told now.
    """
    _check(mode, starts_at, ends_at, school, district)
    async with database.transaction() as connection:
        now = await database.read_now(connection)
        if ends_at <= now:
            raise WindowInvalid("the window is over already")
        window = Window(0, mode, district, school, starts_at, ends_at, by, now, note)
        if told_police:
            window = _with_notice(window, PoliceNotice(now, by, *told_police))
        try:
            window = replace(window, id=await storage.announce_window(connection, window))
        except UnknownReference as error:
            raise WindowInvalid(
                f"there is no school {school}" if school else f"there is no district {district}"
            ) from error
        entry = Entry(f"person:{by}", f"window:{window.id}", "window.announced", {"window": window})
        await append_log(connection, now, [entry])
    return window


async def record_police_notice(database: Database, window_id: int, how: Way, reference: str, by: str) -> Window:
    """Records that 110 was told of a window, now. Raises NoSuchWindow and AlreadyNotified."""
    async with database.transaction() as connection:
        now = await database.read_now(connection)
        window = await storage.find_window(connection, window_id)
        if window is None or window.ends_at <= now:
            raise NoSuchWindow(window_id)
        notice = PoliceNotice(now, by, how, reference)
        if not await storage.save_police_notice(connection, window_id, notice):
            raise AlreadyNotified(f"{window.police_notified_by} told 110 already")
        window = _with_notice(window, notice)
        entry = Entry(f"person:{by}", f"window:{window_id}", "window.police_notified", {"window": window})
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


async def list_windows(database: Database, within: Place = CITY) -> list[Window]:
    """Windows that are not over and concern a place."""
    async with database.connection() as connection:
        return await storage.list_windows(connection, await database.read_now(connection), within)


def _check(mode: Mode, starts_at: datetime, ends_at: datetime, school: str | None, district: str | None) -> None:
    if mode is Mode.LIVE:
        raise WindowInvalid("a window is for `test` or `drill`")
    if school and district:
        raise WindowInvalid("name a school or a district, not both")
    if not timedelta() < ends_at - starts_at <= LONGEST:
        raise WindowInvalid("a window must end after it starts, within 24 hours")


def _with_notice(window: Window, notice: PoliceNotice) -> Window:
    return replace(
        window,
        police_notified_at=notice.at,
        police_notified_by=notice.by,
        police_notified_how=notice.how,
        police_reference=notice.reference,
        announced_to_police=notice.at < window.starts_at,
    )
