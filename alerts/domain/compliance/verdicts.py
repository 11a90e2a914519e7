"""What a rule answers: a verdict, why, on which evidence, and what would make it met."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from types import MappingProxyType
from typing import TypeVar
from zoneinfo import ZoneInfo

import msgspec

T = TypeVar("T")
_write_json = msgspec.json.Encoder().encode


class Verdict(StrEnum):
    """`unknown`: there is no evidence. `declared`: a form says so, and nothing else. Neither is ever counted as met."""

    MET = "met"
    NOT_MET = "not_met"
    UNKNOWN = "unknown"
    DECLARED = "declared"
    NOT_APPLICABLE = "not_applicable"


class Grade(StrEnum):
    """How good evidence is: A a signed device's event, B derived by the service from such, C a person's check-in,
    D declared on a form. The best comes first."""

    A = "A"
    B = "B"
    C = "C"
    D = "D"


class ReferenceKind(StrEnum):
    """Where a piece of evidence is kept."""

    EVIDENCE = "evidence"  # a raw message: `day/device/channel/identity`
    FACT = "fact"  # something that a person declared or checked
    DEVICE = "device"
    INCIDENT = "incident"
    PERSON = "person"
    POST = "post"
    WINDOW = "window"  # an announced test or drill
    HAZARD = "hazard"
    PLAN = "plan"


class Reference(msgspec.Struct, frozen=True, gc=False):
    """One piece of evidence, to be opened. There are hundreds of a school and day: structs are made and written in a
    third of the time that dataclasses take."""

    kind: ReferenceKind
    key: str


Value = str | int | float


class Reason(msgspec.Struct, frozen=True, gc=False):
    """A reason in no language: its code, and what the sentence is filled with. Instants are RFC 3339 texts."""

    code: str
    said: Mapping[str, Value] = msgspec.field(default_factory=lambda: MappingProxyType({}))


@dataclass(frozen=True, slots=True)
class Judgement:
    """What a rule made of a day.

    `mend` says what would make it met. `look_again_at` is when it may change with no new evidence at all: a deadline.
    `references` are the pieces that decided; at most `MOST_REFERENCES`, the first and the last of them.
    """

    verdict: Verdict
    reasons: tuple[Reason, ...] = ()
    references: tuple[Reference, ...] = ()
    mend: tuple[Reason, ...] = ()
    look_again_at: datetime | None = None


MOST_REFERENCES = 20


def say(code: str, **said: Value) -> Reason:
    """A reason."""
    return Reason(code, said)


def cite(kind: ReferenceKind, keys: Iterable[object]) -> tuple[Reference, ...]:
    """References of a kind, each once and in their order; of many, the first and the last."""
    few = keep_few(tuple(dict.fromkeys(map(str, keys))))
    return tuple([Reference(kind, key) for key in few])


def grade_met(grades: Iterable[Grade]) -> Verdict:
    """The verdict on something that holds: met when anything better than a form says so, declared when a form alone
    does, and unknown when nothing does."""
    best = min(grades, default=None)
    if best is None:
        return Verdict.UNKNOWN
    return Verdict.DECLARED if best is Grade.D else Verdict.MET


def tell_day(at: datetime, zone: ZoneInfo) -> str:
    """The day of an instant by the school's clock, for what was long ago or is to come."""
    return at.astimezone(zone).date().isoformat()


def tell_instant(at: datetime) -> str:
    """An instant as reasons carry it."""
    if at.tzinfo is UTC:  # as nearly all are: in a fifth of the time
        return _write_json(at)[1:20].decode() + "+00:00"
    return at.isoformat(timespec="seconds")


NO_TIMETABLE = Judgement(Verdict.UNKNOWN, (say("no_timetable"),), mend=(say("enter_timetable"),))
"""What a rule about the times when pupils come and go says while nobody knows these."""


_WORST_FIRST = (Verdict.NOT_MET, Verdict.UNKNOWN, Verdict.DECLARED, Verdict.MET, Verdict.NOT_APPLICABLE)


def combine(*judgements: Judgement) -> Judgement:
    """One of several that must all hold: the worst verdict with the reasons for it, the references of all, and the
    first of the deadlines."""
    worst = min((one.verdict for one in judgements), key=_WORST_FIRST.index)
    deciding = [one for one in judgements if one.verdict is worst]
    references = tuple(dict.fromkeys(reference for one in judgements for reference in one.references))
    deadlines = (one.look_again_at for one in judgements if one.look_again_at)
    return Judgement(
        worst,
        tuple(reason for one in deciding for reason in one.reasons),
        keep_few(references),
        tuple({reason.code: reason for one in deciding for reason in one.mend}.values()),
        min(deadlines, default=None),
    )


def keep_few(references: tuple[T, ...]) -> tuple[T, ...]:
    """Of many references, the first and the last."""
    if len(references) <= MOST_REFERENCES:
        return references
    half = MOST_REFERENCES // 2
    return references[:half] + references[-half:]
