"""The hand-over of an incident to 110: its states, the moves between them, and its deadlines.

There is one hand-over an incident. It ends when 110 closes it, or when the incident is closed and 110 was told so.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from types import MappingProxyType
from uuid import UUID

from alerts.domain.incidents import MoveRefused
from alerts.domain.police import HandoverState
from alerts.domain.presses import Mode

_FIRST_PAUSE_SECONDS = 2.0
_LONGEST_PAUSE_SECONDS = 30.0
_RING_SECONDS = 30.0  # until the city desk is rung again; doubled each time
_LONGEST_RING_SECONDS = 300.0

_TAKEN = (HandoverState.ACCEPTED, HandoverState.DISPATCHED, HandoverState.ON_SCENE, HandoverState.CLOSED)
_DECIDED = (HandoverState.REJECTED, *_TAKEN)

MOVES: Mapping[HandoverState, tuple[HandoverState, ...]] = MappingProxyType(
    {
        HandoverState.WAITING: (HandoverState.SENT, HandoverState.PHONE_IN, *_DECIDED),
        HandoverState.PHONE_IN: (HandoverState.SENT, *_DECIDED),
        HandoverState.SENT: (HandoverState.WAITING, HandoverState.PHONE_IN, *_DECIDED),
        HandoverState.REJECTED: _TAKEN,
        HandoverState.ACCEPTED: _TAKEN[1:],
        HandoverState.DISPATCHED: _TAKEN[2:],
        HandoverState.ON_SCENE: _TAKEN[3:],
        HandoverState.CLOSED: (),
    }
)
"""Where each state may lead. A station may leave states out, but it never goes back."""

UNANSWERED = frozenset({HandoverState.WAITING, HandoverState.PHONE_IN, HandoverState.SENT, HandoverState.REJECTED})
"""States in which nobody at 110 has the incident."""

REPORTABLE = frozenset(_DECIDED)
"""States that 110 can report, by the wire or by telephone."""


class Via(StrEnum):
    """How 110's answer came."""

    WIRE = "wire"
    PHONE = "phone"


class Late(StrEnum):
    """What did not come in time: 110's answer, or its patrol at the school."""

    ANSWER = "answer"
    PATROL = "patrol"


@dataclass(frozen=True, slots=True)
class Handover:
    """The hand-over of an incident; each field is a column of the table of the same name.

    `key` is how 110 and we both name it. `due_at` is when the wire is used next, `answer_by` when the city desk is rung
    unless 110 has it, `on_scene_by` when a patrol should be there. `telephone`: somebody must telephone 110.
    `overdue_at` is since when something is late. `number` is 110's own number of the case; `officer` who took it there,
    `unit` who goes. `rings` counts calls of the city desk, `attempts` uses of the wire. `withdrawn_at`: the incident
    was closed first.
    """

    id: int
    incident: int
    mode: Mode
    state: HandoverState
    key: UUID
    queued_at: datetime
    due_at: datetime | None = None
    answer_by: datetime | None = None
    on_scene_by: datetime | None = None
    attempts: int = 0
    rings: int = 0
    telephone: bool = False
    via: Via | None = None
    number: str | None = None
    officer: str | None = None
    unit: str | None = None
    reason: str | None = None
    disposition: str | None = None
    error: str | None = None
    sent_at: datetime | None = None
    accepted_at: datetime | None = None
    rejected_at: datetime | None = None
    dispatched_at: datetime | None = None
    on_scene_at: datetime | None = None
    closed_at: datetime | None = None
    overdue_at: datetime | None = None
    withdrawn_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Report:
    """What 110 says of a case; `at` is when it happened there, None when it did not say: now."""

    state: HandoverState
    at: datetime | None = None
    via: Via = Via.WIRE
    number: str | None = None
    officer: str | None = None
    unit: str | None = None
    reason: str | None = None
    disposition: str | None = None


class HandoverLate(MoveRefused):
    """A report of something that is behind us already: it changes nothing."""

    slug = "handover-late"


class HandoverClosed(MoveRefused):
    """The hand-over is closed, and closed is final."""

    slug = "handover-closed"


class ReportIncomplete(MoveRefused):
    """A rejection without a reason, or an end without a disposition."""

    slug = "report-incomplete"


def take_report(handover: Handover, report: Report, now: datetime, poll: timedelta | None = None) -> Handover:
    """The hand-over after 110 said something. The same said again changes nothing but what was missing before.

    With `poll`, the station is asked again so much later. Raises HandoverLate, HandoverClosed and ReportIncomplete.
    """
    _refuse_incomplete(report)
    if report.state is handover.state:
        return _complete(handover, report)
    if handover.state is HandoverState.CLOSED:
        raise HandoverClosed(f"it was closed as {handover.disposition or 'done'}")
    if report.state not in MOVES[handover.state]:
        raise HandoverLate(f"it is {handover.state} already, {report.state} comes too late")
    goes_on = poll is not None and report.via is Via.WIRE and report.state is not HandoverState.CLOSED
    moved = replace(
        _complete(handover, report),
        state=report.state,
        via=report.via,
        due_at=now + poll if goes_on and poll else None,
        error=None,
        overdue_at=handover.overdue_at if report.state is HandoverState.REJECTED else None,
        telephone=report.state is HandoverState.REJECTED and handover.mode is Mode.LIVE,
    )
    return _stamp(moved, report, now)


