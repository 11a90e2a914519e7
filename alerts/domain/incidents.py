"""An incident: its states, the moves between them, and what is shown of it everywhere."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from alerts.domain.police import HandoverState
from alerts.domain.presses import Category, Kind, Mode


class State(StrEnum):
    """Contract, "Incident states"."""

    OPEN = "open"
    ACKNOWLEDGED = "acknowledged"
    RESPONDING = "responding"
    CLOSED = "closed"


class Cause(StrEnum):
    """Why an incident was closed."""

    REAL = "real"
    DISPUTE = "dispute"
    MEDICAL = "medical"
    ACCIDENTAL = "accidental"
    PUPIL_PLAY = "pupil_play"
    DEVICE_FAULT = "device_fault"
    TEST = "test"
    DRILL = "drill"


@dataclass(frozen=True, slots=True)
class Incident:
    """An incident as every program and board sees it; each field is a column of the table of the same name.

    `school`, `school_name` and `district` are None while no school can be told (an unplaced press); `place` is then
    the device that pressed. `point` says where exactly the first press came from. `step` is the index of the next
    step of the policy and `round` counts its repetitions from 1; `next_at` is when something happens if nobody does
    anything: the next step of an open incident, or the end of an acknowledgement. `told` and `reached` count
    people to whom a message was addressed, and to whom one was delivered. `unreached_at` is since when nobody whom the
    newest steps called could be reached. `takers` took it so far; it stops climbing when `takers_needed` did.
    `police` is how far 110 is with it, None when it is not handed over; `police_telephone`: somebody must telephone
    110.
    `outputs_unconfirmed` counts sirens, strobes, locks and voices of which nobody knows whether they do what is wished.
    """

    id: int
    place: str
    school: str | None
    school_name: str | None
    district: str | None
    point: str | None
    device: str
    mode: Mode
    category: Category
    kind: Kind
    state: State
    opened_at: datetime
    last_press_at: datetime
    presses: int = 0
    late: bool = False
    problems: tuple[str, ...] = ()
    cancel_asked_at: datetime | None = None
    acknowledged_at: datetime | None = None
    acknowledged_by: str | None = None
    responding_at: datetime | None = None
    responding_by: str | None = None
    closed_at: datetime | None = None
    closed_by: str | None = None
    cause: Cause | None = None
    step: int = 0
    round: int = 1
    next_at: datetime | None = None
    told: int = 0
    reached: int = 0
    opened_position: int = 0
    takers: tuple[str, ...] = ()
    takers_needed: int = 1
    unreached_at: datetime | None = None
    police: HandoverState | None = None
    police_telephone: bool = False
    outputs_unconfirmed: int = 0


class MoveRefused(Exception):
    """A move that the incident's state does not allow; `slug` ends the problem type of the answer."""

    slug = "move-refused"


class AlreadyTaken(MoveRefused):
    """Somebody else has it already."""

    slug = "already-taken"


class NotTaken(MoveRefused):
    """Nobody took it yet, so it cannot be closed: whoever closes must first have seen it."""

    slug = "not-taken"


class AlreadyClosed(MoveRefused):
    """Closed is final: the next press opens a new incident."""

    slug = "already-closed"


def acknowledge(incident: Incident, by: str, now: datetime, until: datetime) -> Incident:
    """A named person takes it, until `until` unless somebody carries it on. Again by the same person: no change.

    Where more than one person must take it, it stays open and climbs on until the last of them did.
    """
    _refuse_closed(incident)
    if by in (*incident.takers, incident.acknowledged_by):
        return incident
    if incident.state is not State.OPEN:
        raise AlreadyTaken(f"{incident.acknowledged_by} took it at {incident.acknowledged_at:%Y-%m-%dT%H:%M:%S%z}")
    incident = replace(incident, takers=(*incident.takers, by))
    if len(incident.takers) < incident.takers_needed:
        return incident
    incident = replace(incident, state=State.ACKNOWLEDGED, acknowledged_at=now, acknowledged_by=by, next_at=until)
    if incident.responding_by is None:
        return incident
    return replace(incident, state=State.RESPONDING, next_at=None)  # the first of several is on the way already


def respond(incident: Incident, by: str, now: datetime) -> Incident:
    """Somebody is on the way or there; whoever goes has thereby taken it, if nobody had.

    Where more than one person must take it, it stays open and climbs on until the last of them did.
    """
    _refuse_closed(incident)
    if incident.state is State.RESPONDING:
        return incident
    going = replace(incident, responding_at=incident.responding_at or now, responding_by=incident.responding_by or by)
    if incident.state is State.OPEN:
        going = replace(going, takers=going.takers if by in going.takers else (*going.takers, by))
        if len(going.takers) < going.takers_needed:
            return going
    return replace(
        going,
        state=State.RESPONDING,
        acknowledged_at=going.acknowledged_at or now,
        acknowledged_by=going.acknowledged_by or by,
        next_at=None,
    )


def carry_on(incident: Incident, until: datetime) -> Incident:
    """A note on a taken incident shows that somebody is at it: the acknowledgement lasts longer."""
    return replace(incident, next_at=until) if incident.state is State.ACKNOWLEDGED else incident


def reopen(incident: Incident) -> Incident:
    """An acknowledgement that nobody carried on runs out, and it rings again in a new round."""
    return replace(
        incident,
        state=State.OPEN,
        acknowledged_at=None,
        acknowledged_by=None,
        takers=(),
        step=0,
        round=incident.round + 1,
    )


def close(incident: Incident, by: str, cause: Cause, now: datetime) -> Incident:
    """Ends it for good. Refused with NotTaken while nobody took it, and with AlreadyClosed for another cause."""
    if incident.state is State.CLOSED and (incident.closed_by, incident.cause) == (by, cause):
        return incident
    _refuse_closed(incident)
    if incident.state is State.OPEN:
        raise NotTaken("take it first: an incident that nobody took cannot be closed")
    return replace(incident, state=State.CLOSED, closed_at=now, closed_by=by, cause=cause, next_at=None)


def _refuse_closed(incident: Incident) -> None:
    if incident.state is State.CLOSED:
        raise AlreadyClosed(f"closed by {incident.closed_by} as {incident.cause}")
