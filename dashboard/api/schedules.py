"""When schools are open: timetables, terms, and days that are otherwise."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from typing import Annotated

from fastapi import Query, Request, Response
from pydantic import BaseModel, Field

from alerts.compliance.schedules import (
    Scope,
    end_exception,
    end_timetable,
    find_city_exception,
    remove_term,
    save_term,
    save_timetables,
)
from alerts.domain.compliance.schedule import ClosedLoop, ExceptionKind, Hours
from alerts.domain.compliance.timetables import LONGEST_NAME, Definition
from alerts.domain.registry import SchoolKind
from alerts.domain.rights import Place, Right
from alerts.orders.parts import save_for_part
from alerts.orders.wishes import ExceptionEnd
from alerts.storage import schedules as storage
from alerts.storage.schedules import ExceptionRow, TermRow, TimetableRow
from dashboard.api.input_refusals import as_input_problems
from dashboard.api.orders import PROPOSED, answer_proposed
from dashboard.api.routers import make_router
from dashboard.api.texts import Code, CodeQuery, NumberPath, Words
from dashboard.idempotency import IdempotencyKey
from dashboard.paging import USUAL_PAGE, CursorText, Limit, Page, answer, answer_page, read_number_key
from dashboard.places import Where, WithinOf, require_named
from dashboard.rights import CallerOf, grant
from dashboard.service import ServiceOf

router = make_router("schedules")

Spans = Annotated[list["HoursRequest"], Field(max_length=20)]
_NOT_YET = datetime.min.replace(tzinfo=UTC)  # the database says when


class HoursRequest(BaseModel):
    """A stretch of the school's own day, `07:20` to `08:00`; never over midnight."""

    starts: time
    ends: time


class DefinitionRequest(BaseModel):
    """A timetable: on which days of the week (1: Monday), when pupils come and go, are taught, when nobody is expected
    inside any more (`closes`, never for boarders), and when lights go out."""

    weekdays: Annotated[list[int], Field(max_length=7)]
    arrivals: Spans
    dismissals: Spans
    lessons: Spans = Field(default_factory=list)
    closes: time | None = None
    lights_out: time | None = None

    def read(self) -> Definition:
        """The timetable itself."""
        return Definition(
            tuple(self.weekdays),
            _read_hours(self.arrivals),
            _read_hours(self.dismissals),
            _read_hours(self.lessons),
            self.closes,
            self.lights_out,
        )


class TimetablesRequest(BaseModel):
    """What holds from a day on in the place of all that the school (or the kind, or with neither everybody) had; with
    `valid_until` for that while."""

    valid_from: date
    valid_until: date | None = None
    school: Code | None = None
    school_kind: SchoolKind | None = None
    timetables: Annotated[list[DefinitionRequest], Field(min_length=1, max_length=7)]


class TermRequest(BaseModel):
    """A term of the city, or of one school."""

    name: Annotated[Words, Field(min_length=1, max_length=LONGEST_NAME)]
    first_on: date
    last_on: date
    school: Code | None = None

    def read(self, id_: int = 0) -> TermRow:
        """The term itself."""
        return TermRow(id_, self.name, self.first_on, self.last_on, self.school, "", _NOT_YET)


class ExceptionRequest(BaseModel):
    """Days that are otherwise: `early_closing` with `closes`, `exam`, or `closed_loop` with its `level`; of a school, a
    district, or with neither of the city."""

    kind: ExceptionKind
    first_on: date
    last_on: date
    school: Code | None = None
    district: Code | None = None
    closes: time | None = None
    level: ClosedLoop | None = None
    reason: Annotated[Words, Field(min_length=1, max_length=500)]

    def read(self) -> ExceptionRow:
        """The exception itself."""
        return ExceptionRow(
            id=0,
            kind=self.kind,
            first_on=self.first_on,
            last_on=self.last_on,
            district=self.district,
            school=self.school,
            closes=self.closes,
            level=self.level,
            reason=self.reason,
            saved_by="",
            saved_at=_NOT_YET,
        )


@router.get("/timetables", openapi_extra=grant(Right.SEE, Where.EVERYWHERE), response_model=Page[TimetableRow])
async def get_timetables(
    service: ServiceOf,
    school: CodeQuery = None,
    school_kind: SchoolKind | None = None,
    on: Annotated[date | None, Query(description="Only those that hold on this day.")] = None,
    cursor: CursorText = None,
    limit: Limit = USUAL_PAGE,
) -> Response:
    """Timetables, the newest first. A school's own counts before its kind's, and that before everybody's."""
    before = read_number_key(cursor)
    async with service.database.connection() as connection:
        found = await storage.list_timetables(
            connection, school=school, school_kind=school_kind, on=on, before=before, limit=limit + 1
        )
    return answer_page(found, limit, "id")


