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
from alerts.domain.outputs import LONGEST_SECONDS, OutputCommand
from alerts.domain.people import BESIDE, Method
from alerts.domain.presses import Mode
from alerts.domain.registry import Output, PostKind
from alerts.domain.targets import TargetInvalid, TargetKind, read_target


@dataclass(frozen=True, slots=True)
class Step:
    """One step: these targets are told `after_seconds` after the round began (see `alerts.domain.targets`).

    `channels` are the only ones by which the step reaches people; empty, each person's own order counts. `outputs` go
    on at the incident's school, for `output_seconds` (None: until the incident closes); they never count as people.
    """

    after_seconds: int
    targets: tuple[str, ...]
    channels: tuple[str, ...] = ()
    outputs: tuple[str, ...] = ()
    output_seconds: int | None = None


@dataclass(frozen=True, slots=True)
class Policy:
    """Steps in order; `repeat_after_seconds` after the last one the next round begins (None: one round only).

    An acknowledgement lasts `acknowledgement_seconds` unless somebody carries it on. `takers_needed` different people
    must take the incident before it stops climbing. `without_police` says that people want 110 left out of a live one.
    """

    steps: tuple[Step, ...]
    repeat_after_seconds: int | None
    acknowledgement_seconds: int = 300
    takers_needed: int = 1
    without_police: bool = False


@dataclass(frozen=True, slots=True)
class Recipient:
    """A person whom a step calls, because of the post that they hold (None: called by name).

    `methods` are the ways to reach them, best first; the `first` are used at once, the others when the best one fails.
    `shared` are channels that take messages for anybody. With neither, nobody can reach this person. `neighbour`: it is
    the incident of another school, and they are told so.
    """

    person: str
    person_name: str
    post_kind: PostKind | None
    methods: tuple[Method, ...] = ()
    shared: tuple[str, ...] = ()
    neighbour: bool = False

    @property
    def reachable(self) -> bool:
        """Whether a message could be sent at all."""
        return bool(self.methods or self.shared)

    @property
    def first(self) -> tuple[Method, ...]:
        """The methods that are used at once: the best one that does not ring beside others, and those that do."""
        beside = tuple(one for one in self.methods if one.channel in BESIDE)
        return tuple(one for one in self.methods if one.channel not in BESIDE)[:1] + beside


@dataclass(frozen=True, slots=True)
class Running:
    """An incident with the escalation that it carries: its own copy of the policy and when the round began."""

    incident: Incident
    policy: Policy
    round_started_at: datetime


@dataclass(frozen=True, slots=True)
class Fired:
    """A step that is carried out now. `empty`: it reaches nobody, so the next one follows at once.

    `unreachable` are people whom it calls and whom no channel reaches. `police`: the incident is handed over to 110.
    `outputs` go on at its school, for `output_seconds` or until it closes; a siren is nobody who takes it.
    """

    round: int
    step: int
    recipients: tuple[Recipient, ...]
    unreachable: tuple[Recipient, ...] = ()
    police: bool = False
    outputs: tuple[Output, ...] = ()
    output_seconds: int | None = None

    @property
    def empty(self) -> bool:
        """Whether nobody is told by it."""
        return not self.recipients


@dataclass(frozen=True, slots=True)
class Decision:
    """What happens now: the incident as it will be, the steps that fire, and whether an acknowledgement ran out.

    `commands` are what the steps made of their outputs, once these are carried out.
    """

    running: Running
    fired: tuple[Fired, ...]
    ran_out: bool = False
    commands: tuple[OutputCommand, ...] = ()


class PolicyInvalid(ValueError):
    """A policy that would leave somebody unreached; the message says what to mend."""


LIVE_POLICY = Policy(
    steps=(
        Step(0, ("police", "post:school_duty", "post:duty_leader", "post:guard")),
        Step(30, ("post:district_desk", "post:supervisor")),
        Step(60, ("post:city_desk", "post:police_link")),
        Step(180, ("post:head_of_bureau",)),
    ),
    repeat_after_seconds=60,
)
PRACTICE_POLICY = Policy(
    steps=(Step(0, ("police", "post:school_duty", "post:duty_leader", "post:guard")),), repeat_after_seconds=None
)
BUILT_IN: Mapping[Mode, Policy] = {
    Mode.LIVE: LIVE_POLICY,
    Mode.TEST: PRACTICE_POLICY,
    Mode.DRILL: PRACTICE_POLICY,
}

_LONGEST_DELAY_SECONDS = 3600
MOST_TAKERS = 5


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
        _check_targets(number, step)
        _check_outputs(number, step)
    _check_repetition(mode, policy)
    if not 1 <= policy.takers_needed <= MOST_TAKERS:
        raise PolicyInvalid(f"takers_needed must be between 1 and {MOST_TAKERS}")
    _check_police(mode, policy)


