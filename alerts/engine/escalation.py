"""The escalation cycle: claims incidents whose deadline has come, and carries out what is decided."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import structlog

from alerts.domain.escalation import Callees, Decision, Running, decide
from alerts.domain.incidents import State
from alerts.engine.metrics import STEP_LATENESS, STEPS
from alerts.incidents.escalating import incident_entry
from alerts.incidents.steps import carry_out, write_steps
from alerts.storage.answering import list_takers
from alerts.storage.database import Connection, Database
from alerts.storage.incidents import claim_due_incidents, read_next_due, save_incidents
from alerts.storage.log import Entry, append_log
from alerts.storage.recipients import list_callees

_log = structlog.get_logger()
_BATCH = 200


async def escalate_due(database: Database) -> int:
    """One cycle, one transaction: state, deadline, messages and log together. Returns how many were due."""
    async with database.transaction() as connection:
        now = await database.read_now(connection)
        due = await claim_due_incidents(connection, now, _BATCH)
        if not due:
            return 0
        callees = await _pass_by_takers(connection, due, await list_callees(connection, due, now))
        decisions = {one.incident.id: decide(one, callees[one.incident.id], now) for one in due}
        decisions = await carry_out(connection, decisions, now)
        await save_incidents(connection, [decision.running for decision in decisions.values()])
        entries = _write_entries(list(decisions.values()))
        if entries:
            await append_log(connection, now, entries)
    for one in due:
        STEP_LATENESS.observe((now - (one.incident.next_at or now)).total_seconds())
        _say(decisions[one.incident.id], now)
    return len(due)


async def read_seconds_to_rest(database: Database, longest: float) -> float:
    """How long until the next deadline, at most `longest`."""
    async with database.connection() as connection:
        next_at = await read_next_due(connection)
        now = await database.read_now(connection)
    return longest if next_at is None else max(0.0, min(longest, (next_at - now).total_seconds()))


async def _pass_by_takers(
    connection: Connection, due: Sequence[Running], callees: dict[int, Callees]
) -> dict[int, Callees]:
    """Where several people must take an incident, those who did are not called again in the same round."""
    taken = [one.incident.id for one in due if one.incident.state is State.OPEN and one.incident.takers]
    takers = await list_takers(connection, taken) if taken else {}
    return callees | {
        incident: {target: [one for one in called if one.person not in people] for target, called in of_targets.items()}
        for incident, people in takers.items()
        for of_targets in [callees[incident]]
    }


def _write_entries(decisions: Sequence[Decision]) -> list[Entry]:
    entries: list[Entry] = []
    for decision in decisions:
        incident = decision.running.incident
        if decision.ran_out:
            entries.append(incident_entry("engine", incident, "incident.reopened"))
        entries.extend(write_steps(decision))
    return entries


def _say(decision: Decision, now: datetime) -> None:
    incident = decision.running.incident
    for step in decision.fired:
        STEPS.labels(incident.mode).inc()
        _log.info(
            "engine.step.fired",
            incident=incident.id,
            round=step.round,
            step=step.step,
            recipients=len(step.recipients),
            at=now.isoformat(),
        )
