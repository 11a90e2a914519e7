"""Drives on-site outputs, and takes their devices' word for it. A wish is a row that is sent until the device confirms
it; what is not confirmed stays on the incident."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from alerts.domain.escalation import Running
from alerts.domain.incidents import Incident
from alerts.domain.outputs import (
    NoSuchOutput,
    OutputCommand,
    check_wish,
    find_repeat,
    hear_confirmation,
    make_wish,
    name_command,
    read_command_name,
    supersede,
)
from alerts.domain.registry import Output
from alerts.incidents.actors import Actor, NoSuchIncident
from alerts.incidents.escalating import incident_entry
from alerts.storage.database import Connection, Database
from alerts.storage.incidents import lock_incidents, save_incidents
from alerts.storage.log import Entry, append_log
from alerts.storage.outputs import (
    DueCommand,
    OutputOfDevice,
    SentCommand,
    claim_commands,
    count_unconfirmed,
    find_command_incidents,
    insert_commands,
    list_outputs_at,
    list_standing_of,
    lock_commands,
    lock_sites,
    lock_standing_commands,
    mark_commands_sent,
    save_commands,
)

_BATCH = 500
_LEASE = timedelta(seconds=12)  # longer than a broker may take to confirm; a lost connection's commands wait so long


@dataclass(frozen=True, slots=True)
class Wish:
    """What somebody wants of outputs: on or off; on for `seconds`, else until further notice; of one `device`, else of
    all that the school has. `practice` lets a test or drill be heard and seen."""

    outputs: tuple[Output, ...]
    on: bool
    seconds: int | None = None
    device: str | None = None
    practice: bool = False


@dataclass(frozen=True, slots=True)
class Asker:
    """Who wants something of outputs: as the log names them (`actor`), and as people read it (`by`)."""

    actor: str
    by: str


@dataclass(frozen=True, slots=True)
class Driven:
    """What a wish led to: the incident with its unconfirmed outputs counted anew, saved already, and a row for the log
    that the caller appends at the end of its transaction."""

    running: Running
    commands: tuple[OutputCommand, ...] = ()
    entries: tuple[Entry, ...] = ()


@dataclass(frozen=True, slots=True)
class OutputReport:
    """A device's word on a command, named as on the wire."""

    device: str
    command: str
    on: bool


