"""Raw evidence that must stay whatever its age, for a case that is not over."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from fastapi import Query, Request, Response
from pydantic import BaseModel, Field

from alerts.compliance.retention import HoldOutlook, Retention, foresee_hold, lift_hold, place_hold, read_retention
from alerts.domain.retention import Hold, Kept
from alerts.domain.rights import Right
from alerts.storage.retention import HoldRow, list_holds
from dashboard.api.input_refusals import as_input_problems
from dashboard.api.routers import make_router
from dashboard.api.texts import CODE_PATTERN, CodeQuery, Note, NumberPath
from dashboard.idempotency import IdempotencyKey
from dashboard.paging import USUAL_PAGE, CursorText, Limit, Page, answer, answer_page, read_number_key
from dashboard.places import Where
from dashboard.rights import CallerOf, grant
from dashboard.service import ServiceOf

router = make_router("evidence-holds")


class HoldRequest(BaseModel):
    """The school or the district whose evidence must stay (with neither the whole city's), of which days, and why."""

    school: Annotated[str, Field(pattern=CODE_PATTERN)] | None = None
    district: Annotated[str, Field(pattern=CODE_PATTERN)] | None = None
    since: date
    until: date
    reason: Note

    def read(self) -> Hold:
        """What is to be held."""
        return Hold(self.school, self.since, self.until, self.district)


class LiftRequest(BaseModel):
    """Why evidence may go now."""

    reason: Note


@router.get("/retention", openapi_extra=grant(Right.SEE, Where.EVERYWHERE), response_model=Retention)
async def get_retention(service: ServiceOf) -> Response:
    """For how many days raw records are kept, and which are the oldest that are there without a hold."""
    settings = service.settings
    return answer(
        await read_retention(service.database, Kept(settings.keep_evidence_days, settings.keep_quarantine_days))
    )


@router.get("/evidence-holds", openapi_extra=grant(Right.SEE, Where.CITY), response_model=Page[HoldRow])
async def get_holds(
    service: ServiceOf,
    school: CodeQuery = None,
    standing: Annotated[bool, Query(description="false: also those that were lifted.")] = True,
    cursor: CursorText = None,
    limit: Limit = USUAL_PAGE,
) -> Response:
    """Holds, the newest first; those of a school are also its district's and the city's."""
    before = read_number_key(cursor)
    async with service.database.connection() as connection:
        found = await list_holds(connection, standing_only=standing, school=school, before=before, limit=limit + 1)
    return answer_page(found, limit, "id")


@router.get("/evidence-holds/outlook", openapi_extra=grant(Right.SEE, Where.CITY), response_model=HoldOutlook)
async def get_outlook(
    service: ServiceOf, since: date, until: date, school: CodeQuery = None, district: CodeQuery = None
) -> Response:
    """What a hold would find: of how many of these days it comes too late."""
    with as_input_problems():
        return answer(await foresee_hold(service.database, Hold(school, since, until, district)))


@router.post("/evidence-holds", openapi_extra=grant(Right.GOVERN, Where.CITY), response_model=HoldRow, status_code=201)
async def post_hold(
    request: Request, service: ServiceOf, caller: CallerOf, body: HoldRequest, idempotency_key: IdempotencyKey = None
) -> Response:
    """Keeps evidence from going."""

    async def act() -> Response:
        with as_input_problems():
            return answer(await place_hold(service.database, body.read(), body.reason, caller.account.name), 201)

    return await service.kept_answers.answer_once(request, caller, idempotency_key, act)


@router.post(
    "/evidence-holds/{hold}/lift", openapi_extra=grant(Right.GOVERN, Where.CITY, proved=True), response_model=HoldRow
)
async def post_lift(service: ServiceOf, caller: CallerOf, hold: NumberPath, body: LiftRequest) -> Response:
    """Lets evidence go when it is old."""
    with as_input_problems():
        return answer(await lift_hold(service.database, hold, body.reason, caller.account.name))
