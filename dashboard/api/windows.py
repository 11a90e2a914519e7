"""Windows for tests and drills: announced ahead, to 110 first."""

from __future__ import annotations

from typing import Annotated

import structlog
from fastapi import Query, Request, Response
from pydantic import AwareDatetime, BaseModel, Field

from alerts.domain.practice import Way
from alerts.domain.presses import Mode
from alerts.domain.rights import Place, Right
from alerts.readiness.windows import (
    NoSuchWindow,
    WindowInvalid,
    announce_window,
    end_window,
    list_windows,
    record_police_notice,
)
from alerts.storage.windows import Window, list_windows_over
from dashboard.api.routers import make_router
from dashboard.api.texts import Code, NumberPath, Words
from dashboard.idempotency import IdempotencyKey
from dashboard.paging import USUAL_PAGE, CursorText, Limit, Page, answer, answer_page, read_number_key
from dashboard.places import Where, WithinOf, require_named
from dashboard.problems import FieldError, Problem
from dashboard.rights import Caller, CallerOf, grant
from dashboard.service import Service, ServiceOf

router = make_router("windows")
log = structlog.get_logger()


class PoliceNoticeRequest(BaseModel):
    """110 was told: `how`, and the number of the call or of the message."""

    how: Way
    reference: Annotated[Words, Field(min_length=1, max_length=100)]


class WindowRequest(BaseModel):
    """A window to announce: for a school, for a district, or with neither for the whole city; at most 24 hours.

    `police` says how 110 was told of it; without it the window counts as not announced to 110.
    """

    mode: Mode
    starts_at: AwareDatetime
    ends_at: AwareDatetime
    school: Code | None = None
    district: Code | None = None
    note: Annotated[Words, Field(max_length=500)] = ""
    police: PoliceNoticeRequest | None = None


@router.get("/windows", openapi_extra=grant(Right.SEE, Where.WITHIN), response_model=Page[Window])
async def get_windows(
    service: ServiceOf,
    within: WithinOf,
    over: Annotated[bool, Query(description="true: those that are over, newest first, in pages.")] = False,
    cursor: CursorText = None,
    limit: Limit = USUAL_PAGE,
) -> Response:
    """Windows that are not over and concern a place, the city's, too, all of them; or those of it that are, for their
    reports."""
    if not over:
        return answer({"items": await list_windows(service.database, within), "next": None})
    before = read_number_key(cursor)
    async with service.database.connection() as connection:
        now = await service.database.read_now(connection)
        found = await list_windows_over(connection, now, within, before=before, limit=limit + 1)
    return answer_page(found, limit, "id")


@router.post("/windows", openapi_extra=grant(Right.PRACTISE, Where.BODY), response_model=Window, status_code=201)
async def announce(
    request: Request,
    service: ServiceOf,
    caller: CallerOf,
    body: WindowRequest,
    idempotency_key: IdempotencyKey = None,
) -> Response:
    """Announces a window: inside it, presses that say they are tests or drills are taken for that."""
    await require_named(service.database, caller.account.place, Place(body.district, body.school))
    return await service.kept_answers.answer_once(
        request, caller, idempotency_key, lambda: _announce(service, caller, body)
    )


@router.post(
    "/windows/{window}/police-notice", openapi_extra=grant(Right.PRACTISE, Where.WINDOW), response_model=Window
)
async def notify_police(
    request: Request,
    service: ServiceOf,
    caller: CallerOf,
    window: NumberPath,
    body: PoliceNoticeRequest,
    idempotency_key: IdempotencyKey = None,
) -> Response:
    """Records that 110 was told of a window. The first notice stands."""
    return await service.kept_answers.answer_once(
        request, caller, idempotency_key, lambda: _notify_police(service, caller, window, body)
    )


@router.delete("/windows/{window}", openapi_extra=grant(Right.PRACTISE, Where.WINDOW), status_code=204)
async def end(service: ServiceOf, caller: CallerOf, window: NumberPath) -> Response:
    """Ends a window now."""
    if not await end_window(service.database, window, caller.account.name):
        raise Problem("no-such-window", "there is none of that number, or it is over")
    log.info("dashboard.window.ended", window=window, account=caller.account.name)
    return Response(status_code=204)


async def _announce(service: Service, caller: Caller, body: WindowRequest) -> Response:
    try:
        window = await announce_window(
            service.database,
            body.mode,
            body.starts_at,
            body.ends_at,
            caller.account.name,
            school=body.school,
            district=body.district,
            note=body.note,
            told_police=None if body.police is None else (body.police.how, body.police.reference),
        )
    except WindowInvalid as error:
        raise Problem("invalid-request", errors=[FieldError("body", str(error))]) from error
    log.info("dashboard.window.announced", window=window.id, mode=window.mode, account=caller.account.name)
    return answer(window, 201)


async def _notify_police(service: Service, caller: Caller, window: int, body: PoliceNoticeRequest) -> Response:
    try:
        notified = await record_police_notice(service.database, window, body.how, body.reference, caller.account.name)
    except NoSuchWindow as error:
        raise Problem("no-such-window", "there is none of that number, or it is over") from error
    log.info("dashboard.window.police_notified", window=window, account=caller.account.name)
    return answer(notified)
