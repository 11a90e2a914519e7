"""Carries out what escalation decided: messages into the outbox, counts onto the incident, rows for the log."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from alerts.domain.contact_id import code_of
from alerts.domain.escalation import Decision, Fired, Recipient, Running
from alerts.domain.incidents import Incident
from alerts.domain.people import Method
from alerts.domain.police import HandoverState
from alerts.domain.presses import Mode
from alerts.domain.reaching import CONFIRM_WITHIN, note_reached
from alerts.storage.database import Connection
from alerts.storage.deliveries import LeasedDelivery, QueuedDelivery, count_people, queue_deliveries
from alerts.storage.handovers import queue_handovers
from alerts.storage.incidents import save_incidents
from alerts.storage.log import Entry
from alerts.storage.station import queue_events

STEP = "step"
POLICE_OVERDUE = "police_overdue"  # the city's desk is rung: 110 has not taken the incident


async def queue_fired(connection: Connection, decisions: Mapping[int, Decision], now: datetime) -> dict[int, Decision]:
    """Queues the messages of all fired steps, and what they hand over to 110; returns the decisions with people
    counted, by incident."""
    decisions = await _queue_police(connection, decisions, now)
    rows = [
        row
        for decision in decisions.values()
        for fired in decision.fired
        for row in write_messages(decision.running.incident, STEP, fired.round, fired.step, fired.recipients, now)
    ]
    if not rows:
        return dict(decisions)
    await queue_deliveries(connection, rows)
    counts = await count_people(connection, list(decisions))
    return {
        id_: _count(decision, counts[id_].told, counts[id_].reached) if id_ in counts else decision
        for id_, decision in decisions.items()
    }


async def _queue_police(
    connection: Connection, decisions: Mapping[int, Decision], now: datetime
) -> Mapping[int, Decision]:
    """Hands over what a fired step hands over, once an incident."""
    wanted = [one.running.incident for one in decisions.values() if any(step.police for step in one.fired)]
    if not wanted:
        return decisions
    queued = await queue_handovers(connection, wanted, now)
    await queue_events(connection, [(one.id, code_of(one.kind, one.mode)) for one in wanted if one.id in queued], now)
    return {id_: _note_queued(decision) if id_ in queued else decision for id_, decision in decisions.items()}


def _note_queued(decision: Decision) -> Decision:
    incident = replace(decision.running.incident, police=HandoverState.WAITING)
    return replace(decision, running=replace(decision.running, incident=incident))


def write_messages(
    incident: Incident, reason: str, round_: int, step: int, recipients: Iterable[Recipient], now: datetime
) -> list[QueuedDelivery]:
    """The first messages to these people about an incident: by the best method of each, in their browsers, and by the
    shared channels."""
    rows: list[QueuedDelivery] = []
    for who in recipients:
        shared = [(Method(channel, ""), None) for channel in who.shared]
        # What rings beside the best method is not waited for: the next one follows when the best one fails.
        personal = [(method, None if number else now + CONFIRM_WITHIN) for number, method in enumerate(who.first)]
        rows.extend(
            QueuedDelivery(
                incident=incident.id,
                person=who.person,
                post_kind=who.post_kind,
                channel=method.channel,
                address=method.address,
                live=incident.mode is Mode.LIVE,
                now=now,
                due_at=now,
                reason=reason,
                round=round_,
                step=step,
                confirm_by=confirm_by,
                code=make_code(),
                neighbour=who.neighbour,
            )
            for method, confirm_by in personal + shared
        )
    return rows


async def count_reached(connection: Connection, running: Sequence[Running]) -> dict[int, Incident]:
    """Counts anew whom messages reached, writes it onto these locked incidents, and returns them by id."""
    if not running:
        return {}
    counts = await count_people(connection, [one.incident.id for one in running])
    counted = [
        replace(one, incident=note_reached(one.incident, counts[one.incident.id].reached))
        for one in running
        if one.incident.id in counts
    ]
    await save_incidents(connection, counted)
    return {one.incident.id: one.incident for one in counted}


def make_code() -> str:
    """Four digits by which a person answers a message."""
    return f"{secrets.randbelow(10_000):04d}"


def _count(decision: Decision, told: int, reached: int) -> Decision:
    incident = replace(decision.running.incident, told=told, reached=reached)
    return replace(decision, running=replace(decision.running, incident=incident))


def incident_entry(actor: str, incident: Incident, kind: str, **details: Any) -> Entry:
    """A log row about an incident: what happened, and the whole incident as it is thereafter."""
    return Entry(actor, f"incident:{incident.id}", kind, {"incident": incident} | details)


def delivery_entry(actor: str, kind: str, incident: Incident, delivery: LeasedDelivery, *, error: str | None) -> Entry:
    """The log row of what became of a message."""
    return incident_entry(
        actor,
        incident,
        kind,
        person=delivery.person,
        person_name=delivery.person_name,
        post_kind=delivery.post_kind,
        channel=delivery.channel,
        reason=delivery.reason,
        step=delivery.step,
        round=delivery.round,
        error=error,
    )


def escalated_entry(incident: Incident, fired: Fired) -> Entry:
    """The log row of a step: who was told by which channels, and whom nobody can reach. An empty step says so."""
    return incident_entry(
        "engine",
        incident,
        "incident.escalated",
        step=fired.step,
        round=fired.round,
        told=_name_people(fired.recipients),
        unreachable=_name_people(fired.unreachable),
        police=fired.police,
        outputs=fired.outputs,
    )


def _name_people(recipients: Sequence[Recipient]) -> list[dict[str, Any]]:
    """People without their telephone numbers: the log is for ever."""
    return [
        {
            "person": one.person,
            "person_name": one.person_name,
            "post_kind": one.post_kind,
            "channel": ", ".join([method.channel for method in one.first] + list(one.shared)),
        }
        for one in recipients
    ]
