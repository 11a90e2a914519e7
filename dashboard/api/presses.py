"""What came in: presses, also those that nobody could place, and what could not be read. And a way to press."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any

import structlog
from fastapi import Query, Request, Response
from pydantic import BaseModel

from alerts.domain.arrivals import Arrival, Channel, Source, Stage
from alerts.domain.payloads import NotReadable, read_object
from alerts.domain.rights import Place, Right
from alerts.storage.board_reads import (
    PressRow,
    QuarantineRow,
    list_devices,
    list_presses,
    list_quarantine,
    list_schools,
)
from alerts.storage.database import Database
from dashboard.api.routers import make_router
from dashboard.api.texts import Words
from dashboard.idempotency import IdempotencyKey
from dashboard.paging import USUAL_PAGE, CursorText, Limit, Page, answer, answer_page, read_number_key
from dashboard.places import SchoolWithinOf, Where, require_place
from dashboard.rights import Caller, CallerOf, grant
from dashboard.service import Service, ServiceOf

router = make_router("presses")
log = structlog.get_logger()


class PressRequest(BaseModel):
    """A press. All is optional, as on the wire: what is missing or wrong becomes a problem of the stored press."""

    school: str | None = None
    device: str | None = None
    id: str | None = None
    at: str | None = None
    kind: str | None = None
    mode: str | None = None


@dataclass(frozen=True, slots=True)
class PressStored:
    """A press that is on disk: `press` is its name, given or made, and `incident` the one that it opened or joined."""

    press: str
    incident: int
    stage: Stage
    at: datetime


@dataclass(frozen=True, slots=True)
class Quarantined:
    """What could not be read, and why: the beginning of its payload as text, and how many bytes it had."""

    id: int
    topic: str
    device: str | None
    channel: str
    reason: str
    payload_text: str
    payload_size: int
    received_at: datetime


_PRESS_BODY: dict[str, Any] = {
    "requestBody": {"content": {"application/json": {"schema": PressRequest.model_json_schema()}}, "required": False}
}


@router.post(
    "/presses", openapi_extra=grant(Right.PRESS, Where.BODY) | _PRESS_BODY, response_model=PressStored, status_code=201
)
async def press(
    request: Request, service: ServiceOf, caller: CallerOf, idempotency_key: IdempotencyKey = None
) -> Response:
    """Stores a press, and answers only when it is on disk. A body that cannot be read is stored as well, unplaced."""
    body = await request.body()
    return await service.kept_answers.answer_once(
        request, caller, idempotency_key, lambda: _take_press(service, caller, body)
    )


@router.get("/presses", openapi_extra=grant(Right.SEE, Where.WITHIN), response_model=Page[PressRow])
async def get_presses(
    service: ServiceOf,
    school: SchoolWithinOf,
    unplaced: bool = False,
    device: Annotated[Words | None, Query(max_length=500)] = None,
    incident: Annotated[int | None, Query(ge=1, lt=1 << 62)] = None,
    cursor: CursorText = None,
    limit: Limit = USUAL_PAGE,
) -> Response:
    """Presses, newest first; `unplaced` keeps those whose school nobody could tell."""
    before = read_number_key(cursor)
    async with service.database.connection() as connection:
        found = await list_presses(
            connection,
            unplaced=unplaced,
            school=school,
            device=device,
            incident=incident,
            before=before,
            limit=limit + 1,
        )
    return answer_page(found, limit, "id")


@router.get("/quarantine", openapi_extra=grant(Right.AUDIT, Where.CITY), response_model=Page[Quarantined])
async def get_quarantine(service: ServiceOf, cursor: CursorText = None, limit: Limit = USUAL_PAGE) -> Response:
    """What is not a press and could not be read, newest first."""
    before = read_number_key(cursor)
    async with service.database.connection() as connection:
        found = await list_quarantine(connection, before=before, limit=limit + 1)
    return answer_page([_show(row) for row in found], limit, "id")


async def _take_press(service: Service, caller: Caller, body: bytes) -> Response:
    async with service.database.connection() as connection:
        now = await service.database.read_now(connection)
    arrival = await _make_arrival(service.database, caller, body, now)
    receipts = await service.intake.take_presses([arrival])
    receipt = next(one for one in receipts if one.stage is Stage.RECEIVED)
    log.info("dashboard.press.stored", incident=receipt.incident, device=receipt.device, account=caller.account.name)
    return answer(PressStored(receipt.press, receipt.incident, receipt.stage, receipt.at), 201)


async def _make_arrival(database: Database, caller: Caller, body: bytes, now: datetime) -> Arrival:
    """The press as it came. What the registry knows of the place that it names fills in for a topic's levels; who
    stands for one school need not name it. Raises Problem `not-your-place`."""
    school, device = _said_code(body, "school"), _said_code(body, "device")
    district: str | None = None
    async with database.connection() as connection:
        if device and school is None:
            school = next((one.school for one in await list_devices(connection, code=device, limit=1)), None)
        school = school or caller.account.school
        if school:
            district = next((one.district for one in await list_schools(connection, code=school, limit=1)), None)
    if district is not None:  # a place that nobody knows is nobody else's: such a press is stored, unplaced
        require_place(caller.account.place, Place(district, school))
    return Arrival(
        topic=f"http/{caller.account.name}",
        district=district,
        school=school,
        device=device,
        channel=Channel.PRESS,
        payload=body,
        received_at=now,
        source=Source.HTTP,
    )


def _said_code(body: bytes, name: str) -> str | None:
    try:
        said = read_object(body)[0].get(name)
    except NotReadable:
        return None
    return said.replace("\0", "")[:64] or None if isinstance(said, str) else None


def _show(row: QuarantineRow) -> Quarantined:
    return Quarantined(
        id=row.id,
        topic=row.topic,
        device=row.device,
        channel=row.channel,
        reason=row.reason,
        payload_text=row.payload.decode(errors="backslashreplace"),
        payload_size=row.payload_size,
        received_at=row.received_at,
    )
