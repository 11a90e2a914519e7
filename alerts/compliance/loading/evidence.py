"""What came in of these schools: gates, visitors, check-ins, each believed or not."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from types import MappingProxyType

from alerts.compliance.loading.batch import Batch
from alerts.compliance.loading.devices import Devices
from alerts.domain.compliance.digests import Digest, Message, digest_messages
from alerts.domain.compliance.events import GateEvent, PatrolPoint, PostEvent, VisitEvent
from alerts.domain.compliance.messages import (
    Raw,
    distrust_check_ins,
    place_points,
    read_check_ins,
    read_gates,
    read_offset,
    read_visits,
)
from alerts.domain.compliance.rules import Input
from alerts.domain.compliance.verdicts import Grade
from alerts.domain.registry import DeviceRole
from alerts.storage.database import Connection
from alerts.storage.school_days import (
    EvidenceRow,
    PointRow,
    SchoolRow,
    group_rows,
    list_evidence,
    list_last_gates,
    list_points,
)

_CHANNELS = MappingProxyType({Input.GATES: "gate", Input.VISITS: "visit", Input.CHECK_INS: "post"})
_LOOKED_AT = frozenset(_CHANNELS.values())
GATE_LOOKED_BACK = timedelta(days=8)  # a gate that told nothing for longer is not known


@dataclass(slots=True)
class SchoolEvents:
    """The events of one school, in order of time. `offsets` are how far the clocks of its devices are off."""

    gates: list[GateEvent] = field(default_factory=list)
    visits: list[VisitEvent] = field(default_factory=list)
    check_ins: tuple[PostEvent, ...] = ()
    points: tuple[PatrolPoint, ...] = ()


@dataclass(frozen=True, slots=True)
class Events:
    """The events of a batch by school, and the clocks that they tell."""

    by_school: dict[str, SchoolEvents]
    offsets: dict[str, float]


async def list_messages(connection: Connection, batch: Batch) -> list[EvidenceRow]:
    """Every raw message that a record of these days rests on, whether a rule looks at it or not."""
    return await _list(connection, batch, None)


async def load_events(
    connection: Connection, batch: Batch, devices: Devices, messages: Sequence[EvidenceRow] | None = None
) -> Events:
    """Everything that came in and is looked at; `messages` is what the caller has read already."""
    channels = [channel for input_, channel in _CHANNELS.items() if batch.needs(input_)]
    events = Events({school.code: SchoolEvents() for school in batch.schools}, {})
    if not channels:
        return events
    rows = list(await _list(connection, batch, channels) if messages is None else messages)
    if "gate" in channels:
        first, _ = batch.partitions(batch.span[0] - GATE_LOOKED_BACK)
        rows += await list_last_gates(connection, batch.codes, batch.span[0], first)
    points = await list_points(connection, batch.codes, batch.span[0])
    # A press must not wait while thousands of messages are read: the loop stays free.
    await asyncio.to_thread(_read_messages, events, devices, batch, rows, points)
    return events


async def _list(connection: Connection, batch: Batch, channels: Sequence[str] | None) -> list[EvidenceRow]:
    # What happens at night belongs to the day on which the night ends: check-ins begin a day before.
    since = batch.eve_at if channels is None or "post" in channels else batch.span[0]
    until = min(batch.span[1], batch.now + timedelta(minutes=1))
    return await list_evidence(connection, batch.codes, channels, (since, until), batch.partitions(since))


def digest_days(batch: Batch, rows: Sequence[EvidenceRow]) -> dict[str, Digest]:
    """The hash over each school's messages of the day itself; a school without any is missing."""
    starts_at = batch.span[0].astimezone(UTC)
    of_day: dict[str, list[Message]] = {}
    for place, device, channel, identity, on_date, occurred_at, received_at, _, payload in rows:
        if (occurred_at or received_at) >= starts_at:
            message = (device, channel, identity, on_date, occurred_at, received_at, payload)
            of_day.setdefault(place, []).append(message)
    return {place: digest_messages(messages) for place, messages in of_day.items()}


def _read_messages(
    events: Events, devices: Devices, batch: Batch, rows: Sequence[EvidenceRow], points: Sequence[PointRow]
) -> None:
    for source, raws in _sort(rows, batch.span[0]).items():
        _take(events, devices, source, raws)
    by_school = group_rows(points, "school")
    for school in batch.schools:
        found = events.by_school[school.code]
        found.points = place_points(
            [
                (one.code, one.x_metres, one.y_metres, one.latitude, one.longitude, one.key)
                for one in by_school.get(school.code, ())
            ]
        )
        _finish(found, school)


_Source = tuple[str, str, str]


def _sort(rows: Sequence[EvidenceRow], starts_at: datetime) -> dict[_Source, list[Raw]]:
    """Messages by school, channel and device; of gates and visitors none from before the day, but a gate's last."""
    starts_at = starts_at.astimezone(UTC)  # as the rows have it: instants of two zones are compared slowly
    days: dict[date, str] = {}
    found: dict[_Source, list[Raw]] = {}
    last: dict[_Source, Raw] = {}
    for place, device, channel, identity, on_date, occurred_at, received_at, problems, payload in rows:
        if channel not in _LOOKED_AT:
            continue
        day = days.get(on_date) or days.setdefault(on_date, on_date.isoformat())
        raw = Raw(f"{day}/{device}/{channel}/{identity}", device, occurred_at, received_at, problems or (), payload)
        source = (place, channel, device)
        if channel != "post" and (occurred_at or received_at) < starts_at:
            if channel == "gate":
                last[source] = max(raw, last.get(source, raw), key=lambda one: one.occurred_at or one.received_at)
            continue
        found.setdefault(source, []).append(raw)
    for source, raw in last.items():
        found.setdefault(source, []).append(raw)
    return found


def _take(events: Events, devices: Devices, source: _Source, raws: Sequence[Raw]) -> None:
    place, channel, device = source
    found, registered = events.by_school[place], devices.rows.get(device)
    offset = read_offset(raws, devices.clock_of(device)) if registered else None
    if offset is not None:
        events.offsets[device] = offset
    clock = devices.clock_of(device, offset)
    if channel == "gate":
        found.gates += read_gates(raws, clock)
    elif channel == "visit":
        found.visits += read_visits(raws, clock)
    else:
        is_reader = registered is not None and registered.role is DeviceRole.POST_READER
        found.check_ins += read_check_ins(raws, clock, Grade.A if is_reader else Grade.C)


def _finish(found: SchoolEvents, school: SchoolRow) -> None:
    found.gates.sort(key=lambda event: event.at)
    found.visits.sort(key=lambda event: event.at)
    found.check_ins = distrust_check_ins(found.check_ins, found.points, school.latitude, school.longitude)
