"""What a device went through: the stretches of its link and troubles, and when its button is due for a test."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from alerts.domain.board import Link, Trouble
from alerts.domain.spans import Span, Spans
from alerts.domain.supervision import Transition

BATTERY_STEP_PERCENT = 2  # a reading that wavers by one percent makes no rows
BATTERY_AT_MOST_EVERY = timedelta(hours=1)
BATTERY_KEPT = timedelta(days=400)  # a year, and the same weeks of the year before


@dataclass(frozen=True, slots=True)
class Stretch:
    """How a device was, from an instant until another; `heard` is false while no gateway listened to anybody: then its
    link is what was last known."""

    since: datetime
    until: datetime
    link: Link
    troubles: tuple[Trouble, ...]
    heard: bool


def tell_stretches(transitions: Sequence[Transition], span: Span, deaf: Spans) -> tuple[Stretch, ...]:
    """What a device was throughout a span. The first transition may lie before the span; before it nobody knows, and
    nothing is told."""
    start, end = span
    marks = [*(max(one.at, start) for one in transitions), end]
    whole = [
        Stretch(since, until, one.link, one.troubles, heard=True)
        for one, (since, until) in zip(transitions, pairwise(marks), strict=True)
        if since < until
    ]
    return tuple(part for stretch in whole for part in _part(stretch, deaf))


def _part(stretch: Stretch, deaf: Spans) -> list[Stretch]:
    cuts = {edge for one in deaf for edge in one if stretch.since < edge < stretch.until}
    edges = sorted({stretch.since, stretch.until, *cuts})
    return [
        Stretch(since, until, stretch.link, stretch.troubles, heard=not any(a <= since < b for a, b in deaf))
        for since, until in pairwise(edges)
    ]


def find_test_due(last_test_at: datetime | None, now: datetime, zone: ZoneInfo) -> datetime:
    """Until when a button must be tested next (rule A3): by the end of this calendar month at its school, or of the
    next one when this month's test is done."""
    month = now.astimezone(zone).date().replace(day=1)
    done = last_test_at is not None and last_test_at.astimezone(zone).date() >= month
    following = _next_month(month)
    return datetime.combine(_next_month(following) if done else following, time(), zone).astimezone(UTC)


def _next_month(month: date) -> date:
    return (month + timedelta(days=31)).replace(day=1)
