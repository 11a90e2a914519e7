"""Whether every live press of the coming week reaches a person: looked at, and explained for one school and time."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from alerts.domain.coverage import HORIZON, LOOK_AHEAD, WITHIN, Hole, Lookout
from alerts.domain.coverage_reasons import KnownReasons, Reason, Reasons
from alerts.domain.escalation import Fired
from alerts.domain.policies import Rule
from alerts.domain.presses import Kind, Mode
from alerts.domain.registry import Output, PostKind
from alerts.domain.rehearsal import Climb
from alerts.domain.spans import Span
from alerts.domain.staff import WatchedSchool
from alerts.readiness.policies import EffectivePolicy, find_effective_policy
from alerts.storage.coverage import list_live_rules, list_watched_schools, load_staff
from alerts.storage.database import Connection, Database
from alerts.storage.outputs import OutputOfDevice, list_outputs_at

_AT_ONCE = 50  # schools whose staff is in memory at the same time
Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Look:
    """Schools that were looked at, and all their holes."""

    schools: tuple[WatchedSchool, ...]
    holes: tuple[Hole, ...]


async def look_at_schools(
    connection: Connection, schools: Sequence[WatchedSchool], rules: Iterable[Rule], span: Span
) -> AsyncIterator[Look]:
    """Looks at schools, some at a time. Between two schools everything else of the process has its turn."""
    places = _Places(rules)
    for begin in range(0, len(schools), _AT_ONCE):
        some = tuple(schools[begin : begin + _AT_ONCE])
        of_school = {school.code: places.rules_of(school) for school in some}
        used = {rule.id: rule for own in of_school.values() for rule in own}
        staff = await load_staff(connection, some, used.values(), (span[0], span[1] + LOOK_AHEAD))
        holes: list[Hole] = []
        lookout = Lookout(staff, span)
        for school in some:
            holes += lookout.find_holes(school, of_school[school.code])
            await asyncio.sleep(0)
        yield Look(some, tuple(holes))


class _Places:
    """Rules by the place where they count, so that a school is not compared with those of all others."""

    def __init__(self, rules: Iterable[Rule]) -> None:
        self._by_place: dict[tuple[str | None, str | None], list[Rule]] = defaultdict(list)
        for rule in rules:
            self._by_place[rule.district, rule.school].append(rule)

    def rules_of(self, school: WatchedSchool) -> list[Rule]:
        places = ((None, None), (school.district, None), (None, school.code))
        return [rule for place in places for rule in self._by_place.get(place, ())]


@dataclass(frozen=True, slots=True)
class Lint:
    """What looking at schools once gave, from `checked_at` on until `until`."""

    checked_at: datetime
    until: datetime
    schools: tuple[WatchedSchool, ...]
    holes: tuple[Hole, ...]


async def lint_coverage(
    database: Database, school: str | None = None, progress: Progress = lambda done, total: None
) -> Lint:
    """Looks at all schools, or one, for the coming week, and keeps nothing. An unknown school gives none."""
    async with database.transaction(isolation="repeatable_read") as connection:
        now = await database.read_now(connection)
        rules = await list_live_rules(connection)
        schools = await list_watched_schools(connection, rules, None if school is None else [school])
        looked: list[WatchedSchool] = []
        holes: list[Hole] = []
        progress(0, len(schools))
        async for look in look_at_schools(connection, schools, rules, (now, now + HORIZON)):
            looked += look.schools
            holes += look.holes
            progress(len(looked), len(schools))
    return Lint(now, now + HORIZON, tuple(looked), tuple(holes))


@dataclass(frozen=True, slots=True)
class ExplainedCall:
    """Somebody who would be told: at once by the first of `channels`, by each other one when the one before was not
    delivered within 10 s; and by all `shared` ones. `works`: whether one of them would arrive, as far as is known."""

    person: str
    person_name: str
    post_kind: PostKind | None
    channels: tuple[str, ...]
    shared: tuple[str, ...]
    works: bool


@dataclass(frozen=True, slots=True)
class ExplainedOutput:
    """What goes on at the school: on which of its `devices` (none: no device there has it), and for how many `seconds`
    (None: until the incident closes)."""

    output: Output
    devices: tuple[str, ...]
    seconds: int | None


@dataclass(frozen=True, slots=True)
class ExplainedStep:
    """A step as it would fire. `empty`: it tells nobody, so the next one follows at once. `police`: 110 is told."""

    step: int
    after_seconds: int
    at: datetime
    targets: tuple[str, ...]
    only_channels: tuple[str, ...]
    calls: tuple[ExplainedCall, ...]
    reasons: tuple[Reason, ...]
    police: bool
    empty: bool
    outputs: tuple[ExplainedOutput, ...] = ()


@dataclass(frozen=True, slots=True)
class Explanation:
    """What a live press at a school would do, if nobody answered: the policy and why, each step of its first round, and
    after how many seconds it reaches a person (None: not in the first round)."""

    effective: EffectivePolicy
    steps: tuple[ExplainedStep, ...]
    reached_after_seconds: int | None
    within_seconds: int
    covered: bool


async def explain_press(
    database: Database, school: str, at: datetime | None = None, kind: Kind = Kind.PANIC
) -> Explanation | None:
    """What a live press of that kind would do at a school at an instant (None: now). None: no such school."""
    effective = await find_effective_policy(database, school, Mode.LIVE, kind, at)
    return None if effective is None else await explain_policy(database, effective)


async def explain_policy(database: Database, effective: EffectivePolicy) -> Explanation:
    """Whom a policy would call at its school and instant, whether it counts there or not."""
    async with database.transaction(isolation="repeatable_read") as connection:
        rules = [Rule(0, 0, effective.mode, effective.policy)]
        known = (await list_watched_schools(connection, rules, [effective.school]))[0]
        round_takes = timedelta(seconds=effective.policy.steps[-1].after_seconds)
        span = (effective.at, effective.at + round_takes + LOOK_AHEAD)
        climb = Climb(effective.policy, known, await load_staff(connection, [known], rules, span))
        on_site = await list_outputs_at(connection, effective.school, tuple(Output), None)
    steps = [
        _explain_step(climb, fired, effective.at, fired_at, on_site)
        for fired_at, fired in climb.rehearse(effective.at, round_takes)
        if fired.round == 1
    ]
    reached = climb.find_reached(effective.at, round_takes)
    seconds = None if reached is None else int(reached.after_seconds)
    limit = int(WITHIN.total_seconds())
    return Explanation(effective, tuple(steps), seconds, limit, seconds is not None and seconds <= limit)


def _explain_step(
    climb: Climb, fired: Fired, pressed_at: datetime, at: datetime, on_site: Sequence[OutputOfDevice]
) -> ExplainedStep:
    step = climb.policy.steps[fired.step]
    calls = [
        ExplainedCall(
            person=one.person,
            person_name=one.person_name,
            post_kind=one.post_kind,
            channels=tuple(dict.fromkeys(method.channel for method in one.methods)),
            shared=one.shared,
            works=climb.staff.contacts.works(one.person, step.channels),
        )
        for one in fired.recipients
    ]
    return ExplainedStep(
        step=fired.step,
        after_seconds=int((at - pressed_at).total_seconds()),
        at=at,
        targets=step.targets,
        only_channels=step.channels,
        calls=tuple(calls),
        reasons=tuple(Reasons(climb, KnownReasons()).list_of(fired.step, at)),
        police=fired.police,
        empty=fired.empty,
        outputs=tuple(_explain_output(fired, output, on_site) for output in fired.outputs),
    )


def _explain_output(fired: Fired, output: Output, on_site: Sequence[OutputOfDevice]) -> ExplainedOutput:
    devices = tuple(one.device for one in on_site if one.output is output)
    return ExplainedOutput(output, devices, fired.output_seconds)
