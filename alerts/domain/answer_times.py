"""How fast presses are taken: the shares and percentiles that a receiving station is measured by.

An incident that nobody took counts as one that took for ever: it is in every share's denominator, and a percentile that
falls on it is None, which means "longer than anything measured". One that is open for less than 60 s and not taken is
not counted yet: it may still be in time.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

SOON = timedelta(seconds=30)  # EN 50518: 80 % of hold-up alarms within 30 s
IN_TIME = timedelta(seconds=60)  # EN 50518: 98.5 % within 60 s
LONGEST_PERIOD_DAYS = 366


class By(StrEnum):
    """What answer times are grouped by; hour and day are those of the school's clock."""

    DISTRICT = "district"
    SCHOOL = "school"
    HOUR = "hour"
    DAY = "day"


@dataclass(frozen=True, slots=True)
class AnswerTimes:
    """The answer times of a group of incidents: `key` is its code, hour (`00` to `23`) or day, `name` what people read.

    Seconds run from the opening of an incident to the first person who took it or went. A percentile is None where the
    incident that it falls on was not taken; `longest_seconds` is of those that were.
    """

    key: str
    name: str
    incidents: int
    taken: int
    within_30: int
    within_60: int
    share_within_30: float | None
    share_within_60: float | None
    p50_seconds: float | None
    p90_seconds: float | None
    p985_seconds: float | None
    longest_seconds: float | None


class PeriodInvalid(ValueError):
    """A period that cannot be asked for; the message says what to mend."""


def check_period(first: date, last: date) -> None:
    """Raises PeriodInvalid."""
    if last < first:
        raise PeriodInvalid("the period ends before it begins: swap `from` and `to`")
    if (last - first).days >= LONGEST_PERIOD_DAYS:
        raise PeriodInvalid(f"at most {LONGEST_PERIOD_DAYS} days at once")
