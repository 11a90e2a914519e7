"""What an after-action report tells, put together from rows of the log alone, so that it can be made again."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import msgspec

from alerts.domain.answer_times import IN_TIME, SOON
from alerts.domain.chain import LogRow
from alerts.domain.incidents import Incident
from alerts.domain.presses import Mode

_TAKEN = ("incident.acknowledged", "incident.responding")
_QUANTILES = (0.5, 0.9, 0.985)


@dataclass(frozen=True, slots=True)
class Event:
    """A row of the timeline; `seconds` since its incident opened, `who` acted, `detail` what the log says of it."""

    position: int
    at: datetime
    incident: int
    seconds: float
    kind: str
    who: str
    detail: str


@dataclass(frozen=True, slots=True)
class ReceiptLine:
    """A person who was to be told of an incident by a channel, and when the message came how far."""

    incident: int
    round: int
    step: int
    person: str
    person_name: str
    post_kind: str
    channel: str
    told_at: datetime
    state: str
    state_at: datetime
    error: str


@dataclass(frozen=True, slots=True)
class PlanTask:
    """A task card of an incident's plan: whose it was, when it was due, and what became of it."""

    incident: int
    number: str
    person_name: str
    due_at: str
    state: str
    at: datetime
    by: str
    text: str


@dataclass(frozen=True, slots=True)
class PoliceMove:
    """A move of the hand-over to 110."""

    incident: int
    at: datetime
    seconds: float
    kind: str
    number: str
    detail: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """One incident: as the log's last word has it, and how long until somebody took it and went, in seconds."""

    incident: Incident
    first_taken_by: str
    taken_seconds: float | None
    responding_seconds: float | None
    closed_seconds: float | None


@dataclass(frozen=True, slots=True)
class Answering:
    """The answer times of all incidents together; an untaken one is in the shares and the slowest of all."""

    incidents: int
    taken: int
    within_30: int
    within_60: int
    p50_seconds: float | None
    p90_seconds: float | None
    p985_seconds: float | None


@dataclass(frozen=True, slots=True)
class WindowSaid:
    """An announced window as the log has it."""

    id: int
    mode: Mode
    district: str | None
    school: str | None
    starts_at: datetime
    ends_at: datetime
    announced_by: str
    announced_at: datetime
    note: str
    police_notified_at: datetime | None = None
    police_notified_by: str | None = None
    police_notified_how: str | None = None
    police_reference: str = ""
    announced_to_police: bool = False


@dataclass(frozen=True, slots=True)
class AfterAction:
    """A report: of one incident, or of a window. `position` and `hash` are the log's row up to which it tells."""

    subject: str
    position: int
    hash: str
    at: datetime
    zone: str
    window: WindowSaid | None
    outcomes: tuple[Outcome, ...]
    answering: Answering
    events: tuple[Event, ...]
    receipts: tuple[ReceiptLine, ...]
    tasks: tuple[PlanTask, ...]
    police: tuple[PoliceMove, ...]


@dataclass(slots=True)
class _Story:
    """What the rows so far tell of one incident."""

    incident: Incident
    taken_at: datetime | None = None
    taken_by: str = ""
    responding_at: datetime | None = None
    closed_at: datetime | None = None
    receipts: dict[tuple[int, int, str, str], ReceiptLine] = field(default_factory=dict)


class Teller:
    """Takes rows of the log one after the other, and tells the report at the end."""

    def __init__(self) -> None:
        self._stories: dict[int, _Story] = {}
        self._events: list[Event] = []
        self._tasks: list[PlanTask] = []
        self._police: list[PoliceMove] = []

    def take(self, rows: Iterable[LogRow]) -> None:
        """Takes rows of incidents, in the order of their positions."""
        for row in rows:
            body = msgspec.json.decode(row.body)
            id_ = int(row.subject.removeprefix("incident:"))
            if "incident" in body:
                incident = msgspec.convert(body["incident"], Incident)
                self._stories.setdefault(id_, _Story(incident)).incident = incident
            if id_ in self._stories:
                self._take(self._stories[id_], row, body)

    def tell(
        self, subject: str, head: tuple[int, str, datetime], zone: str, window: WindowSaid | None = None
    ) -> AfterAction:
        """The report; `head` is the position, hash and time of the last row that counts."""
        stories = sorted(self._stories.values(), key=lambda one: one.incident.id)
        outcomes = tuple(_outcome_of(one) for one in stories)
        position, hash_, at = head
        return AfterAction(
            subject=subject,
            position=position,
            hash=hash_,
            at=at,
            zone=zone,
            window=window,
            outcomes=outcomes,
            answering=sum_up([one.taken_seconds for one in outcomes]),
            events=tuple(self._events),
            receipts=tuple(line for one in stories for line in one.receipts.values()),
            tasks=tuple(self._tasks),
            police=tuple(self._police),
        )

    def _take(self, story: _Story, row: LogRow, body: Mapping[str, Any]) -> None:
        area, _, verb = row.kind.partition(".")
        who = str(body.get("by") or row.actor.partition(":")[2] or row.actor)
        seconds = (row.at - story.incident.opened_at).total_seconds()
        id_ = story.incident.id
        if row.kind in _TAKEN and story.taken_at is None:
            story.taken_at, story.taken_by = row.at, who
        if row.kind == "incident.responding":
            story.responding_at = story.responding_at or row.at
        elif row.kind == "incident.closed":
            story.closed_at = row.at
        elif row.kind == "incident.escalated":
            _take_step(story, row, body)
        elif area == "delivery":
            _take_delivery(story, row, body, verb)
        elif area == "task":
            self._tasks += _tasks_of(id_, row, body, verb, who)
        elif area == "handover":
            detail = _say(body, "reason", "unit", "officer", "disposition", "text", "late")
            self._police.append(PoliceMove(id_, row.at, seconds, row.kind, str(body.get("number") or ""), detail))
        self._events.append(Event(row.position, row.at, id_, seconds, row.kind, who, _detail_of(row.kind, body)))


