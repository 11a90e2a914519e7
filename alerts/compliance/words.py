"""Why a rule is met or not, and what would make it met, in words for people to read."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Literal
from zoneinfo import ZoneInfo

from alerts.domain.compliance.verdicts import Reason, Value

Language = Literal["zh", "en"]
_FILE = Path(__file__).with_suffix(".toml")


@cache
def read_words() -> Mapping[str, Mapping[str, str]]:
    """The sentences by the code of their reason, in both languages."""
    with _FILE.open("rb") as file:
        return tomllib.load(file)


def say_reason(reason: Reason, language: Language, zone: ZoneInfo) -> str:
    """A reason in words; instants are told by the school's clock."""
    sentence = read_words()[reason.code][language]
    return sentence.format_map({name: _read(value, zone) for name, value in reason.said.items()})


class _Instant:
    """An instant in a sentence: `{at}` is its time of the day, `{at:day}` its day too."""

    def __init__(self, at: datetime) -> None:
        self._at = at

    def __format__(self, how: str) -> str:
        return f"{self._at:%Y-%m-%d %H:%M}" if how == "day" else f"{self._at:%H:%M:%S}"


def _read(value: Value, zone: ZoneInfo) -> Value | _Instant:
    """Instants come as RFC 3339 texts; all other texts stay as they are."""
    if not isinstance(value, str) or len(value) < len("2026-11-23T07:30:00+08:00") or value[10:11] != "T":
        return value
    try:
        at = datetime.fromisoformat(value)
    except ValueError:
        return value
    return _Instant(at.astimezone(zone)) if at.tzinfo else value
