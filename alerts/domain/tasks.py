"""Task cards: what an incident's plan asks of whom, ticked off with time and name, and the 1-3-5 clock over them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any

from alerts.domain.incidents import Incident, MoveRefused
from alerts.domain.plans import DUE_AFTER, Phase, Responsibility, Site, site_of
from alerts.domain.presses import Mode
from alerts.domain.registry import PostKind


class TaskState(StrEnum):
    """What became of a card. `left_open`: the incident was closed over it; it may still be done, and then counts."""

    OPEN = "open"
    DONE = "done"
    SKIPPED = "skipped"
    LEFT_OPEN = "left_open"


@dataclass(frozen=True, slots=True)
class Assignee:
    """Somebody to whom a card can be given."""

    person: str
    person_name: str


@dataclass(frozen=True, slots=True)
class Task:
    """A card; each field is a column of the table of the same name.

    `person` is None while nobody holds the post. `due_at` is None for what is not timed. `overdue_at` is when it was
    noted that the time is up, `settled_at` and `settled_by` when and by whom it was done or skipped.
    """

    id: int
    incident: int
    plan: str
    version: int
    number: int
    phase: Phase
    text: str
    text_en: str
    post: PostKind
    site: str
    person: str | None
    person_name: str | None
    state: TaskState
    opened_at: datetime
    due_at: datetime | None
    overdue_at: datetime | None = None
    settled_at: datetime | None = None
    settled_by: str | None = None
    note: str | None = None


@dataclass(frozen=True, slots=True)
class TaskCard(Task):
    """A card as it is shown at an instant. `late`: it was not done in time, or is not done and its time is up."""

    late: bool = False


class TaskSettled(MoveRefused):
    """It is done or skipped already."""

    slug = "task-settled"


def wants_tasks(incident: Incident) -> bool:
    """Whether cards are made: for what is live and for drills, at a school. A test asks nobody to do anything."""
    return incident.mode is not Mode.TEST and incident.school is not None


def phases_of(mode: Mode) -> frozenset[Phase]:
    """The phases of which an incident makes cards: what must stand ready beforehand is gone through in drills."""
    return frozenset(Phase) - (frozenset() if mode is Mode.DRILL else {Phase.BEFORE})


def name_site(incident: Incident, post: PostKind) -> str:
    """Where the post of an incident's card is."""
    site = site_of(post)
    if site is Site.SCHOOL:
        return f"school:{incident.school}"
    return f"district:{incident.district}" if site is Site.DISTRICT else "city"


def due_at_of(incident: Incident, phase: Phase) -> datetime | None:
    """When the work of a phase must be done."""
    after = DUE_AFTER.get(phase)
    return None if after is None else incident.opened_at + after


def deal(
    responsibilities: Sequence[Responsibility],
    posts: Mapping[PostKind, Sequence[Assignee]],
    present: Mapping[str, Assignee],
) -> list[tuple[Responsibility, Assignee | None]]:
    """Who gets which card.

    The person whom the plan names, else the deputy whom it names, if `present` has them; else the people of the post in
    their order, each in turn within a phase, so that nobody has to do everything while others stand by.
    """
    turns: dict[tuple[PostKind, Phase], int] = defaultdict(int)
    dealt: list[tuple[Responsibility, Assignee | None]] = []
    for one in sorted(responsibilities, key=lambda each: each.number):
        named = [present[who] for who in (one.person, one.deputy) if who is not None and who in present]
        people = posts.get(one.post, ())
        if named or not people:
            dealt.append((one, named[0] if named else None))
            continue
        turn = (one.post, one.phase)
        dealt.append((one, people[turns[turn] % len(people)]))
        turns[turn] += 1
    return dealt


def finish(task: Task, by: str, now: datetime) -> Task:
    """Ticks a card off. Again by the same person: no change. Raises TaskSettled."""
    if task.state is TaskState.DONE and task.settled_by == by:
        return task
    _refuse_settled(task)
    return replace(task, state=TaskState.DONE, settled_at=now, settled_by=by)


