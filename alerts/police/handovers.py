"""What 110 says of an incident, by the wire or by telephone, and what follows from it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from alerts.domain.escalation import Policy, Running, Step
from alerts.domain.handover import Handover, Late, Report, Via, take_report
from alerts.domain.incidents import Incident
from alerts.domain.police import HandoverState
from alerts.domain.targets import TargetKind
from alerts.incidents.answers import Actor, NoSuchIncident
from alerts.incidents.escalating import POLICE_OVERDUE, incident_entry, write_messages
from alerts.storage.database import Connection, Database
from alerts.storage.deliveries import count_people, queue_deliveries
from alerts.storage.handovers import (
    PoliceLimit,
    find_incident_by_key,
    lock_handovers,
    queue_handovers,
    save_handovers,
    save_limit,
)
from alerts.storage.incidents import lock_incidents, save_incidents
from alerts.storage.log import Entry, append_log
from alerts.storage.recipients import list_callees

_CLOCKS_DIFFER = timedelta(minutes=1)
_DESK = Policy(steps=(Step(0, (TargetKind.CITY,)),), repeat_after_seconds=None)

_KINDS = {
    HandoverState.WAITING: "handover.retried",
    HandoverState.PHONE_IN: "handover.phone_wanted",
    HandoverState.SENT: "handover.sent",
    HandoverState.ACCEPTED: "handover.accepted",
    HandoverState.REJECTED: "handover.rejected",
    HandoverState.DISPATCHED: "handover.dispatched",
    HandoverState.ON_SCENE: "handover.on_scene",
    HandoverState.CLOSED: "handover.closed",
}
_SAID = (
    "state",
    "via",
    "number",
    "officer",
    "unit",
    "reason",
    "disposition",
    "error",
    "telephone",
    "attempts",
    "rings",
)


class NoSuchHandover(LookupError):
    """110 speaks of a case that is not ours."""


class ReportUnbelievable(ValueError):
    """A report of something that has not happened yet; the message says what to mend."""


@dataclass(frozen=True, slots=True)
class Told:
    """A hand-over after somebody reported on it, and whether that was news."""

    handover: Handover
    news: bool


class Handovers:
    """Moves of hand-overs by 110's reports. Refusals are the named errors of `alerts.domain.handover`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def take_from_wire(self, key: UUID, report: Report) -> Told:
        """What the station says by itself. Raises NoSuchHandover."""
        async with self._database.connection() as connection:
            incident = await find_incident_by_key(connection, key)
        if incident is None:
            raise NoSuchHandover(str(key))
        return await self._take(incident, report, "police", {})

    async def take_from_telephone(self, incident: int, actor: Actor, report: Report, text: str | None = None) -> Told:
        """What somebody was told on the telephone; moves the hand-over exactly as the wire does. An incident that was
        not handed over is from now on. Raises NoSuchIncident."""
        said = {"by": actor.display_name, "text": text}
        return await self._take(incident, replace(report, via=Via.PHONE), f"person:{actor.name}", said)

    async def _take(self, incident_id: int, report: Report, actor: str, said: Mapping[str, Any]) -> Told:
        async with self._database.transaction() as connection:
            found = await lock_incidents(connection, [incident_id])
            if not found:
                raise NoSuchIncident(incident_id)
            now = await self._database.read_now(connection)
            if report.at is not None and report.at > now + _CLOCKS_DIFFER:
                raise ReportUnbelievable(f"`at` is in the future: it is {now:%Y-%m-%dT%H:%M:%SZ} now")
            before = await self._lock_or_open(connection, found[0].incident, report, now)
            after = take_report(before, report, now)
            if after == before:
                return Told(after, news=False)
            await save_handovers(connection, [after])
            await append_log(connection, now, [write_entry(actor, found[0].incident, after, **said)])
            return Told(after, news=True)

    @staticmethod
    async def _lock_or_open(connection: Connection, incident: Incident, report: Report, now: datetime) -> Handover:
        if report.via is Via.PHONE:
            await queue_handovers(connection, [incident], now)
        return (await lock_handovers(connection, [incident.id]))[incident.id]


async def save_limits(database: Database, limit: PoliceLimit, by: str) -> None:
    """Sets how long 110 may take in a district or in the city, from now on. Raises UnknownReference."""
    async with database.transaction() as connection:
        now = await database.read_now(connection)
        await save_limit(connection, limit)
        subject = f"district:{limit.district}" if limit.district else "city"
        await append_log(connection, now, [Entry(f"person:{by}", subject, "police.limited", limit)])


def show_on(incident: Incident, handover: Handover) -> Incident:
    """The incident as boards see it, with how far 110 is."""
    return replace(incident, police=handover.state, police_telephone=handover.telephone)


def write_entry(actor: str, incident: Incident, handover: Handover, kind: str | None = None, **details: Any) -> Entry:
    """The log row of a hand-over's move, with the incident as it is shown thereafter."""
    said = {name: getattr(handover, name) for name in _SAID} | details
    return incident_entry(actor, show_on(incident, handover), kind or _KINDS[handover.state], **said)


def write_overdue_entry(incident: Incident, handover: Handover, late: Late, rung: Sequence[str]) -> Entry:
    """The log row of something that did not come in time, and who was rung for it."""
    return write_entry("engine", incident, handover, "handover.overdue", late=late, rung=list(rung))


async def ring_city_desk(
    connection: Connection, running: Sequence[Running], rings: Mapping[int, int], now: datetime
) -> dict[int, tuple[Incident, list[str]]]:
    """Queues messages to whoever is on duty at the city's desk about these locked incidents, the `rings`th time;
    returns the incidents with the people counted, and who is rung."""
    if not running:
        return {}
    callees = await list_callees(connection, [replace(one, policy=_DESK) for one in running], now)
    desk = {id_: [who for who in its[TargetKind.CITY] if who.reachable] for id_, its in callees.items()}
    await queue_deliveries(
        connection,
        [
            message
            for one in running
            for message in write_messages(
                one.incident, POLICE_OVERDUE, rings[one.incident.id], 0, desk[one.incident.id], now
            )
        ],
    )
    rung = {id_: [who.person_name for who in people] for id_, people in desk.items()}
    counts = await count_people(connection, list(rung))
    counted = [
        replace(one, incident=replace(one.incident, told=counts[one.incident.id].told))
        if one.incident.id in counts
        else one
        for one in running
    ]
    await save_incidents(connection, counted)
    return {one.incident.id: (one.incident, rung[one.incident.id]) for one in counted}
