"""What devices and people reported of a school's day: gates, visitors, check-ins; and which of it cannot be.

What is implausible is kept, shown and not counted. An event counts at the time that its device says (`at`) when that
clock is believed, else at the time of its arrival.

A city has a million events a day. So they are structs, which are made in a third of the time that dataclasses take, and
which the garbage collector never walks through.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import pairwise
from math import asin, cos, hypot, radians, sin, sqrt
from typing import TypeVar

import msgspec
from msgspec.structs import replace

from alerts.domain.compliance.verdicts import Grade


class Implausible(StrEnum):
    """Why an event does not count."""

    CLOCK_OFF = "clock_off"  # the device's clock is wrong, so nobody knows when it happened
    TOO_FAR = "too_far"  # a check-in from another place than the post's
    FASTER_THAN_WALKING = "faster_than_walking"  # two points of a patrol nearer in time than in space
    TWO_PLACES = "two_places"  # one person at two posts at once
    CHATTER = "chatter"  # a contact that opens and closes as no gate can
    REUSED_CODE = "reused_code"  # a check-in code that was used up or has run out
    WRITTEN_LATER = "written_later"  # a visitor's step reported long after it happened


class Event(msgspec.Struct, frozen=True, gc=False):
    """One report. `key` finds the raw message; `at` is when it counts; `received_at` when it came in.

    `late`: it came in after its day was closed, or much later than it happened.
    """

    key: str
    device: str
    at: datetime
    received_at: datetime
    grade: Grade
    implausible: tuple[Implausible, ...] = ()
    late: bool = False

    @property
    def counts(self) -> bool:
        """Whether rules may rest on it."""
        return not self.implausible


class GateEvent(Event, frozen=True, gc=False):
    """A gate's contact changed."""

    open: bool = False


class VisitStep(StrEnum):
    """The steps of a visit, in their order."""

    REGISTER = "register"
    CONFIRM = "confirm"
    ENTER = "enter"
    LEAVE = "leave"


class VisitEvent(Event, frozen=True, gc=False):
    """A step of a visit. `said` are the names of the fields that a registration filled in, `vehicle` whether it came
    with one. Names and telephone numbers of visitors stay in the raw message."""

    visit: str = ""
    step: VisitStep = VisitStep.REGISTER
    said: frozenset[str] = frozenset()
    document_checked: bool = False
    vehicle: bool = False


class PostAction(StrEnum):
    """A person comes on post, goes off it, or passes a point of a patrol."""

    ON = "on"
    OFF = "off"
    POINT = "point"


class PostEvent(Event, frozen=True, gc=False):
    """A check-in: who, where, what. `latitude` and `longitude` are where the telephone was, if it said so."""

    person: str = ""
    post: str = ""
    action: PostAction = PostAction.ON
    latitude: float | None = None
    longitude: float | None = None


@dataclass(frozen=True, slots=True)
class PatrolPoint:
    """A point of a patrol, and where it is: metres on the school's own plan, None where nobody measured. A round passes
    each of the key points (`key`)."""

    code: str
    x_metres: float | None
    y_metres: float | None
    key: bool = False


EventT = TypeVar("EventT", bound=Event)

CLOCK_MAY_BE_OFF = timedelta(minutes=5)  # ours; what a buffer held back is late, not off
NEAREST_METRES = 300.0  # ours: how far from the school a check-in by telephone may be
WALKING_METRES_A_SECOND = 2.5  # ours: a brisk walk; guards on patrol do not run
SAME_MOMENT = timedelta(seconds=5)  # ours: nobody is at another post so soon
CHATTER_CHANGES = 20  # ours: changes of one contact within a minute
CHATTER_WITHIN = timedelta(minutes=1)
BOOK_FILLED_LATER = timedelta(minutes=30)  # ours: a visitor's step that comes in so long after it is said to have been


def distrust_clock(event: EventT, offset_seconds: float | None) -> EventT:
    """The event without belief in its time when its device's clock was off by more than five minutes that day, or when
    it is said to have happened after it came in."""
    ahead = event.at - event.received_at > CLOCK_MAY_BE_OFF
    off = offset_seconds is not None and abs(offset_seconds) > CLOCK_MAY_BE_OFF.total_seconds()
    return _mark(event, Implausible.CLOCK_OFF) if ahead or off else event


