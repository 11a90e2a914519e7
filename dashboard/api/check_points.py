"""Check points with their signed codes, and check-ins by telephone."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

import structlog
from fastapi import Path, Request, Response
from pydantic import BaseModel, Field

from alerts.compliance.check_ins import CheckedIn, CheckInLink, Said, check_in, close_link, open_link, read_link
from alerts.compliance.check_points import (
    Screen,
    ShownCode,
    add_point,
    change_point,
    read_screen,
    renew_secret,
    retire_point,
    show_code,
)
from alerts.domain.compliance.events import PostAction
from alerts.domain.rights import Right
from alerts.storage.check_points import CheckPoint, list_points
from dashboard.api.input_refusals import as_input_problems
from dashboard.api.routers import make_router
from dashboard.api.texts import CODE_PATTERN, CodePath, Words
from dashboard.idempotency import IdempotencyKey
from dashboard.paging import USUAL_PAGE, CursorText, Limit, Page, answer, answer_page, read_text_key
from dashboard.places import SchoolWithinOf, Where
from dashboard.problems import Problem
from dashboard.rights import ANYONE, Caller, CallerOf, grant
from dashboard.service import Service, ServiceOf

router = make_router("check-points")
log = structlog.get_logger()

POINT_PATTERN = r"^[A-Za-z0-9_:-]{1,64}$"
PointCode = Annotated[str, Field(pattern=POINT_PATTERN)]
PointPath = Annotated[str, Path(pattern=POINT_PATTERN, description="The check point's code.")]
PersonPath = Annotated[str, Path(pattern=CODE_PATTERN)]
KeyPath = Annotated[str, Path(pattern=r"^[A-Z2-7]{32}$")]
TokenPath = Annotated[str, Path(pattern=r"^[A-Za-z0-9_-]{20,100}$")]
Latitude = Annotated[float, Field(ge=-90, le=90)]
Longitude = Annotated[float, Field(ge=-180, le=180)]
Metres = Annotated[float, Field(allow_inf_nan=False)]
_NOT_YET = datetime.min.replace(tzinfo=UTC)  # the database says when
_REFUSED = {
    "expired": "this code has run out: scan the one that is shown now",
    "forged": "this code was not shown at this point",
    "used": "you used this code already: wait for the next one, at most 30 seconds",
}


class PlaceRequest(BaseModel):
    """What a check point is called, of which post it is (none: a point of patrols), and where it is."""

    name: Annotated[Words, Field(min_length=1, max_length=100)]
    post: Annotated[str, Field(pattern=r"^[A-Za-z0-9_:-]{1,128}$")] | None = None
    key_point: bool = False
    latitude: Latitude | None = None
    longitude: Longitude | None = None
    x_metres: Metres | None = None
    y_metres: Metres | None = None


class PointRequest(PlaceRequest):
    """A new check point with its code."""

    code: PointCode


class CheckInRequest(BaseModel):
    """A code that was scanned, what the person does, and where the telephone is, if it may tell."""

    code: Annotated[str, Field(max_length=120)]
    action: PostAction
    latitude: Latitude | None = None
    longitude: Longitude | None = None

    def read(self) -> Said:
        """What the telephone says."""
        return Said(self.code, self.action, self.latitude, self.longitude)


class PersonCheckInRequest(CheckInRequest):
    """A check-in that an account reports for a person."""

    person: Annotated[str, Field(pattern=CODE_PATTERN)]


@router.get("/check-points", openapi_extra=grant(Right.SEE, Where.WITHIN), response_model=Page[CheckPoint])
async def get_points(
    service: ServiceOf, school: SchoolWithinOf, cursor: CursorText = None, limit: Limit = USUAL_PAGE
) -> Response:
    """Check points in use, by code."""
    after = read_text_key(cursor)
    async with service.database.connection() as connection:
        found = await list_points(connection, school=school, after=after, limit=limit + 1)
    return answer_page(found, limit, "code")


@router.post(
    "/schools/{code}/check-points",
    openapi_extra=grant(Right.REPORT, Where.SCHOOL),
    response_model=Screen,
    status_code=201,
)
async def post_point(
    request: Request,
    service: ServiceOf,
    caller: CallerOf,
    code: CodePath,
    body: PointRequest,
    idempotency_key: IdempotencyKey = None,
) -> Response:
    """Registers a check point and answers the path of its screen."""
    point = _read_point(body.code, code, body)

    async def act() -> Response:
        with as_input_problems():
            return answer(await add_point(service.database, point, caller.account.name), 201)

    return await service.kept_answers.answer_once(request, caller, idempotency_key, act)


@router.put("/check-points/{point}", openapi_extra=grant(Right.REPORT, Where.CHECK_POINT), response_model=CheckPoint)
async def put_point(service: ServiceOf, caller: CallerOf, point: PointPath, body: PlaceRequest) -> Response:
    """Moves or renames a check point; its school and its secret stay."""
    with as_input_problems():
        return answer(await change_point(service.database, _read_point(point, "", body), caller.account.name))


@router.delete("/check-points/{point}", openapi_extra=grant(Right.REPORT, Where.CHECK_POINT), status_code=204)
async def delete_point(service: ServiceOf, caller: CallerOf, point: PointPath) -> Response:
    """Takes a check point out of use; what was checked in there stays."""
    with as_input_problems():
        await retire_point(service.database, point, caller.account.name)
    return Response(status_code=204)


@router.get("/check-points/{point}/screen", openapi_extra=grant(Right.REPORT, Where.CHECK_POINT), response_model=Screen)
async def get_screen(service: ServiceOf, point: PointPath) -> Response:
    """Where a tablet at the post shows the codes: whoever has the path may show them."""
    with as_input_problems():
        return answer(await read_screen(service.database, point))


@router.post(
    "/check-points/{point}/secret",
    openapi_extra=grant(Right.REPORT, Where.CHECK_POINT),
    response_model=Screen,
    status_code=201,
)
async def post_secret(service: ServiceOf, caller: CallerOf, point: PointPath) -> Response:
    """Gives a check point another secret, for a tablet that was lost: codes and screen from before count no more."""
    with as_input_problems():
        return answer(await renew_secret(service.database, point, caller.account.name), 201)


@router.get("/check-points/{point}/codes/{key}", openapi_extra=ANYONE, response_model=ShownCode)
async def get_code(service: ServiceOf, point: PointPath, key: KeyPath) -> Response:
    """The code that is shown now, for what writes NFC; `key` is the end of the screen's path."""
    with as_input_problems():
        return answer(await show_code(service.database, point, key))


