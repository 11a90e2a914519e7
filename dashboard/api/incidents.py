"""Incidents: to see, and to act upon."""

from __future__ import annotations

from collections.abc import Awaitable
from dataclasses import dataclass
from typing import Annotated

import structlog
from fastapi import Query, Request, Response
from pydantic import AwareDatetime, BaseModel

from alerts.domain.incidents import Cause, Incident, State
from alerts.domain.presses import Mode
from alerts.domain.rights import Right
from alerts.incidents.answers import Actor, NoSuchIncident
from alerts.storage.board_reads import list_incidents
from dashboard.api.incident_details import IncidentDetail, read_detail
from dashboard.api.routers import make_router
from dashboard.api.texts import Note, NumberPath
from dashboard.idempotency import IdempotencyKey
from dashboard.paging import USUAL_PAGE, CursorText, Limit, Page, answer, answer_page, read_number_key
from dashboard.places import Where, WithinOf
from dashboard.problems import FieldError, Problem
from dashboard.rights import Caller, CallerOf, grant
from dashboard.service import ServiceOf

router = make_router("incidents")
log = structlog.get_logger()


class Acknowledgement(BaseModel):
    """Nothing to say: who acknowledges is who calls."""


class Responding(BaseModel):
    """Somebody is on the way or there."""

    text: Note | None = None


class NoteRequest(BaseModel):
    """What a person writes down."""

    text: Note


class Closing(BaseModel):
    """Why it is over."""

    cause: Cause
    text: Note | None = None


@dataclass(frozen=True, slots=True)
class Moved:
    """The incident after a move."""

    incident: Incident


@router.get("/incidents", openapi_extra=grant(Right.SEE, Where.WITHIN), response_model=Page[Incident])
async def get_incidents(
    service: ServiceOf,
    within: WithinOf,
    state: Annotated[
        list[str] | None, Query(description="Repeated, or separated by commas.", max_length=len(State))
    ] = None,
    mode: Mode | None = None,
    since: AwareDatetime | None = None,
    cursor: CursorText = None,
    limit: Limit = USUAL_PAGE,
) -> Response:
    """Incidents, newest first; `since` is when they were opened at the earliest."""
    before = read_number_key(cursor)
    states = None if state is None else _read_states(state)
    async with service.database.connection() as connection:
        found = await list_incidents(
            connection,
            states=states,
            school=within.school,
            district=within.district,
            mode=mode,
            since=since,
            before=before,
            limit=limit + 1,
        )
    return answer_page(found, limit, "id")


@router.get("/incidents/{incident}", openapi_extra=grant(Right.SEE, Where.INCIDENT), response_model=IncidentDetail)
async def get_incident(service: ServiceOf, incident: NumberPath) -> Response:
    """One incident with its presses, its timeline, who was told, and what happens next if nobody does anything."""
    async with service.database.transaction(isolation="repeatable_read") as connection:
        detail = await read_detail(connection, incident, await service.database.read_now(connection))
    if detail is None:
        raise Problem("no-such-incident")
    return answer(detail)


@router.post(
    "/incidents/{incident}/acknowledge", openapi_extra=grant(Right.HANDLE, Where.INCIDENT), response_model=Moved
)
async def acknowledge(
    request: Request,
    service: ServiceOf,
    caller: CallerOf,
    incident: NumberPath,
    _body: Acknowledgement | None = None,
    idempotency_key: IdempotencyKey = None,
) -> Response:
    """A person takes it: their name is on it, and it does not escalate until the acknowledgement ends."""
    return await service.kept_answers.answer_once(
        request,
        caller,
        idempotency_key,
        lambda: _answer_move("acknowledge", caller, service.answers.acknowledge(incident, _actor(caller))),
    )


@router.post("/incidents/{incident}/respond", openapi_extra=grant(Right.HANDLE, Where.INCIDENT), response_model=Moved)
async def respond(
    request: Request,
    service: ServiceOf,
    caller: CallerOf,
    incident: NumberPath,
    body: Responding | None = None,
    idempotency_key: IdempotencyKey = None,
) -> Response:
    """Somebody is on the way or there."""
    text = body.text if body else None
    return await service.kept_answers.answer_once(
        request,
        caller,
        idempotency_key,
        lambda: _answer_move("respond", caller, service.answers.respond(incident, _actor(caller), text)),
    )


@router.post("/incidents/{incident}/note", openapi_extra=grant(Right.HANDLE, Where.INCIDENT), response_model=Moved)
async def note(
    request: Request,
    service: ServiceOf,
    caller: CallerOf,
    incident: NumberPath,
    body: NoteRequest,
    idempotency_key: IdempotencyKey = None,
) -> Response:
    """Writes a note into the timeline; on an acknowledged incident it also shows that somebody is at it."""
    return await service.kept_answers.answer_once(
        request,
        caller,
        idempotency_key,
        lambda: _answer_move("note", caller, service.answers.note(incident, _actor(caller), body.text)),
    )


@router.post("/incidents/{incident}/close", openapi_extra=grant(Right.HANDLE, Where.INCIDENT), response_model=Moved)
async def close(
    request: Request,
    service: ServiceOf,
    caller: CallerOf,
    incident: NumberPath,
    body: Closing,
    idempotency_key: IdempotencyKey = None,
) -> Response:
    """Closes it for good, with its cause."""
    return await service.kept_answers.answer_once(
        request,
        caller,
        idempotency_key,
        lambda: _answer_move("close", caller, service.answers.close(incident, _actor(caller), body.cause, body.text)),
    )


async def _answer_move(what: str, caller: Caller, move: Awaitable[Incident]) -> Response:
    try:
        moved = await move
    except NoSuchIncident as error:
        raise Problem("no-such-incident") from error
    log.info("dashboard.incident.moved", move=what, incident=moved.id, account=caller.account.name)
    return answer(Moved(moved))


def _actor(caller: Caller) -> Actor:
    return Actor(caller.account.name, caller.account.display_name)


def _read_states(said: list[str]) -> list[State]:
    words = [word for part in said for word in part.split(",") if word]
    unknown = sorted({word for word in words if word not in State.__members__.values()})
    if unknown:
        choices = ", ".join(State)
        raise Problem("invalid-request", errors=[FieldError("query.state", f"{unknown[0]!r} is none of {choices}")])
    return [State(word) for word in words]
