"""Notices to many: who would be told, sending one, and what became of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import structlog
from fastapi import Query, Request, Response
from pydantic import BaseModel, Field

from alerts.domain.people import DeliveryState
from alerts.domain.registry import PostKind
from alerts.domain.rights import Right
from alerts.messages.notices import LONGEST_TEXT, LONGEST_TITLE, NoticeInvalid, NoticeReach, preview_notice
from alerts.orders.parts import send_to_part
from alerts.orders.wishes import NoticeOrder
from alerts.storage.notices import (
    Audience,
    NoticeMessage,
    NoticeProgress,
    Unreachable,
    list_notice_messages,
    list_notice_progress,
    list_unreachable,
)
from alerts.storage.orders import Order
from dashboard.api.order_refusals import as_order_problems
from dashboard.api.orders import PROPOSED, Alone, answer_wish
from dashboard.api.routers import make_router
from dashboard.api.texts import Code, NumberPath, Words
from dashboard.idempotency import IdempotencyKey
from dashboard.paging import USUAL_PAGE, CursorText, Limit, Page, answer, answer_page, read_number_key
from dashboard.places import Where
from dashboard.problems import FieldError, Problem
from dashboard.rights import Caller, CallerOf, grant
from dashboard.service import Service, ServiceOf

router = make_router("notices")
log = structlog.get_logger()


class AudienceRequest(BaseModel):
    """Whom it is for: holders of posts (of these kinds; none: any) in the city, in districts, at schools; people."""

    city: bool = False
    districts: Annotated[list[Code], Field(max_length=100)] = []
    schools: Annotated[list[Code], Field(max_length=5000)] = []
    posts: Annotated[list[PostKind], Field(max_length=20)] = []
    people: Annotated[list[Annotated[Words, Field(max_length=64)]], Field(max_length=5000)] = []

    def read(self) -> Audience:
        """As the service knows it."""
        places = (tuple(self.districts), tuple(self.schools))
        return Audience(self.city, *places, tuple(self.posts), tuple(self.people))


class PreviewRequest(BaseModel):
    """An audience to be counted."""

    audience: AudienceRequest


class NoticeRequest(Alone):
    """A notice. It is not live: throttles and quiet hours count. To the whole city it takes a second person; `alone`
    says why there is none, and it cannot wait."""

    title: Annotated[Words, Field(min_length=1, max_length=LONGEST_TITLE)]
    text: Annotated[Words, Field(min_length=1, max_length=LONGEST_TEXT)]
    audience: AudienceRequest


@dataclass(frozen=True, slots=True)
class NoticeDetail:
    """A notice, what became of it, and who of its audience cannot be reached."""

    notice: NoticeProgress
    unreachable: tuple[Unreachable, ...]


@router.post("/notices/preview", openapi_extra=grant(Right.NOTIFY, Where.CITY), response_model=NoticeReach)
async def preview(service: ServiceOf, body: PreviewRequest) -> Response:
    """How many people a notice would tell by which channel, and who cannot be reached. Nothing is sent."""
    try:
        return answer(await preview_notice(service.database, body.audience.read()))
    except NoticeInvalid as error:
        raise Problem("invalid-request", errors=[FieldError("body.audience", str(error))]) from error


@router.post(
    "/notices",
    openapi_extra=grant(Right.NOTIFY, Where.CITY, second=True),
    response_model=NoticeDetail,
    status_code=201,
    responses=PROPOSED,
)
async def send(
    request: Request,
    service: ServiceOf,
    caller: CallerOf,
    body: NoticeRequest,
    idempotency_key: IdempotencyKey = None,
) -> Response:
    """Sends a notice: a message to each person by the best of their verified methods. One to the whole city, or nearly
    all of it, is only proposed (202), unless it says why it cannot wait (`alone`)."""
    return await service.kept_answers.answer_once(
        request, caller, idempotency_key, lambda: _send(service, caller, body)
    )


@router.get("/notices", openapi_extra=grant(Right.SEE, Where.CITY), response_model=Page[NoticeProgress])
async def get_notices(service: ServiceOf, cursor: CursorText = None, limit: Limit = USUAL_PAGE) -> Response:
    """Notices, newest first, with what became of each."""
    before = read_number_key(cursor)
    async with service.database.connection() as connection:
        found = await list_notice_progress(connection, before=before, limit=limit + 1)
    return answer_page(found, limit, "id")


@router.get("/notices/{notice}", openapi_extra=grant(Right.SEE, Where.CITY), response_model=NoticeDetail)
async def get_notice(service: ServiceOf, notice: NumberPath) -> Response:
    """One notice."""
    return answer(await _read_detail(service, notice))


@router.get(
    "/notices/{notice}/messages", openapi_extra=grant(Right.SEE, Where.CITY), response_model=Page[NoticeMessage]
)
async def get_messages(
    service: ServiceOf,
    notice: NumberPath,
    state: Annotated[DeliveryState | None, Query(description="Only messages in this state.")] = None,
    cursor: CursorText = None,
    limit: Limit = USUAL_PAGE,
) -> Response:
    """What became of each message of a notice; a person whose first method failed has several."""
    after = read_number_key(cursor) or 0
    async with service.database.connection() as connection:
        found = await list_notice_messages(connection, notice, after=after, state=state, limit=limit + 1)
    return answer_page(found, limit, "id")


async def _send(service: Service, caller: Caller, body: NoticeRequest) -> Response:
    wanted = NoticeOrder(body.title, body.text, body.audience.read())
    with as_order_problems():
        id_ = await send_to_part(service.database, wanted, caller.account.name)
    if id_ is None:
        return await answer_wish(service, caller, wanted, body.alone, lambda order: _show_made(service, order))
    log.info("dashboard.notice.sent", notice=id_, account=caller.account.name)
    return answer(await _read_detail(service, id_), 201)


async def _show_made(service: Service, order: Order) -> Response:
    assert order.made is not None
    return answer(await _read_detail(service, order.made), 201)


async def _read_detail(service: Service, notice: int) -> NoticeDetail:
    async with service.database.transaction(isolation="repeatable_read") as connection:
        found = await list_notice_progress(connection, id_=notice)
        if not found:
            raise Problem("no-such-notice")
        return NoticeDetail(found[0], tuple(await list_unreachable(connection, notice)))
