"""How long raw records are kept, and which days of them may go.

Closed days, the log, presses, incidents, breaches and facts are not touched here: they are kept for three years at
least, and nothing of this service deletes them.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

EVIDENCE_AT_LEAST = 180
"""Days that access records are kept at the least (rule V4; Qingdao)."""
QUARANTINE_AT_LEAST = 30
"""Days that alarm records are kept at the least (rule V4; Qingdao): what could not be read may have been one."""


_BESIDE = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Kept:
    """How many days raw evidence and what could not be read are kept; nothing goes before its least."""

    evidence_days: int = EVIDENCE_AT_LEAST
    quarantine_days: int = 90

    def __post_init__(self) -> None:
        if self.evidence_days < EVIDENCE_AT_LEAST or self.quarantine_days < QUARANTINE_AT_LEAST:
            raise ValueError(
                f"evidence is kept for {EVIDENCE_AT_LEAST} days and quarantine for {QUARANTINE_AT_LEAST} at least"
            )

    def first_evidence_day(self, today: date) -> date:
        """The oldest day whose evidence stays."""
        return today - timedelta(days=self.evidence_days)

    def first_quarantine_day(self, today: date) -> date:
        """The oldest day of which what could not be read stays."""
        return today - timedelta(days=self.quarantine_days)

    def first_whole_day(self, today: date) -> date:
        """The oldest day of schools of which all evidence stays: it begins under the day of UTC before it."""
        return self.first_evidence_day(today) + _BESIDE


@dataclass(frozen=True, slots=True)
class Hold:
    """Evidence that must stay whatever its age: of a school, of a district, or with neither of the city, from `since`
    to `until`."""

    school: str | None
    since: date
    until: date
    district: str | None = None

    def covers(self, on: date) -> bool:
        """Whether it holds what lies under a day of UTC: schools' days begin and end within those beside it."""
        return self.since - _BESIDE <= on <= self.until + _BESIDE


class HoldInvalid(ValueError):
    """A hold that cannot be placed; the message begins with its field."""


def check_hold(hold: Hold) -> None:
    """Raises HoldInvalid."""
    if hold.school is not None and hold.district is not None:
        raise HoldInvalid("district: name a school or a district, not both")
    if hold.until < hold.since:
        raise HoldInvalid("until: the last day must not be before the first")


def check_reason(reason: str) -> None:
    """Why a hold is placed, or lifted. Raises HoldInvalid."""
    if not reason.strip():
        raise HoldInvalid("reason: say why, so that others know later")


@dataclass(frozen=True, slots=True)
class Fate:
    """What becomes of the evidence of a day of UTC: it all stays, or all of it goes but that of some schools."""

    stays: bool
    held: frozenset[str] = frozenset()


STAYS = Fate(stays=True)


def decide_fate(on: date, first_kept: date, holds: Iterable[Hold]) -> Fate:
    """What becomes of a day's evidence under the holds that stand, those of districts school by school."""
    covering = [hold for hold in holds if hold.covers(on)]
    if on >= first_kept or any(hold.school is None for hold in covering):
        return STAYS
    return Fate(stays=False, held=frozenset(hold.school for hold in covering if hold.school is not None))
