"""Carries out fired steps in the transaction that decided on them: messages, 110, and what goes on on site."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from alerts.domain.escalation import Decision
from alerts.domain.outputs import OutputCommand, is_wanted_on, make_wish
from alerts.domain.registry import Output
from alerts.incidents.escalating import escalated_entry, queue_fired
from alerts.incidents.outputs import Asker, command_outputs, requested_entry
from alerts.storage.database import Connection
from alerts.storage.log import Entry
from alerts.storage.outputs import (
    OutputOfIncident,
    WantedOutput,
    count_unconfirmed,
    list_newest_commands,
    list_wanted_outputs,
    lock_sites,
    lock_standing_commands,
)

POLICY = Asker("policy", "policy")  # an incident's own copy of it: which rule it came from is not known any more
_OfIncident = tuple[int, Output]
_OfDevice = tuple[str, Output]


async def carry_out(connection: Connection, decisions: Mapping[int, Decision], now: datetime) -> dict[int, Decision]:
    """Queues what all fired steps send, hand over and drive; returns the decisions with all of it counted, by incident.

    The incidents are locked, and the caller saves them.
    """
    return await _drive_outputs(connection, await queue_fired(connection, decisions, now), now)


def write_steps(decision: Decision) -> Iterable[Entry]:
    """The log rows of a decision's steps, and of what they drive."""
    incident = decision.running.incident
    yield from (escalated_entry(incident, step) for step in decision.fired)
    if decision.commands:
        yield requested_entry(incident, decision.commands, POLICY)


async def _drive_outputs(connection: Connection, decisions: dict[int, Decision], now: datetime) -> dict[int, Decision]:
    """Asks the database for outputs only when a step names some: most presses must not pay for it."""
    until = _find_outputs(decisions, now)
    if not until:
        return decisions
    wanted = [WantedOutput(incident, decisions[incident].running.incident.school, output) for incident, output in until]
    await lock_sites(connection, [one.school for one in wanted])
    due = await _pick_due(connection, await list_wanted_outputs(connection, wanted), now)
    if not due:
        return decisions
    wishes = [
        make_wish(one.incident, one.device, one.output, POLICY.by, now, on=True, until=until[one.incident, one.output])
        for one in due
    ]
    commands = await command_outputs(connection, wishes, now)
    counts = await count_unconfirmed(connection, sorted({one.incident for one in commands}))
    return decisions | {id_: _note_driven(decisions[id_], commands, count) for id_, count in counts.items()}


def _find_outputs(decisions: Mapping[int, Decision], now: datetime) -> dict[_OfIncident, datetime | None]:
    """Until when each output is to be on; of two steps that name the same one, the first counts."""
    until: dict[_OfIncident, datetime | None] = {}
    for id_, decision in decisions.items():
        for fired in decision.fired:
            seconds = fired.output_seconds
            ends_at = None if seconds is None else now + timedelta(seconds=seconds)
            for output in fired.outputs:
                until.setdefault((id_, output), ends_at)
    return until


async def _pick_due(
    connection: Connection, targets: Sequence[OutputOfIncident], now: datetime
) -> Iterable[OutputOfIncident]:
    """Those that are not on already, and that nobody switched off. Where two incidents of a school want the same output
    in the same moment, one of them drives it."""
    standing = {(one.device, one.output): one for one in await lock_standing_commands(connection, targets)}
    newest = await list_newest_commands(connection, sorted({one.incident for one in targets}))
    own = {(one.incident, one.device, one.output): one for one in newest}
    due: dict[_OfDevice, OutputOfIncident] = {}
    for one in targets:
        output = (one.device, one.output)
        if is_wanted_on(own.get((one.incident, *output)), standing.get(output), now):
            due[output] = one
    return due.values()


def _note_driven(decision: Decision, commands: Iterable[OutputCommand], unconfirmed: int) -> Decision:
    incident = replace(decision.running.incident, outputs_unconfirmed=unconfirmed)
    driven = tuple(one for one in commands if one.incident == incident.id)
    return replace(decision, running=replace(decision.running, incident=incident), commands=driven)
