"""Stretches of time: from an instant until before another. In a tuple of them they are in order and never touch."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from datetime import datetime
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
    left: list[Span] = []
    for start, end in spans:
        since = start
        for taken_from, taken_until in others:
            if taken_until <= since:
                continue
            if taken_from >= end:
                break
            if taken_from > since:
                left.append((since, taken_from))
            since = taken_until
        if since < end:
            left.append((since, end))
    return tuple(left)


def intersect(spans: Spans, others: Spans) -> Spans:
    """What both cover."""
    return subtract(spans, subtract(spans, others))


def covers(spans: Spans, at: datetime) -> bool:
    """Whether an instant is in one of them."""
    place = bisect_right(spans, at, key=_start_of) - 1
    return place >= 0 and at < spans[place][1]
