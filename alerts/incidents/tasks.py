"""What people do to task cards: tick one off, say that it is not needed, give it to somebody else."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime

from alerts.domain.tasks import Task, assign, finish, skip
from alerts.incidents.answers import Actor, NoSuchIncident
from alerts.incidents.escalating import incident_entry
from alerts.storage.database import Connection, Database
from alerts.storage.incidents import lock_incidents
from alerts.storage.log import append_log
from alerts.storage.registry import find_people
from alerts.storage.tasks import list_present, lock_task, update_task


class NoSuchTask(LookupError):
    """The incident has no card of that number."""


class AssigneeInvalid(ValueError):
    """Somebody who cannot be given a card; the message says why."""


class TaskMoves:
    """Moves of cards by people, each one transaction with its log row. Refusals are those of `alerts.domain.tasks`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def finish(self, incident: int, task: int, actor: Actor) -> Task:
        """Ticks a card off, with time and name; also one over which the incident was closed."""

        async def move(_connection: Connection, card: Task, now: datetime) -> Task:
            return finish(card, actor.display_name, now)

        return await self._move(incident, task, actor, "task.done", move)

    async def skip(self, incident: int, task: int, actor: Actor, reason: str) -> Task:
        """Says why a card needs not be done here."""

        async def move(_connection: Connection, card: Task, now: datetime) -> Task:
            return skip(card, actor.display_name, reason, now)

        return await self._move(incident, task, actor, "task.skipped", move)

    async def assign(self, incident: int, task: int, actor: Actor, person: str) -> Task:
        """Gives a card to another person. Raises AssigneeInvalid for one who is unknown or on leave."""

        async def move(connection: Connection, card: Task, now: datetime) -> Task:
            present = await list_present(connection, [person], now)
            if person not in present:
                known = await find_people(connection, [person])
                raise AssigneeInvalid(f"{known[person].name} is on leave" if known else f"there is no person {person}")
            return assign(card, present[person])

        return await self._move(incident, task, actor, "task.reassigned", move)

    async def _move(
        self,
        incident: int,
        task: int,
        actor: Actor,
        kind: str,
        move: Callable[[Connection, Task, datetime], Awaitable[Task]],
    ) -> Task:
        async with self._database.transaction() as connection:
            found = await lock_incidents(connection, [incident])
            if not found:
                raise NoSuchIncident(incident)
            card = await lock_task(connection, incident, task)
            if card is None:
                raise NoSuchTask(task)
            now = await self._database.read_now(connection)
            moved = await move(connection, card, now)
            if moved == card:
                return card
            await update_task(connection, moved)
            by = actor.display_name
            entry = incident_entry(f"person:{actor.name}", found[0].incident, kind, by=by, task=moved)
            await append_log(connection, now, [entry])
            return moved
