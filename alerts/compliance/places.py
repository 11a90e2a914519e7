"""The school that something is put in for, and its own day."""

from __future__ import annotations

from datetime import date, datetime
from zoneinfo import ZoneInfo

from alerts.domain.registry import School
from alerts.staff.calendars import CITY_ZONE
from alerts.storage.database import Connection
from alerts.storage.registry import find_schools


class NoSuchSchool(LookupError):
    """There is no school of that code."""


async def need_school(connection: Connection, code: str) -> School:
    """A registered school. Raises NoSuchSchool."""
    found = (await find_schools(connection, [code])).get(code)
    if found is None:
        raise NoSuchSchool(f"there is no school {code}: schools come with the import")
    return found


def read_day(at: datetime, school: School | None = None) -> date:
    """The day of an instant by a school's clock; by the city's with none."""
    zone = CITY_ZONE if school is None else ZoneInfo(school.zone)
    return at.astimezone(zone).date()
