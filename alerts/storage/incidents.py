"""Incidents on disk, with the escalation that each one carries."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import asyncpg
import msgspec

from alerts.domain.escalation import Policy, Running
from alerts.domain.incidents import Incident
from alerts.domain.presses import Category, Kind, Mode
from alerts.domain.rights import Place
from alerts.storage.database import Connection
from alerts.storage.records import read_record, write_rows
from alerts.storage.statements import read_statements

_SQL = read_statements("incidents")


@dataclass(frozen=True, slots=True)
class Opening:
    """What a press would open, unless its place has an open incident of that mode and class already."""

    place: str
    school: str | None
    school_name: str | None
    district: str | None
    point: str | None
    device: str
    mode: Mode
    category: Category
    kind: Kind
    now: datetime
    policy: Policy


async def open_or_join(connection: Connection, openings: Sequence[Opening]) -> list[tuple[Running, bool]]:
    """Each opening's incident, locked, and whether it was opened here. Openings must differ in place, mode or class."""
    rows = await connection.fetch(_SQL["open_or_join"], write_rows(openings))
    return [(read_running(row), row["opened"]) for row in rows]


async def lock_incidents(connection: Connection, ids: Sequence[int]) -> list[Running]:
    """Incidents, locked for a change; unknown ids are missing from the answer."""
    return [read_running(row) for row in await connection.fetch(_SQL["lock"], ids)]


async def read_incidents(connection: Connection, ids: Sequence[int]) -> list[Running]:
    """Incidents as they are, not locked; unknown ids are missing from the answer."""
    return [read_running(row) for row in await connection.fetch(_SQL["read"], ids)]


async def claim_due_incidents(connection: Connection, now: datetime, limit: int) -> list[Running]:
    """Incidents whose deadline has come and that no other engine holds."""
    return [read_running(row) for row in await connection.fetch(_SQL["claim_due"], now, limit)]


async def are_calls_late(connection: Connection, since: datetime) -> bool:
    """Whether a step, or a message of a live incident, was due before an instant and has not gone out."""
    late: bool = await connection.fetchval(_SQL["are_calls_late"], since)
    return late


async def read_next_due(connection: Connection) -> datetime | None:
    """When the next deadline is."""
    due_at: datetime | None = await connection.fetchval(_SQL["read_next_due"])
    return due_at


async def save_incidents(connection: Connection, running: Sequence[Running]) -> None:
    """Writes back locked incidents."""
    rows: list[dict[str, Any]] = [
        msgspec.to_builtins(one.incident) | {"round_started_at": one.round_started_at} for one in running
    ]
    await connection.execute(_SQL["save"], write_rows(rows))


def read_running(row: asyncpg.Record) -> Running:
    """An incident's row with the escalation that it carries."""
    return Running(
        incident=read_record(row, Incident),
        policy=msgspec.json.decode(row["policy"], type=Policy),
        round_started_at=row["round_started_at"],
    )


async def has_live_incident(connection: Connection, place: Place) -> bool:
    """Whether a live incident of a place is not closed."""
    return bool(await connection.fetchval(_SQL["has_live"], place.district, place.school))
