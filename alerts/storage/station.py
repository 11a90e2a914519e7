"""Contact ID events for the monitoring station on disk."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from alerts.storage.database import Connection
from alerts.storage.records import read_records
from alerts.storage.statements import read_statements

_SQL = read_statements("station")


@dataclass(frozen=True, slots=True)
class LeasedEvent:
    """An event that this process tells the station now. `account` is the school's number there, 0 for none."""

    id: int
    incident: int
    code: int
    qualifier: int
    live: bool
    sequence: int
    queued_at: datetime
    attempts: int
    account: int


@dataclass(frozen=True, slots=True)
class StationEvent:
    """What the station was, or is to be, told of an incident."""

    id: int
    incident: int
    code: int
    qualifier: int
    live: bool
    state: str
    sequence: int | None
    queued_at: datetime
    due_at: datetime
    attempts: int
    acknowledged_at: datetime | None
    error: str | None


@dataclass(frozen=True, slots=True)
class StationAccount:
    """A school's number at the station."""

    school: str
    name: str
    number: int


async def queue_events(connection: Connection, events: Sequence[tuple[int, int]], now: datetime) -> None:
    """Queues events, each an incident and a Contact ID code, once; without a station that is set up, nothing."""
    if events:
        await connection.execute(_SQL["queue"], [one for one, _ in events], [code for _, code in events], now)


async def claim_events(connection: Connection, now: datetime, limit: int, lease: timedelta) -> list[LeasedEvent]:
    """Events that are due, live ones first; they come back after `lease` unless marked before."""
    return read_records(await connection.fetch(_SQL["claim"], now, limit, lease), LeasedEvent)


async def read_next_event_due(connection: Connection) -> datetime | None:
    """When the station is told something next."""
    due_at: datetime | None = await connection.fetchval(_SQL["read_next_due"])
    return due_at


async def mark_acknowledged(connection: Connection, event: int, now: datetime) -> bool:
    """The station has it; False when that was known already."""
    return await connection.fetchval(_SQL["mark_acknowledged"], event, now) is not None


async def mark_failed(connection: Connection, event: int, due_at: datetime, error: str) -> None:
    """The station does not have it; again at `due_at`."""
    await connection.execute(_SQL["mark_failed"], event, due_at, error)


async def list_accounts(connection: Connection) -> list[StationAccount]:
    """Every school's number at the station."""
    return read_records(await connection.fetch(_SQL["list_accounts"]), StationAccount)


async def list_events(connection: Connection, incident: int) -> list[StationEvent]:
    """What the station was told of an incident, oldest first."""
    return read_records(await connection.fetch(_SQL["list_of_incident"], incident), StationEvent)
