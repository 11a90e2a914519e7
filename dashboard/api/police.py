"""The hand-over to 110: where it stands, what somebody was told on the telephone, and what 110 tells by itself."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal
from uuid import UUID

import msgspec
import structlog
from fastapi import Path, Query, Request, Response
from pydantic import AwareDatetime, BaseModel, Field, StringConstraints

from alerts.domain.handover import REPORTABLE, Handover, Report
from alerts.domain.police import HandoverState
from alerts.domain.rights import Right
from alerts.incidents.answers import Actor, NoSuchIncident
from alerts.police.cap import MEDIA_TYPE, write_cap
from alerts.police.handovers import Handovers, NoSuchHandover, ReportUnbelievable, Told, save_limits
from alerts.police.words import SignatureWrong, StatusWords, check_signature, read_status
from alerts.storage.board_reads import read_incident, read_incident_school
from alerts.storage.errors import UnknownReference
from alerts.storage.handovers import (
    HandoverCounts,
    HandoverRow,
    PoliceLimit,
    count_handovers,
    list_handovers,
    list_limits,
    list_links,
)
from dashboard.api.routers import make_router
from dashboard.api.texts import CODE_PATTERN, Note, NumberPath, Words
from dashboard.idempotency import IdempotencyKey
from dashboard.paging import USUAL_PAGE, CursorText, Limit, Page, answer, answer_page, read_number_key
from dashboard.places import DistrictWithinOf, Where
from dashboard.problems import FieldError, Problem
from dashboard.rights import ANYONE, Caller, CallerOf, grant
from dashboard.service import Service, ServiceOf

router = make_router("police")
log = structlog.get_logger()

Short = Annotated[Words, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]


class PhoneReport(BaseModel):
    """What somebody was told on the telephone: 110's number of the case, who took it there, and when. `state` is what
    110 did; a rejection needs `reason`, an end `disposition`."""

    at: AwareDatetime
    state: Literal["accepted", "rejected", "dispatched", "on_scene", "closed"] = "accepted"
    number: Short | None = None
    officer: Short | None = None
    unit: Short | None = None
    reason: Note | None = None
    disposition: Note | None = None
    text: Note | None = None


class LimitRequest(BaseModel):
    """How long 110 may take in a district (null: the city), and where the numbers are from."""

    district: Annotated[str, Field(pattern=CODE_PATTERN)] | None = None
    answer_seconds: Annotated[int, Field(ge=5, le=3600)]
    on_scene_seconds: Annotated[int, Field(ge=60, le=86400)]
    source: Short


@dataclass(frozen=True, slots=True)
class PoliceOverview:
    """What stands open at 110, and which links are set up (`http`, `dc09`); without `http` 110 must be telephoned."""

    counts: HandoverCounts
    links: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class HandedOver:
    """The hand-over after a report. `news` is false when it was known already."""

    handover: Handover
    news: bool


@router.get("/handovers", openapi_extra=grant(Right.SEE, Where.WITHIN), response_model=Page[HandoverRow])
async def get_handovers(
    service: ServiceOf,
    district: DistrictWithinOf,
    state: Annotated[
        list[HandoverState] | None, Query(description="Repeated for several.", max_length=len(HandoverState))
    ] = None,
    telephone: bool | None = None,
    cursor: CursorText = None,
    limit: Limit = USUAL_PAGE,
) -> Response:
    """Hand-overs to 110, newest first; `telephone` keeps those about which somebody must telephone."""
    before = read_number_key(cursor)
    async with service.database.connection() as connection:
        found = await list_handovers(
            connection, states=state, telephone=telephone, district=district, before=before, limit=limit + 1
        )
    return answer_page(found, limit, "id")


@router.get("/police", openapi_extra=grant(Right.SEE, Where.CITY), response_model=PoliceOverview)
async def get_overview(service: ServiceOf) -> Response:
    """What stands open at 110, for the board's counts."""
    async with service.database.connection() as connection:
        return answer(PoliceOverview(await count_handovers(connection), tuple(await list_links(connection))))


@router.get("/police/limits", openapi_extra=grant(Right.SEE, Where.CITY), response_model=Page[PoliceLimit])
async def get_limits(service: ServiceOf) -> Response:
    """How long 110 may take: the city's limits, then the districts that have their own."""
    async with service.database.connection() as connection:
        return answer({"items": await list_limits(connection), "next": None})


@router.put("/police/limits", openapi_extra=grant(Right.GOVERN, Where.CITY, proved=True), response_model=PoliceLimit)
async def change_limits(service: ServiceOf, caller: CallerOf, body: LimitRequest) -> Response:
    """Sets the limits of a district or of the city, for incidents that are handed over from now on."""
    limit = PoliceLimit(body.district, body.answer_seconds, body.on_scene_seconds, body.source)
    try:
        await save_limits(service.database, limit, caller.account.name)
    except UnknownReference as error:
        raise Problem("invalid-request", errors=[FieldError("body.district", str(error))]) from error
    return answer(limit)


