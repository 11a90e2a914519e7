"""Calendars on disk: the days that the city, districts and schools keep in their own way."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

import asyncpg

from alerts.domain.calendars import Calendar, Day, DayKind, DayOrigin
from alerts.storage.database import Connection
from alerts.storage.errors import UnknownReference
from alerts.storage.records import read_record, read_records
from alerts.storage.statements import read_statements

_SQL = read_statements("calendars")


@dataclass(frozen=True, slots=True)
class CalendarDay:
    """An entered day of a school, a district, or with neither of the whole city."""

    id: int
    on: date
    district: str | None
    school: str | None
    kind: DayKind
    name: str
    saved_by: str
    saved_at: datetime


@dataclass(frozen=True, slots=True)
class SchoolPlace:
    """Where a school is, as its calendar needs it."""

    district: str
    zone: str


@dataclass(frozen=True, slots=True)
class Place:
    """Whose calendar counts: a school's, a district's (no school), or the city's (neither)."""

    district: str | None
    school: str | None


async def load_calendars(
    connection: Connection, places: Collection[Place], first: date, last: date
) -> Mapping[Place, Calendar]:
    """The calendars of places between two dates."""
    districts = {one.district for one in places if one.district}
    schools = {one.school for one in places if one.school}
    entered = await list_days(connection, first, last, districts, schools)
    years = await list_complete_years(connection)
    return {one: make_calendar(entered, years, one) for one in places}


def make_calendar(entered: Sequence[CalendarDay], complete_years: Collection[int], place: Place) -> Calendar:
    """The calendar of a place from all that was entered: the city's days, its district's over them, its own on top."""
    layers = [(DayOrigin.CITY, Place(None, None))]
    if place.district:
        layers.append((DayOrigin.DISTRICT, Place(place.district, None)))
    if place.school:
        layers.append((DayOrigin.SCHOOL, Place(None, place.school)))
    own: dict[date, Day] = {}
    for origin, scope in layers:
        for day in entered:
            if (day.district, day.school) == (scope.district, scope.school):
                own[day.on] = Day(day.on, day.kind, day.name, origin)
    return Calendar(own, frozenset(complete_years))


async def list_days(
    connection: Connection, first: date, last: date, districts: Collection[str], schools: Collection[str]
) -> list[CalendarDay]:
    """Entered days of the city, these districts and these schools; of one date the narrower scope comes later."""
    rows = await connection.fetch(_SQL["list_days"], first, last, sorted(districts), sorted(schools))
    return read_records(rows, CalendarDay)


async def save_day(connection: Connection, day: CalendarDay) -> int:
    """Enters a day (its `id` is not looked at), or changes it. Raises UnknownReference."""
    try:
        id_: int = await connection.fetchval(
            _SQL["save_day"], day.on, day.district, day.school, day.kind, day.name, day.saved_by, day.saved_at
        )
    except asyncpg.ForeignKeyViolationError as error:
        raise UnknownReference(str(error)) from error
    return id_


async def remove_day(connection: Connection, on: date, district: str | None, school: str | None) -> bool:
    """Takes an entered day away; False when there was none."""
    return await connection.fetchval(_SQL["remove_day"], on, district, school) is not None


async def list_complete_years(connection: Connection) -> Sequence[int]:
    """Years whose days people entered whole."""
    return [row["year"] for row in await connection.fetch(_SQL["list_years"])]


async def save_year(connection: Connection, year: int, by: str, now: datetime) -> bool:
    """Declares a year complete; False when it was."""
    return await connection.fetchval(_SQL["save_year"], year, by, now) is not None


async def remove_year(connection: Connection, year: int) -> bool:
    """Takes that back; False when it was not declared."""
    return await connection.fetchval(_SQL["remove_year"], year) is not None


async def claim_warning(connection: Connection, now: datetime, again_at: datetime) -> bool:
    """Whether it is this caller who tells today that a year is unknown."""
    return await connection.fetchval(_SQL["claim_warning"], now, again_at) is not None


async def find_school_place(connection: Connection, school: str) -> SchoolPlace | None:
    """A school's district and zone; None when there is no such school."""
    row = await connection.fetchrow(_SQL["find_school_place"], school)
    return None if row is None else read_record(row, SchoolPlace)
