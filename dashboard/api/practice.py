"""The test month: how far every button came, 110's receipts that people record, and objections."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Annotated
from zoneinfo import ZoneInfo

import structlog
from fastapi import Query, Request, Response
from pydantic import BaseModel, Field

from alerts.domain.policies import DEFAULT_ZONE
from alerts.domain.practice import Hop, Way, find_missing_hop
from alerts.domain.rights import Right
from alerts.incidents.answers import Actor, NoSuchIncident
from alerts.readiness.practice import (
    DeviceUnknown,
    ReceiptsRecorded,
    TestMonth,
    object_to_test,
    read_test_month,
    record_police_receipts,
)
from alerts.storage.practice import ButtonProof, list_button_proofs
from dashboard.api.routers import make_router
from dashboard.api.texts import CODE_PATTERN, Note, NumberPath, Words
from dashboard.idempotency import IdempotencyKey
from dashboard.paging import USUAL_PAGE, CursorText, Limit, Page, answer, read_text_key, write_key
from dashboard.places import Where, WithinOf
from dashboard.problems import FieldError, Problem
from dashboard.rights import Caller, CallerOf, grant
from dashboard.service import Service, ServiceOf

router = make_router("practice")
log = structlog.get_logger()

MOST_DEVICES = 500
MonthQuery = Annotated[
    str | None,
    Query(pattern=r"^20\d\d-(0[1-9]|1[0-2])$", description="A calendar month, `2026-01`; this one when left out."),
]


@dataclass(frozen=True, slots=True)
class ButtonInMonth(ButtonProof):
    """A button with `missing`, the first hop of its test that is not proved; null when all are."""

    missing: Hop | None


class PoliceReceipts(BaseModel):
    """110 confirmed the tests of these buttons; `reference` is its number for that."""

    devices: Annotated[list[Annotated[str, Field(pattern=CODE_PATTERN)]], Field(min_length=1, max_length=MOST_DEVICES)]
    how: Way
    reference: Annotated[Words, Field(min_length=1, max_length=100)]


class Objection(BaseModel):
    """What went wrong in a test."""

    text: Note


@dataclass(frozen=True, slots=True)
class Objected:
    """The incident that was objected to."""

    incident: int


@router.get("/test-month", openapi_extra=grant(Right.SEE, Where.CITY), response_model=TestMonth)
async def get_test_month(service: ServiceOf, month: MonthQuery = None) -> Response:
    """How many buttons of the city, and of each district, were pressed, shown, receipted by 110, answered, proved."""
    async with service.database.connection() as connection:
        return answer(
            await read_test_month(connection, _read_month(month, await service.database.read_now(connection)))
        )


@router.get("/test-month/devices", openapi_extra=grant(Right.SEE, Where.WITHIN), response_model=Page[ButtonInMonth])
async def get_devices(
    service: ServiceOf,
    within: WithinOf,
    month: MonthQuery = None,
    proved: Annotated[bool | None, Query(description="false: only those not yet proved; left out: all.")] = None,
    cursor: CursorText = None,
    limit: Limit = USUAL_PAGE,
) -> Response:
    """Buttons with how far their best test of the month came, and which hop is missing."""
    async with service.database.connection() as connection:
        found = await list_button_proofs(
            connection,
            _read_month(month, await service.database.read_now(connection)),
            district=within.district,
            school=within.school,
            proved=proved,
            after=read_text_key(cursor),
            limit=limit + 1,
        )
    shown = [_show(one) for one in found[:limit]]
    return answer({"items": shown, "next": write_key(shown[-1].device) if len(found) > limit else None})


@router.post(
    "/test-month/police-receipts", openapi_extra=grant(Right.PRACTISE, Where.CITY), response_model=ReceiptsRecorded
)
async def record_receipts(
    request: Request,
    service: ServiceOf,
    caller: CallerOf,
    body: PoliceReceipts,
    idempotency_key: IdempotencyKey = None,
) -> Response:
    """Records that 110 confirmed tests, where no link does. The buttons are told `seen`."""
    return await service.kept_answers.answer_once(
        request, caller, idempotency_key, lambda: _record(service, caller, body)
    )


@router.post(
    "/incidents/{incident}/objection", openapi_extra=grant(Right.HANDLE, Where.INCIDENT), response_model=Objected
)
async def object_to(
    request: Request,
    service: ServiceOf,
    caller: CallerOf,
    incident: NumberPath,
    body: Objection,
    idempotency_key: IdempotencyKey = None,
) -> Response:
    """Says that a test went wrong: it proves nothing, and the machine does not close it."""
    return await service.kept_answers.answer_once(
        request, caller, idempotency_key, lambda: _object(service, caller, incident, body.text)
    )


async def _record(service: Service, caller: Caller, body: PoliceReceipts) -> Response:
    try:
        recorded = await record_police_receipts(
            service.database, body.devices, body.how, body.reference, _actor(caller)
        )
    except DeviceUnknown as error:
        raise Problem("invalid-request", errors=[FieldError("body.devices", str(error))]) from error
    log.info("dashboard.test.police_receipted", devices=len(recorded.recorded), account=caller.account.name)
    return answer(recorded)


async def _object(service: Service, caller: Caller, incident: int, text: str) -> Response:
    try:
        await object_to_test(service.database, incident, text, _actor(caller))
    except NoSuchIncident as error:
        raise Problem("no-such-incident") from error
    log.info("dashboard.test.objected", incident=incident, account=caller.account.name)
    return answer(Objected(incident))


def _actor(caller: Caller) -> Actor:
    return Actor(caller.account.name, caller.account.display_name)


def _read_month(said: str | None, now: datetime) -> date:
    return date.fromisoformat(f"{said}-01") if said else now.astimezone(ZoneInfo(DEFAULT_ZONE)).date().replace(day=1)


def _show(one: ButtonProof) -> ButtonInMonth:
    missing = find_missing_hop(one.pressed_at, one.shown_at, one.police_receipt_at, one.receipted_at)
    return ButtonInMonth(**asdict(one), missing=missing)
