"""Who is on duty when: a roster with its overrides, leave, deputies and calendar worked out to spans of time, and the
holes where somebody should be there and is not."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from functools import lru_cache
from types import MappingProxyType
from zoneinfo import ZoneInfo

from alerts.domain.calendars import Calendar, DayOrigin
from alerts.domain.rosters import DayFilter, Override, OverrideKind, Roster, read_clock

EXTRA_SHIFT = "extra"
_ONE_DAY = timedelta(days=1)
Stretch = tuple[datetime, datetime]
"""From an instant up to, and without, another."""


class DutySource(StrEnum):
    """How somebody came to be on duty."""

    ROTATION = "rotation"
    CALENDAR = "calendar"
    OVERRIDE = "override"
    SWAP = "swap"
    DEPUTY = "deputy"


class HoleReason(StrEnum):
    """Why somebody is missing. `no_shift`: none covers that time, though the post is to be held around the clock."""

    LEAVE = "leave"
    NOBODY = "nobody"
    NO_SHIFT = "no_shift"


@dataclass(frozen=True, slots=True)
class DutySpan:
    """Somebody is on duty. `instead_of` is whom they stand in for; `assumed`: whether the shift is worked that day is a
    guess, since nobody knows that year's holidays yet."""

    starts_at: datetime
    ends_at: datetime
    person: str
    shift: str
    source: DutySource
    instead_of: str | None = None
    assumed: bool = False


@dataclass(frozen=True, slots=True)
class Hole:
    """Somebody (`person`; empty when no shift is planned) is missing. `empty`: nobody else is on duty at the post."""

    starts_at: datetime
    ends_at: datetime
    shift: str
    person: str
    reason: HoleReason
    empty: bool


@dataclass(frozen=True, slots=True)
class Plan:
    """All that decides who is on duty at a post. `dated` are spans that no rule makes, from an imported calendar.
    `away` is each person's leave, `deputies` who stands in, first choice first."""

    roster: Roster
    zone: ZoneInfo
    calendar: Calendar = field(default_factory=Calendar)
    dated: tuple[DutySpan, ...] = ()
    overrides: tuple[Override, ...] = ()
    away: Mapping[str, Sequence[Stretch]] = field(default_factory=lambda: MappingProxyType({}))
    deputies: Mapping[str, Sequence[str]] = field(default_factory=lambda: MappingProxyType({}))


@dataclass(frozen=True, slots=True)
class Expansion:
    """Who is on duty, and who is missing, in order of time."""

    spans: tuple[DutySpan, ...]
    holes: tuple[Hole, ...]


def expand(plan: Plan, since: datetime, until: datetime) -> Expansion:
    """Works a plan out: every span that touches the time from `since` to `until`, whole. A person's spans never
    overlap; nobody is there whom no rule, override or deputyship puts there."""
    spans = [*_rotate(plan, since, until), *(one for one in plan.dated if _touches(one, since, until))]
    holes: list[Hole] = []
    for override in sorted(plan.overrides, key=lambda one: one.id):
        spans = list(_override(spans, override, holes))
    spans = _separate(one for one in spans if _touches(one, since, until))
    spans = _separate(_stand_in(spans, plan, holes))
    found = [*_split_by_cover(holes, spans), *_find_gaps(plan.roster, spans, holes, since, until)]
    kept = {(one.starts_at, one.shift, one.person, one.reason): one for one in found if _touches(one, since, until)}
    return Expansion(tuple(spans), tuple(sorted(kept.values(), key=lambda one: (one.starts_at, one.shift, one.person))))


def subtract(stretch: Stretch, others: Iterable[Stretch]) -> list[Stretch]:
    """What remains of a stretch without the others."""
    rest, at = [], stretch[0]
    for starts_at, ends_at in sorted(others):
        if ends_at <= at:
            continue
        if starts_at >= stretch[1]:
            break
        if starts_at > at:
            rest.append((at, starts_at))
        at = max(at, ends_at)
    return [*rest, (at, stretch[1])] if at < stretch[1] else rest


