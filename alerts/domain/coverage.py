"""Coverage: whether a live press, at each instant of the coming days, reaches a person in time; if not, when and why.

Whoever is called is looked at in whole stretches. Only where the first step reaches nobody, and no later step surely
does, is a press rehearsed, at each instant at which its outcome can change. So the holes are exact at both ends.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from itertools import groupby, pairwise
from operator import itemgetter
from zoneinfo import ZoneInfo

from alerts.domain.coverage_reasons import Reason, ReasonCode, list_late_reasons, list_reasons
from alerts.domain.escalation import BUILT_IN, Policy
from alerts.domain.policies import Circumstances, Hours, Rule, choose_policy, read_zone
from alerts.domain.presses import Kind, Mode
from alerts.domain.rehearsal import Climb, list_delays
from alerts.domain.spans import Span, intersect, subtract
from alerts.domain.staff import Staff, WatchedSchool

HORIZON = timedelta(days=7)
WITHIN = timedelta(seconds=60)  # a press must have reached a person by then
LOOK_AHEAD = timedelta(seconds=660)  # how much later than a press the staff must be known: how late is told, too
MOST_REASONS = 12
_CHANGES_EXPLAINED = 3
ALL_KINDS = tuple(Kind)


class Finding(StrEnum):
    """`nobody`: no person is reached in time. `first_step_empty`: somebody is, but nobody whom the first step wants."""

    NOBODY = "nobody"
    FIRST_STEP_EMPTY = "first_step_empty"


@dataclass(frozen=True, slots=True)
class Hole:
    """A stretch in which presses at a school do not reach whom they should.

    `kinds`: only presses of these kinds; empty, all. `lasts`: it goes on beyond what was looked at.
    """

    school: str
    finding: Finding
    starts_at: datetime
    ends_at: datetime
    reasons: tuple[Reason, ...]
    kinds: tuple[Kind, ...] = ()
    lasts: bool = False


def find_holes(school: WatchedSchool, staff: Staff, rules: Sequence[Rule], span: Span) -> list[Hole]:
    """All holes of a school in a stretch of time; `staff` must be known for LOOK_AHEAD beyond it."""
    climbs: dict[int | None, Climb] = {}
    found: list[Hole] = []
    for start, end, choices in list_choices(school, rules, span):
        for rule, kinds in choices.items():
            if rule not in climbs:
                climbs[rule] = Climb(_policy_of(rule, rules), school, staff)
            said = () if len(kinds) == len(ALL_KINDS) else kinds
            found += [replace(hole, kinds=said) for hole in _find_holes_of(climbs[rule], (start, end))]
    return [replace(hole, lasts=hole.ends_at == span[1]) for hole in _join(_gather_kinds(found))]


@dataclass(frozen=True, slots=True)
class KnownHole:
    """A hole that was found before."""

    id: int
    hole: Hole


@dataclass(frozen=True, slots=True)
class Comparison:
    """What a new look makes of known holes: new ones, those that are still there as they are now, and those that are no
    more; of these, whether they were mended or just passed."""

    new: tuple[Hole, ...]
    still: tuple[KnownHole, ...]
    mended: tuple[int, ...]
    passed: tuple[int, ...]


def compare_holes(known: Iterable[KnownHole], found: Iterable[Hole], now: datetime) -> Comparison:
    """A found hole is a known one when school, finding and kinds are the same and they overlap."""
    left = {one.id: one for one in known}
    new: list[Hole] = []
    still: list[KnownHole] = []
    for hole in found:
        same = next((one for one in left.values() if _is_same(one.hole, hole)), None)
        if same is None:
            new.append(hole)
            continue
        del left[same.id]
        began_at = min(same.hole.starts_at, hole.starts_at) if hole.starts_at <= now else hole.starts_at
        still.append(KnownHole(same.id, replace(hole, starts_at=began_at)))
    passed = {one.id for one in left.values() if one.hole.ends_at <= now and not one.hole.lasts}
    return Comparison(tuple(new), tuple(still), tuple(id_ for id_ in left if id_ not in passed), tuple(sorted(passed)))


def _is_same(known: Hole, found: Hole) -> bool:
    if (known.school, known.finding, known.kinds) != (found.school, found.finding, found.kinds):
        return False
    return known.starts_at < found.ends_at and (known.lasts or found.starts_at < known.ends_at)


def list_choices(
    school: WatchedSchool, rules: Sequence[Rule], span: Span
) -> Iterator[tuple[datetime, datetime, dict[int | None, tuple[Kind, ...]]]]:
    """Stretches in which the same rules count for live presses: for each rule (None: built in) the kinds of press."""
    zone = read_zone(school.zone)
    hours = [rule.hours for rule in rules if rule.hours and rule.mode is Mode.LIVE]
    for start, end in pairwise([span[0], *_list_turns(hours, zone, span), span[1]]):
        chosen: dict[int | None, tuple[Kind, ...]] = {}
        for kind in ALL_KINDS:
            rule = _choose(rules, school, kind, start, zone)
            number = rule.id if rule else None
            chosen[number] = (*chosen.get(number, ()), kind)
        yield start, end, chosen


def _choose(rules: Sequence[Rule], school: WatchedSchool, kind: Kind, at: datetime, zone: ZoneInfo) -> Rule | None:
    if not rules:
        return None
    press = Circumstances(Mode.LIVE, kind, at.astimezone(zone), school.code, school.district, school.kind)
    return choose_policy(rules, press).rule


def _policy_of(rule: int | None, rules: Iterable[Rule]) -> Policy:
    return next((one.definition for one in rules if one.id == rule), BUILT_IN[Mode.LIVE])


def _list_turns(hours: Iterable[Hours], zone: ZoneInfo, span: Span) -> list[datetime]:
    """The instants inside a stretch at which hours begin or end, or the zone's clock is moved."""
    walls = {wall for one in hours for wall in (one.starts, one.ends)}
    if not walls:
        return []
    first, last = (at.astimezone(zone).date() for at in span)
    days = [date.fromordinal(day) for day in range(first.toordinal() - 1, last.toordinal() + 2)]
    turns = {
        datetime.combine(day, wall, zone).replace(fold=fold).astimezone(UTC)
        for day in days
        for wall in walls
        for fold in (0, 1)
    }
    midnights = [datetime(day.year, day.month, day.day, tzinfo=UTC) for day in days]
    turns.update(_find_clock_change(zone, one, other) for one, other in pairwise(midnights))
    return sorted(turn for turn in turns if span[0] < turn < span[1])


