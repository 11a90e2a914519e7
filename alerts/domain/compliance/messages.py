"""Raw messages of gates, visitor terminals and post readers as events, and which of them cannot be.

Whether a clock is off is told by a device's freshest messages of the day: what a buffer held back is late, and its
clock may well be right.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from math import cos, radians
from operator import attrgetter
from statistics import median
from types import MappingProxyType
from typing import Any

import msgspec
from msgspec.structs import replace

from alerts.domain.compliance.events import (
    CLOCK_MAY_BE_OFF,
    EventT,
    GateEvent,
    Implausible,
    PatrolPoint,
    PostAction,
    PostEvent,
    VisitEvent,
    VisitStep,
    distrust_chatter,
    distrust_clock,
    distrust_late_books,
    distrust_patrols,
    distrust_places,
    distrust_two_places,
)
from alerts.domain.compliance.verdicts import Grade
from alerts.domain.spans import Spans

_OF_A_VISITOR = ("name", "phone", "reason", "host")
_WHOLE = frozenset(_OF_A_VISITOR)
_MARKS: Mapping[str, Implausible] = MappingProxyType({mark.value: mark for mark in Implausible})
_at = attrgetter("at")


class GatePayload(msgspec.Struct):
    """What a gate says."""

    open: bool


class VisitPayload(msgspec.Struct):
    """What a visitor terminal says; what must not be there is not checked twice."""

    visit: str
    step: VisitStep
    name: Any = None
    phone: Any = None
    reason: Any = None
    host: Any = None
    vehicle: Any = None
    document_checked: Any = None


class PostPayload(msgspec.Struct):
    """What a check-in says."""

    person: str
    post: str
    action: PostAction
    latitude: Any = None
    longitude: Any = None


read_gate = msgspec.json.Decoder(GatePayload).decode
read_visit = msgspec.json.Decoder(VisitPayload).decode
read_post = msgspec.json.Decoder(PostPayload).decode


class Raw(msgspec.Struct, frozen=True, gc=False):
    """A message as it lies on disk; `problems` are what was wrong with it on arrival, `at` is when it says it happened,
    else when it came. `instants` are when it happened and came, a line each, as PostgreSQL writes them in UTC."""

    key: str
    device: str
    identity: str
    occurred_at: datetime | None
    received_at: datetime
    at: datetime
    instants: str
    problems: Sequence[str]
    payload: bytes


@dataclass(frozen=True, slots=True)
class DeviceClock:
    """What is known of one device's time: how far its clock is off, and when it was not heard."""

    offset_seconds: float | None = None
    unheard: Spans = ()

    @property
    def is_right(self) -> bool:
        """Whether it is believed, or tells no time."""
        return self.offset_seconds is None or abs(self.offset_seconds) <= CLOCK_MAY_BE_OFF.total_seconds()

    def held_back(self, raw: Raw) -> bool:
        """Whether a message came late because its device was cut off when it happened."""
        if not _is_late(raw):
            return False
        for start, end in self.unheard:  # noqa: SIM110 - asked of a million messages; a generator takes twice as long
            if start < raw.received_at and end > raw.at:
                return True
        return False


def read_offset(raws: Iterable[Raw], clock: DeviceClock) -> float | None:
    """How far a device's clock is off, by its messages of a day; None when it told no time.

    Messages take their time, so the freshest of them tells best; of a clock that is ahead all say so.
    """
    fresh = [raw for raw in raws if not clock.held_back(raw)] if clock.unheard else raws
    offsets = [(raw.occurred_at - raw.received_at).total_seconds() for raw in fresh if raw.occurred_at is not None]
    if not offsets:
        return None
    middle = median(offsets)
    limit = CLOCK_MAY_BE_OFF.total_seconds()
    return middle if middle > limit else max(offset for offset in offsets if offset <= limit)


def read_gates(raws: Sequence[Raw], clock: DeviceClock) -> tuple[GateEvent, ...]:
    """What one gate told, in order of time."""
    return distrust_chatter(sorted(_settle_all([_read_gate(raw) for raw in raws], raws, clock), key=_at))


def read_visits(raws: Sequence[Raw], clock: DeviceClock) -> tuple[VisitEvent, ...]:
    """What one visitor terminal told, in order of time."""
    return distrust_late_books(sorted(_settle_all([_read_visit(raw, clock) for raw in raws], raws, clock), key=_at))


