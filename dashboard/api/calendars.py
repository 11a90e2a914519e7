"""Calendars: which days are worked, and what the city, districts and schools say otherwise."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Annotated

from fastapi import Path, Query, Response
from pydantic import BaseModel, Field

from alerts.domain.calendars import DayKind
from alerts.domain.rights import Right
from alerts.staff.calendars import CITY_ZONE, CalendarPage, declare_year, read_calendar, remove_day, save_day
from alerts.staff.duty import Recalculated
from alerts.storage.calendars import CalendarDay
from dashboard.api.refusals import as_problems
from dashboard.api.routers import make_router
from dashboard.api.texts import CodeQuery, Words
from dashboard.paging import answer
from dashboard.places import Where
from dashboard.rights import CallerOf, grant
from dashboard.service import ServiceOf

router = make_router("calendars")

YearPath = Annotated[int, Path(ge=2000, le=2200)]


class DayRequest(BaseModel):
    """What a day is at its place, and what it is called."""

    kind: DayKind
    name: Annotated[Words, Field(max_length=60)] = ""


@dataclass(frozen=True, slots=True)
class SavedDay:
    """A day that was entered, and what became of duty."""

    day: CalendarDay
    duty: Recalculated


@router.get("/calendar", openapi_extra=grant(Right.SEE, Where.EVERYWHERE), response_model=CalendarPage)
async def get_calendar(
    service: ServiceOf,
    first: Annotated[date | None, Query(alias="from")] = None,
    last: Annotated[date | None, Query(alias="to")] = None,
    school: CodeQuery = None,
    district: CodeQuery = None,
) -> Response:
    """The days of a school, a district or (neither) the city; this whole year when no days are named."""
    if first is None:
        async with service.database.connection() as connection:
            first = date((await service.database.read_now(connection)).astimezone(CITY_ZONE).year, 1, 1)
    with as_problems():
        page = await read_calendar(
            service.database, first, last or date(first.year, 12, 31), district=district, school=school
        )
    return answer(page)


@router.put("/calendar/days/{on}", openapi_extra=grant(Right.GOVERN, Where.CITY), response_model=SavedDay)
async def put_day(
    service: ServiceOf,
    caller: CallerOf,
    on: date,
    body: DayRequest,
    school: CodeQuery = None,
    district: CodeQuery = None,
) -> Response:
    """Enters a day for a school, a district or (neither) the city, over the wider calendar."""
    with as_problems():
        day, done = await save_day(
            service.database, on, body.kind, body.name, caller.account.name, district=district, school=school
        )
    return answer(SavedDay(day, done))


@router.delete("/calendar/days/{on}", openapi_extra=grant(Right.GOVERN, Where.CITY), response_model=Recalculated)
async def delete_day(
    service: ServiceOf, caller: CallerOf, on: date, school: CodeQuery = None, district: CodeQuery = None
) -> Response:
    """Takes an entered day away; the wider calendar counts again."""
    with as_problems():
        return answer(await remove_day(service.database, on, caller.account.name, district=district, school=school))


@router.put("/calendar/years/{year}", openapi_extra=grant(Right.GOVERN, Where.CITY), response_model=Recalculated)
async def put_year(service: ServiceOf, caller: CallerOf, year: YearPath) -> Response:
    """Declares that all holidays and make-up workdays of a year were entered for the city."""
    with as_problems():
        return answer(await declare_year(service.database, year, caller.account.name, complete=True))


@router.delete("/calendar/years/{year}", openapi_extra=grant(Right.GOVERN, Where.CITY), response_model=Recalculated)
async def delete_year(service: ServiceOf, caller: CallerOf, year: YearPath) -> Response:
    """Takes that back."""
    with as_problems():
        return answer(await declare_year(service.database, year, caller.account.name, complete=False))
