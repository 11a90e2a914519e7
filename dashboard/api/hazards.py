"""Hazards, and what parents and the public report: taken in, given to somebody, closed with proof."""

from __future__ import annotations

from typing import Annotated

import structlog
from fastapi import Query, Request, Response
from pydantic import AwareDatetime, BaseModel, Field

from alerts.compliance.hazards import HazardDetail, Told, assign_hazard, close_hazard, open_hazard, read_hazard
from alerts.domain.compliance.hazard_reports import LONGEST_TEXT, LONGEST_TITLE, HazardSource
from alerts.domain.rights import Right
from alerts.storage.hazards import HazardRow, list_hazards
from dashboard.api.input_refusals import as_input_problems
from dashboard.api.routers import make_router
from dashboard.api.texts import CODE_PATTERN, CodePath, Note, NumberPath, Words
from dashboard.idempotency import IdempotencyKey
from dashboard.paging import USUAL_PAGE, CursorText, Limit, Page, answer, answer_page, read_number_key
from dashboard.places import Where, WithinOf
from dashboard.rights import Caller, CallerOf, grant
from dashboard.service import Service, ServiceOf

router = make_router("hazards")
log = structlog.get_logger()

Person = Annotated[str, Field(pattern=CODE_PATTERN)]


class HazardRequest(BaseModel):
    """What is wrong, where, and who told of it; who sees to it until when (seven days when nobody says)."""

    source: HazardSource
    title: Annotated[Words, Field(min_length=1, max_length=LONGEST_TITLE)]
    text: Annotated[Words, Field(max_length=LONGEST_TEXT)] = ""
    place: Annotated[Words, Field(max_length=LONGEST_TITLE)] = ""
    owner: Person | None = None
    due_at: AwareDatetime | None = None

    def read(self) -> Told:
        """What somebody tells of."""
        return Told(self.source, self.title, self.text, self.place, self.owner, self.due_at)


class OwnerRequest(BaseModel):
    """Who sees to it (null: nobody), and until when (null: as it was)."""

    owner: Person | None
    due_at: AwareDatetime | None = None


class ClosureRequest(BaseModel):
    """What was done, and the number of the fact that shows it."""

    text: Note
    fact: Annotated[int, Field(ge=1, lt=1 << 62)]


@router.get("/hazards", openapi_extra=grant(Right.SEE, Where.WITHIN), response_model=Page[HazardRow])
async def get_hazards(
    service: ServiceOf,
    within: WithinOf,
    source: HazardSource | None = None,
    open_only: Annotated[bool, Query(alias="open", description="false: closed ones, too.")] = True,
    overdue: Annotated[bool, Query(description="Only those that should have been mended by now.")] = False,
    cursor: CursorText = None,
    limit: Limit = USUAL_PAGE,
) -> Response:
    """Hazards, the newest first."""
    before = read_number_key(cursor)
    async with service.database.connection() as connection:
        found = await list_hazards(
            connection,
            await service.database.read_now(connection),
            school=within.school,
            district=within.district,
            source=source,
            open_only=open_only,
            overdue_only=overdue,
            before=before,
            limit=limit + 1,
        )
    return answer_page(found, limit, "id")


@router.post(
    "/schools/{code}/hazards",
    openapi_extra=grant(Right.REPORT, Where.SCHOOL),
    response_model=HazardRow,
    status_code=201,
)
async def post_hazard(
    request: Request,
    service: ServiceOf,
    caller: CallerOf,
    code: CodePath,
    body: HazardRequest,
    idempotency_key: IdempotencyKey = None,
) -> Response:
    """Takes a hazard or a report in; the same one told of again names the one before."""
    return await service.kept_answers.answer_once(
        request, caller, idempotency_key, lambda: _open(service, caller, code, body)
    )


@router.get("/hazards/{hazard}", openapi_extra=grant(Right.SEE, Where.HAZARD), response_model=HazardDetail)
async def get_hazard(service: ServiceOf, hazard: NumberPath) -> Response:
    """A hazard with all reports of the same one and the facts about it."""
    with as_input_problems():
        return answer(await read_hazard(service.database, hazard))


@router.put("/hazards/{hazard}/owner", openapi_extra=grant(Right.INSPECT, Where.HAZARD), response_model=HazardRow)
async def put_owner(service: ServiceOf, caller: CallerOf, hazard: NumberPath, body: OwnerRequest) -> Response:
    """Says who sees to a hazard, and until when."""
    with as_input_problems():
        return answer(await assign_hazard(service.database, hazard, body.owner, body.due_at, caller.account.name))


@router.post(
    "/hazards/{hazard}/closure",
    openapi_extra=grant(Right.REPORT, Where.HAZARD),
    response_model=HazardRow,
    status_code=201,
)
async def post_closure(
    request: Request,
    service: ServiceOf,
    caller: CallerOf,
    hazard: NumberPath,
    body: ClosureRequest,
    idempotency_key: IdempotencyKey = None,
) -> Response:
    """Closes a hazard by a fact of the kind `hazard` that says that it is mended, with a photo or a check-in."""
    return await service.kept_answers.answer_once(
        request, caller, idempotency_key, lambda: _close(service, caller, hazard, body)
    )


async def _open(service: Service, caller: Caller, school: str, body: HazardRequest) -> Response:
    with as_input_problems():
        saved = await open_hazard(service.database, school, body.read(), caller.account.name)
    log.info("dashboard.hazard.opened", hazard=saved.id, school=school, account=caller.account.name)
    return answer(saved, 201)


async def _close(service: Service, caller: Caller, hazard: int, body: ClosureRequest) -> Response:
    with as_input_problems():
        saved = await close_hazard(service.database, hazard, body.text, body.fact, caller.account.name)
    log.info("dashboard.hazard.closed", hazard=hazard, school=saved.school, account=caller.account.name)
    return answer(saved, 201)