def _touches(one: DutySpan | Hole, since: datetime, until: datetime) -> bool:
    return one.starts_at < until and one.ends_at > since


def _stretch(one: DutySpan | Hole | Override) -> Stretch:
    return one.starts_at, one.ends_at


def _rotate(plan: Plan, since: datetime, until: datetime) -> Iterator[DutySpan]:
    """The turns of every shift. A night shift belongs to the day on which it begins."""
    on = since.astimezone(plan.zone).date() - _ONE_DAY
    last = until.astimezone(plan.zone).date() + _ONE_DAY
    while on <= last:
        day = plan.calendar.look_up(on)
        for shift in plan.roster.shifts:
            if shift.is_worked_on(day):
                assumed = day.origin is DayOrigin.ASSUMED and shift.days is not DayFilter.ANY
                handover = plan.roster.handover_minutes
                starts_at, ends_at = _find_hours(shift.starts, shift.ends, on, plan.zone, handover)
                for person in shift.people_on(on):
                    yield DutySpan(starts_at, ends_at, person, shift.name, DutySource.ROTATION, assumed=assumed)
        on += _ONE_DAY


@lru_cache(maxsize=4096)  # most rosters of a city have the same hours
def _find_hours(starts: str, ends: str, on: date, zone: ZoneInfo, handover_minutes: int) -> Stretch:
    start, end = read_clock(starts), read_clock(ends)
    last = on if end > start else on + _ONE_DAY
    begin = datetime.combine(on, start, zone) - timedelta(minutes=handover_minutes)
    return begin.astimezone(UTC), datetime.combine(last, end, zone).astimezone(UTC)


def _override(spans: Iterable[DutySpan], override: Override, holes: list[Hole]) -> Iterator[DutySpan]:
    """The spans as an override leaves them. Where nobody was, `replace` brings nobody: that is what `add` is for."""
    for span in spans:
        if override.kind is OverrideKind.ADD or override.instead_of not in {None, span.person}:
            yield span
            continue
        for starts_at, ends_at in subtract(_stretch(span), [_stretch(override)]):
            yield replace(span, starts_at=starts_at, ends_at=ends_at)
        starts_at, ends_at = max(span.starts_at, override.starts_at), min(span.ends_at, override.ends_at)
        if starts_at >= ends_at:
            continue
        if override.person is None:
            holes.append(Hole(starts_at, ends_at, span.shift, span.person, HoleReason.NOBODY, empty=True))
        else:
            yield _replaced(span, starts_at, ends_at, override)
    if override.kind is OverrideKind.ADD and override.person is not None:
        yield DutySpan(override.starts_at, override.ends_at, override.person, EXTRA_SHIFT, DutySource.OVERRIDE)


def _replaced(span: DutySpan, starts_at: datetime, ends_at: datetime, override: Override) -> DutySpan:
    assert override.person is not None
    source = DutySource.OVERRIDE if override.swap is None else DutySource.SWAP
    instead_of = None if span.person == override.person else span.person
    return replace(
        span, starts_at=starts_at, ends_at=ends_at, person=override.person, source=source, instead_of=instead_of
    )


def _stand_in(spans: Sequence[DutySpan], plan: Plan, holes: list[Hole]) -> Iterator[DutySpan]:
    """Takes people out while they are on leave, and puts their deputies in: the first who is neither away nor on duty
    at the post already. What no deputy covers is a hole."""
    busy: dict[str, list[Stretch]] = {}
    for span in spans:
        busy.setdefault(span.person, []).append(_stretch(span))
    for span in spans:
        present = subtract(_stretch(span), plan.away.get(span.person, ()))
        if present == [_stretch(span)]:  # nearly always: nobody is away
            yield span
            continue
        for starts_at, ends_at in present:
            yield replace(span, starts_at=starts_at, ends_at=ends_at)
        missing = subtract(_stretch(span), present)
        for deputy in plan.deputies.get(span.person, ()):
            taken = [*plan.away.get(deputy, ()), *busy.get(deputy, ())]
            covered = [part for one in missing for part in subtract(one, taken)]
            missing = [part for one in missing for part in subtract(one, covered)]
            busy.setdefault(deputy, []).extend(covered)
            for starts_at, ends_at in covered:
                yield replace(
                    span,
                    starts_at=starts_at,
                    ends_at=ends_at,
                    person=deputy,
                    source=DutySource.DEPUTY,
                    instead_of=span.person,
                )
        for starts_at, ends_at in missing:
            holes.append(Hole(starts_at, ends_at, span.shift, span.person, HoleReason.LEAVE, empty=True))


