"""Timetables by kind of school, and terms. They are invented: no school's own hours are meant."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, time
from types import MappingProxyType

from alerts.domain.compliance.schedule import Hours, Term, Timetable
from alerts.domain.registry import SchoolKind

VALID_FROM = date(2026, 1, 1)
TERMS = tuple(
    Term(name, first, last)
    for year in range(2026, 2041)
    for name, first, last in (
        (f"{year - 1}-{year}-2", date(year, 2, 25), date(year, 7, 10)),
        (f"{year}-{year + 1}-1", date(year, 9, 1), date(year + 1, 1, 22)),
    )
)
WEEKDAYS = (1, 2, 3, 4, 5)

_Day = tuple[tuple[str, str], tuple[str, str], tuple[tuple[str, str], ...], str]

# Arrival, dismissal, lessons, and when nobody is expected inside any more.
_SMALL: _Day = (("07:30", "08:20"), ("16:20", "17:10"), (("08:20", "16:20"),), "18:00")
_PRIMARY: _Day = (("07:20", "08:00"), ("16:30", "17:20"), (("08:00", "11:40"), ("13:40", "16:30")), "18:30")
_MIDDLE: _Day = (("06:50", "07:30"), ("17:10", "18:00"), (("07:30", "12:00"), ("13:50", "17:10")), "19:00")
_UPPER: _Day = (
    ("06:20", "07:00"),
    ("20:50", "21:30"),
    (("07:00", "12:00"), ("13:50", "17:40"), ("18:40", "20:50")),
    "22:10",
)

_DAYS: Mapping[SchoolKind, _Day] = MappingProxyType(
    dict.fromkeys(SchoolKind, _PRIMARY)
    | {
        SchoolKind.KINDERGARTEN: _SMALL,
        SchoolKind.JUNIOR: _MIDDLE,
        SchoolKind.NINE_YEAR: _MIDDLE,
        SchoolKind.SENIOR: _UPPER,
    }
)


def write_timetables() -> tuple[Timetable, ...]:
    """One for each kind of school; their numbers are theirs here alone."""
    return tuple(_write(number, kind) for number, kind in enumerate(SchoolKind, start=1))


def _write(number: int, kind: SchoolKind) -> Timetable:
    arrival, dismissal, lessons, closes = _DAYS[kind]
    return Timetable(
        id=number,
        school_kind=kind,
        school=None,
        valid_from=VALID_FROM,
        weekdays=WEEKDAYS,
        arrivals=(_hours(arrival),),
        dismissals=(_hours(dismissal),),
        lessons=tuple(map(_hours, lessons)),
        closes=time.fromisoformat(closes),
        lights_out=time(22) if kind is not SchoolKind.KINDERGARTEN else None,
    )


def _hours(said: tuple[str, str]) -> Hours:
    return Hours(time.fromisoformat(said[0]), time.fromisoformat(said[1]))
