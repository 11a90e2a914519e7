"""Calendars of places: the national days, the city's, the district's and the school's own over them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from alerts.domain.calendars import Day, DayKind, DayOrigin, YearUnknown, list_unknown_years
from alerts.staff.duty import Recalculated, recalculate
from alerts.storage import calendars as storage
from alerts.storage.calendars import CalendarDay, Place, make_calendar
from alerts.storage.database import Connection, Database
from alerts.storage.errors import UnknownReference
from alerts.storage.log import Entry, append_log
from alerts.storage.rosters import list_placed_posts, take_turn

CITY_ZONE = ZoneInfo("Asia/Shanghai")
_LONGEST = timedelta(days=366 * 2)
_LONGEST_NAME = 60


class DayInvalid(ValueError):
    """A day or a stretch of days that cannot be; the message says what to mend."""


class NoSuchDay(LookupError):
    """Nobody entered that day, or that year."""


@dataclass(frozen=True, slots=True)
class CalendarPage:
    """The days of a place, what people entered of them, and years that nobody knows, each with what to do about it."""

    days: tuple[Day, ...]
    entered: tuple[CalendarDay, ...]
    complete_years: tuple[int, ...]
    unknown_years: tuple[UnknownYear, ...]


@dataclass(frozen=True, slots=True)
class UnknownYear:
    """A year whose holidays nobody told the service; weekends alone count as days off in it."""

    year: int
    advice: str


async def read_calendar(
    database: Database, first: date, last: date, *, district: str | None = None, school: str | None = None
) -> CalendarPage:
    """The days from `first` to `last` as a school, a district or the city keeps them. Raises DayInvalid."""
    if not timedelta() <= last - first <= _LONGEST:
        raise DayInvalid("a calendar ends on or after the day on which it begins, within two years")
    async with database.connection() as connection:
        district = await _find_district(connection, district, school)
        entered = await storage.list_days(connection, first, last, _listed(district), _listed(school))
        years = await storage.list_complete_years(connection)
        now = await database.read_now(connection)
    calendar = make_calendar(entered, years, Place(district, school))
    days = tuple(calendar.look_up(first + timedelta(days=number)) for number in range((last - first).days + 1))
    unknown = {day.on.year for day in days if day.origin is DayOrigin.ASSUMED}
    unknown |= set(list_unknown_years(now.astimezone(CITY_ZONE).date(), years))
    return CalendarPage(days, tuple(entered), tuple(years), describe_years(sorted(unknown)))


def describe_years(years: Sequence[int]) -> tuple[UnknownYear, ...]:
    """Unknown years with what to do about each."""
    return tuple(UnknownYear(year, str(YearUnknown(year))) for year in years)


async def list_warnings(connection: Connection, now: datetime) -> tuple[UnknownYear, ...]:
    """This year, and from 1 November on the next one, when nobody knows its holidays."""
    years = await storage.list_complete_years(connection)
    return describe_years(list_unknown_years(now.astimezone(CITY_ZONE).date(), years))


async def save_day(
    database: Database,
    on: date,
    kind: DayKind,
    name: str,
    by: str,
    *,
    district: str | None = None,
    school: str | None = None,
) -> tuple[CalendarDay, Recalculated]:
    """Enters a day, and works out whose duty it changes in the same transaction. Raises DayInvalid."""
    _check_scope(district, school)
    if len(name) > _LONGEST_NAME or not name.isprintable():
        raise DayInvalid(f"a name is one line of at most {_LONGEST_NAME} characters")
    async with database.transaction() as connection:
        await take_turn(connection)
        now = await database.read_now(connection)
        day = CalendarDay(0, on, district, school, kind, name, by, now)
        try:
            day = replace(day, id=await storage.save_day(connection, day))
        except UnknownReference as error:
            raise DayInvalid(f"there is no {'school' if school else 'district'} {school or district}") from error
        done = await recalculate(connection, await list_placed_posts(connection, district, school), now)
        entry = Entry(f"person:{by}", f"calendar:{on}", "calendar.saved", {"day": day, "posts": done.posts})
        await append_log(connection, now, [entry])
    return day, done


async def remove_day(
    database: Database, on: date, by: str, *, district: str | None = None, school: str | None = None
) -> Recalculated:
    """Takes an entered day away. Raises DayInvalid and NoSuchDay."""
    _check_scope(district, school)
    async with database.transaction() as connection:
        await take_turn(connection)
        now = await database.read_now(connection)
        if not await storage.remove_day(connection, on, district, school):
            raise NoSuchDay(f"nobody entered {on} there")
        done = await recalculate(connection, await list_placed_posts(connection, district, school), now)
        body = {"on": on, "district": district, "school": school, "posts": done.posts}
        await append_log(connection, now, [Entry(f"person:{by}", f"calendar:{on}", "calendar.removed", body)])
    return done


async def declare_year(database: Database, year: int, by: str, *, complete: bool) -> Recalculated:
    """Declares that all holidays and make-up workdays of a year were entered for the city, or takes that back. Raises
    DayInvalid when the national calendar has the year, NoSuchDay when there is nothing to take back."""
    async with database.transaction() as connection:
        await take_turn(connection)
        now = await database.read_now(connection)
        if complete:
            changed = await storage.save_year(connection, year, by, now)
        elif not await storage.remove_year(connection, year):
            raise NoSuchDay(f"{year} was not declared complete")
        else:
            changed = True
        if not changed:
            return Recalculated(0, 0, 0)
        done = await recalculate(connection, await list_placed_posts(connection, None, None), now)
        body = {"year": year, "complete": complete, "posts": done.posts}
        await append_log(connection, now, [Entry(f"person:{by}", f"calendar:{year}", "calendar.declared", body)])
    return done


def _check_scope(district: str | None, school: str | None) -> None:
    if district and school:
        raise DayInvalid("name a school or a district, not both")


async def _find_district(connection: Connection, district: str | None, school: str | None) -> str | None:
    _check_scope(district, school)
    if school is None:
        return district
    place = await storage.find_school_place(connection, school)
    if place is None:
        raise DayInvalid(f"there is no school {school}")
    return place.district


def _listed(code: str | None) -> list[str]:
    return [code] if code else []
