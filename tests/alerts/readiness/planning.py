"""A plan for the stories: five lines for a violent press, and people who are reached, trained and there."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from alerts.domain.plans import Gap, Phase, Plan, Responsibility
from alerts.domain.presses import Kind
from alerts.domain.registry import PostKind
from alerts.domain.tasks import Task
from alerts.engine.tasks import attend_tasks_due
from alerts.incidents.tasks import TaskMoves
from alerts.readiness.plans import SavedPlan, note_trainings, read_school_coverage, save_plan
from alerts.storage.plans import Training
from alerts.storage.tasks import list_tasks
from tests.alerts.story import Story

FIRST_DAY = date(2026, 1, 1)
PLAN = Plan(
    "intruder",
    "防侵入预案",
    FIRST_DAY,
    (
        Responsibility(1, Phase.BEFORE, "器械到位", PostKind.SCHOOL_DUTY, "The kit is in place"),
        Responsibility(2, Phase.SELF_HELP, "关闭校门", PostKind.SCHOOL_DUTY, "Shut the gate"),
        Responsibility(3, Phase.SELF_HELP, "持盾阻拦", PostKind.SCHOOL_DUTY, "Hold them with shields"),
        Responsibility(4, Phase.MUTUAL_HELP, "区里增援", PostKind.DISTRICT_DESK, "The district sends help"),
        Responsibility(5, Phase.REINFORCEMENT, "通报市局", PostKind.CITY_DESK, "Tell the bureau"),
        Responsibility(6, Phase.AFTER, "心理疏导", PostKind.PRINCIPAL, "Care for those who saw it"),
    ),
    name_en="Intruder",
    kinds=(Kind.PANIC, Kind.VIOLENCE, Kind.INTRUDER),
)
EVERYBODY = ("guard", "duty", "desk", "city")


def changed(plan: Plan = PLAN, **fields: Any) -> Plan:
    """A plan that differs in some fields."""
    return replace(plan, **fields)


async def save(story: Story, plan: Plan = PLAN) -> SavedPlan:
    return await save_plan(story.database, plan, "wang")


async def reach(story: Story, *people: str) -> None:
    """Gives people a verified telephone number, on a channel that is on."""
    for person in people:
        await story.database_execute(
            "insert into contact_method (person, rank, channel, address, added_at, verified_at)"
            f" values ('{person}', 1, 'sms', '+999{person}', now(), now())"
        )
    await story.database_execute("update channel set enabled = true where code = 'sms'")


async def train(story: Story, *people: str, plan: str = "intruder", days_ago: int = 0) -> None:
    on = story.now.astimezone(ZoneInfo("Asia/Shanghai")).date() - timedelta(days=days_ago)
    await note_trainings(story.database, [Training(person, plan, on) for person in people], "wang")


async def certify(story: Story, person: str, kind: str, *, days: int) -> None:
    """Gives a person a certificate that lasts so many days more."""
    until = story.now.astimezone(ZoneInfo("Asia/Shanghai")).date() + timedelta(days=days)
    async with story.database.connection() as connection:
        await connection.execute(
            "insert into certificate (person, kind, number, valid_until, saved_by, saved_at)"
            " values ($1, $2, 'N1', $3, 'x', now())",
            person,
            kind,
            until,
        )


async def send_on_leave(story: Story, person: str) -> None:
    async with story.database.connection() as connection:
        await connection.execute(
            "insert into leave (person, starts_at, ends_at, saved_by, saved_at) values ($1, $2, $3, 'x', $2)",
            person,
            story.now - timedelta(hours=1),
            story.now + timedelta(hours=1),
        )


async def attend(story: Story, seconds: float = 0) -> None:
    """Lets time pass, and the engine see to the cards."""
    story.database.shift += timedelta(seconds=seconds)
    while await attend_tasks_due(story.database):
        pass


async def cards(story: Story, incident: int) -> dict[int, Task]:
    """The cards of an incident by the number of their responsibility."""
    async with story.database.connection() as connection:
        return {task.number: task for task in await list_tasks(connection, incident)}


async def gaps(story: Story, school: str = "S1") -> dict[int, tuple[Gap, ...]]:
    """What is in the way of each responsibility of a school."""
    covered = await read_school_coverage(story.database, school)
    assert covered is not None
    return {one.number: one.gaps for one in covered.items}


def moves(story: Story) -> TaskMoves:
    return TaskMoves(story.database)
