"""Hazards (隐患) and reports from parents and the public (民意): taken in, given to somebody, closed with proof.

Each is one transaction with its row of the log. The same hazard told of again while it is open joins the first: it has
its owner and its deadline, and they close together.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from alerts.compliance.places import need_school
from alerts.domain.compliance.hazard_reports import (
    LONGEST_TEXT,
    HazardInvalid,
    HazardSource,
    check_hazard,
    choose_due,
    make_fingerprint,
)
from alerts.domain.compliance.rules import Input
from alerts.domain.compliance.school_day import FactKind
from alerts.domain.compliance.verdicts import Grade
from alerts.domain.incidents import MoveRefused
from alerts.storage import hazards as storage
from alerts.storage.database import Connection, Database
from alerts.storage.facts import FactRow, find_fact, list_facts
from alerts.storage.hazards import HazardRow
from alerts.storage.log import Entry, append_log
from alerts.storage.people import find_codes
from alerts.storage.stale import mark_stale

_MOST_FACTS = 100


class NoSuchHazard(LookupError):
    """There is no hazard of that number."""


class HazardClosed(MoveRefused):
    """The hazard is closed, and closed is final: told of again, it is a new one that names the one before."""

    slug = "already-closed"


@dataclass(frozen=True, slots=True)
class Told:
    """What somebody tells of."""

    source: HazardSource
    title: str
    text: str = ""
    place: str = ""
    owner: str | None = None
    due_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class HazardDetail:
    """A hazard, all reports of the same one at that school, and the facts about it with their photos."""

    hazard: HazardRow
    reports: tuple[HazardRow, ...]
    facts: tuple[FactRow, ...]


async def open_hazard(database: Database, school: str, told: Told, by: str) -> HazardRow:
    """Takes a hazard in. Raises NoSuchSchool and HazardInvalid."""
    check_hazard(told.title, told.text, told.place)
    async with database.transaction() as connection:
        await need_school(connection, school)
        await storage.take_hazard_turn(connection, school)
        now = await database.read_now(connection)
        await _need_owner(connection, told.owner)
        fingerprint = make_fingerprint(told.place, told.title)
        before = await storage.list_alike(connection, school, fingerprint)
        row = _join(told, school, fingerprint, before, by, now)
        saved = replace(row, id=await storage.insert_hazard(connection, row))
        await _tell(connection, now, f"person:{by}", saved, "hazard.opened")
    return saved


async def assign_hazard(database: Database, id_: int, owner: str | None, due_at: datetime | None, by: str) -> HazardRow:
    """Says who sees to a hazard, and until when (None: as it was), with all open reports of it. Raises NoSuchHazard,
    HazardClosed and HazardInvalid."""
    async with database.transaction() as connection:
        row = await _hold_open(connection, id_)
        now = await database.read_now(connection)
        await _need_owner(connection, owner)
        due = choose_due(due_at, now) if due_at is not None or row.due_at is None else row.due_at
        await storage.assign_hazards(connection, await _list_open(connection, row), owner, due)
        saved = await _need(connection, id_)
        await _tell(connection, now, f"person:{by}", saved, "hazard.assigned")
    return saved


async def close_hazard(database: Database, id_: int, proof_text: str, proof_fact: int, by: str) -> HazardRow:
    """Closes a hazard, with all open reports of it, by a fact that shows that it is mended. Raises NoSuchHazard,
    HazardClosed and HazardInvalid."""
    if not 1 <= len(proof_text.strip()) <= LONGEST_TEXT:
        raise HazardInvalid(f"text: say in 1 to {LONGEST_TEXT} characters what was done")
    async with database.transaction() as connection:
        row = await _hold_open(connection, id_)
        now = await database.read_now(connection)
        open_ids = await _list_open(connection, row)
        await _check_proof(connection, proof_fact, open_ids)
        await storage.close_hazards(connection, open_ids, by, now, proof_text.strip(), proof_fact)
        saved = await _need(connection, id_)
        await _tell(connection, now, f"person:{by}", saved, "hazard.closed")
    return saved


async def read_hazard(database: Database, id_: int) -> HazardDetail:
    """A hazard with its reports and facts. Raises NoSuchHazard."""
    async with database.connection() as connection:
        hazard = await _need(connection, id_)
        reports = await storage.list_alike(connection, hazard.school, hazard.fingerprint)
        facts = await list_facts(
            connection, school=hazard.school, kind=FactKind.HAZARD, about=str(id_), limit=_MOST_FACTS
        )
    return HazardDetail(hazard, tuple(reports), tuple(facts))


def _join(told: Told, school: str, fingerprint: str, before: list[HazardRow], by: str, now: datetime) -> HazardRow:
    """The new row: owner and deadline of the open one that it repeats, the earlier deadline of both."""
    open_one = next((one for one in before if one.closed_at is None), None)
    due = choose_due(told.due_at, now)
    owner = told.owner
    if open_one is not None:
        due = min(due, open_one.due_at or due)
        owner = open_one.owner or owner
    return HazardRow(
        id=0,
        school=school,
        source=told.source,
        title=told.title.strip(),
        text=told.text.strip(),
        place=told.place.strip(),
        fingerprint=fingerprint,
        repeats=before[-1].id if before else None,
        opened_at=now,
        opened_by=by,
        owner=owner,
        due_at=due,
    )


async def _hold_open(connection: Connection, id_: int) -> HazardRow:
    """An open hazard, its school's turn taken until the transaction ends."""
    await storage.take_hazard_turn(connection, (await _need(connection, id_)).school)
    row = await _need(connection, id_)
    if row.closed_at is not None:
        raise HazardClosed(f"closed by {row.closed_by}")
    return row


async def _need(connection: Connection, id_: int) -> HazardRow:
    row = await storage.find_hazard(connection, id_)
    if row is None:
        raise NoSuchHazard(f"there is no hazard {id_}")
    return row


async def _list_open(connection: Connection, row: HazardRow) -> list[int]:
    alike = await storage.list_alike(connection, row.school, row.fingerprint)
    return [one.id for one in alike if one.closed_at is None]


async def _need_owner(connection: Connection, owner: str | None) -> None:
    if owner is not None and owner not in await find_codes(connection, [owner]):
        raise HazardInvalid(f"owner: nobody has the code {owner}: people come with the import")


async def _check_proof(connection: Connection, proof_fact: int, hazards: list[int]) -> None:
    """A form alone closes nothing: somebody was there, or a photo shows it."""
    fact = await find_fact(connection, proof_fact)
    if fact is None or fact.kind is not FactKind.HAZARD or fact.about not in {str(one) for one in hazards}:
        raise HazardInvalid("fact: name a fact of the kind hazard about this one")
    if fact.withdrawn or fact.corrected_by is not None:
        raise HazardInvalid("fact: it was corrected or withdrawn: name the one that stands")
    if fact.said.get("mended") is not True:
        raise HazardInvalid("fact: it does not say that the hazard is mended")
    if fact.grade is not Grade.C:
        raise HazardInvalid("fact: a photo, or a check-in of who looked, must go with it: a form alone proves nothing")


async def _tell(connection: Connection, now: datetime, actor: str, row: HazardRow, kind: str) -> None:
    await mark_stale(connection, Input.HAZARDS, [row.school])
    await append_log(connection, now, [Entry(actor, f"school:{row.school}", kind, {"hazard": row})])
