"""Coverage: whether a live press, at each instant of the coming days, reaches a person in time; if not, when and why.

Whoever is called is looked at in whole stretches. Where the first step reaches nobody, and no later step surely does,
all presses of the stretch are followed at once through the steps. So the holes are exact at both ends.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import NamedTuple

from alerts.domain.choices import ALL_KINDS, list_choices
from alerts.domain.coverage_reasons import KnownReasons, Reason, ReasonCode, Reasons, list_late_reasons
from alerts.domain.escalation import BUILT_IN, Policy
from alerts.domain.policies import Rule
from alerts.domain.presses import Kind, Mode
from alerts.domain.rehearsal import Climb
from alerts.domain.spans import Span, Spans, clip, intersect, subtract
from alerts.domain.staff import Staff, WatchedSchool

HORIZON = timedelta(days=7)
WITHIN = timedelta(seconds=60)  # a press must have reached a person by then
LOOK_AHEAD = timedelta(seconds=660)  # how much later than a press the staff must be known: how late is told, too
MOST_REASONS = 12
_CHANGES_EXPLAINED = 3


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


class Lookout:
    """Looks at schools in a stretch of time, one after the other; `staff` must be known for LOOK_AHEAD beyond it. What
    many of them have in common, such as the desks that they call, is worked out once."""

    def __init__(self, staff: Staff, span: Span) -> None:
        self._staff = staff
        self._span = span
        self._known = KnownReasons()

    def find_holes(self, school: WatchedSchool, rules: Sequence[Rule]) -> list[Hole]:
        """All holes of a school."""
        found: list[_Gap] = []
        views: dict[int | None, _PolicyView] = {}
        for start, end, choices in list_choices(school, rules, self._span):
            for rule, kinds in choices.items():
                if rule not in views:
                    climb = Climb(_policy_of(rule, rules), school, self._staff)
                    views[rule] = _PolicyView(climb, self._span, self._known)
                parts = views[rule].list_parts((start, end))
                found += [_Gap(part.finding, part.starts_at, part.ends_at, kinds, (part,)) for part in parts]
        holes = [_describe(school.code, gaps, self._span) for gaps in _join(_gather_kinds(found))]
        return sorted(holes, key=lambda hole: (hole.starts_at, hole.finding, hole.kinds))


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


def _policy_of(rule: int | None, rules: Iterable[Rule]) -> Policy:
    return next((one.definition for one in rules if one.id == rule), BUILT_IN[Mode.LIVE])


class _Part(NamedTuple):
    """A stretch in which presses under one policy do not reach whom they should."""

    view: _PolicyView
    finding: Finding
    starts_at: datetime
    ends_at: datetime


class _Gap(NamedTuple):
    """The same stretch of one or more policies, for their kinds of press."""

    finding: Finding
    starts_at: datetime
    ends_at: datetime
    kinds: tuple[Kind, ...]
    parts: tuple[_Part, ...]


class _PolicyView:
    """What one policy makes of a school's staff, looked at once for the whole stretch, and explained where asked."""

    def __init__(self, climb: Climb, span: Span, known: KnownReasons) -> None:
        self._climb = climb
        self._reasons = Reasons(climb, known)
        self._first = climb.find_first_step()
        self._found = self._find(span)

    def _find(self, span: Span) -> Sequence[tuple[Finding, Spans]]:
        climb = self._climb
        gaps = (span,) if self._first is None else climb.find_gaps(self._first, (span,))
        if not gaps:
            return ()
        sure = climb.find_sure(WITHIN)
        unsure = subtract(gaps, sure)
        lost = climb.find_unreached(unsure, WITHIN)
        return (
            (Finding.FIRST_STEP_EMPTY, intersect(gaps, sure)),
            (Finding.FIRST_STEP_EMPTY, subtract(unsure, lost)),
            (Finding.NOBODY, lost),
        )

    def list_parts(self, stretch: Span) -> Iterator[_Part]:
        """The parts inside a stretch."""
        for finding, spans in self._found:
            yield from (_Part(self, finding, start, end) for start, end in clip(spans, stretch))

    def list_reasons(self, part: _Part) -> Iterator[Reason]:
        """Why, as it is at the beginning of a part and at the next few changes inside it."""
        told: set[int] = set()
        for step, at in self._list_empty_steps(part):
            reasons = self._reasons.list_of(step, at)
            if id(reasons) not in told:
                told.add(id(reasons))
                yield from reasons
        if part.finding is Finding.NOBODY and self._climb.may_reach:
            yield from list_late_reasons(self._climb, part.starts_at, LOOK_AHEAD - WITHIN)

    def _list_empty_steps(self, part: _Part) -> Iterator[tuple[int, datetime]]:
        """The steps that reach nobody, with the instants at which they fire."""
        for pressed_at in self._list_moments(part):
            if part.finding is Finding.NOBODY:
                yield from ((step, at) for at, step in self._climb.list_fired(pressed_at, WITHIN))
            elif self._first is not None:
                yield self._first, pressed_at

    def _list_moments(self, part: _Part) -> Iterator[datetime]:
        yield part.starts_at
        if self._climb.may_reach:
            yield from self._climb.list_turns(part.starts_at, part.ends_at, _CHANGES_EXPLAINED)


