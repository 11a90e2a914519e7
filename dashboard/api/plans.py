"""Plans and their versions, trainings, the living figure of the responsibilities, and what people do to task cards."""

from __future__ import annotations

from collections.abc import Awaitable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated

import structlog
from fastapi import Query, Request, Response
from pydantic import BaseModel, Field

from alerts.domain.contacts import CertificateKind
from alerts.domain.plans import MOST_RESPONSIBILITIES, Phase, Plan, PlanInvalid, Responsibility
from alerts.domain.presses import Kind
from alerts.domain.registry import PostKind
from alerts.domain.rights import Right
from alerts.domain.tasks import Task
from alerts.incidents.answers import Actor, NoSuchIncident
from alerts.incidents.tasks import AssigneeInvalid, NoSuchTask, TaskMoves
from alerts.readiness.plans import (
    DistrictFigure,
    PlanChanged,
    ResponsibilityFigure,
    SchoolCoverage,
    SchoolFigure,
    find_named,
    note_trainings,
    read_school_coverage,
    save_plan,
)
from alerts.storage.plans import (
    PlanHead,
    Tally,
    Training,
    TrainingRow,
    list_plans,
    list_responsibilities,
    list_trainings,
    list_versions,
)
from dashboard.api.routers import make_router
from dashboard.api.texts import Code, CodePath, CodeQuery, Note, NumberPath, Words
from dashboard.idempotency import IdempotencyKey
from dashboard.paging import USUAL_PAGE, CursorText, Limit, Page, answer, answer_page, read_text_key
from dashboard.places import Where
from dashboard.problems import FieldError, Problem
from dashboard.rights import Caller, CallerOf, grant
from dashboard.service import Service, ServiceOf

router = make_router("plans")
log = structlog.get_logger()

Text = Annotated[Words, Field(max_length=500)]


class ResponsibilityRequest(BaseModel):
    """A line of a plan: what the post has to do; `person` instead of whoever holds the post, `deputy` for them."""

    number: Annotated[int, Field(ge=1, le=99_999)]
    phase: Phase
    text: Text
    text_en: Text = ""
    post: PostKind
    person: Code | None = None
    deputy: Code | None = None
    training: bool = True
    certificate: CertificateKind | None = None


class PlanRequest(BaseModel):
    """A whole plan: it becomes the next version. `kinds` empty: for every kind of press; `school` null: the city's.

    `replaces` is the version that was looked at (0: there was none), so that nobody overwrites what they did not see.
    """

    name: Annotated[Words, Field(max_length=200)]
    name_en: Annotated[Words, Field(max_length=200)] = ""
    kinds: Annotated[list[Kind], Field(max_length=len(Kind))] = []
    school: Code | None = None
    valid_from: date
    valid_until: date | None = None
    sample: bool = False
    replaces: Annotated[int, Field(ge=0, lt=1 << 31)] | None = None
    responsibilities: Annotated[list[ResponsibilityRequest], Field(max_length=MOST_RESPONSIBILITIES)]


class TrainingRequest(BaseModel):
    """These people were trained for the plan on that day."""

    people: Annotated[list[Code], Field(min_length=1, max_length=500)]
    trained_on: date


class DoneRequest(BaseModel):
    """Nothing to say: who ticks it off is who calls."""


class SkipRequest(BaseModel):
    """Why the card needs not be done here."""

    reason: Note


class AssignRequest(BaseModel):
    """The person who gets the card."""

    person: Code


@dataclass(frozen=True, slots=True)
class PlanDetail:
    """One version of a plan whole, and all its versions, newest first. `version` is the one that is shown; `names` are
    those of the people whom it names, by code."""

    version: PlanHead
    responsibilities: tuple[Responsibility, ...]
    versions: tuple[PlanHead, ...]
    names: dict[str, str]


@dataclass(frozen=True, slots=True)
class SavedVersion:
    """What saving did: `changed` is false when the newest version said the same already."""

    code: str
    version: int
    changed: bool


@dataclass(frozen=True, slots=True)
class CityCoverage:
    """The living figure at `at`: of `responsibilities`, `everywhere` are covered at each place of their post;
    `coverage` counts every place. `sample`: some of it is invented, so it says nothing of the real city."""

    at: datetime
    sample: bool
    responsibilities: int
    everywhere: int
    coverage: Tally
    districts: tuple[DistrictFigure, ...]
    items: tuple[ResponsibilityFigure, ...]


