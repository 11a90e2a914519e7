"""Inspectors' visits on disk. Answers are only ever added."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import msgspec

from alerts.domain.compliance.inspections import Outcome, ToCheck
from alerts.storage.database import Connection
from alerts.storage.records import read_records
from alerts.storage.statements import read_statements

_SQL = read_statements("inspections")


@dataclass(frozen=True, slots=True)
class Place:
    """Where a telephone says that it is, and how far that is from the school."""

    latitude: float
    longitude: float
    metres: float | None


@dataclass(frozen=True, slots=True)
class Inspection:
    """A visit, with what there was to look at when it began. `metres`: how far the telephone was from the school; null:
    it did not say, or nobody knows where the school is."""

    id: int
    school: str
    school_name: str
    zone: str
    by: str
    opened_at: datetime
    latitude: float | None
    longitude: float | None
    metres: float | None
    checklist: tuple[ToCheck, ...]
    ended_at: datetime | None


@dataclass(frozen=True, slots=True)
class InspectionHead:
    """A visit in a list: how much there is to check, and how much of it was answered."""

    id: int
    school: str
    school_name: str
    by: str
    opened_at: datetime
    ended_at: datetime | None
    to_check: int
    answered: int


@dataclass(frozen=True, slots=True)
class AnswerRow:
    """What was found of a rule, by whom, and the fact that it became. It stands while `corrected_by` is null."""

    id: int
    rule: str
    outcome: Outcome
    note: str
    fact: int | None
    by: str
    answered_at: datetime
    corrects: int | None
    reason: str
    corrected_by: int | None = None
    photos: int = 0


async def open_inspection(
    connection: Connection, school: str, by: str, now: datetime, place: Place | None, checklist: Sequence[ToCheck]
) -> int | None:
    """Begins a visit; None: one of this person is under way there."""
    at = (place.latitude, place.longitude, place.metres) if place else (None, None, None)
    said = msgspec.json.encode(checklist).decode()
    id_: int | None = await connection.fetchval(_SQL["open"], school, by, now, *at, said)
    return id_


async def find_open_inspection(connection: Connection, school: str, by: str) -> int | None:
    """The visit of a person that is under way at a school."""
    id_: int | None = await connection.fetchval(_SQL["find_open"], school, by)
    return id_


async def find_inspection(connection: Connection, id_: int) -> Inspection | None:
    """One visit."""
    row = await connection.fetchrow(_SQL["find"], id_)
    if row is None:
        return None
    return msgspec.convert(dict(row) | {"checklist": msgspec.json.decode(row["checklist"])}, Inspection)


async def lock_inspection(connection: Connection, id_: int) -> None:
    """Answers to one visit are taken in turn."""
    await connection.fetchrow(_SQL["lock"], id_)


async def list_inspections(
    connection: Connection,
    *,
    school: str | None = None,
    district: str | None = None,
    open_only: bool = False,
    before: int | None = None,
    limit: int,
) -> list[InspectionHead]:
    """Visits, the newest first."""
    return read_records(
        await connection.fetch(_SQL["list"], school, district, open_only, before, limit), InspectionHead
    )


async def insert_answer(connection: Connection, inspection: int, answer: AnswerRow) -> int | None:
    """Stores an answer (its `id` is not looked at); None: somebody else answered or corrected it meanwhile."""
    id_: int | None = await connection.fetchval(
        _SQL["answer"],
        inspection,
        answer.rule,
        answer.outcome,
        answer.note,
        answer.fact,
        answer.by,
        answer.answered_at,
        answer.corrects,
        answer.reason,
    )
    return id_


async def list_answers(connection: Connection, inspection: int) -> list[AnswerRow]:
    """All answers of a visit in their order."""
    return read_records(await connection.fetch(_SQL["list_answers"], inspection), AnswerRow)


async def end_inspection(connection: Connection, id_: int, now: datetime) -> None:
    """Ends a visit."""
    await connection.execute(_SQL["end"], id_, now)