def _gather_kinds(gaps: Iterable[_Gap]) -> list[_Gap]:
    """Gaps of several policies that are the same stretch become one for all their kinds of press."""
    gathered: dict[tuple[Finding, datetime, datetime], _Gap] = {}
    for gap in gaps:
        key = gap.finding, gap.starts_at, gap.ends_at
        known = gathered.get(key)
        if known:
            kinds = tuple(kind for kind in ALL_KINDS if kind in known.kinds + gap.kinds)
            gathered[key] = known._replace(kinds=kinds, parts=known.parts + gap.parts)
        else:
            gathered[key] = gap
    return sorted(gathered.values(), key=lambda gap: (gap.finding, _say_kinds(gap.kinds), gap.starts_at))


def _join(gaps: Iterable[_Gap]) -> list[list[_Gap]]:
    """Gaps that follow each other without a pause, together."""
    joined: list[list[_Gap]] = []
    for gap in gaps:
        last = joined[-1][-1] if joined else None
        if last and (last.finding, last.kinds, last.ends_at) == (gap.finding, gap.kinds, gap.starts_at):
            joined[-1].append(gap)
        else:
            joined.append([gap])
    return joined


def _describe(school: str, gaps: Sequence[_Gap], span: Span) -> Hole:
    """A hole with its reasons. They are only worked out as long as there is room for more: most holes have many."""
    reasons = _bound(reason for gap in gaps for reason in _bound(_list_reasons(gap)))
    first, ends_at = gaps[0], gaps[-1].ends_at
    kinds = _say_kinds(first.kinds)
    return Hole(school, first.finding, first.starts_at, ends_at, reasons, kinds, lasts=ends_at == span[1])


def _list_reasons(gap: _Gap) -> Iterator[Reason]:
    for part in gap.parts:
        yield from _bound(part.view.list_reasons(part))


def _say_kinds(kinds: tuple[Kind, ...]) -> tuple[Kind, ...]:
    return () if len(kinds) == len(ALL_KINDS) else kinds


def _bound(reasons: Iterable[Reason]) -> tuple[Reason, ...]:
    """Each reason once, posts that were never made last: policies name more posts than most schools have. No more of
    them are asked for than are kept."""
    said: dict[Reason, None] = {}
    never_made: dict[Reason, None] = {}
    for reason in reasons:
        (never_made if reason.code is ReasonCode.NO_POST else said)[reason] = None
        if len(said) == MOST_REASONS:
            break
    return (*said, *never_made)[:MOST_REASONS]
