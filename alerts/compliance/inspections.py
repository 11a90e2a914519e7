"""Inspectors' visits: begun with a list of what is not proved, answered on the spot; each answer is a fact.

Nothing is overwritten: a correction of an answer is a further one with a reason, and corrects or withdraws its fact.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from alerts.compliance.facts import AlreadyCorrected, need_standing, record_fact, take_back
from alerts.compliance.judging import read_parameters
from alerts.compliance.loading import batch_schools, load_days
from alerts.compliance.places import need_school, read_day
from alerts.domain.compliance.catalogue import BY_CODE, judge_day
from alerts.domain.compliance.events import measure_metres
from alerts.domain.compliance.facts import FactInvalid
from alerts.domain.compliance.inspections import (
    Outcome,
    ToCheck,
    choose_expiry,
    grade_look,
    list_to_check,
    name_people,
)
from alerts.domain.compliance.rules import Input
from alerts.domain.compliance.school_day import FactKind, SchoolDay
from alerts.domain.compliance.terms import resolve_terms
from alerts.domain.incidents import MoveRefused
from alerts.domain.registry import School
from alerts.storage import inspections as storage
from alerts.storage.database import Connection, Database
from alerts.storage.facts import FactRow
from alerts.storage.inspections import AnswerRow, Inspection, Place
from alerts.storage.log import Entry, append_log
from alerts.storage.school_days import list_schools

_LONGEST_NOTE = 500
_EVERYTHING = frozenset(Input)
_STAFF = frozenset({Input.STAFF})


class NoSuchInspection(LookupError):
    """There is no visit of that number."""


class InspectionOver(MoveRefused):
    """The visit is over: what was not answered stays so; what was can be corrected."""

    slug = "already-closed"


@dataclass(frozen=True, slots=True)
class Found:
    """What an inspector found of a rule. `corrects` is the answer in whose place it stands, and `reason` why."""

    rule: str
    outcome: Outcome
    note: str = ""
    corrects: int | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class InspectionDetail:
    """A visit with all its answers."""

    inspection: Inspection
    answers: tuple[AnswerRow, ...]


async def begin_inspection(
    database: Database, school: str, by: str, latitude: float | None = None, longitude: float | None = None
) -> InspectionDetail:
    """Begins a visit, or goes on with the one of this person that is under way there. Raises NoSuchSchool."""
    async with database.transaction() as connection:
        now = await database.read_now(connection)
        place = await need_school(connection, school)
        known = await storage.find_open_inspection(connection, school, by)
        if known is None:
            at = _place(place, latitude, longitude)
            checklist = await _list_checks(connection, school, now)
            begun = await storage.open_inspection(connection, school, by, now, at, checklist)
            if begun is not None:
                body = {"inspection": begun, "place": at, "rules": [one.rule for one in checklist]}
                await append_log(connection, now, [Entry(f"person:{by}", f"school:{school}", "inspection.begun", body)])
            known = begun or await storage.find_open_inspection(connection, school, by)
        assert known is not None
        return await _read(connection, known)


async def answer_check(database: Database, id_: int, found: Found, photos: Sequence[bytes], by: str) -> AnswerRow:
    """Records what was found of a rule, as a fact of its own. Raises NoSuchInspection, InspectionOver, FactInvalid,
    PhotoInvalid and AlreadyCorrected."""
    async with database.transaction() as connection:
        now = await database.read_now(connection)
        await storage.lock_inspection(connection, id_)
        detail = await _read(connection, id_)
        before = _check(detail, found, len(photos))
        school = await need_school(connection, detail.inspection.school)
        fact, entries = await _write_fact(connection, detail.inspection, school, found, before, photos, by, now)
        answer = _make_answer(found, fact, by, now)
        number = await storage.insert_answer(connection, id_, answer)
        if number is None:
            raise AlreadyCorrected("somebody else answered or corrected it meanwhile: look at what stands now")
        saved = replace(answer, id=number, photos=len(fact.photos) if fact else 0)
        kind = "inspection.answered" if found.corrects is None else "inspection.corrected"
        told = Entry(f"person:{by}", f"school:{school.code}", kind, {"inspection": id_, "answer": saved})
        await append_log(connection, now, [*entries, told])
    return saved


async def end_inspection(database: Database, id_: int, by: str) -> InspectionDetail:
    """Ends a visit; ended twice is ended once. Raises NoSuchInspection."""
    async with database.transaction() as connection:
        now = await database.read_now(connection)
        await storage.lock_inspection(connection, id_)
        detail = await _read(connection, id_)
        if detail.inspection.ended_at is not None:
            return detail
        await storage.end_inspection(connection, id_, now)
        answered = {one.rule for one in detail.answers}
        left = [one.rule for one in detail.inspection.checklist if one.rule not in answered]
        school, body = detail.inspection.school, {"inspection": id_, "unanswered": left}
        await append_log(connection, now, [Entry(f"person:{by}", f"school:{school}", "inspection.ended", body)])
        return await _read(connection, id_)


async def read_inspection(database: Database, id_: int) -> InspectionDetail:
    """A visit with its answers. Raises NoSuchInspection."""
    async with database.transaction(isolation="repeatable_read") as connection:
        return await _read(connection, id_)


async def _read(connection: Connection, id_: int) -> InspectionDetail:
    inspection = await storage.find_inspection(connection, id_)
    if inspection is None:
        raise NoSuchInspection(f"there is no visit {id_}")
    return InspectionDetail(inspection, tuple(await storage.list_answers(connection, id_)))


async def _list_checks(connection: Connection, school: str, now: datetime) -> tuple[ToCheck, ...]:
    """How the school stands at this moment, judged for the visit."""
    day = await _load_day(connection, school, now, _EVERYTHING)
    judgements = await asyncio.to_thread(judge_day, day, await read_parameters(connection, day.on))
    return list_to_check(judgements.items())


async def _load_day(connection: Connection, school: str, now: datetime, wanted: frozenset[Input]) -> SchoolDay:
    (batch,) = batch_schools(await list_schools(connection, [school]), None, now, wanted)
    (day,) = await load_days(connection, batch)
    return day


def _place(school: School, latitude: float | None, longitude: float | None) -> Place | None:
    """Where the telephone is, and how far from the school; None when it did not say."""
    if latitude is None or longitude is None:
        return None
    if school.latitude is None or school.longitude is None:
        return Place(latitude, longitude, None)
    return Place(latitude, longitude, measure_metres(school.latitude, school.longitude, latitude, longitude))


def _check(detail: InspectionDetail, found: Found, photos: int) -> AnswerRow | None:
    """Whether it can be answered so; returns the answer that it corrects."""
    if found.rule not in {one.rule for one in detail.inspection.checklist}:
        raise FactInvalid(f"rule: {found.rule} is not on the list of this visit")
    if len(found.note) > _LONGEST_NOTE or len(found.reason) > _LONGEST_NOTE:
        raise FactInvalid(f"note: at most {_LONGEST_NOTE} characters")
    if found.outcome is Outcome.NOT_CHECKED and photos:
        raise FactInvalid("photos: what could not be checked has none")
    before = next((one for one in detail.answers if one.rule == found.rule and one.corrected_by is None), None)
    if (before.id if before else None) != found.corrects:
        raise AlreadyCorrected("it was answered already: look at what stands now, and correct that")
    if found.corrects is None and detail.inspection.ended_at is not None:
        raise InspectionOver("the visit is over")
    if found.corrects is not None and not found.reason.strip():
        raise FactInvalid("reason: say why it is corrected")
    return before


async def _write_fact(
    connection: Connection,
    inspection: Inspection,
    school: School,
    found: Found,
    before: AnswerRow | None,
    photos: Sequence[bytes],
    by: str,
    now: datetime,
) -> tuple[FactRow | None, list[Entry]]:
    """The fact that an answer becomes, in the place of that of the answer before."""
    old = await need_standing(connection, before.fact) if before and before.fact is not None else None
    if found.outcome is Outcome.NOT_CHECKED:
        if old is None:
            return None, []
        _, entry = await record_fact(connection, school, take_back(old, found.reason, by, now), (), now, old)
        return None, [entry]
    kept = len(photos) or (len(old.photos) if old else 0)
    fact = await _make_fact(connection, inspection, school, found, kept, by, now)
    if old is not None:
        fact = replace(fact, corrects=old.id, reason=found.reason.strip(), at=old.at, valid_until=old.valid_until)
    saved, entry = await record_fact(connection, school, fact, photos, now, *((old,) if old else ()))
    return saved, [entry]


async def _make_fact(
    connection: Connection, inspection: Inspection, school: School, found: Found, photos: int, by: str, now: datetime
) -> FactRow:
    on = read_day(now, school)
    parameters = await read_parameters(connection, on)
    rule = BY_CODE[found.rule]
    terms = resolve_terms(rule.defaults, parameters.get(rule.code, ()), school.code, on)
    people = name_people(rule.code, await _load_day(connection, school.code, now, _STAFF))
    said: dict[str, str | int | float | bool] = {"as_required": found.outcome is Outcome.IN_ORDER}
    said |= {"note": found.note.strip()} if found.note.strip() else {}
    said |= {"of": people} if people else {}
    return FactRow(
        id=0,
        school=school.code,
        kind=FactKind.INSPECTED,
        about=rule.code,
        at=now,
        by=by,
        seen_by=None,
        check_in=None,
        grade=grade_look(inspection.metres, photos=photos),
        valid_until=choose_expiry(rule.code, terms, on),
        said=said,
        withdrawn=False,
        corrects=None,
        reason="",
        recorded_at=now,
    )


def _make_answer(found: Found, fact: FactRow | None, by: str, now: datetime) -> AnswerRow:
    return AnswerRow(
        id=0,
        rule=found.rule,
        outcome=found.outcome,
        note=found.note.strip(),
        fact=fact.id if fact else None,
        by=by,
        answered_at=now,
        corrects=found.corrects,
        reason=found.reason.strip(),
    )
