"""Which raw records are old, what holds keep, and what has gone."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from alerts.domain.retention import Hold
from alerts.storage.database import Connection
from alerts.storage.records import read_record, read_records
from alerts.storage.statements import read_statements

_SQL = read_statements("retention")


@dataclass(frozen=True, slots=True)
class OldDay:
    """A day whose evidence is old; `gone` when it went already, but at the schools `held`.

    `stray`: something of it lies in no partition, because it came in since, or before there was one.
    """

    on_date: date
    held: tuple[str, ...]
    gone: bool
    stray: bool


@dataclass(frozen=True, slots=True)
class GoneDay:
    """A day whose evidence went: when, how many rows, and at which schools it stayed."""

    on_date: date
    gone_at: datetime
    rows: int
    held: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class HoldRow:
    """Evidence that must stay: of a school (null: of the city), from `since` to `until`; why, and by whom."""

    id: int
    school: str | None
    since: date
    until: date
    reason: str
    placed_at: datetime
    placed_by: str
    lifted_at: datetime | None
    lifted_by: str | None


async def list_old_days(connection: Connection, first_kept: date) -> list[OldDay]:
    """Days before the oldest one that stays, the oldest first."""
    return read_records(await connection.fetch(_SQL["list_old_days"], first_kept), OldDay)


async def drop_day(connection: Connection, on: date, held: Iterable[str], now: datetime) -> int | None:
    """A day's evidence goes, but that of some schools. Returns how many rows went; None when others have the table, to
    be tried again. It is locked until the caller's transaction ends, which must be at once."""
    rows: int | None = await connection.fetchval(_SQL["drop_day"], on, sorted(held), now)
    return rows


async def drop_quarantine(connection: Connection, before: datetime, limit: int) -> int:
    """The oldest of what could not be read goes; returns how many."""
    done: str = await connection.execute(_SQL["drop_quarantine"], before, limit)
    return int(done.rpartition(" ")[2])


async def list_gone_days(connection: Connection, first: date, last: date) -> list[GoneDay]:
    """Which days of UTC from one to another have gone."""
    return read_records(await connection.fetch(_SQL["list_gone"], first, last), GoneDay)


async def list_holds(
    connection: Connection, *, standing_only: bool, school: str | None, before: int | None, limit: int
) -> list[HoldRow]:
    """Holds, the newest first; those of a school are also the city's."""
    return read_records(await connection.fetch(_SQL["list_holds"], standing_only, school, before, limit), HoldRow)


async def list_standing_holds(connection: Connection, before: date) -> list[Hold]:
    """What keeps days before one."""
    return read_records(await connection.fetch(_SQL["list_standing_holds"], before), Hold)


async def place_hold(connection: Connection, hold: Hold, reason: str, now: datetime, by: str) -> HoldRow:
    """One more hold."""
    rows = await connection.fetch(_SQL["place_hold"], hold.school, hold.since, hold.until, reason, now, by)
    (row,) = read_records(rows, HoldRow)
    return row


async def lift_hold(connection: Connection, id_: int, now: datetime, by: str) -> HoldRow | None:
    """A hold ends; None when there is none that stands."""
    row = await connection.fetchrow(_SQL["lift_hold"], id_, now, by)
    return None if row is None else read_record(row, HoldRow)
