"""What an inspector who knows everything would say of a played day, rule by rule, and which cheat is the cause.

Written from what really happened and never from what devices told; it shares no code with the rules that judge.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import MappingProxyType

from simulators.compliance.cheats import Cheat
from simulators.compliance.diary import Outsider, PlayedDay

_OPEN_TOO_LONG = timedelta(minutes=3)
_LEFT_AFTER_CLOSING = timedelta(minutes=30)
_UNGUARDED = timedelta(minutes=15)
_SECOND = timedelta(seconds=1)
_LOOK = timedelta(seconds=10)  # how often the inspector looks at the gate; nothing is played nearer to a limit


@dataclass(frozen=True, slots=True)
class Truth:
    """Whether a rule was met, and the cheats that broke it; none of them when it was met."""

    met: bool
    causes: frozenset[Cheat] = frozenset()


def tell_truth(day: PlayedDay, rules: Iterable[str] = ()) -> Mapping[str, Truth]:
    """The truth of these rules, or of each that is played, by its code."""
    return {rule: _collect(_INSPECTIONS[rule](day)) for rule in rules or _INSPECTIONS}


def _collect(broken_by: Iterable[Cheat]) -> Truth:
    causes = frozenset(broken_by)
    return Truth(not causes, causes)


def _gates_closed(day: PlayedDay) -> Iterable[Cheat]:
    """C1: the gate stood open for longer than three minutes on end with no window."""
    for one in day.openings:
        outside = timedelta()
        for moment in _look(one.since, one.until):
            outside = timedelta() if _in_window(day, moment) else outside + _LOOK
            if outside > _OPEN_TOO_LONG:
                yield _cause(one.cheat)
                break


def _entries_registered(day: PlayedDay) -> Iterable[Cheat]:
    """C2: everybody who came in was written down before."""
    return (
        _cause(one.cheat) for one in day.outsiders if one.registered_at is None or one.registered_at > one.entered_at
    )


def _records_complete(day: PlayedDay) -> Iterable[Cheat]:
    """C3: of everybody who is in the book everything asked for was written down."""
    return (_cause(one.cheat) for one in day.outsiders if one.visit and not one.complete)


def _nobody_left(day: PlayedDay) -> Iterable[Cheat]:
    """C4: half an hour after closing everybody was gone."""
    closes_at = day.schedule.closes_at
    deadline = day.ends_at - _SECOND if closes_at is None else closes_at + _LEFT_AFTER_CLOSING
    return (_cause(one.cheat) for one in day.outsiders if one.left_at > deadline)


def _hosts_confirmed(day: PlayedDay) -> Iterable[Cheat]:
    """C5: a host had said yes before anybody came in."""
    return (_cause(one.cheat) for one in day.outsiders if not _had_consent(one))


def _vehicles(day: PlayedDay) -> Iterable[Cheat]:
    """C6: no vehicle came in without that."""
    return (_cause(one.cheat) for one in day.outsiders if one.vehicle and not _had_consent(one))


def _pupils_with_leave(day: PlayedDay) -> Iterable[Cheat]:
    """C9: no pupil went without a leave."""
    return (_cause(one.cheat) for one in day.exits if one.leave is None)


def _gatehouse_staffed(day: PlayedDay) -> Iterable[Cheat]:
    """G3: the gatehouse was never empty for longer than a quarter of an hour."""
    there = sorted((one for one in day.watches if one.post == day.campus.gatehouse), key=lambda one: one.since)
    staffed_until = day.starts_at
    gone: Cheat | None = None
    for one in there:
        if min(one.since, day.ends_at) - staffed_until > _UNGUARDED:
            yield _cause(gone)
        if one.until > staffed_until:
            staffed_until, gone = one.until, one.cheat
    if day.ends_at - staffed_until > _UNGUARDED:
        yield _cause(gone)


def _crossing_at_arrival(day: PlayedDay) -> Iterable[Cheat]:
    """H1: somebody stood at the crossing from 20 minutes before each arrival until 15 after its lessons began."""
    spans = [(since - timedelta(minutes=20), until + timedelta(minutes=15)) for since, until in day.schedule.arrivals]
    return _missed_at_crossing(day, spans)


def _crossing_at_dismissal(day: PlayedDay) -> Iterable[Cheat]:
    """H2: and from 20 minutes before each dismissal until 30 after it."""
    spans = [(since - timedelta(minutes=20), until + timedelta(minutes=30)) for since, until in day.schedule.dismissals]
    return _missed_at_crossing(day, spans)


def _missed_at_crossing(day: PlayedDay, spans: Iterable[tuple[datetime, datetime]]) -> Iterable[Cheat]:
    there = [one for one in day.watches if one.post == day.campus.crossing]
    return (
        Cheat.NOBODY_AT_CROSSING
        for since, until in spans
        if not any(one.since <= since and until <= one.until for one in there)
    )


def _patrolled(day: PlayedDay) -> Iterable[Cheat]:
    """P1: on a day with pupils five rounds were walked."""
    enough = sum(one.walked for one in day.rounds) >= 5
    return () if enough or not day.schedule.in_session else _patrols_real(day)


def _patrols_real(day: PlayedDay) -> Iterable[Cheat]:
    """P3: every round that was told was walked."""
    return (_cause(one.cheat) for one in day.rounds if not one.walked)


_INSPECTIONS: Mapping[str, Callable[[PlayedDay], Iterable[Cheat]]] = MappingProxyType(
    {
        "C1": _gates_closed,
        "C2": _entries_registered,
        "C3": _records_complete,
        "C4": _nobody_left,
        "C5": _hosts_confirmed,
        "C6": _vehicles,
        "C9": _pupils_with_leave,
        "G3": _gatehouse_staffed,
        "H1": _crossing_at_arrival,
        "H2": _crossing_at_dismissal,
        "P1": _patrolled,
        "P3": _patrols_real,
    }
)


def _had_consent(one: Outsider) -> bool:
    return one.confirmed_at is not None and one.confirmed_at <= one.entered_at


def _in_window(day: PlayedDay, at: datetime) -> bool:
    return any(since <= at < until for since, until in day.schedule.windows)


def _look(since: datetime, until: datetime) -> Iterable[datetime]:
    return (since + _LOOK * number for number in range(int((until - since) / _LOOK)))


def _cause(cheat: Cheat | None) -> Cheat:
    """Nothing is broken by chance: what is played without a cheat is in order."""
    assert cheat is not None, "a day in order breaks a rule"
    return cheat
