"""All that is known of one incident, put together for whoever has to answer it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

import msgspec

from alerts.domain.chain import LogRow
from alerts.domain.escalation import Callees, Policy, Running, fire_step
from alerts.domain.handover import Handover
from alerts.domain.incidents import Incident, State
from alerts.domain.registry import Camera, PostKind
from alerts.domain.showings import Showing
from alerts.domain.tasks import PhaseTiming, TaskCard, show, time_phases
from alerts.incidents.showings import list_showings
from alerts.storage.board_reads import (
    CancelRow,
    DeliveryRow,
    IncidentSchool,
    PressRow,
    list_cancels,
    list_deliveries,
    list_presses,
    read_incident,
    read_incident_school,
)
from alerts.storage.database import Connection
from alerts.storage.handovers import read_handover
from alerts.storage.log import read_log_of_subject
from alerts.storage.outputs import OutputRow, list_outputs
from alerts.storage.pictures import PictureRow, list_cameras_at, list_pictures
from alerts.storage.recipients import list_callees
from alerts.storage.station import StationEvent, list_events
from alerts.storage.tasks import list_tasks

LONGEST_LIST = 1000  # of presses, timeline rows and deliveries; `incident.presses` tells how many there are in all


@dataclass(frozen=True, slots=True)
class TimelineEntry:
    """Something that happened: `detail` is what the log says of it, without the incident itself."""

    position: int
    at: datetime
    actor: str
    actor_name: str
    kind: str
    detail: dict[str, Any]


class NextKind(StrEnum):
    """What happens to an incident if nobody does anything."""

    STEP = "step"
    REPEAT = "repeat"
    ACKNOWLEDGEMENT_ENDS = "acknowledgement_ends"


@dataclass(frozen=True, slots=True)
class Target:
    """Somebody who will be told; `post_kind` is None for a person who is called by name."""

    post_kind: PostKind | None
    person: str
    person_name: str


@dataclass(frozen=True, slots=True)
class Next:
    """What comes next, when, and who will then be told; all None and empty when nothing does."""

    at: datetime | None = None
    what: NextKind | None = None
    step: int | None = None
    targets: tuple[Target, ...] = ()


@dataclass(frozen=True, slots=True)
class IncidentDetail:
    """One incident. Presses and deliveries are newest first, cancels, the timeline and screens that showed it oldest
    first. Pictures are of the point where it was pressed, cameras those that look at it and those of the school."""

    incident: Incident
    school: IncidentSchool | None
    presses: tuple[PressRow, ...]
    cancels: tuple[CancelRow, ...]
    timeline: tuple[TimelineEntry, ...]
    deliveries: tuple[DeliveryRow, ...]
    next: Next
    handover: Handover | None
    station: tuple[StationEvent, ...]
    tasks: tuple[TaskCard, ...] = ()
    one_three_five: tuple[PhaseTiming, ...] = ()
    outputs: tuple[OutputRow, ...] = ()
    screens: tuple[Showing, ...] = ()
    pictures: tuple[PictureRow, ...] = ()
    cameras: tuple[Camera, ...] = ()


async def read_detail(connection: Connection, id_: int, now: datetime) -> IncidentDetail | None:
    """Reads one incident as it is at `now`; the connection must be in a repeatable read."""
    found = await read_incident(connection, id_)
    if found is None:
        return None
    incident, policy = found
    rows = await read_log_of_subject(connection, f"incident:{id_}", incident.opened_position, LONGEST_LIST)
    callees = await list_callees(connection, [Running(incident, policy, incident.opened_at)], now)
    cards = await list_tasks(connection, id_)
    pictures, cameras = await _look_around(connection, incident)
    return IncidentDetail(
        incident=incident,
        school=None if incident.school is None else await read_incident_school(connection, incident.school),
        presses=tuple(await list_presses(connection, incident=id_, limit=LONGEST_LIST)),
        cancels=tuple(await list_cancels(connection, id_, LONGEST_LIST)),
        timeline=tuple(_tell(row) for row in rows),
        deliveries=tuple(await list_deliveries(connection, id_, LONGEST_LIST)),
        next=foresee(incident, policy, callees[id_]),
        handover=await read_handover(connection, id_),
        station=tuple(await list_events(connection, id_)),
        tasks=tuple(show(card, now) for card in cards),
        one_three_five=time_phases(cards),
        outputs=tuple(await list_outputs(connection, id_)),
        screens=tuple(list_showings(rows)),
        pictures=pictures,
        cameras=cameras,
    )


async def _look_around(connection: Connection, incident: Incident) -> tuple[tuple[PictureRow, ...], tuple[Camera, ...]]:
    """How it looks where it was pressed, and who looks there."""
    if incident.school is None:
        return (), ()
    at = incident.point
    pictures = () if at is None else tuple(await list_pictures(connection, incident.school, at))
    return pictures, tuple(await list_cameras_at(connection, incident.school, at))


def foresee(incident: Incident, policy: Policy, callees: Callees) -> Next:
    """What happens next, if nobody does anything and the people on duty stay the same."""
    if incident.next_at is None:
        return Next()
    if incident.state is State.ACKNOWLEDGED:
        step, what = 0, NextKind.ACKNOWLEDGEMENT_ENDS
    else:
        step = incident.step
        what = NextKind.REPEAT if step == 0 and incident.round > 1 else NextKind.STEP
    told = fire_step(policy, incident.round, step, callees).recipients if step < len(policy.steps) else ()
    targets = tuple(Target(one.post_kind, one.person, one.person_name) for one in told)
    return Next(incident.next_at, what, step, targets)


def _tell(row: LogRow) -> TimelineEntry:
    body: dict[str, Any] = msgspec.json.decode(row.body)
    body.pop("incident", None)
    detail = body.get("press", body)
    name = body.get("by") or row.actor.partition(":")[2] or row.actor
    return TimelineEntry(row.position, row.at, row.actor, name, row.kind, detail)
