"""Hand-overs to 110 on disk, and how long 110 may take."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import asyncpg

from alerts.domain.handover import Handover
from alerts.domain.incidents import Incident, State
from alerts.domain.police import HandoverState
from alerts.domain.presses import Kind
from alerts.storage.database import Connection
from alerts.storage.errors import UnknownReference
from alerts.storage.records import read_record, read_records, write_rows
from alerts.storage.statements import read_statements

_SQL = read_statements("handovers")
NOTIFY_CHANNEL = "campus_handover"


@dataclass(frozen=True, slots=True)
class HandoverRow:
    """A hand-over in a list: how far 110 is, and which incident it is."""

    id: int
    incident: int
    school: str | None
    school_name: str | None
    district: str | None
    kind: Kind
    incident_state: State
    mode: str
    state: HandoverState
    telephone: bool
    opened_at: datetime
    queued_at: datetime
    answer_by: datetime | None
    on_scene_by: datetime | None
    overdue_at: datetime | None
    attempts: int
    rings: int
    via: str | None
    number: str | None
    officer: str | None
    unit: str | None
    reason: str | None
    disposition: str | None
    error: str | None
    sent_at: datetime | None
    accepted_at: datetime | None
    rejected_at: datetime | None
    dispatched_at: datetime | None
    on_scene_at: datetime | None
    closed_at: datetime | None
    withdrawn_at: datetime | None


@dataclass(frozen=True, slots=True)
class HandoverCounts:
    """Live hand-overs that are open: how many 110 has not taken, how many need a telephone call, how many are late; and
    how many of tests and drills are open."""

    unanswered: int
    telephone: int
    overdue: int
    open: int
    practice: int


@dataclass(frozen=True, slots=True)
class PoliceLimit:
    """How long 110 may take in a district (None: in the city), and where the number is from."""

    district: str | None
    answer_seconds: int
    on_scene_seconds: int
    source: str


async def queue_handovers(connection: Connection, incidents: Sequence[Incident], now: datetime) -> set[int]:
    """Puts locked incidents into 110's outbox, each once; returns the ids of those that were not there."""
    if not incidents:
        return set()
    rows = await connection.fetch(
        _SQL["queue"],
        [one.id for one in incidents],
        [one.district for one in incidents],
        [one.mode for one in incidents],
        now,
    )
    queued = {row["incident"] for row in rows}
    if queued:
        await connection.execute(_SQL["save_on_incidents"], sorted(queued))
        await connection.execute(_SQL["wake"])
    return queued


async def claim_handovers(
    connection: Connection, now: datetime, limit: int, lease: timedelta, *, only_live: bool
) -> list[Handover]:
    """Hand-overs for which the wire is to be used now; they come back after `lease` unless saved before."""
    return read_records(await connection.fetch(_SQL["claim_due"], now, limit, lease, not only_live), Handover)


async def read_next_handover_due(connection: Connection, *, only_live: bool) -> datetime | None:
    """When the wire is needed next."""
    due_at: datetime | None = await connection.fetchval(_SQL["read_next_due"], not only_live)
    return due_at


async def list_late_incidents(connection: Connection, now: datetime, limit: int) -> list[int]:
    """Incidents for which 110 is late with something, not locked."""
    return [row["incident"] for row in await connection.fetch(_SQL["list_late"], now, limit)]


async def read_next_late(connection: Connection) -> datetime | None:
    """When 110 is late with something next."""
    late_at: datetime | None = await connection.fetchval(_SQL["read_next_late"])
    return late_at


async def lock_handovers(connection: Connection, incidents: Sequence[int]) -> dict[int, Handover]:
    """The hand-overs of locked incidents, locked too, by incident."""
    rows = read_records(await connection.fetch(_SQL["lock_of_incidents"], incidents), Handover)
    return {row.incident: row for row in rows}


async def save_handovers(connection: Connection, handovers: Sequence[Handover]) -> None:
    """Writes back locked hand-overs, and what boards show of them; the desk is not rung for what 110 has."""
    if handovers:
        await connection.execute(_SQL["save"], write_rows(handovers))
        incidents = [one.incident for one in handovers]
        await connection.execute(_SQL["save_on_incidents"], incidents)
        await connection.execute(_SQL["cover_rings"], incidents)


async def find_incident_by_key(connection: Connection, key: UUID) -> int | None:
    """The incident whose hand-over 110 calls by this key."""
    found: int | None = await connection.fetchval(_SQL["find_by_key"], key)
    return found


async def read_handover(connection: Connection, incident: int) -> Handover | None:
    """An incident's hand-over, None when it is not handed over."""
    row = await connection.fetchrow(_SQL["read_of_incident"], incident)
    return None if row is None else read_record(row, Handover)


async def list_handovers(
    connection: Connection,
    *,
    states: Sequence[HandoverState] | None = None,
    telephone: bool | None = None,
    district: str | None = None,
    before: int | None = None,
    limit: int,
) -> list[HandoverRow]:
    """Hand-overs, newest first."""
    return read_records(await connection.fetch(_SQL["list"], states, telephone, district, before, limit), HandoverRow)


async def count_handovers(connection: Connection) -> HandoverCounts:
    """What stands open at 110, for the board."""
    return read_records(await connection.fetch(_SQL["count"]), HandoverCounts)[0]


async def list_links(connection: Connection) -> list[str]:
    """Links to the police that are set up: `http`, `dc09`."""
    return [row["code"] for row in await connection.fetch(_SQL["list_links"])]


async def switch_link(connection: Connection, code: str, *, on: bool) -> None:
    """Says whether the engine that runs can use a link."""
    await connection.execute(_SQL["switch_link"], code, on)


async def resume_phone_ins(connection: Connection, now: datetime) -> None:
    """Offers to the wire what waits for a telephone since there was none."""
    await connection.execute(_SQL["resume_phone_ins"], now)


async def list_limits(connection: Connection) -> list[PoliceLimit]:
    """How long 110 may take, the city's limit first."""
    return read_records(await connection.fetch(_SQL["list_limits"]), PoliceLimit)


async def save_limit(connection: Connection, limit: PoliceLimit) -> None:
    """Sets a district's limits, or the city's. Raises UnknownReference."""
    try:
        await connection.execute(
            _SQL["save_limit"], limit.district, limit.answer_seconds, limit.on_scene_seconds, limit.source
        )
    except asyncpg.ForeignKeyViolationError as error:
        raise UnknownReference(f"there is no district {limit.district}") from error
