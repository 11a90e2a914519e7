"""What people do to an incident: take it, go, note, close. Each is one transaction with its log row."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import datetime, timedelta

from alerts.domain.escalation import Running
from alerts.domain.incidents import Cause, Incident, State, acknowledge, carry_on, close, respond
from alerts.domain.outputs import check_closing
from alerts.incidents.actors import Actor, NoSuchIncident
from alerts.incidents.escalating import incident_entry
from alerts.incidents.outputs import Asker, Driven, switch_off_outputs
from alerts.storage.database import Connection, Database
from alerts.storage.deliveries import cover_deliveries
from alerts.storage.incidents import lock_incidents, save_incidents
from alerts.storage.log import append_log

__all__ = ["Actor", "Answers", "NoSuchIncident", "hold_until"]


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
        """Closes it for good, with its cause, and switches off what it had switched on. Over outputs that are not
        confirmed it needs a word why: raises OutputsUnconfirmed without `text`."""

        def move(one: Running, now: datetime) -> Incident:
            closed = close(one.incident, actor.display_name, cause, now)
            if closed != one.incident:
                check_closing(one.incident, text)
            return closed

        return await self._move(incident_id, actor, "incident.closed", move, text, then=_switch_off)

    async def _move(
        self,
        incident_id: int,
        actor: Actor,
        kind: str,
        move: Callable[[Running, datetime], Incident],
        text: str | None = None,
        *,
        always: bool = False,
        then: Callable[[Connection, Running, Actor, datetime], Awaitable[Driven]] | None = None,
    ) -> Incident:
        async with self._database.transaction() as connection:
            found = await lock_incidents(connection, [incident_id])
            if not found:
                raise NoSuchIncident(incident_id)
            now = await self._database.read_now(connection)
            moved = move(found[0], now)
            if moved == found[0].incident and not always:
                return moved
            driven = Driven(replace(found[0], incident=moved))
            await save_incidents(connection, [driven.running])
            if moved.state is not State.OPEN:
                await cover_deliveries(connection, [incident_id])
            if then is not None:
                driven = await then(connection, driven.running, actor, now)
            moved = driven.running.incident
            entry = incident_entry(
                f"person:{actor.name}", moved, kind, by=actor.display_name, text=text, cause=moved.cause
            )
            await append_log(connection, now, [entry, *driven.entries])
            return moved


async def _switch_off(connection: Connection, running: Running, actor: Actor, now: datetime) -> Driven:
    """What a closed incident had switched on goes off again."""
    asker = Asker(f"person:{actor.name}", actor.display_name)
    driven = await switch_off_outputs(connection, [running], asker, now)
    return driven.get(running.incident.id, Driven(running))


def hold_until(running: Running, now: datetime) -> datetime:
    """How long an acknowledgement lasts that is given now, unless somebody carries it on."""
    return now + timedelta(seconds=running.policy.acknowledgement_seconds)
