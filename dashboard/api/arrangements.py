"""What people arrange beforehand: windows for tests and drills, and escalation policies."""

from __future__ import annotations

from typing import Annotated

import structlog
from fastapi import Request, Response
from pydantic import AwareDatetime, BaseModel, Field

from alerts.domain.escalation import Policy, PolicyInvalid, Step
from alerts.domain.presses import Mode
from alerts.policies import list_policies, save_policy
from alerts.storage.policies import PolicyVersion, Window
from alerts.windows import WindowInvalid, announce_window, end_window, list_windows
from dashboard.api.routers import make_router
from dashboard.api.texts import CODE_PATTERN, NumberPath, Words
from dashboard.idempotency import IdempotencyKey
from dashboard.paging import Page, answer
from dashboard.problems import FieldError, Problem
from dashboard.rights import ACT, SEE, Caller, CallerOf
from dashboard.service import Service, ServiceOf

router = make_router("arrangements")
log = structlog.get_logger()

Code = Annotated[str, Field(pattern=CODE_PATTERN)]


class WindowRequest(BaseModel):
    """A window to announce: for a school, for a district, or with neither for the whole city; at most 24 hours."""

    mode: Mode
    starts_at: AwareDatetime
    ends_at: AwareDatetime
    school: Code | None = None
    district: Code | None = None
    note: Annotated[Words, Field(max_length=500)] = ""


class StepRequest(BaseModel):
    """These targets are told `after_seconds` after the round began; `channels` empty: each person's own order."""

    after_seconds: Annotated[int, Field(ge=0, le=1_000_000)]
    targets: Annotated[list[Annotated[str, Field(max_length=100)]], Field(max_length=50)]
    channels: Annotated[list[Code], Field(max_length=20)] = []


class PolicyRequest(BaseModel):
    """Steps in order; after `repeat_after_seconds` the next round begins (null: one round only)."""

    steps: Annotated[list[StepRequest], Field(max_length=50)]
    repeat_after_seconds: Annotated[int, Field(ge=0, le=1_000_000)] | None
    acknowledgement_seconds: Annotated[int, Field(ge=0, le=1_000_000)] = 300
    takers_needed: Annotated[int, Field(ge=0, le=1_000)] = 1


@router.get("/windows", openapi_extra=SEE, response_model=Page[Window])
async def get_windows(service: ServiceOf) -> Response:
    """Windows that are not over."""
    return answer({"items": await list_windows(service.database), "next": None})


@router.post("/windows", openapi_extra=ACT, response_model=Window, status_code=201)
async def announce(
    request: Request,
    service: ServiceOf,
    caller: CallerOf,
    body: WindowRequest,
    idempotency_key: IdempotencyKey = None,
) -> Response:
    """Announces a window: inside it, presses that say they are tests or drills are taken for that."""
    return await service.kept_answers.answer_once(
        request, caller, idempotency_key, lambda: _announce(service, caller, body)
    )


@router.delete("/windows/{window}", openapi_extra=ACT, status_code=204)
async def end(service: ServiceOf, caller: CallerOf, window: NumberPath) -> Response:
    """Ends a window now."""
    if not await end_window(service.database, window, caller.account.name):
        raise Problem("no-such-window", "there is none of that number, or it is over")
    log.info("dashboard.window.ended", window=window, account=caller.account.name)
    return Response(status_code=204)


@router.get("/policies", openapi_extra=SEE, response_model=Page[PolicyVersion])
async def get_policies(service: ServiceOf) -> Response:
    """The escalation policy in force for each mode; version 0 is the built-in one."""
    return answer({"items": await list_policies(service.database), "next": None})


@router.put("/policies/{mode}", openapi_extra=ACT, response_model=PolicyVersion)
async def change_policy(service: ServiceOf, caller: CallerOf, mode: Mode, body: PolicyRequest) -> Response:
    """Saves a new version of a policy. Incidents that are open keep the one that they began with."""
    steps = tuple(Step(step.after_seconds, tuple(step.targets), tuple(step.channels)) for step in body.steps)
    policy = Policy(steps, body.repeat_after_seconds, body.acknowledgement_seconds, body.takers_needed)
    try:
        saved = await save_policy(service.database, mode, policy, caller.account.name)
    except PolicyInvalid as error:
        raise Problem("invalid-request", errors=[FieldError("body", str(error))]) from error
    log.info("dashboard.policy.saved", mode=mode, version=saved.version, account=caller.account.name)
    return answer(saved)


async def _announce(service: Service, caller: Caller, body: WindowRequest) -> Response:
    try:
        window = await announce_window(
            service.database,
            body.mode,
            body.starts_at,
            body.ends_at,
            caller.account.name,
            school=body.school,
            district=body.district,
            note=body.note,
        )
    except WindowInvalid as error:
        raise Problem("invalid-request", errors=[FieldError("body", str(error))]) from error
    log.info("dashboard.window.announced", window=window.id, mode=window.mode, account=caller.account.name)
    return answer(window, 201)
