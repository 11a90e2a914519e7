"""What a timetable must be before it holds, whoever wrote it: a person, a program or a file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, time
from itertools import pairwise

from alerts.domain.compliance.schedule import Hours

LONGEST_NAME = 60
_EARLIEST, _LATEST = date(2000, 1, 1), date(2200, 1, 1)


class ScheduleInvalid(ValueError):
    """A timetable, term or exception that cannot be; the message says what to mend."""


@dataclass(frozen=True, slots=True)
class Definition:
    """A timetable without its place and days, as it is kept."""

    weekdays: tuple[int, ...]
    arrivals: tuple[Hours, ...]
    dismissals: tuple[Hours, ...]
    lessons: tuple[Hours, ...] = ()
    closes: time | None = None
    lights_out: time | None = None


def check_definitions(definitions: Sequence[Definition]) -> None:
    """Whether these may hold beside each other, each on days of its own. Raises ScheduleInvalid."""
    if not definitions:
        raise ScheduleInvalid("timetables: name at least one")
    named: set[int] = set()
    for one in definitions:
        _check_weekdays(one.weekdays)
        twice = sorted(named & set(one.weekdays))
        if twice:
            raise ScheduleInvalid(f"weekdays: {_tell(twice)} stands in two timetables that would hold at once")
        named |= set(one.weekdays)
        _check_hours(one)


def check_days(first: date, last: date | None, field: str = "valid_until") -> None:
    """Whether a stretch of days can be. Raises ScheduleInvalid."""
    if not _EARLIEST <= first <= _LATEST or not _EARLIEST <= (last or first) <= _LATEST:
        raise ScheduleInvalid("a day must be between the years 2000 and 2200")
    if last is not None and last < first:
        raise ScheduleInvalid(f"{field}: {last} is before {first}, on which it begins")


def _check_weekdays(weekdays: Sequence[int]) -> None:
    if not weekdays or len(set(weekdays)) != len(weekdays) or not set(weekdays) <= set(range(1, 8)):
        raise ScheduleInvalid("weekdays: name days of the week once each, from 1 (Monday) to 7 (Sunday)")


def _check_hours(one: Definition) -> None:
    for field, hours in (("arrivals", one.arrivals), ("dismissals", one.dismissals), ("lessons", one.lessons)):
        for span in hours:
            if span.starts >= span.ends:
                raise ScheduleInvalid(f"{field}: {_clock(span.starts)}-{_clock(span.ends)} ends before it begins")
        for earlier, later in pairwise(hours):
            if later.starts < earlier.ends:
                raise ScheduleInvalid(f"{field}: name the hours in their order; {_clock(later.starts)} is too early")
    if not one.arrivals or not one.dismissals:
        raise ScheduleInvalid("arrivals: name when pupils come (arrivals) and when they go (dismissals)")
    opens, ends = one.arrivals[0].starts, one.dismissals[-1].ends
    if one.dismissals[0].starts <= opens:
        raise ScheduleInvalid("dismissals: nobody goes before the first have come")
    if one.lessons and (one.lessons[0].starts < opens or one.lessons[-1].ends > ends):
        raise ScheduleInvalid("lessons: lie between the first arrival and the last dismissal")
    if one.closes is not None and one.closes < ends:
        raise ScheduleInvalid(f"closes: the school cannot close before {_clock(ends)}, when the last have gone")


def _clock(at: time) -> str:
    return f"{at:%H:%M}"


def _tell(weekdays: Sequence[int]) -> str:
    return ", ".join(map(str, weekdays))
