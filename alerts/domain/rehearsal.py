"""A press that nobody made, run through the real escalation: who would be called, and when."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from alerts.domain.escalation import Callees, Fired, Policy, Running, decide
from alerts.domain.incidents import Incident, State
from alerts.domain.presses import Category, Kind, Mode
from alerts.domain.spans import Spans, subtract, unite
from alerts.domain.staff import Call, Staff, WatchedSchool, list_called
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


def list_delays(policy: Policy, within_seconds: int) -> frozenset[int]:
    """Every number of seconds after a press at which a step may fire, whoever can be called then."""
    found: set[tuple[int, int]] = set()
    open_: list[tuple[int, int]] = [(0, 0)]
    while open_:
        delay, step = open_.pop()
        if delay > within_seconds or (delay, step) in found:
            continue
        found.add((delay, step))
        if step + 1 < len(policy.steps):
            pause = policy.steps[step + 1].after_seconds - policy.steps[step].after_seconds
            open_ += [(delay, step + 1), (delay + pause, step + 1)]
        elif policy.repeat_after_seconds is not None:
            open_.append((delay + policy.repeat_after_seconds, 0))
    return frozenset(delay for delay, _ in found)


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
        self.calls: Mapping[str, Sequence[Call]] = {
            text: staff.calls_of(read_target(text), school) for step in policy.steps for text in step.targets
        }
        self._edges = sorted(
            {edge for calls in self.calls.values() for call in calls for span in call.spans for edge in span}
        )
        self._callees: dict[int, Callees] = {}

    def find_first_step(self) -> int | None:
        """The first step that names people; None when the policy hands over to 110 and no more."""
        for number, step in enumerate(self.policy.steps):
            if any(target != TargetKind.POLICE for target in step.targets):
                return number
        return None

    def find_gaps(self, step: int, spans: Spans) -> Spans:
        """When a step, if it fired then, would reach nobody by a method that works."""
        wanted = self.policy.steps[step]
        calls = [call for target in wanted.targets for call in self.calls[target]]
        for call in calls:  # mostly somebody is always there: no need to look at the others
            if call.spans == (self.staff.span,) and self.staff.works(call.person, wanted.channels):
                return ()
        return subtract(spans, self._find_working(step))

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

    def may_reach(self) -> bool:
        """Whether there is anybody at all whom some step reaches at some time."""
        return any(self._find_working(number) for number in range(len(self.policy.steps)))

    def _find_working(self, step: int) -> Spans:
        """When somebody is there whom a step calls and reaches."""
        wanted = self.policy.steps[step]
        calls = [call for target in wanted.targets for call in self.calls[target]]
        works = {call.person: self.staff.works(call.person, wanted.channels) for call in calls}
        return unite(span for call in calls if works[call.person] for span in call.spans)

    def list_edges(self, start: datetime, end: datetime) -> Sequence[datetime]:
        """The instants, from `start` to `end`, at which somebody comes or goes, in order."""
        return self._edges[bisect_left(self._edges, start) : bisect_right(self._edges, end)]

    def callees_at(self, at: datetime) -> Callees:
        """Whom each target calls at an instant; the same until somebody comes or goes."""
        stretch = bisect_right(self._edges, at)
        known = self._callees.get(stretch)
        if known is None:
            known = self._callees[stretch] = {
                target: [self.staff.make_recipient(person, kind) for person, kind in list_called(calls, at)]
                for target, calls in self.calls.items()
            }
        return known

    def rehearse(self, pressed_at: datetime, within: timedelta) -> Iterator[tuple[datetime, Fired]]:
        """The steps that fire within a time after a press, when nobody answers."""
        return rehearse(self.policy, self.callees_at, pressed_at, pressed_at + within)

    def find_reached(self, pressed_at: datetime, within: timedelta) -> Reached | None:
        """The first step that reaches somebody within a time after a press; None when none does."""
        for at, fired in self.rehearse(pressed_at, within):
            channels = self.policy.steps[fired.step].channels
            if any(self.staff.works(one.person, channels) for one in fired.recipients):
                return Reached((at - pressed_at).total_seconds(), fired.step)
        return None
