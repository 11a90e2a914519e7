"""Carries out what escalation decided: messages into the outbox, counts onto the incident, rows for the log."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from alerts.domain.escalation import Decision, Fired
from alerts.domain.incidents import Incident
from alerts.storage.database import Connection
from alerts.storage.deliveries import count_people, queue_deliveries
from alerts.storage.log import Entry


async def queue_fired(connection: Connection, decisions: Mapping[int, Decision], now: datetime) -> dict[int, Decision]:
    """Queues the messages of all fired steps and returns the decisions with people counted, by incident."""
    fired = [(decision.running.incident, step) for decision in decisions.values() for step in decision.fired]
    if not any(step.recipients for _, step in fired):
        return dict(decisions)
    await queue_deliveries(connection, fired, now)
    counts = await count_people(connection, list(decisions))
    return {
        id_: _count(decision, counts[id_].told, counts[id_].reached) if id_ in counts else decision
        for id_, decision in decisions.items()
    }


def _count(decision: Decision, told: int, reached: int) -> Decision:
    incident = replace(decision.running.incident, told=told, reached=reached)
    return replace(decision, running=replace(decision.running, incident=incident))


def incident_entry(actor: str, incident: Incident, kind: str, **details: Any) -> Entry:
    """A log row about an incident: what happened, and the whole incident as it is thereafter."""
    return Entry(actor, f"incident:{incident.id}", kind, {"incident": incident} | details)


def escalated_entry(incident: Incident, fired: Fired) -> Entry:
    """The log row of a step: who was told by which channel. An empty step says so by an empty list."""
    return incident_entry(
        "engine", incident, "incident.escalated", step=fired.step, round=fired.round, told=fired.recipients
    )
