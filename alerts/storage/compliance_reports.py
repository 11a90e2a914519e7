"""Closed days as reports are made of them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime

import msgspec

from alerts.domain.compliance.terms import Parameter
from alerts.domain.compliance.verdicts import Reason
from alerts.domain.registry import Ownership, SchoolKind
from alerts.storage.database import Connection
from alerts.storage.figures import split_codes
from alerts.storage.records import read_record, read_records
from alerts.storage.statements import read_statements

_SQL = read_statements("compliance_reports")


@dataclass(frozen=True, slots=True)
class RecordedSchool:
    """A school as it counts."""

    code: str
    name: str
    district: str
    kind: SchoolKind
    ownership: Ownership
    group: str | None
    zone: str


@dataclass(frozen=True, slots=True)
class RecordedDay:
    """The newest version of a school's closed day, without its reasons."""

    school: str
    version: int
    rules: tuple[str, ...]
    verdicts: str
    parameters: tuple[int, ...]
    evidence_rows: int
    evidence_hash: bytes


@dataclass(frozen=True, slots=True)
class ClosingRow:
    """The row of the log that closed a day for the city, and the hash over all records that it tells."""

    closed_at: datetime
    position: int | None
    hash: str | None


@dataclass(frozen=True, slots=True)
class UnmetRule:
    """A rule that was not met, with its reasons."""

    school: str
    rule: str
    reasons: tuple[Reason, ...]


@dataclass(frozen=True, slots=True)
class AmendmentRow:
    """A later version of a school's day."""

    on_date: date
    school: str
    school_name: str
    version: int
    closed_at: datetime
    reason: str


@dataclass(frozen=True, slots=True)
class BreachCounts:
    """How many breaches were opened and closed in a span, and open and overdue at its end."""

    opened: int
    closed: int
    open_at_end: int
    overdue_at_end: int


@dataclass(frozen=True, slots=True)
class BreachRow:
    """A breach that was open at some time of a span."""

    id: int
    school: str
    school_name: str
    district: str
    rule: str
    opened_at: datetime
    due_at: datetime
    owner_name: str | None
    repeats: int
    escalated_at: datetime | None
    closed_at: datetime | None


@dataclass(frozen=True, slots=True)
class NamedTerm:
    """A term by its name."""

    name: str
    first_on: date
    last_on: date


Place = tuple[str | None, str | None]
"""A district and a school; both None: the city."""


async def list_recorded_schools(connection: Connection, place: Place) -> list[RecordedSchool]:
    """The schools of a place, in the order of their codes."""
    return read_records(await connection.fetch(_SQL["list_schools"], *place), RecordedSchool)


async def list_recorded_days(connection: Connection, on: date, place: Place) -> list[RecordedDay]:
    """What stands recorded of a day, a row a school, in the order of their codes."""
    rows = await connection.fetch(_SQL["list_days"], on, *place)
    return [
        RecordedDay(
            row["school"],
            row["version"],
            split_codes(row["rules"]),
            row["verdicts"],
            tuple(row["parameters"]),
            row["evidence_rows"],
            row["evidence_hash"],
        )
        for row in rows
    ]


async def is_any_recorded(connection: Connection, first: date, last: date, place: Place) -> bool:
    """Whether any day of a place is closed between two."""
    found: bool = await connection.fetchval(_SQL["is_any_recorded"], first, last, *place)
    return found


async def read_closing(connection: Connection, on: date, place: Place) -> ClosingRow:
    """When the last of a place's records of a day was first made, and what the log says of the city's."""
    return read_records(await connection.fetch(_SQL["read_closing"], on, *place), ClosingRow)[0]


async def list_unmet_rules(connection: Connection, on: date, place: Place, limit: int) -> tuple[list[UnmetRule], int]:
    """The first rules that were not met on a day, and how many they are."""
    rows = await connection.fetch(_SQL["list_unmet"], on, *place, limit)
    found = [
        UnmetRule(row["school"], row["rule"], msgspec.json.decode(row["reasons"], type=tuple[Reason, ...]))
        for row in rows
    ]
    return found, rows[0]["total"] if rows else 0


async def list_amendments(
    connection: Connection, first: date, last: date, place: Place, limit: int
) -> tuple[list[AmendmentRow], int]:
    """The first amendments of days between two, and how many they are."""
    rows = await connection.fetch(_SQL["list_amendments"], first, last, *place, limit)
    return read_records(rows, AmendmentRow), rows[0]["total"] if rows else 0


async def count_breaches(connection: Connection, span: tuple[datetime, datetime], place: Place) -> BreachCounts:
    """Breaches of a span."""
    return read_records(await connection.fetch(_SQL["count_breaches"], *span, *place), BreachCounts)[0]


async def list_breaches_of(
    connection: Connection, span: tuple[datetime, datetime], place: Place, limit: int
) -> list[BreachRow]:
    """The first breaches that were open at some time of a span."""
    return read_records(await connection.fetch(_SQL["list_breaches"], *span, *place, limit), BreachRow)


async def find_parameters(connection: Connection, ids: Collection[int]) -> Sequence[Parameter]:
    """Numbers of rules that were set, in force or not any more."""
    return read_records(await connection.fetch(_SQL["find_parameters"], sorted(ids)), Parameter)


async def find_term(connection: Connection, on: date, school: str | None) -> NamedTerm | None:
    """The term of a day: the school's own before the city's."""
    row = await connection.fetchrow(_SQL["find_term"], on, school)
    return None if row is None else read_record(row, NamedTerm)


async def name_place(connection: Connection, place: Place) -> tuple[str, str] | None:
    """What a district or a school is called in Chinese and in English; None when there is none of that code."""
    row = await connection.fetchrow(_SQL["name_place"], *place)
    return None if row is None else (row["name"], row["name_en"])