def _check_police(mode: Mode, policy: Policy) -> None:
    """A press never waits for the education side before it reaches 110, unless people decide so in as many words."""
    called = any(TargetKind.POLICE in step.targets for step in policy.steps)
    if policy.without_police and called:
        raise PolicyInvalid("the policy says without_police and names `police`: take one of them out")
    if mode is Mode.LIVE and not called and not policy.without_police:
        raise PolicyInvalid("no step hands over to 110: add the target `police` to step 0, or say without_police: true")


def _check_targets(number: int, step: Step) -> None:
    if not step.targets:
        raise PolicyInvalid(f"step {number} calls nobody: name at least one target")
    if len(set(step.targets)) != len(step.targets):
        raise PolicyInvalid(f"step {number} names a target twice")
    for target in step.targets:
        try:
            read_target(target)
        except TargetInvalid as error:
            raise PolicyInvalid(f"step {number}: {error}") from error


def _check_outputs(number: int, step: Step) -> None:
    unknown = [one for one in step.outputs if one not in set(Output)]
    if unknown:
        raise PolicyInvalid(f"step {number}: there is no output `{unknown[0]}`: choose among {', '.join(Output)}")
    if len(set(step.outputs)) != len(step.outputs):
        raise PolicyInvalid(f"step {number} names an output twice")
    if step.output_seconds is None:
        return
    if not step.outputs:
        raise PolicyInvalid(f"step {number} says output_seconds and names no outputs: name some, or leave it out")
    if not 1 <= step.output_seconds <= LONGEST_SECONDS:
        raise PolicyInvalid(f"step {number}: output_seconds must be between 1 and {LONGEST_SECONDS}, or left out")


def _check_repetition(mode: Mode, policy: Policy) -> None:
    if policy.repeat_after_seconds is None:
        if mode is Mode.LIVE:
            raise PolicyInvalid("a live policy must repeat until somebody takes it: set repeat_after_seconds")
    elif not 10 <= policy.repeat_after_seconds <= _LONGEST_DELAY_SECONDS:
        raise PolicyInvalid(f"repeat_after_seconds must be between 10 and {_LONGEST_DELAY_SECONDS}")
    if not 30 <= policy.acknowledgement_seconds <= _LONGEST_DELAY_SECONDS:
        raise PolicyInvalid(f"acknowledgement_seconds must be between 30 and {_LONGEST_DELAY_SECONDS}")


Callees = Mapping[str, Sequence[Recipient]]
"""Whom each target of a policy calls at this moment, reachable or not."""


def decide(running: Running, callees: Callees, now: datetime) -> Decision:
    """What is due at `now` for an incident whose `next_at` has come. `callees` is whom its targets call now."""
    incident = running.incident
    if incident.next_at is None or incident.next_at > now:
        return Decision(running, ())
    ran_out = incident.state is State.ACKNOWLEDGED
    if ran_out:
        running = Running(reopen(incident), running.policy, now)
    if running.incident.state is not State.OPEN:
        return Decision(replace(running, incident=replace(running.incident, next_at=None)), ())
    running, fired = _fire_due_steps(running, callees, now)
    return Decision(running, fired, ran_out)


def _fire_due_steps(running: Running, callees: Callees, now: datetime) -> tuple[Running, tuple[Fired, ...]]:
    """Fires the step that is due and, at once, those that are overdue or follow an empty one; a round at the most."""
    steps, incident, started_at = running.policy.steps, running.incident, running.round_started_at
    fired: list[Fired] = []
    step = incident.step
    while step < len(steps):
        due_at = started_at + timedelta(seconds=steps[step].after_seconds)
        if fired and fired[-1].empty:
            due_at, started_at = now, now - timedelta(seconds=steps[step].after_seconds)
        if due_at > now:
            return _rest(running, started_at, step, incident.round, due_at, fired)
        fired.append(fire_step(running.policy, incident.round, step, callees))
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


def fire_step(policy: Policy, round_: int, step: int, callees: Callees) -> Fired:
    """Whom a step tells; a person whom two of its targets call is told once."""
    wanted = policy.steps[step]
    once: dict[str, Recipient] = {}
    for target in sorted(wanted.targets, key=_calls_neighbours):  # who is of the school is told as such
        for recipient in callees.get(target, ()):
            found = replace(_by_channels(recipient, wanted.channels), neighbour=_calls_neighbours(target))
            once.setdefault(recipient.person, found)
    reachable = tuple(one for one in once.values() if one.reachable)
    unreachable = tuple(one for one in once.values() if not one.reachable)
    return Fired(
        round=round_,
        step=step,
        recipients=reachable,
        unreachable=unreachable,
        police=TargetKind.POLICE in wanted.targets,
        outputs=tuple(one for one in Output if one in wanted.outputs),
        output_seconds=wanted.output_seconds,
    )


def _calls_neighbours(target: str) -> bool:
    return target.startswith(TargetKind.NEIGHBOURS)


def _by_channels(recipient: Recipient, channels: Sequence[str]) -> Recipient:
    """The recipient as a step that names channels may reach them."""
    if not channels:
        return recipient
    return replace(recipient, methods=tuple(one for one in recipient.methods if one.channel in channels))
