"""Where a request points to, and whether its caller stands for that place."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Annotated

from fastapi import Depends, Query, Request

from alerts.domain.rights import Level, Place
from alerts.storage.database import Database
from alerts.storage.places import find_places
from dashboard.api.texts import CODE_PATTERN, CodeQuery
from dashboard.problems import Problem


class Where(StrEnum):
    """What a route's declaration says of its place. The kinds of things are those of alerts.storage.places."""

    EVERYWHERE = "everywhere"  # the same for everybody, or the caller's own
    CITY = "city"  # only for who stands for the whole city
    WITHIN = "within"  # a list that the route narrows to the caller's place, by one of the dependencies below
    BODY = "body"  # in what is sent: the route looks at it before anything else
    SCHOOL = "school"
    DEVICE = "device"
    INCIDENT = "incident"
    PERSON = "person"
    METHOD = "method"
    LEAVE = "leave"
    POST = "post"
    FACT = "fact"
    HAZARD = "hazard"
    INSPECTION = "inspection"
    CHECK_POINT = "check_point"
    POINT = "point"
    WINDOW = "window"
    DAY_EXCEPTION = "day_exception"
    SHIFT_HANDOVER = "shift_handover"


# The part of the address that names the thing; those of NUMBERED have numbers.
PARAMETERS: Mapping[Where, str] = MappingProxyType(
    {
        Where.SCHOOL: "code",
        Where.DEVICE: "code",
        Where.INCIDENT: "incident",
        Where.PERSON: "person",
        Where.METHOD: "method",
        Where.LEAVE: "leave",
        Where.POST: "post",
        Where.FACT: "fact",
        Where.HAZARD: "hazard",
        Where.INSPECTION: "inspection",
        Where.CHECK_POINT: "point",
        Where.POINT: "point",
        Where.WINDOW: "window",
        Where.DAY_EXCEPTION: "exception",
        Where.SHIFT_HANDOVER: "handover",
    }
)
NUMBERED = frozenset(PARAMETERS) - {Where.SCHOOL, Where.DEVICE, Where.PERSON, Where.POST, Where.CHECK_POINT}
_LONGEST_NUMBER = 18  # digits; a longer one is refused by the route itself


async def require_address(request: Request, database: Database, place: Place, where: Where) -> None:
    """Raises Problem `not-your-place` unless the caller's place holds what the address names. What does not exist is
    for the route to say."""
    if place.level is Level.CITY or where in {Where.EVERYWHERE, Where.WITHIN, Where.BODY}:
        return
    if where is Where.CITY:
        raise Problem("not-your-place", "this is for who stands for the whole city")
    await require_thing(database, place, where, request.path_params[PARAMETERS[where]])


async def require_thing(database: Database, place: Place, where: Where, key: str) -> None:
    """Raises Problem `not-your-place` unless the caller's place holds the thing of this code or number."""
    if place.level is Level.CITY or not (found := await _look_up(database, where, key)):
        return
    if not any(place.holds(one) for one in found):
        raise Problem("not-your-place", f"{where} {key} is not in your place")


async def require_named(database: Database, place: Place, named: Place) -> None:
    """Raises Problem `not-your-place` unless the caller's place holds the school, the district or, with neither, the
    city that is named in what was sent."""
    if named.school is None:
        require_place(place, named)
    else:
        await require_thing(database, place, Where.SCHOOL, named.school)


def require_place(place: Place, asked: Place) -> None:
    """Raises Problem `not-your-place` unless the caller's place holds the asked one."""
    if not place.holds(asked):
        raise Problem("not-your-place", f"you do not stand for {asked.school or asked.district or 'the whole city'}")


async def _look_up(database: Database, where: Where, key: str) -> list[Place]:
    if where in NUMBERED and not (key.isdecimal() and len(key) <= _LONGEST_NUMBER):
        return []
    async with database.connection() as connection:
        return await find_places(connection, where, int(key) if where in NUMBERED else key)


async def _narrow(request: Request, school: CodeQuery = None, district: CodeQuery = None) -> Place:
    place: Place = request.state.caller.account.place
    asked = Place(district, school)
    if place.level is Level.CITY:
        return asked
    database = request.app.state.service.database
    if school is not None:
        await require_thing(database, place, Where.SCHOOL, school)
    if place.level is Level.SCHOOL:
        return Place(district, place.school)  # a foreign district and the own school have nothing in common
    require_place(place, Place(district or place.district))
    return Place(place.district, school)


async def _require_school(request: Request, school: Annotated[str, Query(pattern=CODE_PATTERN)]) -> str:
    await _narrow(request, school)
    return school


async def _narrow_to_school(request: Request, school: CodeQuery = None) -> str | None:
    place: Place = request.state.caller.account.place
    within = await _narrow(request, school)
    if place.level is Level.DISTRICT and within.school is None:
        raise Problem("not-your-place", "name one of your schools: ?school=CODE")
    return within.school


async def _narrow_to_district(request: Request, district: CodeQuery = None) -> str | None:
    if request.state.caller.account.place.level is Level.SCHOOL:
        raise Problem("not-your-place", "this is for who stands for a district or the whole city")
    return (await _narrow(request, None, district)).district


# What a list is asked for by ?school= and ?district=, narrowed to the caller's own place. Raises Problem
# `not-your-place` when another one is named.
WithinOf = Annotated[Place, Depends(_narrow)]
SchoolOf = Annotated[str, Depends(_require_school)]
SchoolWithinOf = Annotated[str | None, Depends(_narrow_to_school)]
DistrictWithinOf = Annotated[str | None, Depends(_narrow_to_district)]
NARROWING = frozenset({_narrow, _require_school, _narrow_to_school, _narrow_to_district})
