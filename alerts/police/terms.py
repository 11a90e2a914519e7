"""On which terms the engine speaks to 110 and to a monitoring station, as the settings say."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from alerts.police.dc09 import StationLine
from alerts.police.link import PoliceLink


@dataclass(frozen=True, slots=True)
class StationTerms:
    """The line to the station, what all schools' accounts there begin with, the longest silence between signs of life,
    and how often the line is tested with an event."""

    line: StationLine
    prefix: str
    supervision: timedelta
    test_every: timedelta


@dataclass(frozen=True, slots=True)
class PoliceTerms:
    """How 110 is spoken to: the link (None: by telephone only), whether tests and drills are handed over, who signs CAP
    documents (None: none go along), where people read on, and the line to a monitoring station, if there is one."""

    link: PoliceLink | None = None
    exercises: bool = True
    cap_sender: str | None = None
    public_url: str | None = None
    station: StationTerms | None = None


def write_account(prefix: str, number: int) -> str:
    """A school's account at the station: the prefix and the school's number in four hexadecimal digits."""
    return f"{prefix}{number:04X}"