@router.post(
    "/incidents/{incident}/handover/phone", openapi_extra=grant(Right.HANDLE, Where.INCIDENT), response_model=HandedOver
)
async def report_by_phone(
    request: Request,
    service: ServiceOf,
    caller: CallerOf,
    incident: NumberPath,
    body: PhoneReport,
    idempotency_key: IdempotencyKey = None,
) -> Response:
    """Records a telephone call with 110; it moves the hand-over exactly as the link does."""
    return await service.kept_answers.answer_once(
        request, caller, idempotency_key, lambda: _report_by_phone(service, caller, incident, body)
    )


@router.get(
    "/incidents/{incident}/cap.xml",
    openapi_extra=grant(Right.SEE, Where.INCIDENT),
    response_class=Response,
    responses={200: {"content": {MEDIA_TYPE: {}}, "description": "The newest message about it, CAP 1.2."}},
)
async def get_cap(service: ServiceOf, incident: NumberPath) -> Response:
    """The incident as a CAP 1.2 document: Actual, Test or Exercise; Alert, Update or Cancel."""
    async with service.database.transaction(isolation="repeatable_read") as connection:
        found = await read_incident(connection, incident)
        if found is None:
            raise Problem("no-such-incident")
        school = await read_incident_school(connection, found[0].school) if found[0].school else None
    base = service.settings.public_url
    web = f"{base.rstrip('/')}/#/incidents/{incident}" if base else None
    return Response(write_cap(found[0], school, service.settings.cap_sender, web), media_type=MEDIA_TYPE)


@router.post("/police/handovers/{key}/status", openapi_extra=ANYONE, response_model=HandedOver)
async def report_by_wire(request: Request, service: ServiceOf, key: Annotated[UUID, Path()]) -> Response:
    """What 110 tells of a case by itself, signed with the secret that both know. Said twice, it counts once."""
    body = await request.body()
    await _check_signature(request, service, body)
    report = _read_report(body)
    try:
        told = await Handovers(service.database).take_from_wire(key, report)
    except NoSuchHandover as error:
        raise Problem("no-such-handover") from error
    except ReportUnbelievable as error:
        raise Problem("invalid-request", errors=[FieldError("body.at", str(error))]) from error
    return _answer_told(told, "police")


async def _check_signature(request: Request, service: Service, body: bytes) -> None:
    secret = service.settings.police_secret
    if secret is None:
        raise Problem("bad-signature", "nothing is taken from 110 here: CAMPUS_POLICE_SECRET is not set")
    async with service.database.connection() as connection:
        now = await service.database.read_now(connection)
    stamp, signature = (request.headers.get(f"x-campus-{name}", "") for name in ("timestamp", "signature"))
    try:
        check_signature(secret.get_secret_value(), stamp, signature, body, now)
    except SignatureWrong as error:
        log.warning("dashboard.police.refused", reason=str(error))
        raise Problem("bad-signature", str(error)) from error


def _read_report(body: bytes) -> Report:
    try:
        words = msgspec.json.decode(body, type=StatusWords)
    except msgspec.DecodeError as error:
        raise Problem("invalid-request", errors=[FieldError("body", str(error))]) from error
    if words.state not in REPORTABLE:
        choices = ", ".join(sorted(REPORTABLE))
        raise Problem("invalid-request", errors=[FieldError("body.state", f"{words.state!r} is none of {choices}")])
    if any("\0" in text for text in words.texts()):
        raise Problem("invalid-request", errors=[FieldError("body", "must not contain the character NUL")])
    return read_status(words, HandoverState(words.state))


async def _report_by_phone(service: Service, caller: Caller, incident: int, body: PhoneReport) -> Response:
    report = Report(
        state=HandoverState(body.state),
        at=body.at,
        number=body.number,
        officer=body.officer,
        unit=body.unit,
        reason=body.reason,
        disposition=body.disposition,
    )
    actor = Actor(caller.account.name, caller.account.display_name)
    try:
        told = await Handovers(service.database).take_from_telephone(incident, actor, report, body.text)
    except NoSuchIncident as error:
        raise Problem("no-such-incident") from error
    except ReportUnbelievable as error:
        raise Problem("invalid-request", errors=[FieldError("body.at", str(error))]) from error
    return _answer_told(told, caller.account.name)


def _answer_told(told: Told, account: str) -> Response:
    if told.news:
        log.info(
            "dashboard.handover.moved", incident=told.handover.incident, state=told.handover.state, account=account
        )
    return answer(HandedOver(told.handover, told.news))
