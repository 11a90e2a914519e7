"""When these schools were to be open: today, and on the eve of it."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TypeVar

from alerts.compliance.loading.batch import Batch
from alerts.domain.compliance.schedule import DayException, Place, Schedule, Term, Timetable, make_schedule
from alerts.storage.calendars import Place as CalendarPlace
from alerts.storage.calendars import load_calendars
from alerts.storage.database import Connection
from alerts.storage.school_days import SchoolRow, list_exceptions, list_terms, list_timetables

_Dated = TypeVar("_Dated", Timetable, Term, DayException)


@dataclass(frozen=True, slots=True)
class SchoolSchedules:
    """A school's day and the day before it."""

    today: Schedule
    eve: Schedule


async def load_schedules(connection: Connection, batch: Batch) -> dict[str, SchoolSchedules]:
    """The schedules of each school."""
    eve = batch.on - timedelta(days=1)
    timetables = _by_school(await list_timetables(connection, batch.codes, eve, batch.on))
    terms = _by_school(await list_terms(connection, batch.codes, eve, batch.on))
    exceptions = _by_school(await list_exceptions(connection, batch.codes, eve, batch.on))
    places = {school.code: CalendarPlace(school.district, school.code) for school in batch.schools}
    calendars = await load_calendars(connection, places.values(), eve, batch.on)

    def make(school: SchoolRow, on: date) -> Schedule:
        return make_schedule(
            Place(school.code, school.district, school.kind, batch.zone),
            calendars[places[school.code]].look_up(on),
            timetables[None] + timetables[school.code],
            terms[None] + terms[school.code],
            exceptions[None] + exceptions[school.code],
        )

    return {school.code: SchoolSchedules(make(school, batch.on), make(school, eve)) for school in batch.schools}


def _by_school(rows: list[_Dated]) -> defaultdict[str | None, list[_Dated]]:
    found: defaultdict[str | None, list[_Dated]] = defaultdict(list)
    for row in rows:
        found[row.school].append(row)
    return found