def _find_clock_change(zone: ZoneInfo, start: datetime, end: datetime) -> datetime:
    """When the zone's clock is moved between two instants, to the second; `end` when it is not."""
    before = start.astimezone(zone).utcoffset()
    if end.astimezone(zone).utcoffset() == before:
        return end
    while end - start > timedelta(seconds=1):
        middle = (start + (end - start) / 2).replace(microsecond=0)
        if middle.astimezone(zone).utcoffset() == before:
            start = middle
        else:
            end = middle
    return end


def _find_holes_of(climb: Climb, span: Span) -> Iterator[Hole]:
    first = climb.find_first_step()
    gaps = (span,) if first is None else climb.find_gaps(first, (span,))
    sure = climb.find_sure(WITHIN) if gaps else ()
    for start, end in intersect(gaps, sure):
        yield _describe(climb, first, Finding.FIRST_STEP_EMPTY, start, end)
    for start, end in subtract(gaps, sure):
        judged = ((cut, _judge(climb, cut)) for cut in (start, *_list_cuts(climb, start, end)))
        turns = [(finding, next(cuts)[0]) for finding, cuts in groupby(judged, key=itemgetter(1))]
        for (finding, since), (_, until) in pairwise([*turns, (None, end)]):
            yield _describe(climb, first, finding or Finding.NOBODY, since, until)


def _list_cuts(climb: Climb, start: datetime, end: datetime) -> list[datetime]:
    """The instants inside a gap at which the outcome of a press can change: whenever somebody comes or goes, and as
    much earlier as a step comes later."""
    if not climb.may_reach():
        return []
    edges = climb.list_edges(start, end + WITHIN)
    delays = [timedelta(seconds=delay) for delay in list_delays(climb.policy, int(WITHIN.total_seconds()))]
    return sorted({cut for edge in edges for delay in delays if start < (cut := edge - delay) < end})


def _judge(climb: Climb, pressed_at: datetime) -> Finding:
    return Finding.FIRST_STEP_EMPTY if climb.find_reached(pressed_at, WITHIN) else Finding.NOBODY


def _describe(climb: Climb, first: int | None, finding: Finding, since: datetime, until: datetime) -> Hole:
    """A hole with its reasons, as they are at its beginning and at the next few changes inside it."""
    hopeful = climb.may_reach()
    edges = [edge for edge in climb.list_edges(since, until) if since < edge < until] if hopeful else []
    moments = (since, *edges[:_CHANGES_EXPLAINED])
    reasons = [reason for at in moments for reason in _explain(climb, first, finding, at)]
    if finding is Finding.NOBODY and hopeful:
        reasons += list_late_reasons(climb, since, LOOK_AHEAD - WITHIN)
    return Hole(climb.school.code, finding, since, until, _bound(reasons))


def _explain(climb: Climb, first: int | None, finding: Finding, at: datetime) -> list[Reason]:
    if finding is Finding.FIRST_STEP_EMPTY:
        return [] if first is None else list_reasons(climb, first, at)
    fired = dict.fromkeys((step.step, fired_at) for fired_at, step in climb.rehearse(at, WITHIN))
    return [reason for step, fired_at in fired for reason in list_reasons(climb, step, fired_at)]


def _bound(reasons: Iterable[Reason]) -> tuple[Reason, ...]:
    """Each reason once, posts that were never made last: policies name more posts than most schools have."""
    return tuple(sorted(dict.fromkeys(reasons), key=lambda one: one.code is ReasonCode.NO_POST)[:MOST_REASONS])


def _gather_kinds(holes: Iterable[Hole]) -> list[Hole]:
    """Holes of several policies that are the same stretch become one for all their kinds of press."""
    gathered: dict[tuple[Finding, datetime, datetime], Hole] = {}
    for hole in holes:
        key = hole.finding, hole.starts_at, hole.ends_at
        known = gathered.get(key)
        if known:
            kinds = tuple(kind for kind in ALL_KINDS if kind in known.kinds + hole.kinds)
            said = () if len(kinds) == len(ALL_KINDS) else kinds
            gathered[key] = replace(known, kinds=said, reasons=_bound(known.reasons + hole.reasons))
        else:
            gathered[key] = hole
    return sorted(gathered.values(), key=lambda hole: (hole.finding, hole.kinds, hole.starts_at))


def _join(holes: Iterable[Hole]) -> list[Hole]:
    """Holes that follow each other without a pause become one; the answer is in order of time."""
    joined: list[Hole] = []
    for hole in holes:
        last = joined[-1] if joined else None
        if last and (last.finding, last.kinds, last.ends_at) == (hole.finding, hole.kinds, hole.starts_at):
            joined[-1] = replace(last, ends_at=hole.ends_at, reasons=_bound(last.reasons + hole.reasons))
        else:
            joined.append(hole)
    return sorted(joined, key=lambda hole: (hole.starts_at, hole.finding, hole.kinds))
