"""When schools are open, as people put it in: timetables, terms, days that are otherwise. Each change is one
transaction with its row of the log.

Days that are over keep what held on them: once a day was closed, nothing can begin or end on it any more.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from alerts.compliance.places import need_school, read_day
from alerts.domain.compliance.rules import Input
from alerts.domain.compliance.schedule import ClosedLoop, ExceptionKind
from alerts.domain.compliance.timetables import (
    LONGEST_NAME,
    Definition,
    ScheduleInvalid,
    check_days,
    check_definitions,
)
from alerts.domain.registry import SchoolKind
from alerts.storage import schedules as storage
from alerts.storage.database import Connection, Database
from alerts.storage.errors import UnknownReference
from alerts.storage.log import Entry, append_log
from alerts.storage.schedules import ExceptionRow, TermRow, TimetableRow
from alerts.storage.stale import mark_stale_places

_LONGEST_TERM = timedelta(days=366)
_LONGEST_REASON = 500


class NoSuchSchedule(LookupError):
    """There is no timetable, term or exception of that number."""


@dataclass(frozen=True, slots=True)
class Scope:
    """Whose timetable it is: one school's, that of all of a kind, or with neither everybody's."""

    school: str | None = None
    school_kind: SchoolKind | None = None


async def read_first_open_day(connection: Connection, now: datetime) -> date | None:
    """The first day on which something may still change; None while no day was ever closed."""
    closed = await storage.find_last_closed(connection)
    return None if closed is None else min(closed + timedelta(days=1), read_day(now))


async def save_timetables(
    database: Database, scope: Scope, valid_from: date, valid_until: date | None, said: Sequence[Definition], by: str
) -> list[TimetableRow]:
    """From a day on these hold in the place of all that the scope had. With a last day they hold for that while, and
    those before come back after it. Raises ScheduleInvalid and NoSuchSchool."""
    async with database.transaction() as connection:
        now = await database.read_now(connection)
        saved = await put_timetables(connection, scope, valid_from, valid_until, said, by, now)
        await append_log(connection, now, [_entry(by, scope.school, "timetable.saved", {"timetables": saved})])
    return saved


async def put_timetables(
    connection: Connection,
    scope: Scope,
    valid_from: date,
    valid_until: date | None,
    said: Sequence[Definition],
    by: str,
    now: datetime,
) -> list[TimetableRow]:
    """The same inside the caller's transaction, which tells the log of it."""
    await storage.take_schedule_turn(connection)
    if scope.school is not None and scope.school_kind is not None:
        raise ScheduleInvalid("school: name a school or a kind of school, not both")
    if scope.school is not None:
        await need_school(connection, scope.school)
    check_definitions(said)
    check_days(valid_from, valid_until)
    await _refuse_closed(connection, valid_from, "valid_from", now)
    if valid_until is None:
        await storage.end_timetables(connection, scope.school_kind, scope.school, valid_from)
    saved: list[TimetableRow] = []
    for one in said:
        row = TimetableRow(0, scope.school_kind, scope.school, valid_from, valid_until, one, by, now)
        saved.append(replace(row, id=await storage.insert_timetable(connection, row)))
    await mark_stale_places(connection, Input.SCHEDULE, school=scope.school, kind=scope.school_kind)
    return saved


async def end_timetable(database: Database, id_: int, by: str) -> None:
    """From today on a timetable does not hold; days that are over keep it. Raises NoSuchSchedule."""
    async with database.transaction() as connection:
        await storage.take_schedule_turn(connection)
        now = await database.read_now(connection)
        row = await storage.find_timetable(connection, id_)
        today = read_day(now)
        if row is None or (row.valid_until is not None and row.valid_until < today):
            raise NoSuchSchedule(f"there is no timetable {id_}, or it has ended")
        await storage.end_timetable(connection, id_, today)
        await mark_stale_places(connection, Input.SCHEDULE, school=row.school, kind=row.school_kind)
        await append_log(connection, now, [_entry(by, row.school, "timetable.ended", {"timetable": row})])


async def save_term(database: Database, term: TermRow, by: str) -> TermRow:
    """Enters a term, or (its `id` not 0) changes its name and days. Raises ScheduleInvalid, NoSuchSchool and
    NoSuchSchedule."""
    async with database.transaction() as connection:
        now = await database.read_now(connection)
        saved = await put_term(connection, term, by, now)
        await append_log(connection, now, [_entry(by, saved.school, "term.saved", {"term": saved})])
    return saved


async def put_term(connection: Connection, term: TermRow, by: str, now: datetime) -> TermRow:
    """The same inside the caller's transaction, which tells the log of it."""
    await storage.take_schedule_turn(connection)
    _check_term(term)
    before = await storage.find_term(connection, term.id) if term.id else None
    if term.id and before is None:
        raise NoSuchSchedule(f"there is no term {term.id}")
    if before is None:
        if term.school is not None:
            await need_school(connection, term.school)
        await _refuse_closed(connection, term.first_on, "first_on", now)
    else:
        term = replace(term, school=before.school)
        for field, old, new in (
            ("first_on", before.first_on, term.first_on),
            ("last_on", before.last_on + timedelta(days=1), term.last_on + timedelta(days=1)),
        ):
            if old != new:  # what changes lies between the two
                await _refuse_closed(connection, min(old, new), field, now)
    await _refuse_overlap(connection, term)
    row = replace(term, saved_by=by, saved_at=now)
    saved = replace(row, id=await storage.save_term(connection, row))
    await mark_stale_places(connection, Input.SCHEDULE, school=saved.school)
    return saved


