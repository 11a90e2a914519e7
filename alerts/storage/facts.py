"""Declared facts and their photos on disk. Rows are only ever added."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import asyncpg
import msgspec

from alerts.domain.compliance.messages import read_post
from alerts.domain.compliance.photos import MediaType
from alerts.domain.compliance.school_day import FactKind
from alerts.domain.compliance.verdicts import Grade
from alerts.storage.database import Connection
from alerts.storage.statements import read_statements

_SQL = read_statements("facts")


@dataclass(frozen=True, slots=True)
class PhotoHead:
    """A photo without its content."""

    number: int
    media_type: MediaType
    size_bytes: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Photo:
    """A photo to be shown."""

    media_type: MediaType
    content: bytes


@dataclass(frozen=True, slots=True)
class FactRow:
    """A fact as it was written down, or (`withdrawn`) that one does not hold any more. `corrects` is the row in whose
    place it stands, `corrected_by` the one that stands in its own; a fact stands while there is none."""

    id: int
    school: str
    kind: FactKind
    about: str | None
    at: datetime
    by: str
    seen_by: str | None
    check_in: str | None
    grade: Grade
    valid_until: date | None
    said: dict[str, str | int | float | bool]
    withdrawn: bool
    corrects: int | None
    reason: str
    recorded_at: datetime
    corrected_by: int | None = None
    photos: tuple[PhotoHead, ...] = ()


async def insert_fact(connection: Connection, fact: FactRow) -> int | None:
    """Stores a fact (its `id` is not looked at) and returns its id; None when the one that it corrects was corrected
    meanwhile."""
    id_: int | None = await connection.fetchval(
        _SQL["insert"],
        fact.school,
        fact.kind,
        fact.about,
        fact.at,
        fact.by,
        fact.seen_by,
        fact.check_in,
        fact.grade,
        fact.valid_until,
        msgspec.json.encode(fact.said).decode(),
        fact.withdrawn,
        fact.corrects,
        fact.reason,
        fact.recorded_at,
    )
    return id_


async def insert_photo(connection: Connection, fact: int, number: int, photo: Photo) -> None:
    """Stores a photo of a fact."""
    await connection.execute(_SQL["insert_photo"], fact, number, photo.media_type, photo.content)


async def keep_photos(connection: Connection, corrected: int, fact: int) -> None:
    """A correction that brings no photos keeps those of the fact that it corrects."""
    await connection.execute(_SQL["keep_photos"], corrected, fact)


async def find_photo(connection: Connection, fact: int, number: int) -> Photo | None:
    """One photo."""
    row = await connection.fetchrow(_SQL["find_photo"], fact, number)
    return None if row is None else Photo(MediaType(row["media_type"]), row["content"])


async def find_fact(connection: Connection, id_: int) -> FactRow | None:
    """One fact, whether it stands or not."""
    row = await connection.fetchrow(_SQL["find"], id_)
    return None if row is None else _read_fact(row)


async def list_history(connection: Connection, id_: int) -> list[FactRow]:
    """A fact with all that it corrects and that corrects it, the first one first."""
    return [_read_fact(row) for row in await connection.fetch(_SQL["list_history"], id_)]


async def list_facts(
    connection: Connection,
    *,
    school: str | None = None,
    kind: FactKind | None = None,
    about: str | None = None,
    standing: bool = True,
    before: int | None = None,
    limit: int,
) -> list[FactRow]:
    """Facts, the newest first; `standing`: only those that were neither corrected nor withdrawn."""
    rows: Sequence[asyncpg.Record] = await connection.fetch(_SQL["list"], school, kind, about, standing, before, limit)
    return [_read_fact(row) for row in rows]


async def find_check_in(
    connection: Connection, school: str, person: str, at: datetime, within: timedelta
) -> str | None:
    """The key of a person's check-in at a school nearest to an instant, when one that counts is near enough."""
    rows = await connection.fetch(_SQL["list_check_ins"], school, person.encode(), at, within)
    found = (row["key"] for row in rows if read_post(row["payload"]).person == person)
    return next(found, None)


async def has_subject(connection: Connection, school: str, kind: str, about: str) -> bool:
    """Whether the incident, hazard, device or person that a fact is about is there (and of that school, as far as it
    is bound to one)."""
    found: bool = await connection.fetchval(_SQL["has_subject"], school, kind, about)
    return found


def _read_fact(row: asyncpg.Record) -> FactRow:
    values = dict(row) | {name: msgspec.json.decode(row[name] or "[]") for name in ("said", "photos")}
    return msgspec.convert(values, FactRow)
