"""Devices as they are heard: facts from the gateway, judgements from the engine."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from alerts.domain.blackouts import GATHERING
from alerts.domain.board import Link, Trouble
from alerts.domain.supervision import INTERVALS_UNTIL_SILENT, DeviceFacts, Transition
from alerts.storage.database import Connection
from alerts.storage.records import read_records, write_rows
from alerts.storage.statements import read_statements

_SQL = read_statements("devices")


@dataclass(frozen=True, slots=True)
class StateFacts:
    """A `state` message of one device; `seen` says whether it proves that the device lives."""

    device: str
    at: datetime
    seen: bool
    online: bool
    boot: str | None
    firmware: str | None
    battery: int | None
    mains: bool | None
    tamper: bool | None
    rssi: int | None
    interval_seconds: int | None


@dataclass(frozen=True, slots=True)
class SignOfLife:
    """The newest sign of life of one device."""

    device: str
    at: datetime
    battery: int | None
    mains: bool | None
    rssi: int | None


@dataclass(frozen=True, slots=True)
class Judgement:
    """What the engine decided about one device."""

    device: str
    link: Link
    troubles: tuple[Trouble, ...]
    since: datetime
    blackout: int | None


async def take_states(connection: Connection, states: Sequence[StateFacts], limit_seconds: int) -> set[str]:
    """Records the newest state of each device, one entry a device; returns which of them are registered."""
    rows = await connection.fetch(_SQL["take_states"], write_rows(states), INTERVALS_UNTIL_SILENT, limit_seconds)
    return {row["device"] for row in rows}


async def take_signs_of_life(connection: Connection, signs: Sequence[SignOfLife], limit_seconds: int) -> None:
    """Records beats, one entry a device; unregistered devices are passed over."""
    await connection.execute(_SQL["take_signs_of_life"], write_rows(signs), INTERVALS_UNTIL_SILENT, limit_seconds)


async def claim_unjudged_devices(
    connection: Connection, now: datetime, listening_since: datetime | None, limit: int
) -> list[DeviceFacts]:
    """Devices about which something may be decided. With nobody listening no silence is among them. A blackout whose
    next row is due takes devices in a little before they are silent; they come with that earlier `silent_at`."""
    rows = await connection.fetch(_SQL["claim_unjudged"], now, listening_since or now, limit, GATHERING)
    return read_records(rows, DeviceFacts)


async def save_judgements(connection: Connection, judgements: Sequence[Judgement]) -> None:
    """Writes what was decided about claimed devices."""
    await connection.execute(_SQL["save_judgements"], write_rows(judgements))


async def add_transitions(connection: Connection, transitions: Sequence[Transition]) -> None:
    """Keeps what became of devices."""
    await connection.execute(_SQL["add_transitions"], write_rows(transitions))
