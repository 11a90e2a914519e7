"""Timetables, terms and days that are otherwise, as people put them in."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time

import asyncpg
import msgspec

from alerts.domain.compliance.schedule import ClosedLoop, ExceptionKind
from alerts.domain.compliance.timetables import Definition
from alerts.domain.registry import SchoolKind
from alerts.storage.database import Connection
from alerts.storage.errors import UnknownReference
from alerts.storage.records import read_record, read_records
from alerts.storage.statements import read_statements

_SQL = read_statements("schedules")


@dataclass(frozen=True, slots=True)
class TimetableRow:
    """A timetable of one school, of all of a kind, or of all (both None)."""

    id: int
    school_kind: SchoolKind | None
    school: str | None
    valid_from: date
    valid_until: date | None
    definition: Definition
    saved_by: str
    saved_at: datetime


@dataclass(frozen=True, slots=True)
class TermRow:
    """A term of the city, or of one school."""

    id: int
    name: str
    first_on: date
    last_on: date
    school: str | None
    saved_by: str
    saved_at: datetime


@dataclass(frozen=True, slots=True)
class ExceptionRow:
    """A stretch of days that is otherwise, of a school, a district or the city."""

    id: int
    kind: ExceptionKind
    first_on: date
    last_on: date
    district: str | None
    school: str | None
    closes: time | None
    level: ClosedLoop | None
    reason: str
    saved_by: str
    saved_at: datetime
    retired_by: str | None = None
    retired_at: datetime | None = None


async def take_schedule_turn(connection: Connection) -> None:
    """Whoever changes schedules does so in turn, so that two changes at once do not cross."""
    await connection.execute(_SQL["take_turn"])


async def find_last_closed(connection: Connection) -> date | None:
    """The last day that was closed: it and those before keep what held on them."""
    day: date | None = await connection.fetchval(_SQL["find_last_closed"])
    return day


async def insert_timetable(connection: Connection, row: TimetableRow) -> int:
    """Stores a timetable (its `id` is not looked at) and returns its id. Raises UnknownReference."""
    definition = msgspec.json.encode(row.definition).decode()
    try:
        id_: int = await connection.fetchval(
            _SQL["insert_timetable"],
            row.school_kind,
            row.school,
            row.valid_from,
            row.valid_until,
            definition,
            row.saved_by,
            row.saved_at,
        )
    except asyncpg.ForeignKeyViolationError as error:
        raise UnknownReference(str(error)) from error
    return id_


async def end_timetables(
    connection: Connection, school_kind: SchoolKind | None, school: str | None, before: date
) -> None:
    """The timetables of this place hold until before a day; those that would begin then or later never do."""
    await connection.execute(_SQL["drop_timetables"], school_kind, school, before)
    await connection.execute(_SQL["end_timetables"], school_kind, school, before)


async def end_timetable(connection: Connection, id_: int, before: date) -> None:
    """One timetable holds until before a day; one that would begin then or later never does."""
    await connection.execute(_SQL["drop_timetable"], id_, before)
    await connection.execute(_SQL["end_timetable"], id_, before)


async def find_timetable(connection: Connection, id_: int) -> TimetableRow | None:
    """One timetable."""
    row = await connection.fetchrow(_SQL["find_timetable"], id_)
    return None if row is None else _read_timetable(row)


async def list_timetables(
    connection: Connection,
    *,
    school: str | None = None,
    school_kind: SchoolKind | None = None,
    on: date | None = None,
    before: int | None = None,
    limit: int,
) -> list[TimetableRow]:
    """Timetables, the newest first; of a school or a kind itself, and (`on`) that hold on a day."""
    rows = await connection.fetch(_SQL["list_timetables"], school, school_kind, on, before, limit)
    return [_read_timetable(row) for row in rows]


async def list_place_timetables(
    connection: Connection, school_kind: SchoolKind | None, school: str | None, since: date
) -> list[TimetableRow]:
    """The timetables of exactly this place that hold on a day or later."""
    rows = await connection.fetch(_SQL["list_place_timetables"], school_kind, school, since)
    return [_read_timetable(row) for row in rows]


async def save_term(connection: Connection, row: TermRow) -> int:
    """Stores a term, or (`id` not 0) its days anew, and returns its id. Raises UnknownReference."""
    values = (row.name, row.first_on, row.last_on, row.school, row.saved_by, row.saved_at)
    if row.id:
        await connection.execute(_SQL["update_term"], row.id, *values)
        return row.id
    try:
        id_: int = await connection.fetchval(_SQL["insert_term"], *values)
    except asyncpg.ForeignKeyViolationError as error:
        raise UnknownReference(str(error)) from error
    return id_


async def delete_term(connection: Connection, id_: int) -> None:
    """A term that never was."""
    await connection.execute(_SQL["delete_term"], id_)


async def find_term(connection: Connection, id_: int) -> TermRow | None:
    """One term."""
    row = await connection.fetchrow(_SQL["find_term"], id_)
    return None if row is None else read_record(row, TermRow)


async def list_terms(
    connection: Connection, *, school: str | None = None, city: bool = False, before: int | None = None, limit: int
) -> list[TermRow]:
    """Terms, the newest first; `school`: its own, `city`: those of the city alone."""
    return read_records(await connection.fetch(_SQL["list_terms"], school, city, before, limit), TermRow)


async def insert_exception(connection: Connection, row: ExceptionRow) -> int:
    """Stores an exception (its `id` is not looked at) and returns its id. Raises UnknownReference."""
    try:
        id_: int = await connection.fetchval(
            _SQL["insert_exception"],
            row.kind,
            row.first_on,
            row.last_on,
            row.district,
            row.school,
            row.closes,
            row.level,
            row.reason,
            row.saved_by,
            row.saved_at,
        )
    except asyncpg.ForeignKeyViolationError as error:
        raise UnknownReference(str(error)) from error
    return id_


async def end_exception(connection: Connection, id_: int, before: date, by: str, now: datetime) -> None:
    """An exception holds until before a day; one that would begin then or later never does."""
    await connection.execute(_SQL["end_exception"], id_, before, by, now)


async def find_exception(connection: Connection, id_: int) -> ExceptionRow | None:
    """One exception that was not taken back."""
    row = await connection.fetchrow(_SQL["find_exception"], id_)
    return None if row is None else read_record(row, ExceptionRow)


async def list_exceptions(
    connection: Connection,
    *,
    school: str | None = None,
    district: str | None = None,
    since: date | None = None,
    before: int | None = None,
    limit: int,
) -> list[ExceptionRow]:
    """Exceptions that were not taken back, the newest first; `since`: that last until that day or longer."""
    rows = await connection.fetch(_SQL["list_exceptions"], school, district, since, before, limit)
    return read_records(rows, ExceptionRow)


def _read_timetable(row: asyncpg.Record) -> TimetableRow:
    return msgspec.convert(dict(row) | {"definition": msgspec.json.decode(row["definition"])}, TimetableRow)
