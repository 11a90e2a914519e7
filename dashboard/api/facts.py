"""Facts that people declare for closed management, with photos, corrections and their history."""

from __future__ import annotations

from datetime import date
from typing import Annotated

import structlog
from fastapi import Path, Query, Request, Response
from pydantic import AwareDatetime, Base64Bytes, BaseModel, Field, StrictBool, StrictInt

from alerts.compliance.facts import correct_fact, declare_fact, read_history, read_photo, withdraw_fact
from alerts.domain.compliance.facts import Declaration
from alerts.domain.compliance.photos import MOST_PHOTOS
from alerts.domain.compliance.school_day import FactKind
from alerts.domain.rights import Right
from alerts.storage.facts import FactRow, list_facts
from dashboard.api.input_refusals import as_input_problems
from dashboard.api.routers import make_router
from dashboard.api.texts import CODE_PATTERN, CodePath, NumberPath, Words
from dashboard.idempotency import IdempotencyKey
from dashboard.paging import USUAL_PAGE, CursorText, Limit, Page, answer, answer_page, read_number_key
from dashboard.places import SchoolWithinOf, Where
from dashboard.rights import Caller, CallerOf, grant
from dashboard.service import Service, ServiceOf

router = make_router("facts")
log = structlog.get_logger()

Reference = Annotated[str, Field(max_length=64)]
Name = Annotated[str, Field(max_length=40)]
Number = Annotated[int, Path(ge=1, le=MOST_PHOTOS)]
Reason = Annotated[Words, Field(min_length=1, max_length=500)]
_SHOWN = {  # a picture and nothing else, whatever its bytes would like to be
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "Content-Disposition": "inline",
    "Cache-Control": "private, max-age=86400, immutable",
}


class FactRequest(BaseModel):
    """A fact. `at` is when it was seen, `seen_by` the person who was there; `photos` are JPEG or PNG in base64, of at
    most 5 MB each. What `said` and `about` must hold depends on the kind."""

    kind: FactKind
    at: AwareDatetime
    about: Reference | None = None
    said: Annotated[dict[Name, StrictBool | StrictInt | Words], Field(max_length=20)] = Field(default_factory=dict)
    valid_until: date | None = None
    seen_by: Annotated[str, Field(pattern=CODE_PATTERN)] | None = None
    photos: Annotated[list[Base64Bytes], Field(max_length=MOST_PHOTOS)] = Field(default_factory=list)

    def read(self) -> Declaration:
        """The fact without its photos."""
        return Declaration(self.kind, self.at, self.about, self.said, self.valid_until, self.seen_by)


class CorrectionRequest(FactRequest):
    """The whole fact anew, and why; without photos it keeps those of the one that it corrects."""

    reason: Reason


class WithdrawalRequest(BaseModel):
    """Why a fact does not hold, nor ever did."""

    reason: Reason


@router.get("/facts", openapi_extra=grant(Right.SEE, Where.WITHIN), response_model=Page[FactRow])
async def get_facts(
    service: ServiceOf,
    school: SchoolWithinOf,
    kind: FactKind | None = None,
    about: Annotated[str | None, Query(max_length=64)] = None,
    standing: Annotated[bool, Query(description="false: corrected and withdrawn ones, too.")] = True,
    cursor: CursorText = None,
    limit: Limit = USUAL_PAGE,
) -> Response:
    """Declared facts, the newest first."""
    before = read_number_key(cursor)
    async with service.database.connection() as connection:
        found = await list_facts(
            connection, school=school, kind=kind, about=about, standing=standing, before=before, limit=limit + 1
        )
    return answer_page(found, limit, "id")


@router.post(
    "/schools/{code}/facts", openapi_extra=grant(Right.REPORT, Where.SCHOOL), response_model=FactRow, status_code=201
)
async def post_fact(
    request: Request,
    service: ServiceOf,
    caller: CallerOf,
    code: CodePath,
    body: FactRequest,
    idempotency_key: IdempotencyKey = None,
) -> Response:
    """Records what somebody saw or declares. Grade C with a photo or a check-in nearby of `seen_by`, else D."""
    return await service.kept_answers.answer_once(
        request, caller, idempotency_key, lambda: _declare(service, caller, code, body)
    )


@router.get("/facts/{fact}", openapi_extra=grant(Right.SEE, Where.FACT), response_model=Page[FactRow])
async def get_fact(service: ServiceOf, fact: NumberPath) -> Response:
    """A fact with all its corrections, the first one first: the last one counts."""
    with as_input_problems():
        return answer({"items": await read_history(service.database, fact), "next": None})


@router.post(
    "/facts/{fact}/corrections", openapi_extra=grant(Right.REPORT, Where.FACT), response_model=FactRow, status_code=201
)
async def post_correction(
    request: Request,
    service: ServiceOf,
    caller: CallerOf,
    fact: NumberPath,
    body: CorrectionRequest,
    idempotency_key: IdempotencyKey = None,
) -> Response:
    """Puts another fact in the place of one; both stay readable."""
    return await service.kept_answers.answer_once(
        request, caller, idempotency_key, lambda: _correct(service, caller, fact, body)
    )


@router.post(
    "/facts/{fact}/withdrawal", openapi_extra=grant(Right.REPORT, Where.FACT), response_model=FactRow, status_code=201
)
async def post_withdrawal(
    request: Request,
    service: ServiceOf,
    caller: CallerOf,
    fact: NumberPath,
    body: WithdrawalRequest,
    idempotency_key: IdempotencyKey = None,
) -> Response:
    """Says that a fact does not hold; it stays readable."""
    return await service.kept_answers.answer_once(
        request, caller, idempotency_key, lambda: _withdraw(service, caller, fact, body)
    )


@router.get("/facts/{fact}/photos/{number}", openapi_extra=grant(Right.SEE, Where.FACT), response_class=Response)
async def get_photo(service: ServiceOf, fact: NumberPath, number: Number) -> Response:
    """A photo of a fact."""
    with as_input_problems():
        photo = await read_photo(service.database, fact, number)
    return Response(photo.content, media_type=photo.media_type, headers=_SHOWN)


async def _declare(service: Service, caller: Caller, school: str, body: FactRequest) -> Response:
    with as_input_problems():
        saved = await declare_fact(service.database, school, body.read(), body.photos, caller.account.name)
    log.info("dashboard.fact.declared", fact=saved.id, kind=saved.kind, school=school, account=caller.account.name)
    return answer(saved, 201)


async def _correct(service: Service, caller: Caller, fact: int, body: CorrectionRequest) -> Response:
    by = caller.account.name
    with as_input_problems():
        saved = await correct_fact(service.database, fact, body.read(), body.photos, body.reason, by)
    log.info("dashboard.fact.corrected", fact=fact, correction=saved.id, account=by)
    return answer(saved, 201)


async def _withdraw(service: Service, caller: Caller, fact: int, body: WithdrawalRequest) -> Response:
    with as_input_problems():
        saved = await withdraw_fact(service.database, fact, body.reason, caller.account.name)
    log.info("dashboard.fact.withdrawn", fact=fact, account=caller.account.name)
    return answer(saved, 201)
