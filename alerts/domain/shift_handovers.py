"""Handing over between shifts: what is open when somebody leaves a desk, as the service finds it, and what they add."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from alerts.domain.incidents import MoveRefused
from alerts.domain.presses import Mode
from alerts.domain.rights import Place

LONGEST_NOTE = 500
LONGEST_REMARK = 2_000
MOST_NOTES = 200
LISTED = 50  # of each kind are written down one by one; the rest is a number
AHEAD = timedelta(hours=12)  # a shift at most: tests and drills of the next one are told


class OpenKind(StrEnum):
    """What can be open, in the order in which it is told."""

    INCIDENT = "incident"
    OUTPUT = "output"
    BREACH = "breach"
    HAZARD = "hazard"
    DEVICE = "device"
    NOTICE = "notice"
    WINDOW = "window"
    HOLD = "hold"


@dataclass(frozen=True, slots=True)
class OpenItem:
    """One thing that is open. `what` says what it is in the words of its kind: an incident's kind of press, an output,
    a rule, a point, a title, a reason. `by` has it in hand. With the state `settled` it was open when somebody wrote a
    note on it, and no more when they signed."""

    kind: OpenKind
    key: str
    state: str
    what: str = ""
    detail: str = ""
    school: str | None = None
    school_name: str | None = None
    district: str | None = None
    mode: Mode | None = None
    by: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class Note:
    """What somebody wrote on one thing."""

    kind: OpenKind
    key: str
    text: str


@dataclass(frozen=True, slots=True)
class Open:
    """What is open at a place: how much of each kind, and the first of each one by one."""

    counts: Mapping[OpenKind, int]
    items: tuple[OpenItem, ...]


@dataclass(frozen=True, slots=True)
class ShiftHandoverHead:
    """A hand-over in a list: whose place, who signed it when, how much was open, and who received it."""

    id: int
    district: str | None
    school: str | None
    handed_at: datetime
    handed_by: str
    handed_by_name: str
    counts: Mapping[OpenKind, int]
    received_at: datetime | None
    received_by: str | None
    received_by_name: str | None


@dataclass(frozen=True, slots=True)
class ShiftHandover:
    """A hand-over as it was signed; nothing of it changes but that somebody receives it."""

    id: int
    district: str | None
    school: str | None
    handed_at: datetime
    handed_by: str
    handed_by_name: str
    remark: str
    counts: Mapping[OpenKind, int]
    items: tuple[OpenItem, ...]
    received_at: datetime | None = None
    received_by: str | None = None
    received_by_name: str | None = None
    received_remark: str | None = None

    @property
    def place(self) -> Place:
        """Whose desk was handed over."""
        return Place(self.district, self.school)


class AlreadyReceived(MoveRefused):
    """Somebody signed for it before."""

    slug = "already-received"


class OwnHandover(MoveRefused):
    """Who handed over cannot receive the same from themselves."""

    slug = "own-handover"


def add_notes(items: Sequence[OpenItem], notes: Iterable[Note]) -> tuple[OpenItem, ...]:
    """The items with what somebody wrote on them. A note on what was settled meanwhile is not lost: it stands behind
    the others."""
    said = {(note.kind, note.key): note.text.strip() for note in notes if note.text.strip()}
    noted = [replace(item, note=said.pop((item.kind, item.key), "")) for item in items]
    settled = [OpenItem(kind, key, "settled", note=text) for (kind, key), text in said.items()]
    return (*noted, *settled)


def refuse_receipt(handover: ShiftHandover, by: str) -> None:
    """Raises AlreadyReceived or OwnHandover where somebody cannot receive it."""
    if handover.received_at is not None:
        raise AlreadyReceived(f"{handover.received_by_name} received it at {handover.received_at:%Y-%m-%dT%H:%M:%S%z}")
    if handover.handed_by == by:
        raise OwnHandover("who comes signs, not who goes: let them sign in")
