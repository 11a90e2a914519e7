"""A button asks to take a press back. It stops nothing: a person decides."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from uuid import uuid4

from alerts.domain.arrivals import Arrival
from alerts.domain.incidents import State
from alerts.domain.payloads import kept, said_text
from alerts.domain.presses import CancelReading, Problem, read_cancel
from alerts.incidents.escalating import incident_entry
from alerts.intake.placing import said_device
from alerts.storage.database import Connection
from alerts.storage.incidents import lock_incidents, save_incidents
from alerts.storage.log import Entry
from alerts.storage.presses import NewCancel, find_press_incident, insert_cancels


async def take_cancel_batch(connection: Connection, arrivals: Sequence[Arrival], now: datetime) -> list[Entry]:
    """Stores cancels and marks their incidents; a repeat stores nothing. Returns the log entries."""
    rows: dict[tuple[str, str], NewCancel] = {}
    for arrival in arrivals:
        row = await _read_row(connection, arrival, now)
        rows.setdefault((row.device, row.identity), row)
    stored = await insert_cancels(connection, list(rows.values()))
    fresh = [row for key, row in rows.items() if key in stored]
    found = await lock_incidents(connection, sorted({row.incident for row in fresh if row.incident}))
    running = {one.incident.id: one for one in found}
    entries: list[Entry] = []
    for row in fresh:
        if row.incident is None:
            entries.append(Entry(f"device:{row.device}", f"device:{row.device}", "press.cancel_asked", _said(row)))
            continue
        one = running[row.incident]
        if one.incident.state is not State.CLOSED:
            one = replace(one, incident=replace(one.incident, cancel_asked_at=now))
        running[row.incident] = one
        entries.append(incident_entry(f"device:{row.device}", one.incident, "press.cancel_asked", cancel=_said(row)))
    if running:
        await save_incidents(connection, list(running.values()))
    return entries


async def _read_row(connection: Connection, arrival: Arrival, now: datetime) -> NewCancel:
    reading: CancelReading = read_cancel(arrival.payload)
    device = said_device(arrival)
    incident = await find_press_incident(connection, device, reading.press)
    problems = (*reading.problems, Problem.NO_SUCH_PRESS) if incident is None else reading.problems
    return NewCancel(
        device=device,
        identity=reading.identity or f"any:{uuid4().hex}",
        press_name=reading.press,
        incident=incident,
        topic=said_text(arrival.topic),
        problems=tuple(problems),
        occurred_at=reading.occurred_at,
        received_at=arrival.received_at,
        recorded_at=now,
        payload=kept(arrival.payload),
        payload_bytes=len(arrival.payload),
    )


def _said(row: NewCancel) -> dict[str, object]:
    return {
        "press": row.press_name,
        "device": row.device,
        "problems": row.problems,
        "occurred_at": row.occurred_at,
        "received_at": row.received_at,
    }
