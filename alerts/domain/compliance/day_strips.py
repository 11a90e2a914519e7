"""The strips of a school's day, drawn from what is loaded of it."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from operator import attrgetter

from alerts.domain.compliance.events import Event, Implausible, PostAction, PostEvent, VisitEvent, VisitStep
from alerts.domain.compliance.gates import GateDay, read_gates
from alerts.domain.compliance.patrol import find_rounds
from alerts.domain.compliance.presence import Patience, Presence, find_presences
from alerts.domain.compliance.school_day import PostDay, SchoolDay
from alerts.domain.compliance.terms import Terms
from alerts.domain.compliance.timeline import Around, Broken, Item, Lane, Locked, Lost, Mark, Strip, join, thin
from alerts.domain.compliance.verdicts import Reference, ReferenceKind, cite
from alerts.domain.presses import Mode
from alerts.domain.registry import PostKind
from alerts.domain.spans import Span, clip, subtract, unite

_TOGETHER = timedelta(minutes=1)  # what does not count for one reason comes in swarms
_PAUSE = timedelta(minutes=10)  # between two points of one walk
_WATCHED = frozenset({PostKind.GUARD, PostKind.CROSSING_POST})


def draw_day(day: SchoolDay, terms: Mapping[str, Terms], around: Around | None = None) -> tuple[Strip, ...]:
    """The strips of a day. `terms` are the numbers of the rules G3 and H1, which say how long a check-in tells."""
    around = around or Around()
    guards, others = terms["G3"], terms["H1"]
    patience = {PostKind.GUARD: Patience(guards.length("on_hours"), guards.length("shift_hours"))}
    usual = Patience(others.length("on_hours"), others.length("on_hours"))
    return tuple(
        replace(strip, items=thin(strip.items))
        for strip in (
            Strip(Lane.BREACHES, tuple(_draw_breach(day, one) for one in around.breaches)),
            Strip(Lane.TIMETABLE, _draw_timetable(day)),
            *(Strip(Lane.GATE, _draw_gate(day, gate), gate.code) for gate in read_gates(day)),
            *_draw_locks(day, around.locks),
            *_draw_posts(day, lambda kind: patience.get(kind, usual)),
            Strip(Lane.PATROL, _draw_patrols(day)),
            Strip(Lane.VISITORS, _draw_visits(day)),
            Strip(Lane.PRESSES, _draw_presses(day)),
            Strip(Lane.DEVICES, (*_draw_losses(day, around.losses), *_draw_troubles(day))),
            Strip(Lane.FACTS, _draw_facts(day)),
        )
    )


# ---------------------------------------------------------------- what was to be, and what was broken


def _draw_timetable(day: SchoolDay) -> tuple[Item, ...]:
    schedule = day.schedule
    spans = ((Mark.ARRIVAL, schedule.arrivals), (Mark.LESSONS, schedule.lessons), (Mark.DISMISSAL, schedule.dismissals))
    moments = ((Mark.CLOSING, schedule.closes_at), (Mark.LIGHTS_OUT, schedule.lights_out_at))
    return (
        *(Item(mark, since, until) for mark, its in spans for since, until in its),
        *(Item(mark, at) for mark, at in moments if at is not None),
    )


def _draw_breach(day: SchoolDay, one: Broken) -> Item:
    since, until, goes_on = _bound(day, one.opened_at, one.closed_at)
    return Item(Mark.BREACH, since, until, f"{one.id}", one.rule, goes_on, references=one.references)


# ---------------------------------------------------------------- gates


def _draw_gate(day: SchoolDay, gate: GateDay) -> tuple[Item, ...]:
    """When it stood open, when it was shut, when nobody knows, and what it told that cannot be."""
    passed = ((day.starts_at, min(day.now, day.ends_at)),) if day.now > day.starts_at else ()
    shut = subtract(passed, unite((*gate.opened, *gate.unsure)))
    told = {event.at: event for event in gate.events}
    instants = sorted(told)

    def draw(mark: Mark, span: Span) -> Item:
        """What it told last before, and what it told at the end."""
        known = instants[: bisect_right(instants, span[0])][-1:]
        ends = [told[at] for at in dict.fromkeys((*known, span[1])) if at in told]
        return Item(
            mark, *span, gate.code, goes_on=_goes_on(day, span[1]), late=any(event.late for event in ends),
            references=_cite(ends) or cite(ReferenceKind.DEVICE, [gate.code]),
        )  # fmt: skip

    known = ((Mark.OPEN, gate.opened), (Mark.SHUT, shut), (Mark.UNSURE, gate.unsure))
    nonsense = [event for event in day.gates if event.device == gate.code and not event.counts]
    return (*(draw(mark, span) for mark, its in known for span in its), *_draw_nonsense(day, nonsense))


def _draw_locks(day: SchoolDay, locks: Iterable[Locked]) -> Iterable[Strip]:
    by_device: dict[str, list[Item]] = {}
    for one in locks:
        since, until, goes_on = _bound(day, one.since, one.until)
        told = cite(ReferenceKind.INCIDENT, [one.incident])
        item = Item(Mark.LOCKED, since, until, one.device, goes_on=goes_on, references=told)
        by_device.setdefault(one.device, []).append(item)
    return (Strip(Lane.LOCK, tuple(items), device) for device, items in by_device.items())


# ---------------------------------------------------------------- people on post and on patrol


def _draw_posts(day: SchoolDay, patience_of: Callable[[PostKind], Patience]) -> Iterable[Strip]:
    """A strip for each post of guards and each crossing post, and for others at which somebody was to be or was; posts
    that nobody registered come last."""
    come = [event for event in day.check_ins if event.action is not PostAction.POINT]
    known = {post.code for post in day.posts}
    strange = sorted({event.post for event in come} - known)
    for post in (*day.posts, *(PostDay(code, PostKind.SCHOOL_DUTY) for code in strange)):
        here = [event for event in come if event.post == post.code]
        presences = find_presences(day.check_ins, {post.code}, patience_of(post.kind), day.now)
        items = (
            *_draw_duty(day, post),
            *(item for one in presences if (item := _draw_presence(day, one, here))),
            *_draw_nonsense(day, [event for event in here if not event.counts]),
        )
        if items or post.kind in _WATCHED:
            yield Strip(Lane.POST, items, post.code)


def _draw_duty(day: SchoolDay, post: PostDay) -> Iterable[Item]:
    told = cite(ReferenceKind.POST, [post.code])
    for person, span in post.duty:
        for since, until in clip((span,), (day.starts_at, day.ends_at)):
            yield Item(Mark.ROSTERED, since, until, post.code, person, references=told)


def _draw_presence(day: SchoolDay, one: Presence, here: Iterable[PostEvent]) -> Item | None:
    """As far as it is proved and of this day. A check-in that proves no stretch is a moment."""
    until = min(one.until, day.now)
    if until < day.starts_at or one.since >= day.ends_at or (until == one.since and one.since < day.starts_at):
        return None
    late = any(event.late for event in here if event.key in one.keys)
    told = cite(ReferenceKind.EVIDENCE, one.keys)
    ends = None if until <= one.since else until
    return Item(
        Mark.PRESENT, max(one.since, day.starts_at), ends, one.post, one.person,
        goes_on=one.left_at is None and _goes_on(day, until), late=late, references=told,
    )  # fmt: skip


def _draw_patrols(day: SchoolDay) -> tuple[Item, ...]:
    """Walks over the points, and whole rounds over the key points."""
    passed = [one for one in day.check_ins if one.action is PostAction.POINT and day.starts_at <= one.at < day.ends_at]
    counted = [one for one in passed if one.counts]
    at_of = {one.key: one.at for one in counted}
    rounds = find_rounds(counted, frozenset(point.code for point in day.points if point.key))
    return (
        *(
            Item(Mark.ROUND, min(at_of[key] for key in one.keys), one.ended_at,
                 references=cite(ReferenceKind.EVIDENCE, one.keys))
            for one in rounds
        ),
        *(_draw_walk(walk) for walk in _find_walks(counted)),
        *_draw_nonsense(day, [one for one in passed if not one.counts]),
    )  # fmt: skip


def _find_walks(passings: Iterable[PostEvent]) -> list[list[PostEvent]]:
    """What one person passed with no long pause between two points."""
    walks: list[list[PostEvent]] = []
    last: dict[str, list[PostEvent]] = {}
    for event in passings:
        walk = last.get(event.person)
        if walk is None or event.at - walk[-1].at > _PAUSE:
            walk = last[event.person] = []
            walks.append(walk)
        walk.append(event)
    return walks


def _draw_walk(walk: Sequence[PostEvent]) -> Item:
    """From its first point to its last; `subject` has all of them in their order."""
    first, last = walk[0], walk[-1]
    return Item(
        Mark.PASSING, first.at, last.at if len(walk) > 1 else None, " ".join(one.post for one in walk), first.person,
        late=any(one.late for one in walk), references=_cite(walk), times=len(walk),
    )  # fmt: skip


# ---------------------------------------------------------------- visitors, presses, devices, facts


def _draw_visits(day: SchoolDay) -> tuple[Item, ...]:
    by_visit: dict[str, list[VisitEvent]] = {}
    for event in day.visits:
        by_visit.setdefault(event.visit, []).append(event)
    return tuple(_draw_visit(day, visit, steps) for visit, steps in by_visit.items())


def _draw_visit(day: SchoolDay, visit: str, steps: Sequence[VisitEvent]) -> Item:
    """From entering, else from the first that was told of it, until leaving. Who never left may be inside still; who
    was registered and did not enter is a moment."""
    at = {one.step: one.at for one in reversed(steps)}
    entered, left = at.get(VisitStep.ENTER), at.get(VisitStep.LEAVE)
    since = min((entered or steps[0].at), left or day.now)
    inside = entered is not None and left is None
    return Item(
        Mark.VISIT, since, min(day.now, day.ends_at) if inside else left, visit, goes_on=inside,
        late=any(one.late for one in steps), doubts=_list_doubts(steps), references=_cite(steps),
    )  # fmt: skip


def _draw_presses(day: SchoolDay) -> tuple[Item, ...]:
    """Incidents from their first press until they were closed, and presses in tests and drills."""
    live = [one for one in day.incidents if one.mode is Mode.LIVE]
    practised = [one for one in day.practice if day.starts_at <= one.at < day.ends_at]
    items = []
    for one in live:
        since, until, goes_on = _bound(day, one.opened_at, one.closed_at)
        told = cite(ReferenceKind.INCIDENT, [one.id])
        items.append(Item(Mark.PRESS, since, until, str(one.id), goes_on=goes_on, references=told))
    return (
        *items,
        *(
            Item(Mark.PRACTICE, one.at, None, one.device, references=cite(ReferenceKind.INCIDENT, [one.incident]))
            for one in practised
        ),
    )


def _draw_losses(day: SchoolDay, losses: Iterable[Lost]) -> Iterable[Item]:
    for one in losses:
        since, until, goes_on = _bound(day, one.began_at, one.ended_at)
        yield Item(Mark.BLACKOUT, since, until, one.scope, goes_on=goes_on)


def _draw_troubles(day: SchoolDay) -> Iterable[Item]:
    """When devices were not heard, stood open, or had no mains."""
    for device in day.devices:
        told = cite(ReferenceKind.DEVICE, [device.code])
        its = ((Mark.UNHEARD, device.unheard), (Mark.TAMPERED, device.tampered), (Mark.MAINS_LOST, device.mains_lost))
        for mark, spans in its:
            for since, until in clip(unite(day.past(spans)), (day.starts_at, day.ends_at)):
                yield Item(mark, since, until, device.code, goes_on=_goes_on(day, until), references=told)


def _draw_facts(day: SchoolDay) -> tuple[Item, ...]:
    """What people looked at or declared on this day."""
    return tuple(
        Item(Mark.FACT, one.at, None, one.kind, one.by, references=cite(ReferenceKind.FACT, [one.id]))
        for one in day.facts
        if day.starts_at <= one.at < day.ends_at
    )


# ---------------------------------------------------------------- of all strips


def _draw_nonsense(day: SchoolDay, events: Iterable[Event]) -> list[Item]:
    """What is kept and does not count; what came within a minute for the same reason is one item."""
    return join(
        (
            Item(
                Mark.NOT_COUNTED, one.at, None, getattr(one, "post", one.device), getattr(one, "person", ""),
                late=one.late, doubts=one.implausible, references=_cite([one]),
            )
            for one in sorted(events, key=attrgetter("at"))
            if day.starts_at <= one.at < day.ends_at
        ),
        _TOGETHER,
    )  # fmt: skip


def _list_doubts(events: Iterable[Event]) -> tuple[Implausible, ...]:
    return tuple(dict.fromkeys(why for one in events for why in one.implausible))


def _cite(events: Iterable[Event]) -> tuple[Reference, ...]:
    return cite(ReferenceKind.EVIDENCE, (one.key for one in events))


def _bound(day: SchoolDay, since: datetime, until: datetime | None) -> tuple[datetime, datetime, bool]:
    """As much of a stretch as is of the day and known, and whether it goes on after that."""
    known = min(day.now, day.ends_at)
    goes_on = until is None or until > known
    return max(since, day.starts_at), known if until is None or goes_on else until, goes_on


def _goes_on(day: SchoolDay, until: datetime) -> bool:
    return not day.over and until >= day.now
