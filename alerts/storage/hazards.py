"""Hazards and reports on disk."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from alerts.domain.compliance.hazard_reports import HazardSource
from alerts.storage.database import Connection
from alerts.storage.records import read_record, read_records
from alerts.storage.statements import read_statements

_SQL = read_statements("hazards")


@dataclass(frozen=True, slots=True)
class HazardRow:
    """A hazard. `repeats` is the report before of the same one at the school; `proof_fact` shows that it is mended."""

    id: int
    school: str
    source: HazardSource
    title: str
    text: str
    place: str
    fingerprint: str
    repeats: int | None
    opened_at: datetime
    opened_by: str
    owner: str | None
    due_at: datetime | None
    escalated_at: datetime | None = None
    closed_at: datetime | None = None
    closed_by: str | None = None
    proof_text: str | None = None
    proof_fact: int | None = None


async def take_hazard_turn(connection: Connection, school: str) -> None:
    """Reports of one school are taken in and closed in turn, so that two of the same hazard find each other."""
    await connection.execute(_SQL["take_turn"], school)


async def insert_hazard(connection: Connection, row: HazardRow) -> int:
    """Stores a hazard (its `id` is not looked at) and returns its id."""
    id_: int = await connection.fetchval(
        _SQL["insert"],
        row.school,
        row.source,
        row.title,
        row.text,
        row.place,
        row.fingerprint,
        row.repeats,
        row.opened_at,
        row.opened_by,
        row.owner,
        row.due_at,
    )
    return id_


async def find_hazard(connection: Connection, id_: int) -> HazardRow | None:
    """One hazard."""
    row = await connection.fetchrow(_SQL["find"], id_)
    return None if row is None else read_record(row, HazardRow)


async def list_alike(connection: Connection, school: str, fingerprint: str) -> list[HazardRow]:
    """All reports of the same hazard at a school, the first one first."""
    return read_records(await connection.fetch(_SQL["list_alike"], school, fingerprint), HazardRow)


async def assign_hazards(connection: Connection, ids: Sequence[int], owner: str | None, due_at: datetime) -> None:
    """Who sees to it, and until when; what is due later than now may become overdue once more."""
    await connection.execute(_SQL["assign"], ids, owner, due_at)


async def close_hazards(
    connection: Connection, ids: Sequence[int], by: str, now: datetime, proof_text: str, proof_fact: int
) -> None:
    """They are mended, with proof."""
    await connection.execute(_SQL["close"], ids, by, now, proof_text, proof_fact)


async def claim_overdue(connection: Connection, now: datetime, limit: int) -> list[HazardRow]:
    """Open hazards whose time is up and of which nobody was told yet, held and marked."""
    return read_records(await connection.fetch(_SQL["claim_overdue"], now, limit), HazardRow)


async def list_hazards(
    connection: Connection,
    now: datetime,
    *,
    school: str | None = None,
    district: str | None = None,
    source: HazardSource | None = None,
    open_only: bool = True,
    overdue_only: bool = False,
    before: int | None = None,
    limit: int,
) -> list[HazardRow]:
    """Hazards, the newest first."""
    rows = await connection.fetch(_SQL["list"], school, district, source, open_only, overdue_only, now, before, limit)
    return read_records(rows, HazardRow)