def distrust_chatter(events: Sequence[GateEvent]) -> tuple[GateEvent, ...]:
    """The changes of one contact, in order of time, with those marked that come faster than any gate moves."""
    marked: set[int] = set()
    first = 0
    for last, event in enumerate(events):
        while event.at - events[first].at > CHATTER_WITHIN:
            first += 1
        if last - first + 1 > CHATTER_CHANGES:
            marked.update(range(first, last + 1))
    if not marked:
        return tuple(events)
    return tuple(
        _mark(event, Implausible.CHATTER) if number in marked else event for number, event in enumerate(events)
    )


def distrust_places(
    events: Sequence[PostEvent], latitude: float | None, longitude: float | None
) -> tuple[PostEvent, ...]:
    """Check-ins with those marked that a telephone made far from the school."""
    if latitude is None or longitude is None:
        return tuple(events)

    def is_far(event: PostEvent) -> bool:
        if event.latitude is None or event.longitude is None:
            return False
        return measure_metres(latitude, longitude, event.latitude, event.longitude) > NEAREST_METRES

    return tuple(_mark(event, Implausible.TOO_FAR) if is_far(event) else event for event in events)


def distrust_patrols(events: Sequence[PostEvent], points: Sequence[PatrolPoint]) -> tuple[PostEvent, ...]:
    """One person's passings in order of time, with both ends of a leg marked that nobody can have walked."""
    place = _place(points)
    marked: set[str] = set()
    for one, other in pairwise(event for event in events if event.action is PostAction.POINT and event.post in place):
        (here_x, here_y), (there_x, there_y) = place[one.post], place[other.post]
        metres = hypot(here_x - there_x, here_y - there_y)
        if metres > WALKING_METRES_A_SECOND * (other.at - one.at).total_seconds():
            marked |= {one.key, other.key}
    return _mark_those(events, marked, Implausible.FASTER_THAN_WALKING)


def _place(points: Sequence[PatrolPoint]) -> dict[str, tuple[float, float]]:
    """Where the points are that have a place on the plan."""
    return {
        point.code: (point.x_metres, point.y_metres)
        for point in points
        if point.x_metres is not None and point.y_metres is not None
    }


def distrust_two_places(events: Sequence[PostEvent], points: Sequence[PatrolPoint]) -> tuple[PostEvent, ...]:
    """One person's check-ins in order of time, with both of two marked that are of one moment and of two places; where
    both have their place on the plan, how far they are apart tells."""
    place = _place(points)
    marked: set[str] = set()
    for one, other in pairwise(events):
        measured = one.post in place and other.post in place
        if not measured and one.post != other.post and other.at - one.at < SAME_MOMENT:
            marked |= {one.key, other.key}
    return _mark_those(events, marked, Implausible.TWO_PLACES)


def distrust_late_books(events: Sequence[VisitEvent]) -> tuple[VisitEvent, ...]:
    """Visits with the steps marked that were written down long after they are said to have been: a book filled in the
    evening. A gateway that was cut off holds everything back, not visits alone; whoever loads events says which are
    late for that reason (`late`), and those are believed."""

    def is_later(event: VisitEvent) -> bool:
        return not event.late and event.received_at - event.at > BOOK_FILLED_LATER

    return tuple(_mark(event, Implausible.WRITTEN_LATER) if is_later(event) else event for event in events)


def measure_metres(latitude: float, longitude: float, other_latitude: float, other_longitude: float) -> float:
    """The way between two places on the earth (haversine), in metres."""
    one, other = radians(latitude), radians(other_latitude)
    across = radians(other_longitude - longitude)
    chord = sin((other - one) / 2) ** 2 + cos(one) * cos(other) * sin(across / 2) ** 2
    return 2 * 6_371_000 * asin(sqrt(chord))


def _mark(event: EventT, why: Implausible) -> EventT:
    return event if why in event.implausible else replace(event, implausible=(*event.implausible, why))


def _mark_those(events: Sequence[EventT], keys: Collection[str], why: Implausible) -> tuple[EventT, ...]:
    if not keys:
        return tuple(events)
    return tuple(_mark(event, why) if event.key in keys else event for event in events)
