"""Leave and deputies on disk."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

import asyncpg

from alerts.domain.duty import Stretch
from alerts.storage.database import Connection
from alerts.storage.errors import UnknownReference
from alerts.storage.records import read_records
from alerts.storage.statements import read_statements

_SQL = read_statements("absences")


@dataclass(frozen=True, slots=True)
class Leave:
    """A person is away."""

    id: int
    person: str
    person_name: str
    starts_at: datetime
    ends_at: datetime
    note: str
    saved_by: str
    saved_at: datetime


@dataclass(frozen=True, slots=True)
class Deputy:
    """Who stands in for a person (or for whom they do); lower `rank` is asked first."""

    person: str
    name: str
    rank: int


async def insert_leave(connection: Connection, person: str, stretch: Stretch, note: str, by: str, now: datetime) -> int:
    """A person will be away. Returns the leave's id. Raises UnknownReference."""
    try:
        id_: int = await connection.fetchval(_SQL["insert_leave"], person, *stretch, note, by, now)
    except asyncpg.ForeignKeyViolationError as error:
        raise UnknownReference(str(error)) from error
    return id_


async def end_leave(connection: Connection, id_: int, now: datetime) -> str | None:
    """They are back, or stay after all. Returns whose leave it was; None when there is none, or it is over."""
    person: str | None = await connection.fetchval(_SQL["end_leave"], id_, now)
    return person


async def list_leave(
    connection: Connection,
    now: datetime,
    *,
    person: str | None = None,
    school: str | None = None,
    district: str | None = None,
    after: int | None = None,
    limit: int = 1000,
) -> list[Leave]:
    """Leave that is not over, soonest first."""
    rows = await connection.fetch(_SQL["list_leave"], now, person, school, district, after, limit)
    return read_records(rows, Leave)


async def list_away(connection: Connection, people: Collection[str], since: datetime) -> dict[str, list[Stretch]]:
    """When these people are away, as far as it ends after `since`; who is never away is missing."""
    away: dict[str, list[Stretch]] = defaultdict(list)
    for row in await connection.fetch(_SQL["list_away"], sorted(people), since):
        away[row["person"]].append((row["starts_at"], row["ends_at"]))
    return away


async def list_deputies(connection: Connection, people: Collection[str]) -> dict[str, list[Deputy]]:
    """Who stands in for these people, first choice first; who has nobody is missing."""
    deputies: dict[str, list[Deputy]] = defaultdict(list)
    for row in await connection.fetch(_SQL["list_deputies"], sorted(people)):
        deputies[row["person"]].append(Deputy(row["deputy"], row["deputy_name"], row["rank"]))
    return deputies


async def list_deputised(connection: Connection, person: str) -> list[Deputy]:
    """For whom a person stands in."""
    rows = await connection.fetch(_SQL["list_deputised"], person)
    return [Deputy(row["person"], row["person_name"], row["rank"]) for row in rows]


async def save_deputies(connection: Connection, person: str, deputies: Sequence[str]) -> None:
    """Puts these deputies, first choice first, in the place of those before. Raises UnknownReference."""
    try:
        await connection.execute(_SQL["save_deputies"], person, deputies)
    except asyncpg.ForeignKeyViolationError as error:
        raise UnknownReference(str(error)) from error
