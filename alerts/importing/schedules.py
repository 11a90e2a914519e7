"""Lands timetables and terms. What a file says of a school, or of a kind of school, from a day on is taken together at
the end of the file; what is kept already is left as it is."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from alerts.compliance.schedules import Scope, put_term, put_timetables
from alerts.domain.compliance.timetables import Definition, ScheduleInvalid, check_days, check_definitions
from alerts.importing.landing import FirstLines, Signature, collect, split_rows
from alerts.importing.report import Ledger
from alerts.importing.rows import Row
from alerts.storage.database import Connection
from alerts.storage.registry import find_schools
from alerts.storage.schedules import TermRow, list_place_timetables, list_terms

_MOST_TERMS = 1000


@dataclass(frozen=True, slots=True)
class _Change:
    """Whose timetables change, and when."""

    scope: Scope
    valid_from: date
    valid_until: date | None


class TimetableLanding:
    """Rows of one place and one first day are one change: days of the week that differ stand in rows of their own."""

    def __init__(self, signature: Signature) -> None:
        self.ledger = Ledger(("timetables",))
        self.touched: set[str] = set()
        self._signature = signature
        self._changes: defaultdict[_Change, list[Row]] = defaultdict(list)

    async def take(self, connection: Connection, rows: Sequence[Row]) -> None:
        """Checks a batch; what is good waits for the end of the file."""
        schools = await find_schools(connection, collect(rows, "school"))
        for row in rows:
            _check_place(row, schools)
            if not row.problems:
                _check_alone(row)
        for row in split_rows(rows, self.ledger):
            scope = Scope(row.get("school"), row.get("school_kind"))
            self._changes[_Change(scope, row.values["valid_from"], row.get("valid_until"))].append(row)

    async def finish(self, connection: Connection) -> None:
        """Lands each change, the first day first."""
        for change in sorted(self._changes, key=lambda one: one.valid_from):
            await self._land(connection, change, self._changes[change])

    async def _land(self, connection: Connection, change: _Change, rows: Sequence[Row]) -> None:
        said = [_read_definition(row) for row in rows]
        scope = change.scope
        known = await list_place_timetables(connection, scope.school_kind, scope.school, change.valid_from)
        before = {
            one.definition
            for one in known
            if one.valid_until == change.valid_until and one.valid_from <= change.valid_from
        }
        try:
            check_definitions(said)
            if before != set(said):
                by, now = self._signature.by, self._signature.now
                await put_timetables(connection, scope, change.valid_from, change.valid_until, said, by, now)
        except ScheduleInvalid as error:
            for row in rows:
                _refuse(row, error)
                self.ledger.refuse(row)
            return
        for one in said:
            key = (change, one.weekdays)
            self.ledger.settle("timetables", key, one if one in before else (before or None), one)


class TermLanding:
    """Every row is settled with its batch. A term is known by its name and its place."""

    def __init__(self, signature: Signature) -> None:
        self.ledger = Ledger(("terms",))
        self.touched: set[str] = set()
        self._signature = signature
        self._lines = FirstLines()

    async def take(self, connection: Connection, rows: Sequence[Row]) -> None:
        """Lands a batch."""
        schools = await find_schools(connection, collect(rows, "school"))
        for row in rows:
            _check_place(row, schools)
            key = (row.get("school"), row.get("term"))
            self._lines.refuse_repeat(row, "term", key, f"the term {row.get('term')}")
            if not row.problems:
                await self._land(connection, row)
        split_rows(rows, self.ledger)

    async def finish(self, connection: Connection) -> None:
        """Nothing waits."""

    async def _land(self, connection: Connection, row: Row) -> None:
        school, name = row.get("school"), row.values["term"]
        known = await list_terms(connection, school=school, city=school is None, limit=_MOST_TERMS)
        before = next((one for one in known if one.name == name), None)
        by, now = self._signature.by, self._signature.now
        first, last = row.values["first_on"], row.values["last_on"]
        wanted = TermRow(before.id if before else 0, name, first, last, school, by, now)
        days = None if before is None else (before.first_on, before.last_on)
        try:
            if days != (first, last):
                await put_term(connection, wanted, by, now)
        except ScheduleInvalid as error:
            _refuse(row, error)
            return
        self.ledger.settle("terms", (school, name), days, (first, last))


def _check_place(row: Row, schools: Any) -> None:
    school = row.get("school")
    if school and school not in schools:
        row.refuse("school", f"there is no school {school}: import the schools first")
    if school and row.get("school_kind"):
        row.refuse("school_kind", "name a school or a kind of school, not both")


def _check_alone(row: Row) -> None:
    """What is wrong with a row by itself is told of it, and not of all that go with it."""
    try:
        check_definitions([_read_definition(row)])
        check_days(row.values["valid_from"], row.get("valid_until"))
    except ScheduleInvalid as error:
        _refuse(row, error)


def _read_definition(row: Row) -> Definition:
    values = {name: row.get(name) for name in ("weekdays", "arrivals", "dismissals", "closes", "lights_out")}
    return Definition(**values, lessons=row.get("lessons") or ())


def _refuse(row: Row, error: ScheduleInvalid) -> None:
    field, _, message = str(error).partition(": ")
    known = field in row.headings
    row.refuse(field if known else None, message if known else str(error))
