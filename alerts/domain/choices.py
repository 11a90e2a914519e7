"""Which rules count for live presses at a school in a stretch of time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from itertools import pairwise
from zoneinfo import ZoneInfo

from alerts.domain.policies import Circumstances, Hours, Rule, choose_rule, read_zone
from alerts.domain.presses import Kind, Mode
from alerts.domain.spans import Span
from alerts.domain.staff import WatchedSchool

ALL_KINDS = tuple(Kind)
Choices = dict[int | None, tuple[Kind, ...]]
"""For each rule that counts (None: the built-in policy) the kinds of press for which it does."""


def list_choices(
    school: WatchedSchool, rules: Sequence[Rule], span: Span
) -> Iterator[tuple[datetime, datetime, Choices]]:
    """Stretches in which the same rules count for live presses, with these."""
    zone = read_zone(school.zone)
    hours = frozenset(rule.hours for rule in rules if rule.hours and rule.mode is Mode.LIVE)
    known: dict[frozenset[Hours], Choices] = {}
    for start, end in pairwise([span[0], *_list_turns(hours, zone, span), span[1]]):
        local_at = start.astimezone(zone)
        lasting = frozenset(one for one in hours if one.contain(local_at))
        if lasting not in known:
            known[lasting] = _choose(school, rules, local_at)
        yield start, end, known[lasting]


def _choose(school: WatchedSchool, rules: Sequence[Rule], local_at: datetime) -> Choices:
    chosen: Choices = {}
    for kind in ALL_KINDS:
        press = Circumstances(Mode.LIVE, kind, local_at, school.code, school.district, school.kind)
        rule = choose_rule(rules, press)
        number = rule.id if rule else None
        chosen[number] = (*chosen.get(number, ()), kind)
    return chosen


@lru_cache(maxsize=64)  # most schools of a city share them
def _list_turns(hours: frozenset[Hours], zone: ZoneInfo, span: Span) -> Sequence[datetime]:
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