@dataclass(frozen=True, slots=True)
class MovedTask:
    """The card after a move."""

    task: Task


@router.get("/plans", openapi_extra=grant(Right.SEE, Where.EVERYWHERE), response_model=Page[PlanHead])
async def get_plans(
    service: ServiceOf, school: CodeQuery = None, cursor: CursorText = None, limit: Limit = USUAL_PAGE
) -> Response:
    """The newest version of each plan by code, and which version holds today; `school`: the city's and that one's."""
    after = read_text_key(cursor)
    async with service.database.connection() as connection:
        now = await service.database.read_now(connection)
        found = await list_plans(connection, now, after=after, limit=limit + 1, school=school)
    return answer_page(found, limit, "code")


@router.get("/plans/{code}", openapi_extra=grant(Right.SEE, Where.EVERYWHERE), response_model=PlanDetail)
async def get_plan(
    service: ServiceOf, code: CodePath, version: Annotated[int | None, Query(ge=1, lt=1 << 31)] = None
) -> Response:
    """A plan with what it asks; without `version` the newest one."""
    async with service.database.transaction(isolation="repeatable_read") as connection:
        versions = await list_versions(connection, code, await service.database.read_now(connection))
        shown = next((one for one in versions if version in (None, one.version)), None)
        if shown is None:
            raise Problem("no-such-plan")
        asked = (await list_responsibilities(connection, [(code, shown.version)]))[code, shown.version]
        names = await find_named(connection, asked)
    return answer(PlanDetail(shown, tuple(asked), tuple(versions), names))


@router.put("/plans/{code}", openapi_extra=grant(Right.GOVERN, Where.CITY), response_model=SavedVersion)
async def change_plan(service: ServiceOf, caller: CallerOf, code: CodePath, body: PlanRequest) -> Response:
    """Saves a plan whole as its next version. Cards that were made keep the version that they were made of."""
    said = body.model_dump(exclude={"responsibilities", "kinds", "replaces"})
    lines = tuple(Responsibility(**one.model_dump()) for one in body.responsibilities)
    try:
        plan = Plan(code=code, responsibilities=lines, kinds=tuple(body.kinds), **said)
        saved = await save_plan(service.database, plan, _name(caller), body.replaces)
    except PlanChanged as error:
        raise Problem("changed-meanwhile", str(error)) from error
    except PlanInvalid as error:
        raise _refuse(error) from error
    log.info("dashboard.plan.saved", plan=code, version=saved.version, account=_name(caller))
    return answer(SavedVersion(code, saved.version, saved.changed))


@router.get("/plans/{code}/trainings", openapi_extra=grant(Right.SEE, Where.CITY), response_model=Page[TrainingRow])
async def get_trainings(
    service: ServiceOf, code: CodePath, cursor: CursorText = None, limit: Limit = USUAL_PAGE
) -> Response:
    """Who was trained for a plan, and when last."""
    after = read_text_key(cursor)
    async with service.database.connection() as connection:
        return answer_page(await list_trainings(connection, code, after=after, limit=limit + 1), limit, "person")


@router.post("/plans/{code}/trainings", openapi_extra=grant(Right.STAFF, Where.CITY), status_code=204)
async def add_trainings(
    request: Request,
    service: ServiceOf,
    caller: CallerOf,
    code: CodePath,
    body: TrainingRequest,
    idempotency_key: IdempotencyKey = None,
) -> Response:
    """Notes that people were trained for a plan; of two days the later one counts."""
    return await service.kept_answers.answer_once(
        request, caller, idempotency_key, lambda: _note_trainings(service, caller, code, body)
    )


@router.get("/responsibilities", openapi_extra=grant(Right.SEE, Where.CITY), response_model=CityCoverage)
async def get_city_coverage(service: ServiceOf) -> Response:
    """The living figure of the whole city, by district and by responsibility; counted anew twice a minute at most."""
    figure = await service.responsibilities.read()
    return answer(
        CityCoverage(
            figure.at,
            figure.sample,
            figure.responsibilities,
            figure.everywhere,
            figure.coverage,
            figure.districts,
            figure.items,
        )
    )


