"""When a school is open: terms, timetables by kind of school or of the school itself, and days that are otherwise.

A timetable holds from a day on, so that past days keep theirs. Without one nobody knows when pupils come and go, and
the rules that need it answer unknown.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from alerts.domain.calendars import Day, DayKind
from alerts.domain.registry import SchoolKind
from alerts.domain.spans import Spans, unite


class ClosedLoop(StrEnum):
    """How closed a campus is: as always, tightened (outsiders by appointment only), or a closed loop (nobody in or out
    but by leave), as in an epidemic. It sharpens rules."""

    NORMAL = "normal"
    TIGHTENED = "tightened"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class Hours:
    """A stretch of the school's own day, from `starts` until before `ends`; never over midnight."""

    starts: time
    ends: time


@dataclass(frozen=True, slots=True)
class Timetable:
    """When pupils come, are taught and go, of one school, or of all of a kind (`school` None), on days of the week.

    `arrivals` begin when the gate opens and end when lessons do begin; `dismissals` begin when the first class leaves.
    `closes` is when nobody is expected inside any more (None: a boarding school, never). `lights_out` goes with
    boarders. `weekdays` are 1 (Monday) to 7 (Sunday).
    """

    id: int
    school_kind: SchoolKind | None
    school: str | None
    valid_from: date
    weekdays: tuple[int, ...]
    arrivals: tuple[Hours, ...]
    dismissals: tuple[Hours, ...]
    lessons: tuple[Hours, ...]
    closes: time | None = None
    lights_out: time | None = None
    valid_until: date | None = None


@dataclass(frozen=True, slots=True)
class Term:
    """A term (学期) of the city, or of one school."""

    name: str
    first: date
    last: date
    school: str | None = None


class ExceptionKind(StrEnum):
    """Why a day is otherwise than the timetable: the school closes early, there are exams, or its campus is more
    or less closed than usual."""

    EARLY_CLOSING = "early_closing"
    EXAM = "exam"
    CLOSED_LOOP = "closed_loop"


@dataclass(frozen=True, slots=True)
class DayException:
    """A day or stretch of days that is otherwise, of one school, a district or the city (both None)."""

    id: int
    kind: ExceptionKind
    first: date
    last: date
    school: str | None = None
    district: str | None = None
    closes: time | None = None
    level: ClosedLoop | None = None


@dataclass(frozen=True, slots=True)
class Schedule:
    """A school's day as it was to be. `in_session`: pupils were to come. Times are instants.

    `timetable` is None when none holds: then `arrivals`, `dismissals` and `lessons` are not known, which is
    not the same as empty.
    """

    in_session: bool
    timetable: int | None
    term: Term | None
    arrivals: Spans = ()
    dismissals: Spans = ()
    lessons: Spans = ()
    closes_at: datetime | None = None
    lights_out_at: datetime | None = None
    exam: bool = False
    level: ClosedLoop = ClosedLoop.NORMAL

    @property
    def windows(self) -> Spans:
        """When the gate may stand open for pupils."""
        return unite((*self.arrivals, *self.dismissals))


@dataclass(frozen=True, slots=True)
class Place:
    """Whose day it is, as far as a schedule asks."""

    school: str
    district: str
    kind: SchoolKind
    zone: ZoneInfo


def make_schedule(
    place: Place,
    day: Day,
    timetables: Iterable[Timetable],
    terms: Iterable[Term],
    exceptions: Iterable[DayException] = (),
) -> Schedule:
    """The day of a school by the calendar, its term, the timetable that holds and what was otherwise."""
    term = find_term(terms, place.school, day.on)
    timetable = find_timetable(timetables, place, day.on)
    holding = sorted(
        (one for one in exceptions if _concerns(one, place, day.on)), key=lambda one: (_scope(one), one.id)
    )
    in_session = term is not None and day.kind is DayKind.WORKDAY
    schedule = Schedule(in_session, timetable.id if timetable else None, term)
    if timetable is not None and in_session:
        schedule = _fill(schedule, timetable, day.on, place.zone)
    for one in holding:  # the narrowest scope speaks last
        schedule = _except(schedule, one, day.on, place.zone)
    return schedule


