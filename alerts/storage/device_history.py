"""What one device did and was told lately. Every statement reads its newest rows by an index, so many and no more."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

import msgspec

from alerts.domain.arrivals import Source
from alerts.domain.incidents import Cause
from alerts.domain.outputs import OutputCommand
from alerts.domain.presses import Kind, Mode
from alerts.domain.spans import Span
from alerts.domain.supervision import Transition
from alerts.storage.database import Connection
from alerts.storage.records import read_record, read_records
from alerts.storage.statements import read_statements

_SQL = read_statements("device_history")


@dataclass(frozen=True, slots=True)
class DevicePlace:
    """Where a device hangs, with names; `zone` is the school's clock."""

    school: str
    school_name: str
    district: str
    district_name: str
    zone: str


@dataclass(frozen=True, slots=True)
class BatteryPoint:
    """What a battery was from an instant on, to two percent."""

    at: datetime
    percent: int


@dataclass(frozen=True, slots=True)
class DevicePress:
    """A press, and how far its incident came, which the button was told: `confirmed_at` is when the broker confirmed
    the first receipt, known of live ones."""

    id: int
    incident: int
    kind: Kind
    mode: Mode
    mode_said: str | None
    late: bool
    problems: tuple[str, ...]
    occurred_at: datetime | None
    received_at: datetime
    recorded_at: datetime
    source: Source
    confirmed_at: datetime | None
    acknowledged_at: datetime | None
    responding_at: datetime | None
    closed_at: datetime | None
    cause: Cause | None


@dataclass(frozen=True, slots=True)
class DeviceFault:
    """Something that a device said wrongly: kept with its problems, or not readable at all (`quarantined`)."""

    at: datetime
    channel: str
    problems: tuple[str, ...]
    bytes: int
    quarantined: bool


@dataclass(frozen=True, slots=True)
class TestMoment:
    """A test press: when, and in which incident."""

    __test__ = False  # pytest collects classes by this name

    at: datetime
    incident: int


async def keep_battery(connection: Connection, now: datetime, step_percent: int, at_most_every: timedelta) -> None:
    """Keeps what the batteries are now, of devices whose percentage moved by a step since the last row of theirs."""
    await connection.execute(_SQL["keep_battery"], now, step_percent, at_most_every)


async def forget_battery(connection: Connection, before: datetime) -> None:
    """Forgets what batteries were long ago."""
    await connection.execute(_SQL["forget_battery"], before)


async def read_device_place(connection: Connection, device: str) -> DevicePlace | None:
    """Where a device hangs; None when nobody registered it."""
    row = await connection.fetchrow(_SQL["read_place"], device)
    return None if row is None else read_record(row, DevicePlace)


async def list_battery(connection: Connection, device: str, span: Span, limit: int) -> list[BatteryPoint]:
    """A battery over a span, oldest first; the first point may lie before it."""
    return read_records(await connection.fetch(_SQL["list_battery"], device, *span, limit), BatteryPoint)


async def list_transitions_of(connection: Connection, device: str, span: Span, limit: int) -> list[Transition]:
    """What became of a device over a span, oldest first; the first one may lie before it."""
    return read_records(await connection.fetch(_SQL["list_transitions"], device, *span, limit), Transition)


async def list_presses_of(connection: Connection, device: str, span: Span, limit: int) -> list[DevicePress]:
    """Its newest presses."""
    return read_records(await connection.fetch(_SQL["list_presses"], device, *span, limit), DevicePress)


async def list_faults(connection: Connection, device: str, span: Span, limit: int) -> list[DeviceFault]:
    """What it said wrongly and is no press, newest first."""
    rows = await connection.fetch(_SQL["list_quarantined"], device, *span, limit)
    rows += await connection.fetch(_SQL["list_wrong"], device, *span, limit)
    return sorted(read_records(rows, DeviceFault), key=lambda one: one.at, reverse=True)[:limit]


async def list_commands_of(connection: Connection, device: str, span: Span, limit: int) -> list[OutputCommand]:
    """What it was told to switch, newest first."""
    return read_records(await connection.fetch(_SQL["list_commands"], device, *span, limit), OutputCommand)


async def read_tests(connection: Connection, device: str) -> tuple[TestMoment | None, TestMoment | None]:
    """Its last test, and the last one that was proved end to end."""
    row = await connection.fetchrow(_SQL["read_tests"], device)
    assert row is not None
    last, proved = (None if said is None else msgspec.json.decode(said, type=TestMoment) for said in row)
    return last, proved
