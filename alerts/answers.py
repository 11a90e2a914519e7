"""What people do to an incident: take it, go, note, close. Each is one transaction with its log row."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from alerts.domain.escalation import Running
from alerts.domain.incidents import Cause, Incident, State, acknowledge, carry_on, close, respond
from alerts.escalating import incident_entry
from alerts.storage.database import Database
from alerts.storage.deliveries import cover_deliveries
from alerts.storage.incidents import lock_incidents, save_incidents
from alerts.storage.log import append_log


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts: `name` is the account, `display_name` what people read."""

    name: str
    display_name: str


class NoSuchIncident(LookupError):
    """There is no incident of that number."""


class Answers:
    """Moves of an incident by people. Refusals are the named errors of `alerts.domain.incidents`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def acknowledge(self, incident_id: int, actor: Actor) -> Incident:
        """Takes it. What is still on its way to others is not needed any more."""
        return await self._move(
            incident_id,
            actor,
            "incident.acknowledged",
            lambda one, now: acknowledge(one.incident, actor.display_name, now, hold_until(one, now)),
        )

    async def respond(self, incident_id: int, actor: Actor, text: str | None = None) -> Incident:
        """Somebody is on the way or there."""
        return await self._move(
            incident_id,
            actor,
            "incident.responding",
            lambda one, now: respond(one.incident, actor.display_name, now),
            text,
        )

    async def note(self, incident_id: int, actor: Actor, text: str) -> Incident:
        """Writes a note; on a taken incident it also shows that somebody is at it."""
        return await self._move(
            incident_id,
            actor,
            "incident.noted",
            lambda one, now: carry_on(one.incident, hold_until(one, now)),
            text,
            always=True,
        )

    async def close(self, incident_id: int, actor: Actor, cause: Cause, text: str | None = None) -> Incident:
        """Closes it for good, with its cause."""
        return await self._move(
            incident_id,
            actor,
            "incident.closed",
            lambda one, now: close(one.incident, actor.display_name, cause, now),
            text,
        )

    async def _move(
        self,
        incident_id: int,
        actor: Actor,
        kind: str,
        move: Callable[[Running, datetime], Incident],
        text: str | None = None,
        *,
        always: bool = False,
    ) -> Incident:
        async with self._database.transaction() as connection:
            found = await lock_incidents(connection, [incident_id])
            if not found:
                raise NoSuchIncident(incident_id)
            now = await self._database.read_now(connection)
            moved = move(found[0], now)
            if moved == found[0].incident and not always:
                return moved
            await save_incidents(connection, [replace(found[0], incident=moved)])
            if moved.state is not State.OPEN:
                await cover_deliveries(connection, [incident_id])
            entry = incident_entry(
                f"person:{actor.name}", moved, kind, by=actor.display_name, text=text, cause=moved.cause
            )
            await append_log(connection, now, [entry])
            return moved


def hold_until(running: Running, now: datetime) -> datetime:
    """How long an acknowledgement lasts that is given now, unless somebody carries it on."""
    return now + timedelta(seconds=running.policy.acknowledgement_seconds)
