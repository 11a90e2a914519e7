"""A school's day as a timeline: stretches and moments in strips, each with the evidence that shows it.

What does not count is drawn too and says why. Nothing reaches beyond what is known of the day.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from operator import attrgetter

from alerts.domain.compliance.events import Implausible
from alerts.domain.compliance.verdicts import Reference, keep_few


class Lane(StrEnum):
    """What a strip tells of; in the order in which strips stand below each other."""

    BREACHES = "breaches"
    TIMETABLE = "timetable"
    GATE = "gate"  # a strip a gate
    LOCK = "lock"  # a strip a device that locks
    POST = "post"  # a strip a post
    PATROL = "patrol"
    VISITORS = "visitors"
    PRESSES = "presses"
    DEVICES = "devices"
    FACTS = "facts"


class Mark(StrEnum):
    """What an item is."""

    BREACH = "breach"
    ARRIVAL = "arrival"
    LESSONS = "lessons"
    DISMISSAL = "dismissal"
    CLOSING = "closing"  # nobody is expected inside any more
    LIGHTS_OUT = "lights_out"
    OPEN = "open"
    SHUT = "shut"
    UNSURE = "unsure"  # nobody knows
    LOCKED = "locked"  # by an order, confirmed
    ROSTERED = "rostered"
    PRESENT = "present"
    PASSING = "passing"
    ROUND = "round"
    VISIT = "visit"
    PRESS = "press"
    PRACTICE = "practice"  # a press in a test or drill
    UNHEARD = "unheard"
    TAMPERED = "tampered"
    MAINS_LOST = "mains_lost"
    BLACKOUT = "blackout"  # many devices together
    FACT = "fact"
    NOT_COUNTED = "not_counted"


@dataclass(frozen=True, slots=True)
class Item:
    """A stretch, or with no `until` a moment. `subject` is the device, visit, point or rule that it is about, `who` the
    person. `goes_on`: it had not ended at the last that is known. `doubts` are why it does not count, or not all of it;
    `late`: something of it came in late. `times` is how many alike were drawn as one."""

    mark: Mark
    since: datetime
    until: datetime | None = None
    subject: str = ""
    who: str = ""
    goes_on: bool = False
    late: bool = False
    doubts: tuple[Implausible, ...] = ()
    references: tuple[Reference, ...] = ()
    times: int = 1

    @property
    def end(self) -> datetime:
        """When it was over; a moment at once."""
        return self.until or self.since


@dataclass(frozen=True, slots=True)
class Strip:
    """Items of one lane in order of time; `subject` is the gate, device or post whose strip it is."""

    lane: Lane
    items: tuple[Item, ...]
    subject: str = ""


@dataclass(frozen=True, slots=True)
class Broken:
    """A breach that was open on the day: from when it was seen until it was met again."""

    id: int
    rule: str
    opened_at: datetime
    closed_at: datetime | None
    references: tuple[Reference, ...] = ()


@dataclass(frozen=True, slots=True)
class Lost:
    """Devices of the school, its district or the city (`scope`) that were lost together."""

    scope: str
    began_at: datetime
    ended_at: datetime | None


@dataclass(frozen=True, slots=True)
class Locked:
    """A lock that its device confirmed, and the incident for which it was ordered."""

    device: str
    incident: int
    since: datetime
    until: datetime | None


@dataclass(frozen=True, slots=True)
class Around:
    """What is drawn beside the day itself."""

    breaches: Sequence[Broken] = ()
    losses: Sequence[Lost] = ()
    locks: Sequence[Locked] = ()


MOST_ITEMS = 300
"""So many are drawn on one strip; of more, those alike and near each other are drawn as one."""
_GAPS = (timedelta(), *(timedelta(minutes=minutes) for minutes in (1, 5, 15, 60, 24 * 60)))
_since = attrgetter("since")


def thin(items: Iterable[Item], most: int = MOST_ITEMS) -> tuple[Item, ...]:
    """Items in order of time; where there are too many, those alike that are near each other as one."""
    ordered = sorted(items, key=_since)
    for gap in _GAPS:
        if len(ordered) <= most:
            break
        ordered = join(ordered, gap)
    return tuple(ordered)


def join(ordered: Iterable[Item], gap: timedelta) -> list[Item]:
    """Items alike with no more than a gap between them, as one."""
    joined: list[Item] = []
    last: dict[tuple[object, ...], int] = {}
    for item in ordered:
        alike = (item.mark, item.subject, item.who, item.doubts)
        place = last.get(alike)
        if place is not None and item.since - joined[place].end <= gap:
            joined[place] = _add(joined[place], item)
        else:
            last[alike] = len(joined)
            joined.append(item)
    return joined


def _add(one: Item, other: Item) -> Item:
    return replace(
        one,
        until=max(one.end, other.end),
        goes_on=one.goes_on or other.goes_on,
        late=one.late or other.late,
        references=keep_few((*one.references, *other.references)),
        times=one.times + other.times,
    )