async def remove_term(database: Database, id_: int, by: str) -> None:
    """Takes away a term of which no day was closed. Raises NoSuchSchedule and ScheduleInvalid."""
    async with database.transaction() as connection:
        await storage.take_schedule_turn(connection)
        now = await database.read_now(connection)
        row = await storage.find_term(connection, id_)
        if row is None:
            raise NoSuchSchedule(f"there is no term {id_}")
        await _refuse_closed(connection, row.first_on, "first_on", now)
        await storage.delete_term(connection, id_)
        await mark_stale_places(connection, Input.SCHEDULE, school=row.school)
        await append_log(connection, now, [_entry(by, row.school, "term.removed", {"term": row})])


async def put_exception(connection: Connection, said: ExceptionRow, by: str, now: datetime) -> ExceptionRow:
    """Says that days are otherwise, for a school, a district or the city, inside the caller's transaction. Raises
    ScheduleInvalid."""
    _check_exception(said)
    await storage.take_schedule_turn(connection)
    await _refuse_closed(connection, said.first_on, "first_on", now)
    row = replace(said, saved_by=by, saved_at=now)
    try:
        saved = replace(row, id=await storage.insert_exception(connection, row))
    except UnknownReference as error:
        where = f"school: there is no school {said.school}" if said.school else f"district: there is no {said.district}"
        raise ScheduleInvalid(where) from error
    await mark_stale_places(connection, Input.SCHEDULE, school=saved.school, district=saved.district)
    await append_log(connection, now, [_entry(by, saved.school, "exception.saved", {"exception": saved})])
    return saved


async def end_exception(database: Database, id_: int, by: str) -> None:
    """From today on an exception does not hold; days that are over keep it. Raises NoSuchSchedule."""
    async with database.transaction() as connection:
        await close_exception(connection, id_, by, await database.read_now(connection))


async def close_exception(connection: Connection, id_: int, by: str, now: datetime) -> None:
    """The same inside the caller's transaction."""
    await storage.take_schedule_turn(connection)
    row = await storage.find_exception(connection, id_)
    today = read_day(now)
    if row is None or row.last_on < today:
        raise NoSuchSchedule(f"there is no exception {id_}, or it is over")
    await storage.end_exception(connection, id_, today, by, now)
    await mark_stale_places(connection, Input.SCHEDULE, school=row.school, district=row.district)
    await append_log(connection, now, [_entry(by, row.school, "exception.ended", {"exception": row})])


async def find_city_exception(database: Database, id_: int) -> ExceptionRow | None:
    """An exception, if it is the whole city's."""
    async with database.connection() as connection:
        row = await storage.find_exception(connection, id_)
    return row if row is not None and row.school is None and row.district is None else None


async def _refuse_closed(connection: Connection, first: date, field: str, now: datetime) -> None:
    open_from = await read_first_open_day(connection, now)
    if open_from is not None and first < open_from:
        raise ScheduleInvalid(
            f"{field}: days before {open_from} were closed and keep what held on them; "
            f"let it begin on {open_from} or later"
        )


async def _refuse_overlap(connection: Connection, term: TermRow) -> None:
    others = await storage.list_terms(connection, school=term.school, city=term.school is None, limit=1000)
    for other in others:
        if other.id != term.id and other.first_on <= term.last_on and term.first_on <= other.last_on:
            raise ScheduleInvalid(
                f"first_on: {other.name} ({other.first_on} to {other.last_on}) has days of it: end that one before"
            )


def _check_term(term: TermRow) -> None:
    check_days(term.first_on, term.last_on, "last_on")
    if term.last_on - term.first_on > _LONGEST_TERM:
        raise ScheduleInvalid("last_on: a term has at most a year")
    if not 1 <= len(term.name.strip()) <= LONGEST_NAME:
        raise ScheduleInvalid(f"name: a term has a name of at most {LONGEST_NAME} characters")


def _check_exception(said: ExceptionRow) -> None:
    check_days(said.first_on, said.last_on, "last_on")
    if said.last_on - said.first_on > _LONGEST_TERM:
        raise ScheduleInvalid("last_on: an exception lasts at most a year; enter it anew then")
    if said.school and said.district:
        raise ScheduleInvalid("school: name a school or a district, not both; with neither it is the whole city's")
    if (said.kind is ExceptionKind.EARLY_CLOSING) is not (said.closes is not None):
        raise ScheduleInvalid("closes: a day of early closing needs it, and no other")
    if (said.kind is ExceptionKind.CLOSED_LOOP) is not (said.level is not None):
        raise ScheduleInvalid(f"level: a closed loop needs one of {', '.join(ClosedLoop)}, and nothing else does")
    if not 1 <= len(said.reason.strip()) <= _LONGEST_REASON:
        raise ScheduleInvalid(f"reason: say why, in 1 to {_LONGEST_REASON} characters")


def _entry(by: str, school: str | None, kind: str, body: object) -> Entry:
    return Entry(f"person:{by}", "schedule" if school is None else f"school:{school}", kind, body)
