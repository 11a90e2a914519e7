"""What a press says, how much of it can be believed, and which press it is.

A press is never refused: whatever is wrong with it becomes a named problem that is stored and shown beside it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from alerts.domain.payloads import NotReadable, read_instant, read_object, said_text

LATE_AFTER = timedelta(seconds=60)  # contract, "Nothing is refused": older than 60 s on arrival is late
CLOCK_TOLERANCE = timedelta(seconds=2)  # rule A13: a device's clock is right within 2 s


class Kind(StrEnum):
    """What a button was pressed for; a word that is not here counts as other and is kept as said."""

    PANIC = "panic"
    VIOLENCE = "violence"
    INTRUDER = "intruder"
    FIRE = "fire"
    MEDICAL = "medical"
    OTHER = "other"


class Mode(StrEnum):
    """Whether a press is the real thing; a test or a drill needs an announced window."""

    LIVE = "live"
    TEST = "test"
    DRILL = "drill"


class Category(StrEnum):
    """The class of an incident: one school has at most one open incident a mode and class."""

    SECURITY = "security"
    FIRE = "fire"
    MEDICAL = "medical"


class Problem(StrEnum):
    """What can be wrong with a press."""

    NOT_JSON = "not_json"
    NOT_OBJECT = "not_object"
    TOO_LARGE = "too_large"
    BAD_ID = "bad_id"
    BAD_BOOT = "bad_boot"
    BAD_SEQ = "bad_seq"
    BAD_AT = "bad_at"
    BAD_KIND = "bad_kind"
    BAD_MODE = "bad_mode"
    NO_WINDOW = "no_window"
    FUTURE = "future"
    UNKNOWN_DEVICE = "unknown_device"
    WRONG_SCHOOL = "wrong_school"
    WRONG_DISTRICT = "wrong_district"
    BAD_TOPIC = "bad_topic"
    NO_SUCH_PRESS = "no_such_press"
    SECOND_PRESS_IN_TEST = "second_press_in_test"


_CATEGORIES = {Kind.FIRE: Category.FIRE, Kind.MEDICAL: Category.MEDICAL}


def category_of(kind: Kind) -> Category:
    """The class that a kind of press belongs to: fire and medical stand alone, all the rest is security."""
    return _CATEGORIES.get(kind, Category.SECURITY)


@dataclass(frozen=True, slots=True)
class Reading:
    """A press as far as it could be read.

    `identity` is unique a device and tells a repeat from a second press, None where every arrival counts;
    `name` is how the device itself calls the press, and what its receipt carries.
    """

    identity: str | None
    name: str | None
    kind: Kind
    kind_said: str | None
    mode_said: Mode
    mode_words: str | None
    occurred_at: datetime | None
    late: bool
    problems: tuple[Problem, ...]


def read_press(payload: bytes, received_at: datetime) -> Reading:
    """Reads one press payload; never raises, what cannot be read becomes a problem."""
    problems: list[Problem] = []
    fields = _read_fields(payload, problems)
    identity, name = _read_identity(fields, problems)
    kind, kind_said = _read_kind(fields, problems)
    mode, mode_words = _read_mode(fields, problems)
    occurred_at = _read_at(fields, problems)
    if occurred_at is not None and occurred_at - received_at > CLOCK_TOLERANCE:
        problems.append(Problem.FUTURE)
    late = occurred_at is not None and received_at - occurred_at > LATE_AFTER
    return Reading(identity, name, kind, kind_said, mode, mode_words, occurred_at, late, tuple(problems))


@dataclass(frozen=True, slots=True)
class CancelReading:
    """A button's wish to take a press back; `press` is the name of that press as the device gave it."""

    identity: str | None
    press: str | None
    occurred_at: datetime | None
    problems: tuple[Problem, ...]


def read_cancel(payload: bytes) -> CancelReading:
    """Reads one cancel payload; never raises."""
    problems: list[Problem] = []
    fields = _read_fields(payload, problems)
    identity, _ = _read_identity(fields, problems)
    press = fields.get("press")
    return CancelReading(
        identity=identity,
        press=None if press is None else said_text(press),
        occurred_at=_read_at(fields, problems),
        problems=tuple(problems),
    )


def settle_mode(said: Mode, announced: frozenset[Mode]) -> tuple[Mode, bool]:
    """The mode that counts, and whether the device's word was overruled.

    A press is only a test or a drill inside a window that people announced; outside one it is live.
    """
    if said is Mode.LIVE or said in announced:
        return said, False
    return Mode.LIVE, True


def _read_fields(payload: bytes, problems: list[Problem]) -> Mapping[str, Any]:
    try:
        fields, too_large = read_object(payload)
    except NotReadable as error:
        problems.append(Problem(error.reason))
        return {}
    if too_large:
        problems.append(Problem.TOO_LARGE)
    return fields


def _read_identity(fields: Mapping[str, Any], problems: list[Problem]) -> tuple[str | None, str | None]:
    said = fields.get("id")
    if said is not None:
        name = said_text(said)
        if not isinstance(said, str) or not 1 <= len(said) <= 64 or name != said:
            problems.append(Problem.BAD_ID)
        return f"id:{_fit(name)}", name
    boot, seq = fields.get("boot"), fields.get("seq")
    if boot is not None and not isinstance(boot, str | int):
        problems.append(Problem.BAD_BOOT)
    if seq is not None and (not isinstance(seq, int) or isinstance(seq, bool)):
        problems.append(Problem.BAD_SEQ)
    if boot is not None and seq is not None:
        name = f"{said_text(boot)}:{said_text(seq)}"
        return f"seq:{_fit(name)}", name
    at = fields.get("at")
    if isinstance(at, str) and at:
        return f"at:{_fit(said_text(at))}", said_text(at)
    return None, None


def _fit(name: str) -> str:
    """A name short enough for an index; a longer one is told apart by its digest."""
    return name if len(name) <= 200 else "sha256:" + hashlib.sha256(name.encode()).hexdigest()


def _read_kind(fields: Mapping[str, Any], problems: list[Problem]) -> tuple[Kind, str | None]:
    said = fields.get("kind")
    if said is None:
        return Kind.PANIC, None
    words = said_text(said)
    if not isinstance(said, str):
        problems.append(Problem.BAD_KIND)
        return Kind.OTHER, words
    return (Kind(said) if said in Kind.__members__.values() else Kind.OTHER), words


def _read_mode(fields: Mapping[str, Any], problems: list[Problem]) -> tuple[Mode, str | None]:
    said = fields.get("mode")
    if said is None:
        return Mode.LIVE, None
    words = said_text(said)
    if not isinstance(said, str) or said not in Mode.__members__.values():
        problems.append(Problem.BAD_MODE)
        return Mode.LIVE, words
    return Mode(said), words


def _read_at(fields: Mapping[str, Any], problems: list[Problem]) -> datetime | None:
    said = fields.get("at")
    if said is None:
        return None
    instant = read_instant(said)
    if instant is None:
        problems.append(Problem.BAD_AT)
    return instant
