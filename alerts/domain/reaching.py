"""What follows when a message does not arrive: the person's next method; when a step reached nobody, the next step."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from alerts.domain.escalation import Running
from alerts.domain.incidents import Incident, State
from alerts.domain.people import REACHED, DeliveryState, Method
from alerts.domain.registry import PostKind

CONFIRM_WITHIN = timedelta(seconds=10)  # not delivered by then: the person's next method


@dataclass(frozen=True, slots=True)
class Attempt:
    """A message to a person on account of an incident. `waiting`: whether it may still be confirmed in time."""

    id: int
    incident: int
    reason: str
    round: int
    step: int
    person: str
    person_name: str
    post_kind: PostKind | None
    channel: str
    address: str
    attempt: int
    live: bool
    state: DeliveryState
    waiting: bool


@dataclass(frozen=True, slots=True)
class FollowUp:
    """What is to be done about overdue messages of one step: further messages, or the news that it reached nobody."""

    next_methods: tuple[tuple[Attempt, Method], ...]
    reached_nobody: bool


def follow_up(
    attempts: Sequence[Attempt], overdue: Collection[int], methods: Mapping[str, Sequence[Method]]
) -> FollowUp:
    """What follows for one step of one round. `attempts` are all its messages, `overdue` the ids of those whose time is
    up, `methods` how its people can be reached now, best first."""
    reached = {one.person for one in attempts if one.state in REACHED}
    waiting = {one.person for one in attempts if one.waiting and one.id not in overdue}
    late = {one.person: one for one in attempts if one.id in overdue}
    further = []
    for person, attempt in late.items():
        if person in reached or person in waiting:
            continue
        method = _untried(methods.get(person, ()), [one for one in attempts if one.person == person])
        if method:
            newest = max((one for one in attempts if one.person == person), key=lambda one: one.attempt)
            further.append((replace(attempt, attempt=newest.attempt + 1), method))
    return FollowUp(tuple(further), not (reached or waiting or further))


def _untried(methods: Sequence[Method], attempts: Sequence[Attempt]) -> Method | None:
    tried = {(one.channel, one.address) for one in attempts}
    return next((one for one in methods if (one.channel, one.address) not in tried), None)


def hurry(running: Running, round_: int, step: int, now: datetime) -> Running:
    """An incident of which a step reached nobody: marked, and its next step is due at once.

    Only when that step is still the newest one; the pause before a repetition stays, for it is all that keeps a service
    that reaches nobody from calling without end.
    """
    incident = replace(running.incident, unreached_at=running.incident.unreached_at or now)
    follows_directly = incident.round == round_ and incident.step == step + 1
    if not follows_directly or incident.state is not State.OPEN or incident.step >= len(running.policy.steps):
        return replace(running, incident=incident)
    delay = timedelta(seconds=running.policy.steps[incident.step].after_seconds)
    return Running(replace(incident, next_at=now), running.policy, now - delay)


def note_reached(incident: Incident, reached: int) -> Incident:
    """The incident with a new count of people reached; one who is reached is enough to take the warning away."""
    unreached_at = None if reached > incident.reached else incident.unreached_at
    return replace(incident, reached=reached, unreached_at=unreached_at)
