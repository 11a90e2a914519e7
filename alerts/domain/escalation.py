"""Escalation: who is told next, and when, until a person has it.

A policy is data. It is checked when it is saved and copied into each incident when that opens, so an edit never
touches a running escalation. `decide` says what happens now; it does nothing itself.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import pairwise

from alerts.domain.incidents import Incident, State, reopen
from alerts.domain.presses import Mode
from alerts.domain.registry import PostKind


@dataclass(frozen=True, slots=True)
class Step:
    """One step: these posts are told `after_seconds` after the round began."""

    after_seconds: int
    posts: tuple[PostKind, ...]


@dataclass(frozen=True, slots=True)
class Policy:
    """Steps in order; `repeat_after_seconds` after the last one the next round begins (None: one round only).

    An acknowledgement lasts `acknowledgement_seconds` unless somebody carries it on.
    """

    steps: tuple[Step, ...]
    repeat_after_seconds: int | None
    acknowledgement_seconds: int = 300


@dataclass(frozen=True, slots=True)
class Recipient:
    """A person who holds a post that a step calls, by one channel."""

    person: str
    person_name: str
    post_kind: PostKind
    channel: str


@dataclass(frozen=True, slots=True)
class Running:
    """An incident with the escalation that it carries: its own copy of the policy and when the round began."""

    incident: Incident
    policy: Policy
    round_started_at: datetime


@dataclass(frozen=True, slots=True)
class Fired:
    """A step that is carried out now; without recipients it was empty and the next one followed at once."""

    round: int
    step: int
    recipients: tuple[Recipient, ...]


@dataclass(frozen=True, slots=True)
class Decision:
    """What happens now: the incident as it will be, the steps that fire, and whether an acknowledgement ran out."""

    running: Running
    fired: tuple[Fired, ...]
    ran_out: bool = False


class PolicyInvalid(ValueError):
    """A policy that would leave somebody unreached; the message says what to mend."""


LIVE_POLICY = Policy(
    steps=(
        Step(0, (PostKind.SCHOOL_DUTY,)),
        Step(30, (PostKind.DISTRICT_DESK, PostKind.SUPERVISOR)),
        Step(60, (PostKind.CITY_DESK, PostKind.POLICE_LINK)),
        Step(180, (PostKind.HEAD_OF_BUREAU,)),
    ),
    repeat_after_seconds=60,
)
PRACTICE_POLICY = Policy(steps=(Step(0, (PostKind.SCHOOL_DUTY,)),), repeat_after_seconds=None)
BUILT_IN: Mapping[Mode, Policy] = {
    Mode.LIVE: LIVE_POLICY,
    Mode.TEST: PRACTICE_POLICY,
    Mode.DRILL: PRACTICE_POLICY,
}

_LONGEST_DELAY_SECONDS = 3600


def check_policy(mode: Mode, policy: Policy) -> None:
    """Raises PolicyInvalid with a sentence that says what to mend."""
    if not policy.steps:
        raise PolicyInvalid("a policy needs at least one step")
    if policy.steps[0].after_seconds != 0:
        raise PolicyInvalid("the first step must come at once: after_seconds 0")
    delays = [step.after_seconds for step in policy.steps]
    if any(later <= earlier for earlier, later in pairwise(delays)):
        raise PolicyInvalid("each step must come later than the one before it")
    if delays[-1] > _LONGEST_DELAY_SECONDS:
        raise PolicyInvalid(f"the last step must come within {_LONGEST_DELAY_SECONDS} s")
    for number, step in enumerate(policy.steps):
        if not step.posts:
            raise PolicyInvalid(f"step {number} calls nobody: name at least one post")
        if len(set(step.posts)) != len(step.posts):
            raise PolicyInvalid(f"step {number} names a post twice")
    _check_repetition(mode, policy)


def _check_repetition(mode: Mode, policy: Policy) -> None:
    if policy.repeat_after_seconds is None:
        if mode is Mode.LIVE:
            raise PolicyInvalid("a live policy must repeat until somebody takes it: set repeat_after_seconds")
    elif not 10 <= policy.repeat_after_seconds <= _LONGEST_DELAY_SECONDS:
        raise PolicyInvalid(f"repeat_after_seconds must be between 10 and {_LONGEST_DELAY_SECONDS}")
    if not 30 <= policy.acknowledgement_seconds <= _LONGEST_DELAY_SECONDS:
        raise PolicyInvalid(f"acknowledgement_seconds must be between 30 and {_LONGEST_DELAY_SECONDS}")


def decide(running: Running, recipients: Mapping[PostKind, Sequence[Recipient]], now: datetime) -> Decision:
    """What is due at `now` for an incident whose `next_at` has come. `recipients` are all that it could call."""
    incident = running.incident
    if incident.next_at is None or incident.next_at > now:
        return Decision(running, ())
    ran_out = incident.state is State.ACKNOWLEDGED
    if ran_out:
        running = Running(reopen(incident), running.policy, now)
    if running.incident.state is not State.OPEN:
        return Decision(replace(running, incident=replace(running.incident, next_at=None)), ())
    running, fired = _fire_due_steps(running, recipients, now)
    return Decision(running, fired, ran_out)


def _fire_due_steps(
    running: Running, recipients: Mapping[PostKind, Sequence[Recipient]], now: datetime
) -> tuple[Running, tuple[Fired, ...]]:
    """Fires the step that is due and, at once, those that are overdue or follow an empty one; a round at the most."""
    steps, incident, started_at = running.policy.steps, running.incident, running.round_started_at
    fired: list[Fired] = []
    step = incident.step
    while step < len(steps):
        due_at = started_at + timedelta(seconds=steps[step].after_seconds)
        if fired and not fired[-1].recipients:
            due_at, started_at = now, now - timedelta(seconds=steps[step].after_seconds)
        if due_at > now:
            return _rest(running, started_at, step, incident.round, due_at, fired)
        fired.append(Fired(incident.round, step, _addressed(steps[step], recipients)))
        step += 1
    pause = running.policy.repeat_after_seconds
    if pause is None:
        return _rest(running, started_at, step, incident.round, None, fired)
    again_at = now + timedelta(seconds=pause)
    return _rest(running, again_at, 0, incident.round + 1, again_at, fired)


def _rest(
    running: Running, started_at: datetime, step: int, round_: int, next_at: datetime | None, fired: Sequence[Fired]
) -> tuple[Running, tuple[Fired, ...]]:
    incident = replace(running.incident, step=step, round=round_, next_at=next_at)
    return Running(incident, running.policy, started_at), tuple(fired)


def _addressed(step: Step, recipients: Mapping[PostKind, Sequence[Recipient]]) -> tuple[Recipient, ...]:
    """The step's recipients; a person who holds two of its posts is told once by each channel."""
    once: dict[tuple[str, str], Recipient] = {}
    for post in step.posts:
        for recipient in recipients.get(post, ()):
            once.setdefault((recipient.person, recipient.channel), recipient)
    return tuple(once.values())