@router.post(
    "/people/{person}/check-in-link",
    openapi_extra=grant(Right.STAFF, Where.PERSON),
    response_model=CheckInLink,
    status_code=201,
)
async def post_link(service: ServiceOf, caller: CallerOf, person: PersonPath) -> Response:
    """Gives a person a secret link to check in by telephone; the one before stops to work."""
    with as_input_problems():
        return answer(await open_link(service.database, person, caller.account.name), 201)


@router.delete("/people/{person}/check-in-link", openapi_extra=grant(Right.STAFF, Where.PERSON), status_code=204)
async def delete_link(service: ServiceOf, caller: CallerOf, person: PersonPath) -> Response:
    """The link stops to work."""
    with as_input_problems():
        await close_link(service.database, person, caller.account.name)
    return Response(status_code=204)


@router.post(
    "/check-ins", openapi_extra=grant(Right.REPORT, Where.EVERYWHERE), response_model=CheckedIn, status_code=201
)
async def post_check_in(
    request: Request,
    service: ServiceOf,
    caller: CallerOf,
    body: PersonCheckInRequest,
    idempotency_key: IdempotencyKey = None,
) -> Response:
    """A person checks in by a program of the school."""
    return await service.kept_answers.answer_once(
        request, caller, idempotency_key, lambda: _check_in_for(service, caller, body)
    )


@router.post("/check-ins/{token}", openapi_extra=ANYONE, response_model=CheckedIn, status_code=201)
async def post_linked_check_in(service: ServiceOf, token: TokenPath, body: CheckInRequest) -> Response:
    """A person checks in by their own link; the token is its end. Once more the same changes nothing."""
    with as_input_problems():
        person = await read_link(service.database, token)
        done = await check_in(service.database, person.code, body.read(), person.code)
    return tell_check_in(done)


def tell_check_in(done: CheckedIn) -> Response:
    """What became of a check-in, logged and answered. Raises Problem when the code was refused."""
    log.info(
        "dashboard.person.checked_in", person=done.person, point=done.point, action=done.action, counts=done.counts
    )
    if done.refused:
        raise Problem("code-refused", _REFUSED[done.refused])
    return answer(done, 201)


async def _check_in_for(service: Service, caller: Caller, body: PersonCheckInRequest) -> Response:
    with as_input_problems():
        done = await check_in(service.database, body.person, body.read(), caller.account.name)
    return tell_check_in(done)


def _read_point(code: str, school: str, body: PlaceRequest) -> CheckPoint:
    return CheckPoint(
        code=code,
        school=school,
        post=body.post,
        name=body.name,
        key_point=body.key_point,
        latitude=body.latitude,
        longitude=body.longitude,
        x_metres=body.x_metres,
        y_metres=body.y_metres,
        saved_at=_NOT_YET,
    )