def read_check_ins(raws: Sequence[Raw], clock: DeviceClock, grade: Grade) -> tuple[PostEvent, ...]:
    """What one reader, or the telephones, told."""
    return tuple(_settle_all([_read_check_in(raw, grade) for raw in raws], raws, clock))


def distrust_check_ins(
    events: Iterable[PostEvent], points: Sequence[PatrolPoint], latitude: float | None, longitude: float | None
) -> tuple[PostEvent, ...]:
    """All check-ins of a school in order of time, with those marked that cannot be."""
    ordered = distrust_places(sorted(events, key=_at), latitude, longitude)
    by_person: dict[str, list[PostEvent]] = {}
    for event in ordered:
        by_person.setdefault(event.person, []).append(event)
    found = (
        event for mine in by_person.values() for event in distrust_two_places(distrust_patrols(mine, points), points)
    )
    return tuple(sorted(found, key=_at))


def _read_gate(raw: Raw) -> GateEvent:
    said = read_gate(raw.payload)
    return GateEvent(raw.key, raw.device, raw.at, raw.received_at, Grade.A, (), _is_late(raw), said.open)


def _read_visit(raw: Raw, clock: DeviceClock) -> VisitEvent:
    """Late is here only what the terminal could not send in time."""
    said = read_visit(raw.payload)
    return VisitEvent(
        raw.key,
        raw.device,
        raw.at,
        raw.received_at,
        Grade.B,
        (),
        clock.held_back(raw),
        said.visit,
        said.step,
        _name_filled(said),
        said.document_checked is True,
        bool(said.vehicle),
    )


def _name_filled(said: VisitPayload) -> frozenset[str]:
    if said.name and said.phone and said.reason and said.host:
        return _WHOLE
    return frozenset([name for name in _OF_A_VISITOR if getattr(said, name)])


def _read_check_in(raw: Raw, grade: Grade) -> PostEvent:
    said = read_post(raw.payload)
    return PostEvent(
        raw.key,
        raw.device,
        raw.at,
        raw.received_at,
        grade,
        (),
        _is_late(raw),
        said.person,
        said.post,
        said.action,
        _degrees(said.latitude),
        _degrees(said.longitude),
    )


def _degrees(said: Any) -> float | None:
    if said is None:
        return None
    return float(said) if isinstance(said, int | float) and not isinstance(said, bool) else None


def _is_late(raw: Raw) -> bool:
    return raw.occurred_at is not None and raw.received_at - raw.occurred_at > CLOCK_MAY_BE_OFF


def _settle_all(events: Sequence[EventT], raws: Sequence[Raw], clock: DeviceClock) -> list[EventT]:
    """Events at the time that counts: their own when the clock is believed, else that of their arrival."""
    right = clock.is_right
    return [
        event if right and not raw.problems and event.at <= event.received_at else _settle(event, raw, clock)
        for event, raw in zip(events, raws, strict=True)
    ]


def _settle(event: EventT, raw: Raw, clock: DeviceClock) -> EventT:
    judged = event if clock.held_back(raw) else distrust_clock(event, clock.offset_seconds)
    if judged is not event:
        judged = replace(judged, at=event.received_at)
    marks = [_MARKS[problem] for problem in raw.problems if problem in _MARKS]
    if marks:
        judged = replace(judged, implausible=tuple(dict.fromkeys((*judged.implausible, *marks))))
    return judged


PlacedPoint = tuple[str, float | None, float | None, float | None, float | None, bool]
_METRES_A_DEGREE = 111_195.0


def place_points(points: Sequence[PlacedPoint]) -> tuple[PatrolPoint, ...]:
    """Points of a school (code, metres, degrees, key) on one plan: degrees become metres from the first of them. Metres
    of a plan and degrees do not mix: where any point has metres, degrees count for nothing."""
    if any(x is not None for _, x, *_ in points):
        return tuple(PatrolPoint(code, x, y, key) for code, x, y, _, _, key in points)
    origin = next(((north, east) for *_, north, east, _ in points if north is not None and east is not None), None)
    if origin is None:
        return tuple(PatrolPoint(code, None, None, key) for code, *_, key in points)
    narrowing = cos(radians(origin[0]))
    return tuple(
        PatrolPoint(code, None, None, key)
        if north is None or east is None
        else PatrolPoint(
            code,
            (east - origin[1]) * narrowing * _METRES_A_DEGREE,
            (north - origin[0]) * _METRES_A_DEGREE,
            key,
        )
        for code, _, _, north, east, key in points
    )