def sum_up(taken_seconds: Sequence[float | None]) -> Answering:
    """Shares and percentiles by nearest rank; None is an incident that nobody took, the slowest of all."""
    ordered = sorted(math.inf if one is None else one for one in taken_seconds)
    at = [ordered[max(0, math.ceil(len(ordered) * share) - 1)] if ordered else math.inf for share in _QUANTILES]
    p50, p90, p985 = (None if math.isinf(one) else one for one in at)
    return Answering(
        incidents=len(ordered),
        taken=sum(not math.isinf(one) for one in ordered),
        within_30=sum(one <= SOON.total_seconds() for one in ordered),
        within_60=sum(one <= IN_TIME.total_seconds() for one in ordered),
        p50_seconds=p50,
        p90_seconds=p90,
        p985_seconds=p985,
    )


def _outcome_of(story: _Story) -> Outcome:
    def since(at: datetime | None) -> float | None:
        return None if at is None else (at - story.incident.opened_at).total_seconds()

    return Outcome(
        story.incident, story.taken_by, since(story.taken_at), since(story.responding_at), since(story.closed_at)
    )


def _take_step(story: _Story, row: LogRow, body: Mapping[str, Any]) -> None:
    for state, people in (("queued", body.get("told", ())), ("unreachable", body.get("unreachable", ()))):
        for one in people:
            for channel in str(one.get("channel") or "").split(", "):
                said = {**one, "channel": channel, "round": body["round"], "step": body["step"]}
                _note_receipt(story, row, said, state)


def _take_delivery(story: _Story, row: LogRow, body: Mapping[str, Any], verb: str) -> None:
    _note_receipt(story, row, body, "queued" if verb == "redirected" else verb)


def _note_receipt(story: _Story, row: LogRow, said: Mapping[str, Any], state: str) -> None:
    round_, step, person = int(said.get("round") or 0), int(said.get("step") or 0), str(said.get("person") or "")
    channel = str(said.get("channel") or "")
    key = (round_, step, person, channel)
    before = story.receipts.get(key)
    story.receipts[key] = ReceiptLine(
        incident=story.incident.id,
        round=round_,
        step=step,
        person=person,
        person_name=str(said.get("person_name") or person),
        post_kind=str(said.get("post_kind") or ""),
        channel=channel,
        told_at=before.told_at if before else row.at,
        state=state,
        state_at=row.at,
        error=str(said.get("error") or ""),
    )


def _tasks_of(incident: int, row: LogRow, body: Mapping[str, Any], verb: str, who: str) -> list[PlanTask]:
    """Cards as a row tells of them: of many at once by `tasks`, of one by `task`."""
    one = body.get("task")
    cards = body.get("tasks") or ([one] if isinstance(one, dict) else [])
    return [
        PlanTask(
            incident=incident,
            number=str(card.get("number") or card.get("task") or card.get("id") or ""),
            person_name=str(card.get("person_name") or card.get("person") or ""),
            due_at=str(card.get("due_at") or ""),
            state=verb,
            at=row.at,
            by=who,
            text=str(card.get("reason") or card.get("text") or ""),
        )
        for card in cards
    ]


def _detail_of(kind: str, body: Mapping[str, Any]) -> str:
    if kind == "press.received":
        return _say(body.get("press", {}), "point", "device", "kind_said", "problems")
    if kind == "incident.escalated":
        return ", ".join(str(one.get("person_name") or one.get("person")) for one in body.get("told", ()))
    if kind.startswith("task."):
        cards = body.get("tasks") or [body.get("task")]
        return ", ".join(str(card.get("number", "")) for card in cards if isinstance(card, dict))
    if kind == "incident.closed":
        return _say(body, "text")
    if kind.startswith("output."):
        return ", ".join(_name_output(one) for one in body.get("outputs") or [body])
    return _say(body, "person_name", "channel", "error", "reference", "number", "reason", "unit", "text", "devices")


def _name_output(said: Mapping[str, Any]) -> str:
    does = said.get("confirmed") or ("on" if said.get("on") else "off")
    return f"{said.get('device')} {said.get('output')} {does}"


def _say(said: Mapping[str, Any], *names: str) -> str:
    values = (said.get(name) for name in names)
    return " · ".join(
        ", ".join(str(part) for part in value) if isinstance(value, list) else str(value) for value in values if value
    )