class Outputs:
    """What people do to outputs."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def drive(self, incident_id: int, actor: Actor, wish: Wish) -> Incident:
        """Switches outputs on or off. Raises NoSuchIncident, NoSuchOutput, PracticeOutputs and AlreadyClosed."""
        async with self._database.transaction() as connection:
            found = await lock_incidents(connection, [incident_id])
            if not found:
                raise NoSuchIncident(incident_id)
            now = await self._database.read_now(connection)
            driven = await drive_outputs(connection, found[0], wish, actor, now)
            await append_log(connection, now, driven.entries)
            return driven.running.incident


async def drive_outputs(connection: Connection, running: Running, wish: Wish, actor: Actor, now: datetime) -> Driven:
    """Puts a person's wish into force for a locked incident, inside the caller's transaction; the gateway tells the
    devices. Raises NoSuchOutput, PracticeOutputs and AlreadyClosed."""
    incident = running.incident
    check_wish(incident, on=wish.on, practice=wish.practice)
    targets: list[OutputOfDevice] = []
    if incident.school is not None:
        targets = await list_outputs_at(connection, incident.school, wish.outputs, wish.device)
    if not targets:
        where = wish.device or incident.school_name or "a place that is not known"
        raise NoSuchOutput(f"{where} has no {' or '.join(wish.outputs)}")
    until = now + timedelta(seconds=wish.seconds) if wish.on and wish.seconds is not None else None
    await lock_sites(connection, [incident.school])
    wishes = [
        make_wish(incident.id, one.device, one.output, actor.display_name, now, on=wish.on, until=until)
        for one in targets
    ]
    commands = await command_outputs(connection, wishes, now)
    counted = await recount_outputs(connection, [running])
    return _tell_driven(counted[incident.id], commands, Asker(f"person:{actor.name}", actor.display_name))


async def switch_off_outputs(
    connection: Connection, running: Sequence[Running], asker: Asker, now: datetime
) -> dict[int, Driven]:
    """Switches off whatever these locked incidents had switched on: they close. Who drove nothing is missing."""
    ids = [one.incident.id for one in running]
    if not await list_standing_of(connection, ids):
        return {}  # the usual case need not wait for the site
    await lock_sites(connection, [one.incident.school for one in running])
    on = [one for one in await list_standing_of(connection, ids) if one.on]
    if not on:
        return {}
    wishes = [make_wish(one.incident, one.device, one.output, asker.by, now, on=False, until=None) for one in on]
    commands: dict[int, list[OutputCommand]] = defaultdict(list)
    for command in await command_outputs(connection, wishes, now):
        commands[command.incident].append(command)
    counted = await recount_outputs(connection, [one for one in running if one.incident.id in commands])
    return {id_: _tell_driven(one, commands[id_], asker) for id_, one in counted.items()}


async def command_outputs(
    connection: Connection, wishes: Sequence[OutputCommand], now: datetime
) -> list[OutputCommand]:
    """Stores new wishes of locked incidents at locked sites, each in the place of the older ones about its output."""
    incidents = {(one.device, one.output): one.incident for one in wishes}
    standing = await lock_standing_commands(connection, [OutputOfDevice(*output) for output in incidents])
    if standing:
        replaced = [supersede(one, incidents[one.device, one.output], now) for one in standing]
        await save_commands(connection, replaced)
    return await insert_commands(connection, wishes)


def _tell_driven(running: Running, commands: Sequence[OutputCommand], asker: Asker) -> Driven:
    return Driven(running, tuple(commands), (requested_entry(running.incident, commands, asker),))


def requested_entry(incident: Incident, commands: Sequence[OutputCommand], asker: Asker, **details: Any) -> Entry:
    """The log row of a wish about outputs."""
    outputs = [describe_command(one) for one in commands]
    return incident_entry(asker.actor, incident, "output.requested", by=asker.by, outputs=outputs, **details)


async def take_output_reports(connection: Connection, reports: Sequence[OutputReport], now: datetime) -> list[Entry]:
    """Takes devices' words for what their outputs do, inside the caller's transaction; returns rows for the log.

    A device speaks only for itself: a word on another's command, or on none of ours, is evidence and nothing more.
    """
    named = [(id_, report) for report in reports if (id_ := read_command_name(report.command)) is not None]
    incidents = await find_command_incidents(connection, [id_ for id_, _ in named])
    running = {one.incident.id: one for one in await lock_incidents(connection, sorted(set(incidents.values())))}
    commands = {one.id: one for one in await lock_commands(connection, sorted(incidents))}
    news: list[tuple[OutputCommand, bool]] = []
    for id_, report in named:
        command = commands.get(id_)
        if command is None or command.device != report.device:
            continue
        heard = hear_confirmation(command, now, on=report.on)
        if heard is not None:
            commands[id_] = heard
            news.append((heard, report.on))
    if not news:
        return []
    await save_commands(connection, [commands[id_] for id_ in sorted({one.id for one, _ in news})])
    counted = await recount_outputs(connection, [running[id_] for id_ in sorted({one.incident for one, _ in news})])
    return [
        incident_entry(
            f"device:{one.device}",
            counted[one.incident].incident,
            "output.confirmed",
            **describe_command(one) | {"confirmed": "on" if on else "off"},
        )
        for one, on in news
    ]


@asynccontextmanager
async def claim_output_commands(database: Database) -> AsyncIterator[list[DueCommand]]:
    """The commands that are to be sent now. They count as sent when the block ends without an error; whoever dies in
    between leaves them to the next gateway, so a device may hear a command twice, and never not at all."""
    async with database.transaction() as connection:
        claimed = await claim_commands(connection, await database.read_now(connection), _BATCH, _LEASE)
    yield claimed
    if claimed:
        async with database.transaction() as connection:
            await _mark_sent(connection, claimed, await database.read_now(connection))


async def _mark_sent(connection: Connection, claimed: Sequence[DueCommand], now: datetime) -> None:
    """The first sending of a command is news, its repetitions are counted on its row."""
    first = [one for one in claimed if one.sends == 0]
    running = await lock_incidents(connection, sorted({one.incident for one in first}))
    await lock_commands(connection, [one.id for one in claimed])  # in order, as everybody else who changes them
    sent = [SentCommand(one.id, now + find_repeat(one.sends + 1)) for one in claimed]
    await mark_commands_sent(connection, sent, now)
    incidents = {one.incident.id: one.incident for one in running}
    if first:
        entries = [
            incident_entry("gateway", incidents[one.incident], "output.sent", **describe_command(one)) for one in first
        ]
        await append_log(connection, now, entries)


def describe_command(command: OutputCommand | DueCommand) -> dict[str, Any]:
    """A command as the log tells of it."""
    return {
        "command": name_command(command.id),
        "device": command.device,
        "output": command.output,
        "on": command.on,
        "until": command.until,
    }


async def recount_outputs(connection: Connection, running: Sequence[Running]) -> dict[int, Running]:
    """Counts the unconfirmed outputs of locked incidents anew, saves it, and returns the incidents by id."""
    counts = await count_unconfirmed(connection, [one.incident.id for one in running])
    counted = [
        replace(one, incident=replace(one.incident, outputs_unconfirmed=counts.get(one.incident.id, 0)))
        for one in running
    ]
    await save_incidents(connection, counted)
    return {one.incident.id: one for one in counted}
