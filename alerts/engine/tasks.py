"""The cycle of task cards: an incident's plan becomes cards, what is not done in time is said once a phase, and what
was open when an incident was closed is marked so."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

import structlog

from alerts.domain.escalation import Running
from alerts.domain.incidents import Incident, State
from alerts.domain.plans import Phase, Responsibility
from alerts.domain.tasks import Assignee, Task, deal, due_at_of, name_site, phases_of, wants_tasks
from alerts.incidents.escalating import incident_entry
from alerts.storage.database import Connection, Database
from alerts.storage.log import Entry, append_log
from alerts.storage.plans import list_responsibilities
from alerts.storage.tasks import (
    Assignees,
    choose_plans,
    claim_closed,
    claim_untasked,
    leave_tasks_open,
    list_assignees,
    list_present,
    lock_overdue_incidents,
    mark_overdue,
    mark_tasked,
    read_next_task_due,
    save_tasks,
)

_log = structlog.get_logger()
_BATCH = 50  # incidents; their rows in the log are long, and presses write there too


async def attend_tasks_due(database: Database) -> int:
    """One round of the cycle, a transaction for each part. Returns how many incidents it touched."""
    made = await _make_tasks(database)
    return made + await _note_overdue(database) + await _leave_open(database)


async def read_seconds_to_next_task(database: Database, longest: float) -> float:
    """How long until the time of the next card is up, at most `longest`: incidents are looked for that often."""
    async with database.connection() as connection:
        next_at = await read_next_task_due(connection)
        now = await database.read_now(connection)
    return longest if next_at is None else max(0.0, min(longest, (next_at - now).total_seconds()))


async def _make_tasks(database: Database) -> int:
    """Makes the cards of incidents that have none yet."""
    async with database.transaction() as connection:
        claimed = await claim_untasked(connection, _BATCH)
        if not claimed:
            return 0
        now = await database.read_now(connection)
        incidents = {one.incident.id: one.incident for one in claimed}
        wanting = [one for one in incidents.values() if one.state is not State.CLOSED and wants_tasks(one)]
        made = await _write_cards(connection, wanting, now) if wanting else {}
        await mark_tasked(connection, list(incidents), made)
        if made:
            await append_log(connection, now, [_assigned_entry(incidents[id_], cards) for id_, cards in made.items()])
    for id_, cards in made.items():
        unassigned = sum(card.person is None for card in cards)
        _log.info("engine.tasks.assigned", incident=id_, plan=cards[0].plan, tasks=len(cards), unassigned=unassigned)
    return len(claimed)


async def _write_cards(connection: Connection, incidents: Sequence[Incident], now: datetime) -> dict[int, list[Task]]:
    plans = await choose_plans(connection, {(one.school or "", one.kind) for one in incidents}, now)
    asked = await list_responsibilities(connection, plans.values())
    schools = {one.school for one in incidents if one.school}
    districts = {one.district for one in incidents if one.district}
    assignees = await list_assignees(connection, schools, districts, now)
    named = {who for lines in asked.values() for line in lines for who in (line.person, line.deputy) if who}
    present = await list_present(connection, named, now) if named else {}
    rows: list[dict[str, Any]] = []
    for incident in incidents:
        chosen = plans.get((incident.school or "", incident.kind))
        if chosen:
            rows.extend(_deal_cards(incident, chosen, asked[chosen], assignees, present))
    cards: dict[int, list[Task]] = defaultdict(list)
    for card in await save_tasks(connection, rows):
        cards[card.incident].append(card)
    return dict(cards)


def _deal_cards(
    incident: Incident,
    chosen: tuple[str, int],
    asked: Iterable[Responsibility],
    assignees: Assignees,
    present: dict[str, Assignee],
) -> Iterable[dict[str, Any]]:
    phases = phases_of(incident.mode)
    wanted = [one for one in asked if one.phase in phases]
    posts = {one.post: assignees.get(name_site(incident, one.post), {}).get(one.post, []) for one in wanted}
    for one, assignee in deal(wanted, posts, present):
        yield {
            "incident": incident.id,
            "plan": chosen[0],
            "version": chosen[1],
            "number": one.number,
            "site": name_site(incident, one.post),
            "person": assignee and assignee.person,
            "person_name": assignee and assignee.person_name,
            "opened_at": incident.opened_at,
            "due_at": due_at_of(incident, one.phase),
        }


async def _note_overdue(database: Database) -> int:
    """Says of each phase whose time is up what is not done, once."""
    async with database.transaction() as connection:
        now = await database.read_now(connection)
        locked = await lock_overdue_incidents(connection, now, _BATCH)
        if not locked:
            return 0
        overdue = await mark_overdue(connection, [one.incident.id for one in locked], now)
        entries = [
            incident_entry("engine", incident, "task.overdue", phase=phase, tasks=_tell(cards))
            for incident, phase, cards in _by_phase(locked, overdue)
        ]
        if entries:
            await append_log(connection, now, entries)
    for incident, phase, cards in _by_phase(locked, overdue):
        _log.warning("engine.tasks.overdue", incident=incident.id, phase=phase, tasks=len(cards))
    return len(locked)


async def _leave_open(database: Database) -> int:
    """Marks the cards over which incidents were closed."""
    async with database.transaction() as connection:
        closed = await claim_closed(connection, _BATCH)
        if not closed:
            return 0
        now = await database.read_now(connection)
        left: dict[int, list[Task]] = defaultdict(list)
        for card in await leave_tasks_open(connection, [one.incident.id for one in closed]):
            left[card.incident].append(card)
        entries = [
            incident_entry("engine", one.incident, "task.left_open", tasks=_tell(left[one.incident.id]))
            for one in closed
            if one.incident.id in left
        ]
        if entries:
            await append_log(connection, now, entries)
    return len(closed)


def _by_phase(running: Sequence[Running], tasks: Iterable[Task]) -> list[tuple[Incident, Phase, list[Task]]]:
    cards: dict[tuple[int, Phase], list[Task]] = defaultdict(list)
    for task in tasks:
        cards[task.incident, task.phase].append(task)
    incidents = {one.incident.id: one.incident for one in running}
    return [(incidents[id_], phase, of_phase) for (id_, phase), of_phase in sorted(cards.items())]


def _assigned_entry(incident: Incident, cards: Sequence[Task]) -> Entry:
    plan, version = cards[0].plan, cards[0].version
    return incident_entry("engine", incident, "task.assigned", plan=plan, version=version, tasks=_tell(cards))


def _tell(cards: Iterable[Task]) -> list[dict[str, Any]]:
    """Cards as the log has them: their words stand in the plan's version, which never changes."""
    return [
        {
            "task": card.id,
            "number": card.number,
            "phase": card.phase,
            "post": card.post,
            "person": card.person,
            "person_name": card.person_name,
            "due_at": card.due_at,
        }
        for card in cards
    ]
