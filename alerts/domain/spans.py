"""Stretches of time: from an instant until before another. In a tuple of them they are in order and never touch."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from operator import itemgetter

Span = tuple[datetime, datetime]
Spans = tuple[Span, ...]

_start_of = itemgetter(0)
_end_of = itemgetter(1)


def unite(spans: Iterable[Span]) -> Spans:
    """What at least one of them covers; they may come in any order and overlap."""
    united: list[Span] = []
    last: datetime | None = None
    for start, end in sorted(spans):
        if last is not None and start <= last:
            if end > last:
                united[-1] = (united[-1][0], end)
                last = end
        elif start < end:
            united.append((start, end))
            last = end
    return tuple(united)


def subtract(spans: Spans, others: Spans) -> Spans:
    """What the first cover and the others do not."""
    left: list[Span] = []
    for taken in others:
        taken_from, taken_until = _in_utc(taken)
        before = bisect_right(spans, taken_from, key=_end_of)
        after = bisect_left(spans, taken_until, before, key=_start_of)
        left += spans[:before]
        rest: Spans = ()
        if before < after:
            since, until = spans[before][0], spans[after - 1][1]
            if since < taken_from:
                left.append((since, taken[0]))
            if taken_until < until:
                rest = ((taken[1], until),)
        spans = rest + spans[after:]
    return (*left, *spans)


def intersect(spans: Spans, others: Spans) -> Spans:
    """What both cover."""
    return tuple(part for one in spans for part in clip(others, one))


def clip(spans: Spans, by: Span) -> Spans:
    """What they cover of a stretch."""
    if not spans:
        return ()
    start, end = _in_utc(by)
    first = bisect_right(spans, start, key=_end_of)
    clipped = spans[first : bisect_left(spans, end, first, key=_start_of)]
    if clipped and clipped[0][0] < start:
        clipped = ((by[0], clipped[0][1]), *clipped[1:])
    if clipped and end < clipped[-1][1]:
        clipped = (*clipped[:-1], (clipped[-1][0], by[1]))
    return clipped


def measure(spans: Spans) -> timedelta:
    """How long they are together."""
    return sum((end - start for start, end in spans), timedelta())


def in_utc(spans: Spans) -> Spans:
    """The same stretches by one clock: instants of two zones take forty times as long to compare."""
    return tuple([_in_utc(span) for span in spans])


def _in_utc(span: Span) -> Span:
    """A stretch as most others have it that it is compared with; what is cut by it keeps its own zone."""
    return span[0].astimezone(UTC), span[1].astimezone(UTC)


def covers(spans: Spans, at: datetime) -> bool:
    """Whether an instant is in one of them."""
    place = bisect_right(spans, at, key=_start_of) - 1
    return place >= 0 and at < spans[place][1]


def shift(spans: Spans, by: timedelta) -> Spans:
    """The same stretches so much later."""
    return tuple((start + by, end + by) for start, end in spans) if by else spans
