"""How a device was over a stretch of time, from what it became when: not heard, its housing open, its mains lost."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from alerts.domain.board import Link, Trouble
from alerts.domain.spans import Span, Spans, clip, measure, subtract, unite
from alerts.domain.supervision import Transition

_GONE = frozenset({Link.SILENT, Link.OFFLINE})


@dataclass(frozen=True, slots=True)
class Supervised:
    """One device, from what is known of it until `now`. `absent` is when it was not there, `deaf` when nobody listened,
    whatever it did; it was `unheard` in both. `first_heard_at` is None when it never was."""

    absent: Spans
    deaf: Spans
    unheard: Spans
    tampered: Spans
    mains_lost: Spans
    low_battery: Spans
    first_heard_at: datetime | None

    def unheard_share(self, since: datetime, now: datetime) -> tuple[timedelta, timedelta]:
        """For how long it was not there, of how long it was watched, since an instant. When nobody listened it was not
        watched: our own outage is no fault of a device."""
        if self.first_heard_at is None or self.first_heard_at >= now:
            return timedelta(), timedelta()
        began_at = max(since, self.first_heard_at)
        passed = (began_at, now)
        return measure(clip(subtract(self.absent, self.deaf), passed)), measure(subtract((passed,), self.deaf))


def supervise(transitions: Sequence[Transition], since: datetime, now: datetime, deaf: Spans = ()) -> Supervised:
    """What the transitions of one device, in order of time, make of the stretch until `now`; in the `deaf` spans of it
    nobody listened. A device of which nothing is known was not heard since `since`."""
    heard = next((one.at for one in transitions if one.link is Link.ONLINE), None)
    gone = _find(transitions, now, lambda one: one.link in _GONE or one.link is Link.NEVER)
    first_at = transitions[0].at if transitions else now
    before = ((since, min(first_at, now)),) if since < min(first_at, now) else ()
    absent = unite((*before, *gone))
    return Supervised(
        absent=absent,
        deaf=deaf,
        unheard=unite((*absent, *deaf)) if deaf else absent,
        tampered=_find(transitions, now, lambda one: Trouble.TAMPER in one.troubles),
        mains_lost=_find(transitions, now, lambda one: Trouble.MAINS_LOST in one.troubles),
        low_battery=_find(transitions, now, lambda one: Trouble.LOW_BATTERY in one.troubles),
        first_heard_at=heard,
    )


def find_lasting(spans: Spans, now: datetime) -> datetime | None:
    """Since when a state lasts that is still there at `now`."""
    return spans[-1][0] if spans and spans[-1][1] >= now else None


def _find(transitions: Sequence[Transition], now: datetime, is_so: Callable[[Transition], bool]) -> Spans:
    spans: list[Span] = []
    since: datetime | None = None
    for one in transitions:
        if one.at >= now:
            break
        if is_so(one):
            since = since or one.at
        elif since is not None:
            spans.append((since, one.at))
            since = None
    if since is not None:
        spans.append((since, now))
    return unite(spans)
