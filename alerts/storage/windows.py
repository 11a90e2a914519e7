"""Announced windows on disk: who may test or drill when, and whether 110 was told first."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import asyncpg

from alerts.domain.practice import PoliceNotice, Way
from alerts.domain.presses import Mode
from alerts.domain.rights import CITY, Place
from alerts.storage.database import Connection
from alerts.storage.errors import UnknownReference
from alerts.storage.records import read_record, read_records
from alerts.storage.statements import read_statements

_SQL = read_statements("windows")


@dataclass(frozen=True, slots=True)
class Window:
    """An announced window for tests or drills of a school, a district, or with neither of the whole city.

    `announced_to_police`: 110 was told of it before it began (rule A4), with the four fields that say how.
    """

    id: int
    mode: Mode
    district: str | None
    school: str | None
    starts_at: datetime
    ends_at: datetime
    announced_by: str
    announced_at: datetime
    note: str
    police_notified_at: datetime | None = None
    police_notified_by: str | None = None
    police_notified_how: Way | None = None
    police_reference: str = ""
    announced_to_police: bool = False


async def announce_window(connection: Connection, window: Window) -> int:
    """Stores a window (its `id` is not looked at) and returns its id. Raises UnknownReference."""
    try:
        id_: int = await connection.fetchval(
            _SQL["announce"],
            window.mode,
            window.district,
            window.school,
            window.starts_at,
            window.ends_at,
            window.announced_by,
            window.announced_at,
            window.note,
            window.police_notified_at,
            window.police_notified_by,
            window.police_notified_how,
            window.police_reference,
        )
    except asyncpg.ForeignKeyViolationError as error:
        raise UnknownReference(str(error)) from error
    return id_


async def end_window(connection: Connection, window_id: int, now: datetime) -> bool:
    """Ends a window at `now`; False when there is none of that id, or it was over."""
    return await connection.fetchval(_SQL["end"], window_id, now) is not None


async def save_police_notice(connection: Connection, window_id: int, notice: PoliceNotice) -> bool:
    """Records that 110 was told; False when there is no such window, it is over, or there is a notice already."""
    arguments = (window_id, notice.at, notice.by, notice.how, notice.reference)
    return await connection.fetchval(_SQL["notify_police"], *arguments) is not None


async def list_windows(connection: Connection, now: datetime, within: Place = CITY) -> list[Window]:
    """Windows that are not over and concern a place: its own, those of what it lies in, and of what lies in it."""
    return read_records(await connection.fetch(_SQL["list"], now, within.district, within.school), Window)


async def list_windows_over(
    connection: Connection, now: datetime, within: Place = CITY, *, before: int | None, limit: int
) -> list[Window]:
    """Windows of a place, or in it, that are over, newest first; `before` is the id of the page before's last one."""
    found = await connection.fetch(_SQL["list_over"], now, before, limit, within.district, within.school)
    return read_records(found, Window)


async def find_window(connection: Connection, window_id: int) -> Window | None:
    """One window, also one that is over."""
    row = await connection.fetchrow(_SQL["find"], window_id)
    return None if row is None else read_record(row, Window)
