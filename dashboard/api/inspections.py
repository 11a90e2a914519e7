"""Inspectors' visits: a list of what is not proved at a school, answered on the spot."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

import structlog
from fastapi import Query, Request, Response
from pydantic import Base64Bytes, BaseModel, Field

from alerts.compliance.inspections import (
    Found,
    InspectionDetail,
    answer_check,
    begin_inspection,
    end_inspection,
    read_inspection,
)
from alerts.domain.compliance.catalogue import BY_CODE
from alerts.domain.compliance.inspections import Outcome, ToCheck, lasts, wants_photo
from alerts.domain.compliance.photos import MOST_PHOTOS
from alerts.domain.compliance.rules import Group
from alerts.domain.compliance.verdicts import Verdict
from alerts.domain.policies import read_zone
from alerts.domain.rights import Right
from alerts.storage.inspections import AnswerRow, InspectionHead, list_inspections
from dashboard.api.compliance_schools import SaidRuleReason, say_reasons
from dashboard.api.input_refusals import as_input_problems
from dashboard.api.routers import make_router
from dashboard.api.texts import CODE_PATTERN, CodePath, NumberPath, Words
from dashboard.idempotency import IdempotencyKey
from dashboard.paging import USUAL_PAGE, CursorText, Limit, Page, answer, answer_page, read_number_key
from dashboard.places import Where, WithinOf
from dashboard.rights import Caller, CallerOf, grant
from dashboard.service import Service, ServiceOf

router = make_router("inspections")
log = structlog.get_logger()

Note = Annotated[Words, Field(max_length=500)]


class InspectionRequest(BaseModel):
    """Where the telephone is, if it says so."""

    latitude: Annotated[float, Field(ge=-90, le=90)] | None = None
    longitude: Annotated[float, Field(ge=-180, le=180)] | None = None


class AnswerRequest(BaseModel):
    """What was found of a rule on the list. `corrects` is the answer in whose place this one stands, with `reason`;
    without photos it keeps those of that one. `photos` are JPEG or PNG in base64, of at most 5 MB each."""

    rule: Annotated[str, Field(pattern=CODE_PATTERN)]
    outcome: Outcome
    note: Note = ""
    photos: Annotated[list[Base64Bytes], Field(max_length=MOST_PHOTOS)] = Field(default_factory=list)
    corrects: Annotated[int, Field(ge=1, lt=1 << 62)] | None = None
    reason: Note = ""

    def read(self) -> Found:
        """The answer without its photos."""
        return Found(self.rule, self.outcome, self.note, self.corrects, self.reason)


@dataclass(frozen=True, slots=True)
class SaidCheck:
    """A line of the list: how the rule stood when the visit began and why, and what would make it met. `lasts`: a look
    settles it until it expires; else it tells of its moment alone. `photo`: a look without one is a form."""

    rule: str
    group: Group | None
    zh: str
    en: str
    verdict: Verdict
    reasons: list[SaidRuleReason]
    mend: list[SaidRuleReason]
    lasts: bool
    photo: bool


@dataclass(frozen=True, slots=True)
class SaidInspection:
    """A visit: who, when, how far the telephone was from the school (null: it did not say), what there was to look at
    when it began, and every answer; one stands while `corrected_by` is null."""

    id: int
    school: str
    school_name: str
    zone: str
    by: str
    opened_at: datetime
    ended_at: datetime | None
    metres: float | None
    checklist: list[SaidCheck]
    answers: tuple[AnswerRow, ...]


@router.get("/inspections", openapi_extra=grant(Right.SEE, Where.WITHIN), response_model=Page[InspectionHead])
async def get_inspections(
    service: ServiceOf,
    within: WithinOf,
    open_only: Annotated[bool, Query(alias="open", description="true: only those under way.")] = False,
    cursor: CursorText = None,
    limit: Limit = USUAL_PAGE,
) -> Response:
    """Visits, the newest first."""
    before = read_number_key(cursor)
    async with service.database.connection() as connection:
        found = await list_inspections(
            connection,
            school=within.school,
            district=within.district,
            open_only=open_only,
            before=before,
            limit=limit + 1,
        )
    return answer_page(found, limit, "id")


@router.post(
    "/schools/{code}/inspections",
    openapi_extra=grant(Right.INSPECT, Where.SCHOOL),
    response_model=SaidInspection,
    status_code=201,
)
async def post_inspection(
    request: Request,
    service: ServiceOf,
    caller: CallerOf,
    code: CodePath,
    body: InspectionRequest,
    idempotency_key: IdempotencyKey = None,
) -> Response:
    """Begins a visit, or goes on with the caller's that is under way there."""
    return await service.kept_answers.answer_once(
        request, caller, idempotency_key, lambda: _begin(service, caller, code, body)
    )


