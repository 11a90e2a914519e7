"""Districts, schools and devices, with the state now."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from fastapi import Query, Response

from alerts.compliance.gates_now import GateNow, read_gates_now
from alerts.domain.board import Link, SchoolItem, Trouble
from alerts.domain.incidents import Incident, State
from alerts.domain.registry import Camera, District, PointKind, SchoolKind
from alerts.domain.rights import Right
from alerts.storage.board_reads import (
    DeviceDetail,
    DutyRow,
    list_devices,
    list_districts,
    list_duty,
    list_incidents,
    list_points,
    list_schools,
    read_school_record,
)
from alerts.storage.pictures import PictureRow, list_pictures
from alerts.storage.registry import find_cameras
from dashboard.api.routers import make_router
from dashboard.api.texts import CODE_PATTERN, CodePath, Words
from dashboard.paging import USUAL_PAGE, CursorText, Limit, Page, answer, answer_page, read_text_key
from dashboard.places import Where, WithinOf
from dashboard.problems import Problem
from dashboard.rights import grant
from dashboard.service import ServiceOf

router = make_router("registry")

_DEVICES_OF_SCHOOL = 1000
_INCIDENTS_OF_SCHOOL = 100
_NOT_CLOSED = tuple(state for state in State if state is not State.CLOSED)


@dataclass(frozen=True, slots=True)
class PointDetail:
    """A place in a school, the devices that hang there, and how it looks."""

    id: int
    name: str
    kind: PointKind
    devices: tuple[DeviceDetail, ...]
    pictures: tuple[PictureRow, ...] = ()


@dataclass(frozen=True, slots=True)
class SchoolDetail:
    """A school's own page: `duty` are the people who hold its posts, `gates` how they stand now, `incidents` those that
    are not closed."""

    school: SchoolItem
    district_name: str
    address: str
    zone: str
    group: str | None
    group_name: str | None
    head_school: str | None
    points: tuple[PointDetail, ...]
    duty: tuple[DutyRow, ...]
    gates: tuple[GateNow, ...]
    incidents: tuple[Incident, ...]
    cameras: tuple[Camera, ...] = ()


@router.get("/districts", openapi_extra=grant(Right.SEE, Where.EVERYWHERE), response_model=Page[District])
async def get_districts(service: ServiceOf) -> Response:
    """All districts in the city's order."""
    async with service.database.connection() as connection:
        return answer({"items": await list_districts(connection), "next": None})


@router.get("/schools", openapi_extra=grant(Right.SEE, Where.WITHIN), response_model=Page[SchoolItem])
async def get_schools(
    service: ServiceOf,
    within: WithinOf,
    kind: SchoolKind | None = None,
    q: Annotated[Words | None, Query(max_length=100, description="Part of a name or code.")] = None,
    cursor: CursorText = None,
    limit: Limit = USUAL_PAGE,
) -> Response:
    """Schools by code."""
    after = read_text_key(cursor)
    async with service.database.connection() as connection:
        found = await list_schools(
            connection,
            code=within.school,
            district=within.district,
            kind=kind,
            words=q or None,
            after=after,
            limit=limit + 1,
        )
    return answer_page(found, limit, "code")


@router.get("/schools/{code}", openapi_extra=grant(Right.SEE, Where.SCHOOL), response_model=SchoolDetail)
async def get_school(service: ServiceOf, code: CodePath) -> Response:
    """One school with its points and their pictures, devices, people on duty, gates, incidents and cameras."""
    async with service.database.transaction(isolation="repeatable_read") as connection:
        record = await read_school_record(connection, code)
        if record is None:
            raise Problem("no-such-school")
        school = (await list_schools(connection, code=code, limit=1))[0]
        points = await list_points(connection, code)
        pictures = await list_pictures(connection, code)
        cameras = await find_cameras(connection, [code])
        devices = await list_devices(connection, school=code, limit=_DEVICES_OF_SCHOOL)
        duty = await list_duty(connection, code)
        gates = await read_gates_now(connection, code, devices, await service.database.read_now(connection))
        incidents = await list_incidents(connection, states=_NOT_CLOSED, school=code, limit=_INCIDENTS_OF_SCHOOL)
    return answer(
        SchoolDetail(
            school=school,
            district_name=record.district_name,
            address=record.address,
            zone=record.zone,
            group=record.group,
            group_name=record.group_name,
            head_school=record.head_school,
            points=tuple(
                PointDetail(
                    point.id,
                    point.name,
                    point.kind,
                    tuple(one for one in devices if one.point == point.name),
                    tuple(one for one in pictures if one.point == point.id),
                )
                for point in points
            ),
            duty=tuple(duty),
            gates=gates,
            incidents=tuple(incidents),
            cameras=tuple(cameras.values()),
        )
    )


@router.get("/devices", openapi_extra=grant(Right.SEE, Where.WITHIN), response_model=Page[DeviceDetail])
async def get_devices(
    service: ServiceOf,
    within: WithinOf,
    link: Link | None = None,
    trouble: Trouble | None = None,
    begins: Annotated[
        str | None, Query(pattern=CODE_PATTERN, description="The beginning of a code, in large or small letters.")
    ] = None,
    cursor: CursorText = None,
    limit: Limit = USUAL_PAGE,
) -> Response:
    """Devices by code, with what was last heard of them."""
    after = read_text_key(cursor)
    async with service.database.connection() as connection:
        found = await list_devices(
            connection,
            school=within.school,
            district=within.district,
            link=link,
            trouble=trouble,
            begins=begins,
            after=after,
            limit=limit + 1,
        )
    return answer_page(found, limit, "code")


@router.get("/devices/{code}", openapi_extra=grant(Right.SEE, Where.DEVICE), response_model=DeviceDetail)
async def get_device(service: ServiceOf, code: CodePath) -> Response:
    """One device."""
    async with service.database.connection() as connection:
        found = await list_devices(connection, code=code, limit=1)
    if not found:
        raise Problem("no-such-device")
    return answer(found[0])