def _refuse_incomplete(report: Report) -> None:
    if report.state is HandoverState.REJECTED and not report.reason:
        raise ReportIncomplete("a rejection needs its reason")
    if report.state is HandoverState.CLOSED and not report.disposition:
        raise ReportIncomplete("an end needs its disposition")


def _complete(handover: Handover, report: Report) -> Handover:
    return replace(
        handover,
        number=report.number or handover.number,
        officer=report.officer or handover.officer,
        unit=report.unit or handover.unit,
        reason=report.reason or handover.reason,
        disposition=report.disposition or handover.disposition,
    )


def _stamp(handover: Handover, report: Report, now: datetime) -> Handover:
    """Writes down when it happened, never in the future; whoever is there or was sent was accepted before. A rejection
    rings the city desk at once."""
    at = min(report.at or now, now)
    if report.state is HandoverState.REJECTED:
        return replace(handover, rejected_at=at, answer_by=now)
    handover = replace(handover, answer_by=None, accepted_at=handover.accepted_at or at)
    if report.state is HandoverState.DISPATCHED:
        return replace(handover, dispatched_at=at)
    if report.state is HandoverState.ON_SCENE:
        return replace(handover, on_scene_at=at, on_scene_by=None)
    if report.state is HandoverState.CLOSED:
        return replace(handover, closed_at=at, on_scene_by=None)
    return handover


def note_sent(handover: Handover, now: datetime, poll: timedelta | None) -> Handover:
    """The station has the message. A hand-over that moved on meanwhile stays as it is."""
    if HandoverState.SENT not in MOVES[handover.state]:
        return handover
    return replace(
        handover,
        state=HandoverState.SENT,
        sent_at=handover.sent_at or now,
        due_at=now + poll if poll else None,
        telephone=handover.telephone and handover.overdue_at is not None,
        error=None,
    )


def note_failed(handover: Handover, now: datetime, error: str) -> Handover:
    """The wire failed: again after 2, 4, 8 … 30 s, as long as the hand-over is open."""
    if handover.state is HandoverState.CLOSED:
        return handover
    pause = min(_FIRST_PAUSE_SECONDS * 2 ** min(max(handover.attempts, 1) - 1, 10), _LONGEST_PAUSE_SECONDS)
    return replace(handover, due_at=now + timedelta(seconds=pause), error=error)


def want_telephone(handover: Handover, now: datetime) -> Handover:
    """No link is set up: somebody must telephone, and the city desk is rung for it at once."""
    if HandoverState.PHONE_IN not in MOVES[handover.state]:
        return replace(handover, due_at=None)
    return replace(handover, state=HandoverState.PHONE_IN, telephone=True, due_at=None, answer_by=now)


def withhold(handover: Handover, now: datetime, why: str) -> Handover:
    """A test or drill that is not told to 110, and why."""
    return replace(_end(handover, now), disposition=f"withheld: {why}")


def withdraw(handover: Handover, now: datetime, why: str) -> Handover:
    """The incident was closed: what 110 never took ends here; what it took, 110 ends itself, knowing it."""
    told = replace(
        handover, withdrawn_at=now, due_at=None, answer_by=None, on_scene_by=None, telephone=False, error=None
    )
    if handover.state in UNANSWERED:
        return replace(_end(told, now), disposition=f"withdrawn: {why}")
    return told


def _end(handover: Handover, now: datetime) -> Handover:
    return replace(
        handover,
        state=HandoverState.CLOSED,
        closed_at=now,
        due_at=None,
        answer_by=None,
        on_scene_by=None,
        telephone=False,
    )


@dataclass(frozen=True, slots=True)
class Overdue:
    """What is late now, and whether the city desk is rung for it."""

    handover: Handover
    late: tuple[Late, ...]
    rings: bool


def judge_deadlines(handover: Handover, now: datetime) -> Overdue:
    """What has become late by `now`. A live hand-over that 110 does not take rings the city desk again and again;
    a test or a drill is only noted, once."""
    late: list[Late] = []
    if handover.answer_by is not None and handover.answer_by <= now and handover.state in UNANSWERED:
        late.append(Late.ANSWER)
        handover = _pass_answer(handover, now)
    if handover.on_scene_by is not None and handover.on_scene_by <= now and handover.state is not HandoverState.CLOSED:
        late.append(Late.PATROL)
        handover = replace(handover, on_scene_by=None, overdue_at=handover.overdue_at or now)
    return Overdue(handover, tuple(late), Late.ANSWER in late and handover.mode is Mode.LIVE)


def _pass_answer(handover: Handover, now: datetime) -> Handover:
    live = handover.mode is Mode.LIVE
    again = timedelta(seconds=min(_RING_SECONDS * 2**handover.rings, _LONGEST_RING_SECONDS))
    asked_again = handover.state is HandoverState.SENT
    return replace(
        handover,
        state=HandoverState.WAITING if asked_again else handover.state,
        due_at=now if asked_again else handover.due_at,
        answer_by=now + again if live else None,
        overdue_at=handover.overdue_at or now,
        telephone=live,
        rings=handover.rings + live,
    )
