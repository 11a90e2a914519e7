"""What the contacts of a school's gates tell of its day: when they stood open, when nobody knows, and which openings
nothing explains."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from itertools import pairwise
from math import ceil
from operator import attrgetter

from alerts.domain.compliance.events import GateEvent
from alerts.domain.compliance.school_day import DAYS_AT_HAND, DeviceDay, DeviceRole, SchoolDay
from alerts.domain.compliance.verdicts import Reason, say
from alerts.domain.spans import Span, Spans, clip, in_utc, intersect, measure, subtract, unite

_at = attrgetter("at")
_NO_TIME = timedelta()
_CLOCKS_DIFFER = timedelta(seconds=10)  # ours: of the sensor, which says when, and of the service, which missed it


@dataclass(frozen=True, slots=True)
class GateDay:
    """One gate. `opened` is when it is known to have stood open, `unsure` when nobody knows all: before it first told
    its state, and from when it was not heard until it told its state again. Neither reaches beyond what has passed.
    `possible` is both together, when it may have stood open, in UTC."""

    code: str
    events: tuple[GateEvent, ...]
    opened: Spans
    unsure: Spans
    possible: Spans

    def is_open(self, now: datetime) -> bool:
        """Whether it stands open at the end of what has passed."""
        return bool(self.opened) and self.opened[-1][1] == now

    def is_unsure(self, now: datetime) -> bool:
        """Whether nobody knows how it stands then."""
        return bool(self.unsure) and self.unsure[-1][1] == now

    def list_events(self, span: Span) -> Sequence[GateEvent]:
        """What it told from a beginning to an end, both counted."""
        ((since, until),) = in_utc((span,))
        first = bisect_left(self.events, since, key=_at)
        return self.events[first : bisect_right(self.events, until, first, key=_at)]


@lru_cache(maxsize=DAYS_AT_HAND)
def read_gates(day: SchoolDay) -> tuple[GateDay, ...]:
    """The gates of the day by the changes that count; the first may be from before it, so that its state then is
    known."""
    found: dict[str, list[GateEvent]] = {gate.code: [] for gate in day.devices_of(DeviceRole.GATE)}
    for event in day.gates:
        if not event.implausible and event.device in found:
            found[event.device].append(event)
    return tuple(_read_gate(day, gate, found[gate.code]) for gate in day.devices_of(DeviceRole.GATE))


def _read_gate(day: SchoolDay, gate: DeviceDay, events: Sequence[GateEvent]) -> GateDay:
    passed = (day.starts_at, max(day.starts_at, min(day.now, day.ends_at)))
    unsure = clip(unite(_list_unsure(day, gate, events)), passed)
    opened = subtract(clip(_find_open(events, day.now), passed), unsure)
    kept = clip(unite(_find_kept(events, in_utc(day.past(gate.unheard)))), passed)
    known = unite((*opened, *kept))
    return GateDay(gate.code, tuple(events), known, unsure, unite(in_utc((*known, *unsure))))


def _list_unsure(day: SchoolDay, gate: DeviceDay, events: Sequence[GateEvent]) -> Iterable[Span]:
    """A sensor that was not heard may have been without power, and then it does not know what it missed."""
    first_at = events[0].at if events else day.now
    if first_at > day.starts_at:
        yield day.starts_at, first_at
    for since, until in day.past(gate.unheard):
        told = bisect_left(events, until.astimezone(UTC) - _CLOCKS_DIFFER, key=_at)
        yield since, max(until, events[told].at) if told < len(events) else day.now


def _find_kept(events: Sequence[GateEvent], unheard: Spans) -> Iterable[Span]:
    """Openings that a sensor with no line kept and told later. It saw their beginning and their end, so they are known;
    that it saw everything is not."""
    for one, other in pairwise(events):
        if one.open and not other.open:
            told_at = min(one.received_at, other.received_at) + _CLOCKS_DIFFER
            if any(a <= one.at and other.at < b <= told_at for a, b in unheard):
                yield one.at, other.at


def _find_open(events: Sequence[GateEvent], now: datetime) -> Spans:
    spans: list[Span] = []
    opened_at: datetime | None = None
    for event in events:
        if event.open and opened_at is None:
            opened_at = event.at
        elif not event.open and opened_at is not None:
            spans.append((opened_at, event.at))
            opened_at = None
    if opened_at is not None:
        spans.append((opened_at, now))
    return unite(spans)


def doubt_gates(
    day: SchoolDay, gates: Sequence[GateDay], excused: Spans, limit: timedelta = timedelta()
) -> tuple[Reason, ...]:
    """Why nobody can say how the gates stood: one was not heard for so long that it may have been open for longer than
    `limit`, never told its state, or told nonsense."""
    doubts: list[Reason] = []
    for gate in gates:
        doubtful = _find_doubtful(day, gate, excused, limit)
        if not gate.events:
            doubts.append(say("gate_never_told", device=gate.code))
        elif doubtful:
            doubts.append(say("gate_unheard", device=gate.code, minutes=ceil(doubtful / timedelta(minutes=1))))
    nonsense = sum(1 for event in day.gates if not event.counts)
    if nonsense:
        doubts.append(say("implausible", events=nonsense))
    return tuple(doubts)


def _find_doubtful(day: SchoolDay, gate: GateDay, excused: Spans, limit: timedelta) -> timedelta:
    """How long nobody knows of a gate, where it may have stood open for longer than `limit` for all that is known; no
    time at all where it cannot. While a gate is not heard, nobody knows, however short that is so far."""
    stretches = subtract(gate.possible, excused)
    goes_on = not day.over and gate.is_unsure(day.now)
    too_long = (one for one in stretches if one[1] - one[0] > limit or (goes_on and one[1] == day.now))
    return measure(intersect(gate.unsure, tuple(too_long)))


def find_next_doubt(
    day: SchoolDay, gates: Iterable[GateDay], windows: Spans, edge: timedelta, passing: timedelta
) -> tuple[datetime, ...]:
    """When a gate that stands open now, or is not heard, may be in doubt with no further news: when its window is over,
    or it stood open for another person."""
    deadlines: list[datetime] = []
    window_ends_at = next((until for since, until in windows if since <= day.now < until), None)
    for gate in gates:
        if not day.over and gate.is_unsure(day.now) and window_ends_at:
            deadlines.append(window_ends_at)
        elif not day.over and gate.is_open(day.now):
            deadlines.append(window_ends_at + edge if window_ends_at else day.now + passing)
    return tuple(deadlines)


def find_next_breach(day: SchoolDay, gates: Sequence[GateDay], windows: Spans, limit: timedelta) -> datetime | None:
    """When the first of the gates that stand open now will have stood open for too long, or a window is over in which
    one was not heard."""
    deadlines = [
        at for gate in gates if gate.is_unsure(day.now) for at in find_next_doubt(day, [gate], windows, limit, limit)
    ]
    for gate in gates:
        if gate.events and gate.events[-1].open and not day.over:
            since = max(gate.events[-1].at, day.starts_at)
            until = next((end for start, end in windows if start <= max(since, day.now) < end), None)
            deadlines.append((until or since) + limit)
    return min((at for at in deadlines if at > day.now), default=None)


def measure_beyond(opening: Span, windows: Spans, edge: timedelta) -> timedelta:
    """How long an opening lasted beyond the windows, if it is not the pupils': theirs reaches into a window, and for no
    longer than `edge` beyond it."""
    if not clip(windows, opening):  # most are far from any
        return opening[1] - opening[0]
    beyond = subtract((opening,), windows)
    return timedelta() if all(until - since <= edge for since, until in beyond) else measure(beyond)


def find_unexplained(
    gates: Iterable[GateDay],
    moments: Iterable[datetime],
    near: timedelta,
    passing: timedelta,
    ask: Callable[[Span], timedelta],
) -> tuple[Spans, tuple[datetime, ...]]:
    """Which openings are not explained by those who passed, and who passed although no gate opened.

    Each moment explains the opening nearest to it, and no other. `ask` says how much of an opening wants explaining:
    one that lasted for longer than `passing` a person may have let in more. Who walks in at another's heels no contact
    sees.
    """
    opened = [(gate.opened, [since for since, _ in gate.opened]) for gate in gates]
    passed: Counter[tuple[int, int]] = Counter()
    stray: list[datetime] = []
    for at in moments:
        nearest = _find_nearest(opened, at)
        if nearest is None or nearest[0] > near:
            stray.append(at)
        else:
            passed[nearest[1]] += 1
    unexplained = tuple(
        one
        for gate, (its, _) in enumerate(opened)
        for place, one in enumerate(its)
        if ask(one) > passing * passed[gate, place]
    )
    return unexplained, tuple(stray)


_Place = tuple[int, int]


def _find_nearest(opened: Iterable[tuple[Spans, Sequence[datetime]]], at: datetime) -> tuple[timedelta, _Place] | None:
    """How far the opening nearest to a moment is, with its gate and its place there; of several, the first. Of each
    gate its openings and their beginnings are given."""
    nearest: tuple[timedelta, _Place] | None = None
    for gate, (its, starts) in enumerate(opened):
        after = bisect_right(starts, at)
        if after:
            distance = at - its[after - 1][1]
            if distance <= _NO_TIME:  # it lies in this one
                return _NO_TIME, (gate, after - 1)
            if nearest is None or distance < nearest[0]:
                nearest = distance, (gate, after - 1)
        if after < len(starts):
            distance = starts[after] - at
            if nearest is None or distance < nearest[0]:
                nearest = distance, (gate, after)
    return nearest
