"""One transaction turns a batch of presses into presses, incidents, first steps, deliveries and log rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from alerts.domain.arrivals import Arrival, Receipt, Source, Stage
from alerts.domain.escalation import Decision, Running, decide
from alerts.domain.incidents import Incident, State
from alerts.domain.payloads import kept, said_text
from alerts.domain.presses import Mode, read_press
from alerts.incidents.escalating import incident_entry
from alerts.incidents.steps import carry_out, write_steps
from alerts.intake.placing import IncidentKey, PlacedPress, opening_of, place_press, said_device
from alerts.intake.second_presses import raise_second_presses
from alerts.storage.database import Connection, Database
from alerts.storage.incidents import open_or_join, save_incidents
from alerts.storage.log import Entry
from alerts.storage.practice import await_other_tests
from alerts.storage.presses import NewPress, PressContext, insert_presses, load_press_context
from alerts.storage.recipients import list_callees


@dataclass(frozen=True, slots=True)
class PressesTaken:
    """What a batch became: answers for the buttons, and log entries that the caller writes last."""

    receipts: list[Receipt]
    entries: list[Entry]
    now: datetime


class PressBatchRaced(Exception):
    """Another gateway stored a press of this batch, and its incident was closed, in the middle of it: once more."""


async def take_press_batch(connection: Connection, database: Database, arrivals: Sequence[Arrival]) -> PressesTaken:
    """Stores presses inside the caller's transaction. Copies of a stored press are answered again and store nothing."""
    readings = [read_press(arrival.payload, arrival.received_at) for arrival in arrivals]
    if any(reading.mode_said is Mode.TEST for reading in readings):
        await await_other_tests(connection)
    context = await load_press_context(
        connection,
        devices=sorted({said_device(arrival) for arrival in arrivals}),
        schools=sorted({arrival.school for arrival in arrivals if arrival.school}),
        identities=[
            (said_device(arrival), reading.identity)
            for arrival, reading in zip(arrivals, readings, strict=True)
            if reading.identity
        ],
        shift=database.shift,
    )
    placed = [place_press(arrival, reading, context) for arrival, reading in zip(arrivals, readings, strict=True)]
    fresh = await raise_second_presses(connection, _first_copies(placed, context), context)
    stories = {key: (known.incident, known.state) for key, known in context.known.items()}
    entries: list[Entry] = []
    if fresh:
        incidents, entries = await _store(connection, fresh, context)
        stories |= {press.same: (incidents[press.key].id, incidents[press.key].state) for press in fresh}
    return PressesTaken(_answer(placed, stories, context.now), entries, context.now)


def _first_copies(placed: Sequence[PlacedPress], context: PressContext) -> list[PlacedPress]:
    first: dict[tuple[str, str], PlacedPress] = {}
    for press in placed:
        if press.same not in context.known:
            first.setdefault(press.same, press)
    return list(first.values())


async def _store(
    connection: Connection, fresh: Sequence[PlacedPress], context: PressContext
) -> tuple[dict[IncidentKey, Incident], list[Entry]]:
    openings = {press.key: opening_of(press, context) for press in reversed(fresh)}
    met = await open_or_join(connection, list(openings.values()))
    running = {_key(one.incident): one for one, _ in met}
    opened = [_key(one.incident) for one, was_opened in met if was_opened]
    rows = [_row(press, running[press.key].incident.id, context.now) for press in fresh]
    stored = {(row.device, row.identity): row.id for row in await insert_presses(connection, rows)}
    fresh = [press for press in fresh if press.same in stored]
    if set(opened) - {press.key for press in fresh}:
        raise PressBatchRaced
    decisions = await _first_steps(connection, [running[key] for key in opened], context.now)
    entries: list[Entry] = []
    for key in opened:
        decision = decisions[running[key].incident.id]
        running[key] = decision.running
        entries.append(incident_entry("gateway", decision.running.incident, "incident.opened"))
        entries.extend(write_steps(decision))
    for press in fresh:
        running[press.key] = _join(running[press.key], press)
        entries.append(_press_entry(press, stored[press.same], running[press.key].incident))
    await save_incidents(connection, list(running.values()))
    return {key: one.incident for key, one in running.items()}, entries


async def _first_steps(connection: Connection, opened: Sequence[Running], now: datetime) -> dict[int, Decision]:
    """Step 0 of new incidents belongs to their transaction: a committed incident has called somebody."""
    if not opened:
        return {}
    callees = await list_callees(connection, opened, now)
    decisions = {one.incident.id: decide(one, callees[one.incident.id], now) for one in opened}
    return await carry_out(connection, decisions, now)


def _join(running: Running, press: PlacedPress) -> Running:
    incident = running.incident
    known = set(incident.problems)
    return replace(
        running,
        incident=replace(
            incident,
            presses=incident.presses + 1,
            late=incident.late or press.reading.late,
            problems=incident.problems + tuple(one for one in press.problems if one not in known),
        ),
    )


def _row(press: PlacedPress, incident: int, now: datetime) -> NewPress:
    arrival, reading = press.arrival, press.reading
    return NewPress(
        incident=incident,
        device=press.device,
        identity=press.identity,
        name=press.name,
        school=press.school,
        point=press.point,
        topic=said_text(arrival.topic),
        reply_district=arrival.district if arrival.source is Source.MQTT else None,
        reply_school=arrival.school if arrival.source is Source.MQTT else None,
        kind=reading.kind,
        kind_said=reading.kind_said,
        mode=press.mode,
        mode_said=reading.mode_words,
        late=reading.late,
        problems=press.problems,
        occurred_at=reading.occurred_at,
        received_at=arrival.received_at,
        recorded_at=now,
        source=arrival.source,
        payload=kept(arrival.payload),
        payload_bytes=len(arrival.payload),
    )


def _press_entry(press: PlacedPress, press_id: int, incident: Incident) -> Entry:
    said = {
        "id": press_id,
        "name": press.name,
        "device": press.device,
        "point": press.point,
        "kind": press.reading.kind,
        "kind_said": press.reading.kind_said,
        "mode_said": press.reading.mode_words,
        "late": press.reading.late,
        "problems": press.problems,
        "occurred_at": press.reading.occurred_at,
        "received_at": press.arrival.received_at,
    }
    return incident_entry(f"device:{press.device}", incident, "press.received", press=said)


def _key(incident: Incident) -> IncidentKey:
    return incident.place, incident.mode, incident.category


_REACHED_STAGES = {
    State.OPEN: (Stage.RECEIVED,),
    State.ACKNOWLEDGED: (Stage.RECEIVED, Stage.SEEN),
    State.RESPONDING: (Stage.RECEIVED, Stage.SEEN, Stage.COMING),
    State.CLOSED: (Stage.RECEIVED, Stage.CLOSED),
}


def _answer(
    placed: Sequence[PlacedPress], stories: dict[tuple[str, str], tuple[int, State]], now: datetime
) -> list[Receipt]:
    """`received` for each arrival, and the stages that its incident has reached already, so that no button waits."""
    receipts: list[Receipt] = []
    for press in placed:
        incident, state = stories[press.same]
        district, school = press.arrival.district or "", press.arrival.school or ""
        receipts.extend(
            Receipt(district, school, press.device, press.name, incident, stage, now, press.identity)
            for stage in _REACHED_STAGES[state]
        )
    return receipts
