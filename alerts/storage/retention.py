"""Which raw records are old, what holds keep, and what has gone."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from alerts.domain.retention import Hold
from alerts.storage.database import Connection
from alerts.storage.records import read_records
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
    """Evidence that must stay: of a school, of a district, or with neither of the city, from `since` to `until`; why,
    and by whom. `gone_days` of these days had gone, whole or in part, before it was placed; 0 of a lifted one."""

    id: int
    school: str | None
    school_name: str | None
    district: str | None
    district_name: str | None
    since: date
    until: date
    reason: str
    placed_at: datetime
    placed_by: str
    lifted_at: datetime | None
    lifted_by: str | None
    lift_reason: str | None
    gone_days: int


@dataclass(frozen=True, slots=True)
class GoneSum:
    """How many days of a stretch have gone at a place, whole or in part, and the first and the last of them."""

    days: int
    first: date | None
    last: date | None


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


async def sum_up_gone(connection: Connection, hold: Hold) -> GoneSum:
    """Of which days a hold comes too late."""
    rows = await connection.fetch(_SQL["sum_up_gone"], hold.school, hold.district, hold.since, hold.until)
    (found,) = read_records(rows, GoneSum)
    return found


async def list_holds(
    connection: Connection, *, standing_only: bool, school: str | None, before: int | None, limit: int
) -> list[HoldRow]:
    """Holds, the newest first; those of a school are also its district's and the city's."""
    rows = await connection.fetch(_SQL["list_holds"], None, standing_only, school, before, limit)
    return read_records(rows, HoldRow)


async def list_standing_holds(connection: Connection, up_to: date) -> list[Hold]:
    """What keeps days before one; a district's hold is one of each of its schools."""
    return read_records(await connection.fetch(_SQL["list_standing_holds"], up_to), Hold)


async def has_district(connection: Connection, code: str) -> bool:
    """Whether there is a district of a code."""
    found: bool = await connection.fetchval(_SQL["has_district"], code)
    return found


async def place_hold(connection: Connection, hold: Hold, reason: str, now: datetime, by: str) -> HoldRow:
    """One more hold."""
    number = await connection.fetchval(
        _SQL["place_hold"], hold.school, hold.district, hold.since, hold.until, reason, now, by
    )
    return await _find_hold(connection, number)


async def lift_hold(connection: Connection, id_: int, reason: str, now: datetime, by: str) -> HoldRow | None:
    """A hold ends; None when there is none that stands."""
    number = await connection.fetchval(_SQL["lift_hold"], id_, now, by, reason)
    return None if number is None else await _find_hold(connection, number)


async def _find_hold(connection: Connection, id_: int) -> HoldRow:
    (found,) = read_records(await connection.fetch(_SQL["list_holds"], id_, False, None, None, 1), HoldRow)
    return found
