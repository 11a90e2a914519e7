"""Stretches of time: from an instant until before another. In a tuple of them they are in order and never touch."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from datetime import datetime, timedelta
from operator import itemgetter

Span = tuple[datetime, datetime]
Spans = tuple[Span, ...]

_start_of = itemgetter(0)


def unite(spans: Iterable[Span]) -> Spans:
    """What at least one of them covers; they may come in any order and overlap."""
    united: list[Span] = []
    for start, end in sorted(spans):
        if united and start <= united[-1][1]:
            if end > united[-1][1]:
                united[-1] = (united[-1][0], end)
        elif start < end:
            united.append((start, end))
    return tuple(united)


def subtract(spans: Spans, others: Spans) -> Spans:
    """What the first cover and the others do not."""
    if not spans or not others:
        return spans
    left: list[Span] = []
    for start, end in spans:
        since = start
        for place in range(max(0, bisect_right(others, start, key=_start_of) - 1), len(others)):
            taken_from, taken_until = others[place]
            if taken_from >= end:
                break
            if taken_from > since:
                left.append((since, taken_from))
            since = max(since, taken_until)
        if since < end:
            left.append((since, end))
    return tuple(left)


def intersect(spans: Spans, others: Spans) -> Spans:
    """What both cover."""
    return tuple(part for one in spans for part in clip(others, one))


def clip(spans: Spans, by: Span) -> Spans:
    """What they cover of a stretch."""
    start, end = by
    clipped: list[Span] = []
    for place in range(max(0, bisect_right(spans, start, key=_start_of) - 1), len(spans)):
        since, until = spans[place]
        if since >= end:
            break
        if until > start:
            clipped.append((max(since, start), min(until, end)))
    return tuple(clipped)


def covers(spans: Spans, at: datetime) -> bool:
    """Whether an instant is in one of them."""
    place = bisect_right(spans, at, key=_start_of) - 1
    return place >= 0 and at < spans[place][1]


def shift(spans: Spans, by: timedelta) -> Spans:
    """The same stretches so much later."""
    return tuple((start + by, end + by) for start, end in spans) if by else spans