@router.post(
    "/timetables", openapi_extra=grant(Right.GOVERN, Where.CITY), response_model=Page[TimetableRow], status_code=201
)
async def post_timetables(
    request: Request,
    service: ServiceOf,
    caller: CallerOf,
    body: TimetablesRequest,
    idempotency_key: IdempotencyKey = None,
) -> Response:
    """Changes a timetable from a day on; days that were closed keep theirs."""
    scope = Scope(body.school, body.school_kind)

    async def act() -> Response:
        said = [one.read() for one in body.timetables]
        with as_input_problems():
            saved = await save_timetables(
                service.database, scope, body.valid_from, body.valid_until, said, caller.account.name
            )
        return answer({"items": saved, "next": None}, 201)

    return await service.kept_answers.answer_once(request, caller, idempotency_key, act)


@router.delete("/timetables/{timetable}", openapi_extra=grant(Right.GOVERN, Where.CITY), status_code=204)
async def delete_timetable(service: ServiceOf, caller: CallerOf, timetable: NumberPath) -> Response:
    """From today on it does not hold."""
    with as_input_problems():
        await end_timetable(service.database, timetable, caller.account.name)
    return Response(status_code=204)


@router.get("/terms", openapi_extra=grant(Right.SEE, Where.EVERYWHERE), response_model=Page[TermRow])
async def get_terms(
    service: ServiceOf, school: CodeQuery = None, cursor: CursorText = None, limit: Limit = USUAL_PAGE
) -> Response:
    """Terms, the newest first."""
    before = read_number_key(cursor)
    async with service.database.connection() as connection:
        found = await storage.list_terms(connection, school=school, before=before, limit=limit + 1)
    return answer_page(found, limit, "id")


@router.post("/terms", openapi_extra=grant(Right.GOVERN, Where.CITY), response_model=TermRow, status_code=201)
async def post_term(
    request: Request,
    service: ServiceOf,
    caller: CallerOf,
    body: TermRequest,
    idempotency_key: IdempotencyKey = None,
) -> Response:
    """Enters a term."""

    async def act() -> Response:
        with as_input_problems():
            return answer(await save_term(service.database, body.read(), caller.account.name), 201)

    return await service.kept_answers.answer_once(request, caller, idempotency_key, act)


@router.put("/terms/{term}", openapi_extra=grant(Right.GOVERN, Where.CITY), response_model=TermRow)
async def put_term(service: ServiceOf, caller: CallerOf, term: NumberPath, body: TermRequest) -> Response:
    """Changes a term's name and days; whose it is stays."""
    with as_input_problems():
        return answer(await save_term(service.database, body.read(term), caller.account.name))


@router.delete("/terms/{term}", openapi_extra=grant(Right.GOVERN, Where.CITY), status_code=204)
async def delete_term(service: ServiceOf, caller: CallerOf, term: NumberPath) -> Response:
    """Takes away a term of which no day was closed."""
    with as_input_problems():
        await remove_term(service.database, term, caller.account.name)
    return Response(status_code=204)


@router.get("/day-exceptions", openapi_extra=grant(Right.SEE, Where.WITHIN), response_model=Page[ExceptionRow])
async def get_exceptions(
    service: ServiceOf,
    within: WithinOf,
    since: Annotated[date | None, Query(description="Only those that last until this day or longer.")] = None,
    cursor: CursorText = None,
    limit: Limit = USUAL_PAGE,
) -> Response:
    """Days that are otherwise than the timetable, the newest entry first."""
    before = read_number_key(cursor)
    async with service.database.connection() as connection:
        found = await storage.list_exceptions(
            connection, school=within.school, district=within.district, since=since, before=before, limit=limit + 1
        )
    return answer_page(found, limit, "id")


@router.post(
    "/day-exceptions",
    openapi_extra=grant(Right.STAFF, Where.BODY, second=True),
    response_model=ExceptionRow,
    status_code=201,
    responses=PROPOSED,
)
async def post_exception(
    request: Request,
    service: ServiceOf,
    caller: CallerOf,
    body: ExceptionRequest,
    idempotency_key: IdempotencyKey = None,
) -> Response:
    """Says that days are otherwise. For the whole city, or nearly by all that the caller said of them within an hour,
    that is only proposed (202)."""
    await require_named(service.database, caller.account.place, Place(body.district, body.school))

    async def act() -> Response:
        with as_input_problems():
            saved = await save_for_part(service.database, body.read(), caller.account.name)
            return await answer_proposed(service, caller, body.read()) if saved is None else answer(saved, 201)

    return await service.kept_answers.answer_once(request, caller, idempotency_key, act)


@router.delete(
    "/day-exceptions/{exception}",
    openapi_extra=grant(Right.STAFF, Where.DAY_EXCEPTION, second=True),
    status_code=204,
    responses=PROPOSED,
)
async def delete_exception(service: ServiceOf, caller: CallerOf, exception: NumberPath) -> Response:
    """From today on the days are as always. For the whole city that is only proposed (202)."""
    with as_input_problems():
        if (city := await find_city_exception(service.database, exception)) is not None:
            return await answer_proposed(service, caller, ExceptionEnd(city))
        await end_exception(service.database, exception, caller.account.name)
    return Response(status_code=204)


def _read_hours(spans: list[HoursRequest]) -> tuple[Hours, ...]:
    return tuple(Hours(one.starts, one.ends) for one in spans)
