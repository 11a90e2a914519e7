"""A press that nobody made, run through the real escalation: who would be called, and when."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property

from alerts.domain.escalation import Callees, Fired, Policy, Running, decide
from alerts.domain.incidents import Incident, State
from alerts.domain.presence import Presence, list_called
from alerts.domain.presses import Category, Kind, Mode
from alerts.domain.spans import Span, Spans, covers, shift, subtract, unite
from alerts.domain.staff import Staff, WatchedSchool
from alerts.domain.targets import TargetKind, read_target

_PRESS = "rehearsal"


def rehearse(
    policy: Policy, callees_at: Callable[[datetime], Callees], pressed_at: datetime, until: datetime
) -> Iterator[tuple[datetime, Fired]]:
    """The steps that fire up to and at `until` while nobody answers, each with its time."""
    incident = Incident(
        id=0,
        place=_PRESS,
        school=None,
        school_name=None,
        district=None,
        point=None,
        device=_PRESS,
        mode=Mode.LIVE,
        category=Category.SECURITY,
        kind=Kind.PANIC,
        state=State.OPEN,
        opened_at=pressed_at,
        last_press_at=pressed_at,
        next_at=pressed_at,
    )
    running = Running(incident, policy, pressed_at)
    while (now := running.incident.next_at) is not None and now <= until:
        decision = decide(running, callees_at(now), now)
        yield from ((now, fired) for fired in decision.fired)
        running = decision.running


@dataclass(frozen=True, slots=True)
class Reached:
    """The first step that reaches somebody by a method that works, and how long after the press."""

    after_seconds: float
    step: int


class Climb:
    """A policy at a school while its staff comes and goes."""

    def __init__(self, policy: Policy, school: WatchedSchool, staff: Staff) -> None:
        self.policy = policy
        self.school = school
        self.staff = staff
        self.places: Mapping[str, Sequence[Presence]] = {
            text: staff.presences_of(read_target(text), school) for step in policy.steps for text in step.targets
        }
        self._called = [[place for text in step.targets for place in self.places[text]] for step in policy.steps]
        self._told: dict[int, Spans] = {}
        self._working: dict[int, Spans] = {}

    def find_first_step(self) -> int | None:
        """The first step that names people; None when the policy hands over to 110 and no more."""
        for number, step in enumerate(self.policy.steps):
            if any(target != TargetKind.POLICE for target in step.targets):
                return number
        return None

    def find_gaps(self, step: int, spans: Spans) -> Spans:
        """When a step, if it fired then, would reach nobody by a method that works."""
        channels = self.policy.steps[step].channels
        return _take_away(spans, (place.find_working(channels) for place in self._called[step]))

    def find_sure(self, within: timedelta) -> Spans:
        """When a press is sure to reach somebody in time.

        A step fires at its time at the latest, whoever else is called, and somebody whom it reaches stays until then.
        """
        return unite(
            (start, end - timedelta(seconds=step.after_seconds))
            for number, step in enumerate(self.policy.steps)
            if step.after_seconds <= within.total_seconds()
            for start, end in self._find_working(number)
            if end - timedelta(seconds=step.after_seconds) > start
        )

    @cached_property
    def may_reach(self) -> bool:
        """Whether there is anybody at all whom some step reaches at some time."""
        return any(
            place.find_working(step.channels)
            for step, called in zip(self.policy.steps, self._called, strict=True)
            for place in called
        )

    def _find_working(self, step: int) -> Spans:
        """When somebody is there whom a step calls and reaches."""
        known = self._working.get(step)
        if known is None:
            channels = self.policy.steps[step].channels
            known = self._working[step] = _unite(place.find_working(channels) for place in self._called[step])
        return known

    def _find_told(self, step: int) -> Spans:
        """When somebody is there whom a step tells, so that the next one does not follow at once."""
        known = self._told.get(step)
        if known is None:
            channels = self.policy.steps[step].channels
            known = self._told[step] = _unite(place.find_told(channels) for place in self._called[step])
        return known

    def find_unreached(self, presses: Spans, within: timedelta) -> Spans:
        """The presses among these that reach nobody in time.

        All are followed at once: they part where a step tells somebody and where it does not.
        """
        fired: dict[tuple[timedelta, int], Spans] = {(timedelta(0), 0): presses}
        lost: list[Span] = []
        while fired:
            delay, step = first = min(fired)
            at = self.find_gaps(step, fired.pop(first))
            untold = subtract(at, self._find_told(step))
            for later, following, spans in self._follow(step, subtract(at, untold), untold):
                if spans and following is not None and delay + later <= within:
                    known = fired.get((delay + later, following), ())
                    fired[delay + later, following] = unite((*known, *shift(spans, later)))
                else:
                    lost += shift(spans, -delay)
        return unite(lost)

    def _follow(self, step: int, told: Spans, untold: Spans) -> Iterator[tuple[timedelta, int | None, Spans]]:
        """How much later which step (None: no more) follows one, after it told somebody and after it did not."""
        pause, following = self._find_next(step, told=True)
        yield pause, following, told
        pause, following = self._find_next(step, told=False)
        yield pause, following, untold

    def list_turns(self, start: datetime, end: datetime, most: int) -> Sequence[datetime]:
        """The first instants inside a stretch at which somebody comes or goes, in order."""
        found: set[datetime] = set()
        for edges in self._edges:
            first = bisect_right(edges, start)
            found.update(edges[first : first + most])
        return [at for at in sorted(found)[:most] if at < end]

    @cached_property
    def _edges(self) -> Sequence[Sequence[datetime]]:
        return [place.edges for place in {place for places in self._called for place in places}]

    def list_fired(self, pressed_at: datetime, within: timedelta) -> Iterator[tuple[datetime, int]]:
        """The steps that fire within a time after a press, when nobody answers, as `rehearse` has them."""
        at, step = pressed_at, 0
        while at <= pressed_at + within:
            yield at, step
            pause, following = self._find_next(step, told=covers(self._find_told(step), at))
            if following is None:
                return
            at, step = at + pause, following

    def _find_next(self, step: int, *, told: bool) -> tuple[timedelta, int | None]:
        """How much later which step follows one; None when it is the last of the only round."""
        steps = self.policy.steps
        if step + 1 < len(steps):
            return timedelta(seconds=told * (steps[step + 1].after_seconds - steps[step].after_seconds)), step + 1
        pause = self.policy.repeat_after_seconds
        return timedelta(seconds=pause or 0), None if pause is None else 0

    def callees_at(self, at: datetime) -> Callees:
        """Whom each target calls at an instant."""
        contacts = self.staff.contacts
        return {
            target: [contacts.make_recipient(person, kind) for person, kind in list_called(places, at)]
            for target, places in self.places.items()
        }

    def rehearse(self, pressed_at: datetime, within: timedelta) -> Iterator[tuple[datetime, Fired]]:
        """The steps that fire within a time after a press, when nobody answers, with whom they tell."""
        return rehearse(self.policy, self.callees_at, pressed_at, pressed_at + within)

    def find_reached(self, pressed_at: datetime, within: timedelta) -> Reached | None:
        """The first step that reaches somebody within a time after a press; None when none does."""
        for at, step in self.list_fired(pressed_at, within):
            if covers(self._find_working(step), at):
                return Reached((at - pressed_at).total_seconds(), step)
        return None


def _take_away(spans: Spans, others: Iterable[Spans]) -> Spans:
    """What remains of stretches without all the others; these are only asked for as long as something remains."""
    for one in others:
        if not spans:
            break
        spans = subtract(spans, one)
    return spans


def _unite(of_places: Iterable[Spans]) -> Spans:
    return unite(span for spans in of_places for span in spans)
