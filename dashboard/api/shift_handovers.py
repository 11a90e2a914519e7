"""A desk handed over between shifts: what stands open, signed by who goes and by who comes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated

import structlog
from fastapi import Query, Request, Response
from pydantic import BaseModel, Field, StringConstraints

from alerts.domain.rights import Right
from alerts.domain.shift_handovers import (
    LONGEST_NOTE,
    LONGEST_REMARK,
    MOST_NOTES,
    Note,
    OpenKind,
    ShiftHandover,
    ShiftHandoverHead,
)
from alerts.staff.shift_handovers import (
    NoSuchShiftHandover,
    ShiftDraft,
    Signer,
    draft_handover,
    find_handover,
    hand_over,
    receive,
)
from alerts.storage.shift_handovers import list_shift_handovers
from dashboard.api.routers import make_router
from dashboard.api.texts import NumberPath, Words
from dashboard.idempotency import IdempotencyKey
from dashboard.paging import USUAL_PAGE, CursorText, Limit, Page, answer, answer_page, read_number_key
from dashboard.places import Where, WithinOf
from dashboard.problems import Problem
from dashboard.rights import Caller, CallerOf, grant, require_person
from dashboard.service import ServiceOf

router = make_router("shift-handovers")
log = structlog.get_logger()

Remark = Annotated[Words, StringConstraints(strip_whitespace=True, max_length=LONGEST_REMARK)]


class NoteRequest(BaseModel):
    """What somebody wrote on one thing that is open."""

    kind: OpenKind
    key: Annotated[Words, Field(min_length=1, max_length=64)]
    text: Annotated[Words, StringConstraints(strip_whitespace=True, max_length=LONGEST_NOTE)]


class HandoverRequest(BaseModel):
    """What is to be said beside what the service finds open."""

    remark: Remark = ""
    notes: Annotated[list[NoteRequest], Field(max_length=MOST_NOTES)] = []

    def read_notes(self) -> list[Note]:
        """The notes."""
        return [Note(one.kind, one.key, one.text) for one in self.notes]


class ReceiptRequest(BaseModel):
    """What whoever comes has to say."""

    remark: Remark = ""


@router.get("/shift-handovers/draft", openapi_extra=grant(Right.HANDLE, Where.EVERYWHERE), response_model=ShiftDraft)
async def get_draft(service: ServiceOf, caller: CallerOf) -> Response:
    """What stands open at the caller's own desk now, and which of its hand-overs nobody has received."""
    return answer(await draft_handover(service.database, caller.account.place))


@router.get("/shift-handovers", openapi_extra=grant(Right.SEE, Where.WITHIN), response_model=Page[ShiftHandoverHead])
async def get_shift_handovers(
    service: ServiceOf,
    within: WithinOf,
    whole: Annotated[bool, Query(description="true: also those of all desks in the place.")] = False,
    waiting: Annotated[bool, Query(description="Only those that nobody has received.")] = False,
    cursor: CursorText = None,
    limit: Limit = USUAL_PAGE,
) -> Response:
    """Hand-overs of a desk, the newest first."""
    before = read_number_key(cursor)
    async with service.database.connection() as connection:
        found = await list_shift_handovers(
            connection, within, whole=whole, waiting_only=waiting, before=before, limit=limit + 1
        )
    return answer_page(found, limit, "id")


@router.post(
    "/shift-handovers",
    openapi_extra=grant(Right.HANDLE, Where.EVERYWHERE, proved=True),
    response_model=ShiftHandover,
    status_code=201,
)
async def post_shift_handover(
    request: Request,
    service: ServiceOf,
    caller: CallerOf,
    body: HandoverRequest,
    idempotency_key: IdempotencyKey = None,
) -> Response:
    """Signs what stands open at the caller's desk at this moment."""
    require_person(caller)

    async def act() -> Response:
        signed = await hand_over(service.database, _signer(caller), body.remark, body.read_notes())
        log.info("dashboard.shift.handed_over", handover=signed.id, account=caller.account.name)
        return answer(signed, 201)

    return await service.kept_answers.answer_once(request, caller, idempotency_key, act)


@router.get(
    "/shift-handovers/{handover}",
    openapi_extra=grant(Right.SEE, Where.SHIFT_HANDOVER),
    response_model=ShiftHandover,
)
async def get_shift_handover(service: ServiceOf, handover: NumberPath) -> Response:
    """One hand-over as it was signed."""
    with _as_problems():
        return answer(await find_handover(service.database, handover))


@router.post(
    "/shift-handovers/{handover}/receipt",
    openapi_extra=grant(Right.HANDLE, Where.SHIFT_HANDOVER, proved=True),
    response_model=ShiftHandover,
    status_code=201,
)
async def post_receipt(
    request: Request,
    service: ServiceOf,
    caller: CallerOf,
    handover: NumberPath,
    body: ReceiptRequest,
    idempotency_key: IdempotencyKey = None,
) -> Response:
    """Signs that the caller saw it and has the desk now; the desk must be their own."""
    require_person(caller)

    async def act() -> Response:
        with _as_problems():
            found = await find_handover(service.database, handover)
            if found.place != caller.account.place:
                raise Problem("not-your-place", "a desk is received by who stands for the same place")
            received = await receive(service.database, handover, _signer(caller), body.remark)
        log.info("dashboard.shift.received", handover=handover, account=caller.account.name)
        return answer(received, 201)

    return await service.kept_answers.answer_once(request, caller, idempotency_key, act)


def _signer(caller: Caller) -> Signer:
    return Signer(caller.account.name, caller.account.display_name, caller.account.place)


@contextmanager
def _as_problems() -> Iterator[None]:
    try:
        yield
    except NoSuchShiftHandover as error:
        raise Problem("no-such-shift-handover", str(error)) from error
