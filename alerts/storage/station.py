"""Contact ID events for the monitoring station on disk."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from alerts.domain.blackouts import HeldLoss
from alerts.domain.station import TroubleBegun, TroubleOver
from alerts.storage.database import Connection
from alerts.storage.records import read_records, write_rows
from alerts.storage.statements import read_statements

_SQL = read_statements("station")


@dataclass(frozen=True, slots=True)
class LeasedEvent:
    """An event that this process tells the station now: of an incident, of a device, of several devices of a school
    (no `device`), or of several schools (no `school` either)."""

    id: int
    incident: int | None
    code: int
    qualifier: int
    live: bool
    sequence: int
    queued_at: datetime
    attempts: int
    school: str | None
    device: str | None


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


@dataclass(frozen=True, slots=True)
class StationZone:
    """A device's number in its school's account, and where it stands."""

    account: int
    number: int
    school: str
    device: str
    point: str


async def queue_events(connection: Connection, events: Sequence[tuple[int, int]], now: datetime) -> None:
    """Queues events, each an incident and a Contact ID code, once; without a station that is set up, nothing."""
    if events:
        await connection.execute(_SQL["queue"], [one for one, _ in events], [code for _, code in events], now)


async def queue_troubles(connection: Connection, troubles: Sequence[TroubleBegun], now: datetime) -> None:
    """Queues what begins to be wrong with devices, once; without a station that is set up, nothing."""
    if troubles:
        await connection.execute(_SQL["queue_troubles"], write_rows(troubles), now)


async def end_troubles(connection: Connection, troubles: Sequence[TroubleOver], now: datetime) -> None:
    """Queues the end of what the station was told, when it is over with every device that the event stands for."""
    if troubles:
        await connection.execute(_SQL["end_troubles"], write_rows(troubles), now)


async def hold_silences(connection: Connection, code: int, devices: Sequence[str], now: datetime) -> None:
    """Keeps silences back, so that those that belong together gather; without a station that is set up, nothing."""
    if devices:
        await connection.execute(_SQL["hold_silences"], code, devices, now)


async def list_held_silences(connection: Connection, held_before: datetime) -> list[HeldLoss]:
    """Every silence that is held, if one of them has been since before then."""
    return read_records(await connection.fetch(_SQL["list_held_silences"], held_before), HeldLoss)


async def queue_periodic_test(connection: Connection, code: int, now: datetime, every: timedelta) -> None:
    """Queues a test of the line, unless one was queued within `every`."""
    await connection.execute(_SQL["queue_periodic_test"], code, now, every)


async def claim_events(connection: Connection, now: datetime, limit: int, lease: timedelta) -> list[LeasedEvent]:
    """Events that are due, live ones first, troubles last; they come back after `lease` unless marked before."""
    return read_records(await connection.fetch(_SQL["claim"], now, limit, lease), LeasedEvent)


async def number_account(connection: Connection, school: str) -> None:
    """Gives a school its number at the station, if it has none."""
    await connection.execute(_SQL["number_account"], school)


async def take_account(connection: Connection, school: str) -> int:
    """A school's number; until the transaction ends, nobody else numbers its devices."""
    number: int = await connection.fetchval(_SQL["take_account"], school)
    return number


async def number_zones(connection: Connection, school: str) -> None:
    """Gives every device of a school its number, if it has none."""
    await connection.execute(_SQL["number_zones"], school)


async def read_zone(connection: Connection, school: str, device: str) -> int | None:
    """A device's number in a school, if it has one there."""
    number: int | None = await connection.fetchval(_SQL["read_zone"], school, device)
    return number


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


async def list_zones(connection: Connection) -> list[StationZone]:
    """Every device's number at the station."""
    return read_records(await connection.fetch(_SQL["list_zones"]), StationZone)


async def list_events(connection: Connection, incident: int) -> list[StationEvent]:
    """What the station was told of an incident, oldest first."""
    return read_records(await connection.fetch(_SQL["list_of_incident"], incident), StationEvent)