@router.get("/responsibilities/schools", openapi_extra=grant(Right.SEE, Where.CITY), response_model=Page[SchoolFigure])
async def get_schools_coverage(service: ServiceOf, cursor: CursorText = None, limit: Limit = USUAL_PAGE) -> Response:
    """How far the responsibilities of each school's own posts are covered, by code."""
    after = read_text_key(cursor) or ""
    schools = (await service.responsibilities.read()).schools
    return answer_page([one for one in schools if one.code > after][: limit + 1], limit, "code")


@router.get(
    "/schools/{code}/responsibilities", openapi_extra=grant(Right.SEE, Where.SCHOOL), response_model=SchoolCoverage
)
async def get_school_coverage(service: ServiceOf, code: CodePath) -> Response:
    """Every responsibility by which a school acts: who would do it now, or what is in the way."""
    found = await read_school_coverage(service.database, code)
    if found is None:
        raise Problem("no-such-school")
    return answer(found)


@router.post(
    "/incidents/{incident}/tasks/{task}/done",
    openapi_extra=grant(Right.HANDLE, Where.INCIDENT),
    response_model=MovedTask,
)
async def finish_task(
    request: Request,
    service: ServiceOf,
    caller: CallerOf,
    incident: NumberPath,
    task: NumberPath,
    _body: DoneRequest | None = None,
    idempotency_key: IdempotencyKey = None,
) -> Response:
    """Ticks a card off, with time and name; also after the incident was closed."""
    moves = TaskMoves(service.database)
    return await service.kept_answers.answer_once(
        request,
        caller,
        idempotency_key,
        lambda: _answer_move("done", caller, moves.finish(incident, task, _actor(caller))),
    )


@router.post(
    "/incidents/{incident}/tasks/{task}/skip",
    openapi_extra=grant(Right.HANDLE, Where.INCIDENT),
    response_model=MovedTask,
)
async def skip_task(
    request: Request,
    service: ServiceOf,
    caller: CallerOf,
    incident: NumberPath,
    task: NumberPath,
    body: SkipRequest,
    idempotency_key: IdempotencyKey = None,
) -> Response:
    """Says why a card needs not be done here."""
    moves = TaskMoves(service.database)
    return await service.kept_answers.answer_once(
        request,
        caller,
        idempotency_key,
        lambda: _answer_move("skip", caller, moves.skip(incident, task, _actor(caller), body.reason)),
    )


@router.post(
    "/incidents/{incident}/tasks/{task}/assign",
    openapi_extra=grant(Right.HANDLE, Where.INCIDENT),
    response_model=MovedTask,
)
async def assign_task(
    request: Request,
    service: ServiceOf,
    caller: CallerOf,
    incident: NumberPath,
    task: NumberPath,
    body: AssignRequest,
    idempotency_key: IdempotencyKey = None,
) -> Response:
    """Gives a card to another person."""
    moves = TaskMoves(service.database)
    return await service.kept_answers.answer_once(
        request,
        caller,
        idempotency_key,
        lambda: _answer_move("assign", caller, moves.assign(incident, task, _actor(caller), body.person)),
    )


async def _note_trainings(service: Service, caller: Caller, code: str, body: TrainingRequest) -> Response:
    trainings = [Training(person, code, body.trained_on) for person in dict.fromkeys(body.people)]
    try:
        await note_trainings(service.database, trainings, _name(caller))
    except PlanInvalid as error:
        raise _refuse(error) from error
    log.info("dashboard.training.saved", plan=code, people=len(trainings), account=_name(caller))
    return Response(status_code=204)


async def _answer_move(what: str, caller: Caller, move: Awaitable[Task]) -> Response:
    try:
        moved = await move
    except NoSuchIncident as error:
        raise Problem("no-such-incident") from error
    except NoSuchTask as error:
        raise Problem("no-such-task") from error
    except AssigneeInvalid as error:
        raise Problem("invalid-request", errors=[FieldError("body.person", str(error))]) from error
    log.info("dashboard.task.moved", move=what, incident=moved.incident, task=moved.id, account=_name(caller))
    return answer(MovedTask(moved))


def _refuse(error: PlanInvalid) -> Problem:
    return Problem("invalid-request", errors=[FieldError(f"body.{error.field}".rstrip("."), str(error))])


def _name(caller: Caller) -> str:
    return caller.account.name


def _actor(caller: Caller) -> Actor:
    return Actor(caller.account.name, caller.account.display_name)