def _separate(spans: Iterable[DutySpan]) -> list[DutySpan]:
    """Each person's spans without overlaps: a later one begins when the earlier one ends."""
    free_at: dict[str, datetime] = {}
    apart = []
    for span in sorted(spans, key=lambda one: (one.starts_at, one.person, one.ends_at, one.shift)):
        starts_at = max(span.starts_at, free_at.get(span.person, span.starts_at))
        if starts_at < span.ends_at:
            apart.append(span if starts_at == span.starts_at else replace(span, starts_at=starts_at))
            free_at[span.person] = span.ends_at
    return sorted(apart, key=lambda one: (one.starts_at, one.person))


def _split_by_cover(holes: Iterable[Hole], spans: Sequence[DutySpan]) -> Iterator[Hole]:
    """Tells where a hole leaves the post empty, and where others are still there."""
    for hole in holes:
        empty = subtract(_stretch(hole), [_stretch(span) for span in spans])
        for parts, is_empty in ((empty, True), (subtract(_stretch(hole), empty), False)):
            for starts_at, ends_at in parts:
                yield replace(hole, starts_at=starts_at, ends_at=ends_at, empty=is_empty)


def _find_gaps(
    roster: Roster, spans: Sequence[DutySpan], holes: Sequence[Hole], since: datetime, until: datetime
) -> Iterator[Hole]:
    if roster.around_the_clock:
        taken = [*map(_stretch, spans), *map(_stretch, holes)]
        for starts_at, ends_at in subtract((since, until), taken):
            yield Hole(starts_at, ends_at, "", "", HoleReason.NO_SHIFT, empty=True)


@dataclass(frozen=True, slots=True)
class Changes:
    """What turns the stored rows into the wanted ones: rows that end at another time, rows that go, rows that come."""

    ended: tuple[tuple[DutySpan, datetime], ...]
    removed: tuple[DutySpan, ...]
    added: tuple[DutySpan, ...]

    def __bool__(self) -> bool:
        return bool(self.ended or self.removed or self.added)


def reconcile(stored: Sequence[DutySpan], wanted: Sequence[DutySpan], now: datetime) -> Changes:
    """How to come from the stored spans that end after `now` to the wanted ones, without touching what has been: who
    was on duty until now stays so, and a span that goes on keeps its beginning."""
    begun = [one for one in stored if one.starts_at < now]
    coming = {one for one in stored if one.starts_at >= now}
    ended: list[tuple[DutySpan, datetime]] = []
    added: list[DutySpan] = []
    going_on: set[DutySpan] = set()
    for span in wanted:
        if span.ends_at <= now:
            continue
        same = next((one for one in begun if _is_same(one, span)), None) if span.starts_at <= now else None
        if same:
            going_on.add(same)
            if same.ends_at != span.ends_at:
                ended.append((same, span.ends_at))
            continue
        added.append(span if span.starts_at >= now else replace(span, starts_at=now))
    ended += [(one, now) for one in begun if one not in going_on]
    fresh = set(added)
    return Changes(tuple(ended), tuple(coming - fresh), tuple(one for one in added if one not in coming))


def _is_same(stored: DutySpan, wanted: DutySpan) -> bool:
    return _identity(stored) == _identity(wanted)


def _identity(span: DutySpan) -> tuple[str, str, DutySource, str | None, bool]:
    return span.person, span.shift, span.source, span.instead_of, span.assumed