def find_term(terms: Iterable[Term], school: str, on: date) -> Term | None:
    """The term in which a day is; a school's own before the city's."""
    found = [one for one in terms if one.school in (None, school) and one.first <= on <= one.last]
    return max(found, key=lambda one: one.school is not None, default=None)


def find_timetable(timetables: Iterable[Timetable], place: Place, on: date) -> Timetable | None:
    """The timetable that holds: the school's own before its kind's, and of those the one that began last."""
    found = [
        one
        for one in timetables
        if (one.school == place.school or (one.school is None and one.school_kind in (None, place.kind)))
        and on.isoweekday() in one.weekdays
        and one.valid_from <= on
        and (one.valid_until is None or on <= one.valid_until)
    ]
    return max(
        found,
        key=lambda one: (one.school is not None, one.school_kind is not None, one.valid_from, one.id),
        default=None,
    )


def midnight(on: date, zone: ZoneInfo) -> datetime:
    """When a day begins in a zone."""
    return datetime.combine(on, time(), zone)


def span_of_day(on: date, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """A day's first instant, and that of the next one."""
    return midnight(on, zone), midnight(on + timedelta(days=1), zone)


def first_of_month(on: date, later: int = 0) -> date:
    """The first day of a day's calendar month, or of one so many months later."""
    months = on.year * 12 + on.month - 1 + later
    return date(months // 12, months % 12 + 1, 1)


def _fill(schedule: Schedule, timetable: Timetable, on: date, zone: ZoneInfo) -> Schedule:
    def spans(hours: tuple[Hours, ...]) -> Spans:
        return unite((datetime.combine(on, one.starts, zone), datetime.combine(on, one.ends, zone)) for one in hours)

    return replace(
        schedule,
        arrivals=spans(timetable.arrivals),
        dismissals=spans(timetable.dismissals),
        lessons=spans(timetable.lessons),
        closes_at=_at(on, timetable.closes, zone),
        lights_out_at=_at(on, timetable.lights_out, zone),
    )


def _except(schedule: Schedule, exception: DayException, on: date, zone: ZoneInfo) -> Schedule:
    match exception.kind:
        case ExceptionKind.EXAM:
            return replace(schedule, exam=True)
        case ExceptionKind.CLOSED_LOOP:
            return replace(schedule, level=exception.level or ClosedLoop.NORMAL)
        case ExceptionKind.EARLY_CLOSING:
            return _close_early(schedule, _at(on, exception.closes, zone))


def _close_early(schedule: Schedule, closes_at: datetime | None) -> Schedule:
    """The last dismissal ends then, moved forward with its length; lessons end when it begins."""
    if closes_at is None or not schedule.dismissals:
        return schedule
    starts_at, ends_at = schedule.dismissals[-1]
    moved = (closes_at - (ends_at - starts_at), closes_at)
    kept = tuple(one for one in schedule.dismissals[:-1] if one[1] <= moved[0])
    lessons = tuple((since, min(until, moved[0])) for since, until in schedule.lessons if since < moved[0])
    arrivals = tuple(one for one in schedule.arrivals if one[1] <= moved[0])
    return replace(schedule, arrivals=arrivals, dismissals=(*kept, moved), lessons=lessons, closes_at=closes_at)


def _at(on: date, local: time | None, zone: ZoneInfo) -> datetime | None:
    return None if local is None else datetime.combine(on, local, zone)


def _concerns(exception: DayException, place: Place, on: date) -> bool:
    here = exception.school in (None, place.school) and exception.district in (None, place.district)
    return here and exception.first <= on <= exception.last


def _scope(exception: DayException) -> int:
    return 2 if exception.school else 1 if exception.district else 0
