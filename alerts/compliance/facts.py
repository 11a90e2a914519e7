"""Facts that people declare: recorded, corrected and withdrawn, each in one transaction with its row of the log.

Nothing is overwritten. A correction is a further fact in the place of the one before, a withdrawal one that says that
nothing stands there any more; both with a reason.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from alerts.compliance.places import need_school, read_day
from alerts.domain.compliance.catalogue import BY_CODE
from alerts.domain.compliance.facts import (
    FORMS,
    NEARBY,
    About,
    Declaration,
    FactInvalid,
    check_declaration,
    grade_fact,
)
from alerts.domain.compliance.photos import read_media_types
from alerts.domain.compliance.rules import Input
from alerts.domain.compliance.school_day import FactKind
from alerts.domain.incidents import MoveRefused
from alerts.domain.registry import School
from alerts.storage import facts as storage
from alerts.storage.database import Connection, Database
from alerts.storage.facts import FactRow, Photo
from alerts.storage.log import Entry, append_log
from alerts.storage.stale import EVERYTHING, mark_stale

_LONGEST_REASON = 500
_OF_A_RULE = (FactKind.DISABLED, FactKind.INSPECTED)


class NoSuchFact(LookupError):
    """There is no fact of that number, or no such photo of it."""


class AlreadyCorrected(MoveRefused):
    """Somebody else corrected or withdrew the fact meanwhile: look at what stands now."""

    slug = "already-corrected"


async def declare_fact(
    database: Database, school: str, declared: Declaration, photos: Sequence[bytes], by: str
) -> FactRow:
    """Records a fact. Raises NoSuchSchool, FactInvalid and PhotoInvalid."""
    async with database.transaction() as connection:
        now = await database.read_now(connection)
        place = await need_school(connection, school)
        _refuse_inspected(declared.kind)
        fact = await _make_fact(connection, place, declared, len(photos), by, now)
        saved, entry = await record_fact(connection, place, fact, photos, now)
        await append_log(connection, now, [entry])
    return saved


async def correct_fact(
    database: Database, id_: int, declared: Declaration, photos: Sequence[bytes], reason: str, by: str
) -> FactRow:
    """Puts a fact in the place of another of its kind; without photos it keeps the other's. Raises NoSuchFact,
    FactInvalid, PhotoInvalid and AlreadyCorrected."""
    _check_reason(reason)
    async with database.transaction() as connection:
        now = await database.read_now(connection)
        before = await need_standing(connection, id_)
        _refuse_inspected(before.kind)
        if declared.kind is not before.kind:
            raise FactInvalid(f"kind: a correction stays a {before.kind}; withdraw it and declare another")
        place = await need_school(connection, before.school)
        kept = len(photos) or len(before.photos)
        fact = await _make_fact(connection, place, declared, kept, by, now)
        corrected = replace(fact, corrects=id_, reason=reason.strip())
        saved, entry = await record_fact(connection, place, corrected, photos, now, before)
        await append_log(connection, now, [entry])
    return saved


async def withdraw_fact(database: Database, id_: int, reason: str, by: str) -> FactRow:
    """Says that a fact does not hold, nor ever did. Raises NoSuchFact, FactInvalid and AlreadyCorrected."""
    _check_reason(reason)
    async with database.transaction() as connection:
        now = await database.read_now(connection)
        before = await need_standing(connection, id_)
        _refuse_inspected(before.kind)
        place = await need_school(connection, before.school)
        saved, entry = await record_fact(connection, place, take_back(before, reason, by, now), (), now, before)
        await append_log(connection, now, [entry])
    return saved


async def record_fact(
    connection: Connection, school: School, fact: FactRow, photos: Sequence[bytes], now: datetime, *before: FactRow
) -> tuple[FactRow, Entry]:
    """Stores a fact, in the place of the one `before` when there is one; returns it and what the caller tells the log.
    Raises PhotoInvalid and AlreadyCorrected."""
    saved = await _save(connection, fact, photos)
    await _mark(connection, school, now, *before, *(() if saved.withdrawn else (saved,)))
    kind = "fact.withdrawn" if saved.withdrawn else "fact.declared" if saved.corrects is None else "fact.corrected"
    return saved, Entry(f"person:{saved.by}", f"school:{saved.school}", kind, {"fact": saved})


def take_back(fact: FactRow, reason: str, by: str, now: datetime) -> FactRow:
    """The row that says that a fact does not hold, nor ever did."""
    return replace(fact, by=by, withdrawn=True, corrects=fact.id, reason=reason.strip(), recorded_at=now, photos=())


async def read_history(database: Database, id_: int) -> list[FactRow]:
    """A fact with all its corrections, the first one first. Raises NoSuchFact."""
    async with database.connection() as connection:
        history = await storage.list_history(connection, id_)
    if not history:
        raise NoSuchFact(f"there is no fact {id_}")
    return history


async def read_photo(database: Database, id_: int, number: int) -> Photo:
    """A photo of a fact. Raises NoSuchFact."""
    async with database.connection() as connection:
        photo = await storage.find_photo(connection, id_, number)
    if photo is None:
        raise NoSuchFact(f"fact {id_} has no photo {number}")
    return photo


async def _make_fact(
    connection: Connection, school: School, declared: Declaration, photos: int, by: str, now: datetime
) -> FactRow:
    check_declaration(declared, now, read_day(declared.at, school))
    await _check_subjects(connection, school.code, declared)
    check_in = None
    if declared.seen_by is not None:
        check_in = await storage.find_check_in(connection, school.code, declared.seen_by, declared.at, NEARBY)
    return FactRow(
        id=0,
        school=school.code,
        kind=declared.kind,
        about=declared.about,
        at=declared.at,
        by=by,
        seen_by=declared.seen_by,
        check_in=check_in,
        grade=grade_fact(photos=photos, check_in=check_in),
        valid_until=declared.valid_until,
        said=dict(declared.said),
        withdrawn=False,
        corrects=None,
        reason="",
        recorded_at=now,
    )


async def _check_subjects(connection: Connection, school: str, declared: Declaration) -> None:
    """Whoever and whatever the fact names is there."""
    about = FORMS[declared.kind].about
    if about is About.RULE and declared.about not in BY_CODE:
        raise FactInvalid(f"about: there is no rule {declared.about}; the rules are {', '.join(BY_CODE)}")
    if declared.about is not None and not await storage.has_subject(connection, school, about, declared.about):
        raise FactInvalid(f"about: {school} has no {about} {declared.about}")
    if declared.seen_by is not None and not await storage.has_subject(
        connection, school, About.PERSON, declared.seen_by
    ):
        raise FactInvalid(f"seen_by: nobody has the code {declared.seen_by}: people come with the import")


async def need_standing(connection: Connection, id_: int) -> FactRow:
    """A fact that was neither corrected nor withdrawn. Raises NoSuchFact and AlreadyCorrected."""
    fact = await storage.find_fact(connection, id_)
    if fact is None:
        raise NoSuchFact(f"there is no fact {id_}")
    if fact.withdrawn or fact.corrected_by is not None:
        raise AlreadyCorrected(_tell_corrected(fact))
    return fact


async def _save(connection: Connection, fact: FactRow, photos: Sequence[bytes]) -> FactRow:
    media_types = read_media_types(photos)
    id_ = await storage.insert_fact(connection, fact)
    if id_ is None:
        raise AlreadyCorrected(_tell_corrected(fact))
    for number, (media_type, content) in enumerate(zip(media_types, photos, strict=True), start=1):
        await storage.insert_photo(connection, id_, number, Photo(media_type, content))
    if fact.corrects is not None and not photos and not fact.withdrawn:
        await storage.keep_photos(connection, fact.corrects, id_)
    saved = await storage.find_fact(connection, id_)
    assert saved is not None
    return saved


async def _mark(connection: Connection, school: School, now: datetime, *facts: FactRow) -> None:
    """The judge looks again at what holds now, and at the days on which it was seen when those are over."""
    today = read_day(now, school)
    days = {read_day(fact.at, school) for fact in facts} - {today}
    await mark_stale(connection, Input.FACTS, [school.code], days)
    if any(fact.kind in _OF_A_RULE for fact in facts):  # it may be about a rule that looks at no facts
        await mark_stale(connection, EVERYTHING, [school.code])


def _tell_corrected(fact: FactRow) -> str:
    if fact.withdrawn and fact.corrected_by is None and fact.id:
        return f"fact {fact.id} says that another was withdrawn: declare a new one"
    return "somebody else corrected or withdrew it meanwhile: look at what stands now"


def _check_reason(reason: str) -> None:
    if not 1 <= len(reason.strip()) <= _LONGEST_REASON:
        raise FactInvalid(f"reason: say why, in 1 to {_LONGEST_REASON} characters")


def _refuse_inspected(kind: FactKind) -> None:
    if kind is FactKind.INSPECTED:
        raise FactInvalid("kind: what an inspector saw is answered and corrected in their visit")
