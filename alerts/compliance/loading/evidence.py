"""What came in of these schools: gates, visitors, check-ins, each believed or not."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from operator import attrgetter
from types import MappingProxyType

from alerts.compliance.loading.batch import Batch
from alerts.compliance.loading.devices import Devices
from alerts.domain.compliance.digests import Digest, Told, digest_messages
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
from alerts.storage.records import read_instants
from alerts.storage.school_days import (
    EvidenceRow,
    PointRow,
    SchoolRow,
    group_rows,
    list_evidence,
    list_last_gates,
    list_points,
)

_at = attrgetter("at")
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


Source = tuple[str, str, str]
"""A school, a device of it and a channel."""
Messages = Mapping[Source, Sequence[Raw]]
"""Raw messages by where they are from, in no order."""


async def list_messages(connection: Connection, batch: Batch) -> Messages:
    """Every raw message that a record of these days rests on, whether a rule looks at it or not."""
    return await _list(connection, batch, None)


async def load_events(
    connection: Connection, batch: Batch, devices: Devices, messages: Messages | None = None
) -> Events:
    """Everything that came in and is looked at; `messages` is what the caller has read already."""
    channels = [channel for input_, channel in _CHANNELS.items() if batch.needs(input_)]
    events = Events({school.code: SchoolEvents() for school in batch.schools}, {})
    if not channels:
        return events
    if messages is None:
        messages = await _list(connection, batch, channels)
    before: Messages = {}
    if "gate" in channels:
        first, _ = batch.partitions(batch.span[0] - GATE_LOOKED_BACK)
        before = _sort(await list_last_gates(connection, batch.codes, batch.span[0], first))
    points = await list_points(connection, batch.codes, batch.span[0])
    # A press must not wait while thousands of messages are read: the loop stays free.
    await asyncio.to_thread(_read_messages, events, devices, batch, messages, before, points)
    return events


async def _list(connection: Connection, batch: Batch, channels: Sequence[str] | None) -> Messages:
    # What happens at night belongs to the day on which the night ends: check-ins begin a day before.
    since = batch.eve_at if channels is None or "post" in channels else batch.span[0]
    until = min(batch.span[1], batch.now + timedelta(minutes=1))
    rows = await list_evidence(connection, batch.codes, channels, (since, until), batch.partitions(since))
    return await asyncio.to_thread(_sort, rows)


def _sort(rows: Sequence[EvidenceRow]) -> Messages:
    instants = read_instants([row[5] or row[6] for row in rows]), read_instants([row[6] for row in rows])
    found: dict[Source, list[Raw]] = {}
    for row, at, received_at in zip(rows, *instants, strict=True):
        place, device, channel, identity, on_date, happened, came, problems, payload = row
        raw = Raw(
            f"{on_date}/{device}/{channel}/{identity}",
            device,
            identity,
            at if happened else None,
            received_at,
            at,
            f"{happened or ''}\n{came}",
            problems or (),
            payload,
        )
        its = found.get(source := (place, device, channel))
        if its is None:
            found[source] = [raw]
        else:
            its.append(raw)
    return found


def digest_days(batch: Batch, messages: Messages) -> dict[str, Digest]:
    """The hash over each school's messages of the day itself; a school without any is missing."""
    told: dict[str, list[Told]] = {}
    for (place, device, channel), raws in messages.items():
        _, of_day = _part(batch.span[0], raws)
        if of_day:
            told.setdefault(place, []).append((device, channel, of_day))
    return {place: digest_messages(its) for place, its in told.items()}


def _part(starts_at: datetime, raws: Sequence[Raw]) -> tuple[Sequence[Raw], Sequence[Raw]]:
    """What is from before an instant, and what is not."""
    starts_at = starts_at.astimezone(UTC)  # as the messages have it: instants of two zones are compared slowly
    since = [raw for raw in raws if raw.at >= starts_at]
    return [raw for raw in raws if raw.at < starts_at] if len(since) < len(raws) else (), since


def _read_messages(
    events: Events,
    devices: Devices,
    batch: Batch,
    messages: Messages,
    before: Messages,
    points: Sequence[PointRow],
) -> None:
    for source in dict.fromkeys((*messages, *before)):
        raws = _choose(source[2], batch.span[0], messages.get(source, ()), before.get(source, ()))
        if raws:
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


def _choose(channel: str, starts_at: datetime, raws: Sequence[Raw], before: Sequence[Raw]) -> Sequence[Raw]:
    """Of what a device told, what rules look at: of gates and visitors none from before the day, but a gate's last."""
    if channel == "post":
        return raws
    if channel not in _LOOKED_AT:
        return ()
    earlier, of_day = _part(starts_at, raws)
    return of_day if channel == "visit" else [*of_day, *sorted((*earlier, *before), key=_at)[-1:]]


def _take(events: Events, devices: Devices, source: Source, raws: Sequence[Raw]) -> None:
    place, device, channel = source
    found, registered = events.by_school[place], devices.rows.get(device)
    clock = devices.clock_of(device)
    if registered and (offset := read_offset(raws, clock)) is not None:
        events.offsets[device] = offset
        clock = replace(clock, offset_seconds=offset)
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
