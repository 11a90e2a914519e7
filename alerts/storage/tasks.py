"""Task cards on disk, and the incidents that want some."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import Any, TypeAlias

from alerts.domain.escalation import Running
from alerts.domain.presses import Kind
from alerts.domain.registry import PostKind
from alerts.domain.tasks import Assignee, PhaseTiming, Task, time_phases
from alerts.storage.database import Connection
from alerts.storage.incidents import read_running
from alerts.storage.records import read_record, read_records, write_rows
from alerts.storage.statements import read_statements

_SQL = read_statements("tasks")

Assignees: TypeAlias = dict[str, dict[PostKind, list[Assignee]]]
"""Who can be given cards, by site and post, in the order in which they are given."""


async def claim_untasked(connection: Connection, limit: int) -> list[Running]:
    """Incidents whose cards were not made yet and that no other engine holds."""
    return [read_running(row) for row in await connection.fetch(_SQL["claim_untasked"], limit)]


async def mark_tasked(connection: Connection, incidents: Sequence[int], with_cards: Collection[int]) -> None:
    """The cards of these incidents are made; some of them have any."""
    await connection.execute(_SQL["mark_tasked"], incidents, list(with_cards))


async def choose_plans(
    connection: Connection, wanted: Collection[tuple[str, Kind]], now: datetime
) -> dict[tuple[str, Kind], tuple[str, int]]:
    """The plan and version by which each school acts on a kind of press; missing where there is none."""
    schools = sorted({school for school, _ in wanted})
    only = schools[0] if len(schools) == 1 else None
    said = [school for school, _ in wanted], [kind for _, kind in wanted]
    rows = await connection.fetch(_SQL["choose_plans"], now, only, *said)
    return {(row["school"], Kind(row["kind"])): (row["plan"], row["version"]) for row in rows}


async def list_assignees(
    connection: Connection, schools: Iterable[str], districts: Iterable[str], now: datetime
) -> Assignees:
    """Who can be given the cards of these schools, these districts and the city."""
    found: Assignees = defaultdict(lambda: defaultdict(list))
    for row in await connection.fetch(_SQL["list_assignees"], sorted(schools), sorted(districts), now):
        found[row["site"]][PostKind(row["kind"])].append(read_record(row, Assignee))
    return found


async def list_present(connection: Connection, people: Iterable[str], now: datetime) -> dict[str, Assignee]:
    """Those of these people who are not on leave, by code."""
    rows = await connection.fetch(_SQL["list_present"], sorted(people), now)
    return {one.person: one for one in read_records(rows, Assignee)}


async def save_tasks(connection: Connection, tasks: Sequence[dict[str, Any]]) -> list[Task]:
    """Writes new cards and returns them with their numbers."""
    return read_records(await connection.fetch(_SQL["save_tasks"], write_rows(tasks)), Task)


async def list_tasks(connection: Connection, incident: int) -> list[Task]:
    """The cards of an incident, by phase and number."""
    return read_records(await connection.fetch(_SQL["list_tasks"], incident), Task)


async def read_one_three_five(connection: Connection, incident: int) -> tuple[PhaseTiming, ...]:
    """The 1-3-5 clock of an incident: for each timed phase what was done, how fast, and whether in time."""
    return time_phases(await list_tasks(connection, incident))


async def lock_task(connection: Connection, incident: int, task: int) -> Task | None:
    """A card of a locked incident, locked; None when the incident has no such card."""
    row = await connection.fetchrow(_SQL["lock_task"], task, incident)
    return None if row is None else read_record(row, Task)


async def update_task(connection: Connection, task: Task) -> None:
    """Writes back a locked card."""
    await connection.execute(
        _SQL["update_task"],
        task.id,
        task.person,
        task.person_name,
        task.state,
        task.settled_at,
        task.settled_by,
        task.note,
    )


async def lock_overdue_incidents(connection: Connection, now: datetime, limit: int) -> list[Running]:
    """Incidents with cards whose time is up, locked; those that somebody else holds are passed by."""
    ids = [row["incident"] for row in await connection.fetch(_SQL["list_overdue_incidents"], now, limit)]
    return [read_running(row) for row in await connection.fetch(_SQL["lock_incidents"], ids)] if ids else []


async def mark_overdue(connection: Connection, incidents: Sequence[int], now: datetime) -> list[Task]:
    """Notes that the time of cards is up, and returns those for which it was news."""
    return read_records(await connection.fetch(_SQL["mark_overdue"], incidents, now), Task)


async def claim_closed(connection: Connection, limit: int) -> list[Running]:
    """Incidents that were closed since and have cards, locked."""
    return [read_running(row) for row in await connection.fetch(_SQL["claim_closed"], limit)]


async def leave_tasks_open(connection: Connection, incidents: Sequence[int]) -> list[Task]:
    """Marks what nobody did before these incidents were closed, and returns it."""
    left = read_records(await connection.fetch(_SQL["leave_open"], incidents), Task)
    await connection.execute(_SQL["mark_left"], incidents)
    return left


async def read_next_task_due(connection: Connection) -> datetime | None:
    """When the time of the next card is up."""
    due_at: datetime | None = await connection.fetchval(_SQL["read_next_due"])
    return due_at