@router.get(
    "/inspections/{inspection}", openapi_extra=grant(Right.SEE, Where.INSPECTION), response_model=SaidInspection
)
async def get_inspection(service: ServiceOf, inspection: NumberPath) -> Response:
    """A visit with its list and answers."""
    with as_input_problems():
        return answer(_tell(await read_inspection(service.database, inspection)))


@router.post(
    "/inspections/{inspection}/answers",
    openapi_extra=grant(Right.INSPECT, Where.INSPECTION),
    response_model=AnswerRow,
    status_code=201,
)
async def post_answer(
    request: Request,
    service: ServiceOf,
    caller: CallerOf,
    inspection: NumberPath,
    body: AnswerRequest,
    idempotency_key: IdempotencyKey = None,
) -> Response:
    """Records what was found of a rule; it becomes a fact of the kind `inspected`."""
    return await service.kept_answers.answer_once(
        request, caller, idempotency_key, lambda: _answer(service, caller, inspection, body)
    )


@router.post(
    "/inspections/{inspection}/end", openapi_extra=grant(Right.INSPECT, Where.INSPECTION), response_model=SaidInspection
)
async def post_end(service: ServiceOf, caller: CallerOf, inspection: NumberPath) -> Response:
    """Ends a visit; what was not answered stays so."""
    with as_input_problems():
        ended = await end_inspection(service.database, inspection, caller.account.name)
    log.info("dashboard.inspection.ended", inspection=inspection, account=caller.account.name)
    return answer(_tell(ended))


async def _begin(service: Service, caller: Caller, school: str, body: InspectionRequest) -> Response:
    by = caller.account.name
    with as_input_problems():
        begun = await begin_inspection(service.database, school, by, body.latitude, body.longitude)
    log.info("dashboard.inspection.begun", inspection=begun.inspection.id, school=school, account=by)
    return answer(_tell(begun), 201)


async def _answer(service: Service, caller: Caller, inspection: int, body: AnswerRequest) -> Response:
    by = caller.account.name
    with as_input_problems():
        saved = await answer_check(service.database, inspection, body.read(), body.photos, by)
    log.info("dashboard.inspection.answered", inspection=inspection, rule=saved.rule, account=by)
    return answer(saved, 201)


def _tell(detail: InspectionDetail) -> SaidInspection:
    one = detail.inspection
    return SaidInspection(
        id=one.id,
        school=one.school,
        school_name=one.school_name,
        zone=one.zone,
        by=one.by,
        opened_at=one.opened_at,
        ended_at=one.ended_at,
        metres=one.metres,
        checklist=[_tell_check(check, one.zone) for check in one.checklist],
        answers=detail.answers,
    )


def _tell_check(check: ToCheck, zone: str) -> SaidCheck:
    rule = BY_CODE.get(check.rule)
    return SaidCheck(
        rule=check.rule,
        group=rule.group if rule else None,
        zh=rule.zh if rule else check.rule,
        en=rule.en if rule else check.rule,
        verdict=check.verdict,
        reasons=say_reasons(check.reasons, read_zone(zone)),
        mend=say_reasons(check.mend, read_zone(zone)),
        lasts=lasts(check.rule),
        photo=wants_photo(check.rule),
    )
