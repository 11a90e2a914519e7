"""A school's day while it is played: what really happened, and what devices told of it. The two may differ."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from random import Random
from typing import TypeVar

import msgspec

from alerts.domain.compliance.schedule import Schedule, span_of_day
from alerts.domain.spans import Span, Spans, subtract, unite
from gateway import wire
from simulators.chance import make_random
from simulators.compliance.campus import Campus
from simulators.compliance.cheats import Cheat


class Mishap(StrEnum):
    """What goes wrong without anybody cheating."""

    LINE_CUT = "line_cut"
    CLOCK_OFF = "clock_off"
    LOOSE_CONTACT = "loose_contact"


Said = wire.Gate | wire.Visit | wire.Post
PHONE = "phone"

SaidT = TypeVar("SaidT", wire.Gate, wire.Visit, wire.Post)


@dataclass(frozen=True, slots=True)
class Opening:
    """The gate stood open, really."""

    since: datetime
    until: datetime
    cheat: Cheat | None = None


@dataclass(frozen=True, slots=True)
class Outsider:
    """Somebody was inside, really. `visit` None: nobody wrote them down. `registered_at` and `confirmed_at` are when
    that was really done; `complete`: everything asked for was asked and written down, when it happened."""

    entered_at: datetime
    left_at: datetime
    visit: str | None = None
    registered_at: datetime | None = None
    confirmed_at: datetime | None = None
    complete: bool = True
    vehicle: bool = False
    cheat: Cheat | None = None


@dataclass(frozen=True, slots=True)
class Exit:
    """A pupil left in lesson time; `leave` is the number of the leave, never a name."""

    at: datetime
    leave: str | None
    cheat: Cheat | None = None


@dataclass(frozen=True, slots=True)
class Watch:
    """Somebody stood at a post, really."""

    person: str
    post: str
    since: datetime
    until: datetime
    cheat: Cheat | None = None


@dataclass(frozen=True, slots=True)
class Round:
    """A patrol that was told: by whom, from when until when, and whether anybody walked it."""

    person: str
    since: datetime
    until: datetime
    walked: bool
    cheat: Cheat | None = None


@dataclass(frozen=True, slots=True)
class Report:
    """What a device sent, and when. A check-in by telephone says the `code` that it scanned, and comes from `phone`."""

    device: str
    sent_at: datetime
    said: Said
    code: str | None = None


@dataclass(frozen=True, slots=True)
class PlayedDay:
    """A day that was played to its end. `unheard` are the stretches in which devices were not heard."""

    campus: Campus
    schedule: Schedule
    on: date
    starts_at: datetime
    ends_at: datetime
    cheats: frozenset[Cheat]
    mishaps: frozenset[Mishap]
    openings: tuple[Opening, ...]
    outsiders: tuple[Outsider, ...]
    exits: tuple[Exit, ...]
    watches: tuple[Watch, ...]
    rounds: tuple[Round, ...]
    reports: tuple[Report, ...]
    unheard: Mapping[str, Spans]


class Diary:
    """The day so far. Acts write into it."""

    def __init__(self, campus: Campus, schedule: Schedule, on: date, seed: int, cheats: frozenset[Cheat]) -> None:
        self.campus, self.schedule, self.on, self.cheats = campus, schedule, on, cheats
        self.starts_at, self.ends_at = span_of_day(on, campus.place.zone)
        self.mishaps: set[Mishap] = set()
        self.openings: list[Opening] = []
        self.outsiders: list[Outsider] = []
        self.exits: list[Exit] = []
        self.watches: list[Watch] = []
        self.rounds: list[Round] = []
        self.reports: list[Report] = []
        self.unplugged: dict[str, Spans] = {}
        """Without power: what happened meanwhile is told by nobody."""
        self.cut: dict[str, Spans] = {}
        """Without a line: what happened meanwhile is told late."""
        self._seed = f"{seed}/{campus.school.code}/{on}"
        self._sent: Counter[str] = Counter()
        clocks = self.chance("clocks")
        self._clock_off = {
            device: timedelta(seconds=clocks.uniform(-2, 2)) for device in (campus.gate, campus.terminal, campus.reader)
        }
        self._latency = self.chance("latency")

    def chance(self, purpose: str) -> Random:
        """A source for one purpose on this day at this school."""
        return make_random(0, f"{self._seed}/{purpose}")

    def open_gate(self, since: datetime, until: datetime, cheat: Cheat | None = None) -> None:
        """The gate stands open."""
        self.openings.append(Opening(since, until, cheat))

    def put_clock_off(self, device: str, by: timedelta) -> None:
        """From the beginning of the day the device's clock is wrong."""
        self._clock_off[device] = by
        self.mishaps.add(Mishap.CLOCK_OFF)

    def cut_line(self, device: str, span: Span) -> None:
        """The device has power and no line."""
        self.cut[device] = (span,)
        self.mishaps.add(Mishap.LINE_CUT)

    def tell(self, device: str, at: datetime, said: SaidT, *, written_at: datetime | None = None) -> None:
        """A device tells what happened at `at`; `written_at`: it was typed in then, and is only said to have happened
        before. Nothing is told without power; without a line it is told when the line is back."""
        happened_at = written_at or at
        if _find(self.unplugged.get(device, ()), happened_at):
            return
        number = self._number(device)
        told_at = at + self._clock_off[device]
        full = msgspec.structs.replace(said, id=f"{self.on:%y%m%d}-{number}", at=told_at)
        outage = _find(self.cut.get(device, ()), happened_at)
        sent_at = (outage[1] if outage else happened_at) + timedelta(seconds=self._latency.uniform(0.05, 2.0))
        self.reports.append(Report(device, sent_at, full))
        if self._latency.random() < 0.05:  # a device that was not answered in time says it again
            self.reports.append(Report(device, sent_at + timedelta(seconds=2), full))

    def check_in_by_phone(self, at: datetime, person: str, post: str, action: str, code: str) -> None:
        """A telephone scanned a code at a post, and tells it."""
        said = wire.Post(id=f"{code}-{person}", at=at, person=person, post=post, action=action)  # type: ignore[arg-type]
        self.reports.append(Report(PHONE, at + timedelta(seconds=self._latency.uniform(0.05, 2.0)), said, code))

    def find_free(self, margin: timedelta, spans: Spans) -> Spans:
        """What is left of `spans` so far from windows, openings and outages of the gate."""
        taken = [(one.since, one.until) for one in self.openings]
        taken += [
            *self.schedule.windows,
            *self.unplugged.get(self.campus.gate, ()),
            *self.cut.get(self.campus.gate, ()),
        ]
        return subtract(spans, unite((since - margin, until + margin) for since, until in taken))

    def close(self) -> PlayedDay:
        """The day as it was."""
        unheard: dict[str, Spans] = defaultdict(tuple)
        for device in (*self.unplugged, *self.cut):
            unheard[device] = unite((*self.unplugged.get(device, ()), *self.cut.get(device, ())))
        return PlayedDay(
            self.campus, self.schedule, self.on, self.starts_at, self.ends_at, self.cheats, frozenset(self.mishaps),
            tuple(self.openings), tuple(self.outsiders), tuple(self.exits), tuple(self.watches), tuple(self.rounds),
            tuple(sorted(self.reports, key=lambda one: one.sent_at)), dict(unheard),
        )  # fmt: skip

    def _number(self, device: str) -> int:
        self._sent[device] += 1
        return self._sent[device]


def choose_moment(random: Random, spans: Spans, length: timedelta = timedelta()) -> datetime | None:
    """A moment by chance in one of the stretches from which so much time is left in it; None when none is long
    enough."""
    fitting = [(since, until - length) for since, until in spans if until - since > length]
    if not fitting:
        return None
    since, until = random.choices(fitting, [(until - since).total_seconds() for since, until in fitting])[0]
    return since + (until - since) * random.random()


def _find(spans: Spans, at: datetime) -> Span | None:
    return next((span for span in spans if span[0] <= at < span[1]), None)
