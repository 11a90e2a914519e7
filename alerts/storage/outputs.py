"""On-site outputs on disk: which devices have them, and every wish about one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from alerts.domain.board import Link
from alerts.domain.outputs import OutputCommand, OutputState
from alerts.domain.registry import Output
from alerts.storage.database import Connection
from alerts.storage.records import read_records, write_rows
from alerts.storage.statements import read_statements

_SQL = read_statements("outputs")


@dataclass(frozen=True, slots=True)
class OutputOfDevice:
    """Something that a registered device can do on site."""

    device: str
    output: Output


@dataclass(frozen=True, slots=True)
class WantedOutput:
    """What an incident's policy wants to be on at its school; no school, no outputs."""

    incident: int
    school: str | None
    output: Output


@dataclass(frozen=True, slots=True)
class OutputOfIncident:
    """An output at an incident's school."""

    incident: int
    device: str
    output: Output


@dataclass(frozen=True, slots=True)
class DueCommand:
    """A command that is to be sent to its device now; `sends` counts those before."""

    id: int
    incident: int
    district: str
    school: str
    device: str
    output: Output
    on: bool
    until: datetime | None
    sends: int


@dataclass(frozen=True, slots=True)
class SentCommand:
    """A command that the broker took, and when to send it again unless the device confirms."""

    id: int
    due_at: datetime


@dataclass(frozen=True, slots=True)
class OutputRow:
    """An output at an incident's place, with the newest wish that the incident has about it (None: it was not driven).

    `unconfirmed_since` is when the wish was made that its device has not confirmed, or when the device should have
    gone off by itself.
    """

    device: str
    point: str
    link: Link
    output: Output
    command: int | None
    on: bool | None
    until: datetime | None
    requested_by: str | None
    requested_at: datetime | None
    state: OutputState | None
    sends: int | None
    sent_at: datetime | None
    confirmed_on_at: datetime | None
    confirmed_off_at: datetime | None
    unconfirmed_since: datetime | None


async def list_outputs_at(
    connection: Connection, school: str, outputs: Sequence[Output], device: str | None
) -> list[OutputOfDevice]:
    """Which devices of a school have these outputs; only `device` when it is given."""
    return read_records(await connection.fetch(_SQL["list_at"], school, outputs, device), OutputOfDevice)


async def list_wanted_outputs(connection: Connection, wanted: Sequence[WantedOutput]) -> list[OutputOfIncident]:
    """Which devices of the incidents' schools have what is wanted there, by incident."""
    return read_records(await connection.fetch(_SQL["list_wanted"], write_rows(wanted)), OutputOfIncident)


async def lock_sites(connection: Connection, schools: Iterable[str | None]) -> None:
    """Nobody else makes wishes about outputs at these schools until this transaction ends."""
    await connection.execute(_SQL["lock_sites"], [one for one in schools if one is not None])


async def lock_standing_commands(
    connection: Connection, targets: Sequence[OutputOfDevice | OutputOfIncident]
) -> list[OutputCommand]:
    """The commands that count for these outputs now, whatever incident they are of, locked."""
    rows = await connection.fetch(_SQL["lock_standing"], write_rows(targets))
    return read_records(rows, OutputCommand)


async def lock_commands(connection: Connection, ids: Sequence[int]) -> list[OutputCommand]:
    """Commands, locked; their incidents must be locked before. Unknown ids are missing."""
    return read_records(await connection.fetch(_SQL["lock"], ids), OutputCommand)


async def list_standing_of(connection: Connection, incidents: Sequence[int]) -> list[OutputCommand]:
    """The commands of these incidents that still count, not locked."""
    return read_records(await connection.fetch(_SQL["list_standing_of"], incidents), OutputCommand)


async def list_newest_commands(connection: Connection, incidents: Sequence[int]) -> list[OutputCommand]:
    """The newest command of each incident about each output that it drove, not locked."""
    return read_records(await connection.fetch(_SQL["list_newest_of"], incidents), OutputCommand)


async def find_command_incidents(connection: Connection, ids: Sequence[int]) -> dict[int, int]:
    """The incident of each command; unknown ids are missing."""
    return {row["id"]: row["incident"] for row in await connection.fetch(_SQL["find_incidents"], ids)}


async def insert_commands(connection: Connection, commands: Sequence[OutputCommand]) -> list[OutputCommand]:
    """Stores new wishes (their `id` is not looked at) and returns them with their ids."""
    return read_records(await connection.fetch(_SQL["insert"], write_rows(commands)), OutputCommand)


async def save_commands(connection: Connection, commands: Sequence[OutputCommand]) -> None:
    """Writes back locked commands."""
    await connection.execute(_SQL["save"], write_rows(commands))


async def count_unconfirmed(connection: Connection, incidents: Sequence[int]) -> dict[int, int]:
    """How many outputs of each incident do not do for certain what is wished; an incident with none is missing."""
    return {row["incident"]: row["count"] for row in await connection.fetch(_SQL["count_unconfirmed"], incidents)}


async def claim_commands(connection: Connection, now: datetime, limit: int, lease: timedelta) -> list[DueCommand]:
    """Commands to be sent now, in order; they come back after `lease` unless marked before."""
    due = read_records(await connection.fetch(_SQL["claim"], now, limit, lease), DueCommand)
    return sorted(due, key=lambda one: one.id)


async def mark_commands_sent(connection: Connection, sent: Sequence[SentCommand], now: datetime) -> None:
    """The broker took them."""
    await connection.execute(_SQL["mark_sent"], write_rows(sent), now)


async def list_overdue_commands(connection: Connection, now: datetime, limit: int) -> list[int]:
    """Commands of which the device's word is overdue, oldest first."""
    return [row["id"] for row in await connection.fetch(_SQL["list_overdue"], now, limit)]


async def list_outputs(connection: Connection, incident: int) -> list[OutputRow]:
    """The outputs at an incident's place, and those that it drove."""
    return read_records(await connection.fetch(_SQL["list_of_incident"], incident), OutputRow)


async def save_registered_outputs(connection: Connection, outputs: Mapping[str, Sequence[Output]]) -> None:
    """Registers what these devices have, and nothing else."""
    rows = [OutputOfDevice(device, output) for device, of_device in outputs.items() for output in of_device]
    await connection.execute(_SQL["forget_registered"], list(outputs))
    await connection.execute(_SQL["register"], write_rows(rows))