def skip(task: Task, by: str, reason: str, now: datetime) -> Task:
    """Says that a card needs not be done here, and why. Raises TaskSettled."""
    if (task.state, task.settled_by, task.note) == (TaskState.SKIPPED, by, reason):
        return task
    _refuse_settled(task)
    return replace(task, state=TaskState.SKIPPED, settled_at=now, settled_by=by, note=reason)


def assign(task: Task, assignee: Assignee) -> Task:
    """Gives a card to somebody else. Raises TaskSettled."""
    _refuse_settled(task)
    return replace(task, person=assignee.person, person_name=assignee.person_name)


def _refuse_settled(task: Task) -> None:
    if task.state in {TaskState.DONE, TaskState.SKIPPED}:
        raise TaskSettled(f"{task.settled_by} has it {task.state} since {task.settled_at:%Y-%m-%dT%H:%M:%S%z}")


def is_late(task: Task, now: datetime) -> bool:
    """Whether a card was not done in time, or is not done and its time is up."""
    if task.due_at is None or task.state is TaskState.SKIPPED:
        return False
    return (task.settled_at or now) > task.due_at


def show(task: Task, now: datetime) -> TaskCard:
    """A card as it is shown at `now`."""
    fields: dict[str, Any] = {name: getattr(task, name) for name in Task.__slots__}
    return TaskCard(**fields, late=is_late(task, now))


class PhaseOutcome(StrEnum):
    """Whether the work of a phase was done in time. `unknown`: there was none, or all of it was skipped."""

    MET = "met"
    NOT_MET = "not_met"
    RUNNING = "running"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class PhaseTiming:
    """The 1-3-5 clock of one phase of an incident. `finished_at` is when the last of its cards was done, None while one
    is not; `seconds` is that since the incident opened."""

    phase: Phase
    due_at: datetime | None
    tasks: int
    done: int
    skipped: int
    late: int
    finished_at: datetime | None
    seconds: float | None
    outcome: PhaseOutcome


def time_phases(tasks: Iterable[Task]) -> tuple[PhaseTiming, ...]:
    """The timing of each timed phase of an incident, from its cards. What was not done is never met."""
    of_phase: dict[Phase, list[Task]] = {phase: [] for phase in DUE_AFTER}
    for task in tasks:
        if task.phase in of_phase:
            of_phase[task.phase].append(task)
    return tuple(_time_phase(phase, cards) for phase, cards in of_phase.items())


def _time_phase(phase: Phase, tasks: Sequence[Task]) -> PhaseTiming:
    wanted = [task for task in tasks if task.state is not TaskState.SKIPPED]
    done_at = [task.settled_at for task in wanted if task.state is TaskState.DONE and task.settled_at is not None]
    late = sum(task.overdue_at is not None or _was_late(task) for task in wanted)
    finished_at = max(done_at) if done_at and len(done_at) == len(wanted) else None
    return PhaseTiming(
        phase=phase,
        due_at=next((task.due_at for task in tasks), None),
        tasks=len(tasks),
        done=len(done_at),
        skipped=len(tasks) - len(wanted),
        late=late,
        finished_at=finished_at,
        seconds=None if finished_at is None else (finished_at - wanted[0].opened_at).total_seconds(),
        outcome=_judge(wanted, late, finished_at),
    )


def _was_late(task: Task) -> bool:
    return task.settled_at is not None and is_late(task, task.settled_at)


def _judge(wanted: Sequence[Task], late: int, finished_at: datetime | None) -> PhaseOutcome:
    if not wanted:
        return PhaseOutcome.UNKNOWN
    if late or any(task.state is TaskState.LEFT_OPEN for task in wanted):
        return PhaseOutcome.NOT_MET
    return PhaseOutcome.RUNNING if finished_at is None else PhaseOutcome.MET
