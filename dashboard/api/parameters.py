"""Numbers of rules: what levels of government set in the place of the catalogue's defaults."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from fastapi import Query, Request, Response
from pydantic import BaseModel, Field

from alerts.domain.compliance.numbers import LONGEST_SOURCE, Wanted
from alerts.domain.compliance.terms import Level
from alerts.domain.rights import Right
from alerts.orders.parts import end_number_for_part, set_number_for_part
from alerts.storage.parameters import ParameterRow, list_parameters
from dashboard.api.input_refusals import as_input_problems
from dashboard.api.orders import PROPOSED, answer_proposed
from dashboard.api.routers import make_router
from dashboard.api.texts import CODE_PATTERN, CodeQuery, NumberPath, Words
from dashboard.idempotency import IdempotencyKey
from dashboard.paging import USUAL_PAGE, CursorText, Limit, Page, answer, answer_page, read_number_key
from dashboard.places import Where
from dashboard.rights import CallerOf, grant
from dashboard.service import ServiceOf

router = make_router("parameters")

Short = Annotated[Words, Field(min_length=1, max_length=60)]


class ParameterRequest(BaseModel):
    """A number of a rule from a day on, at a level, with the document that says so."""

    rule: Short
    name: Short
    level: Level
    value: float
    source: Annotated[Words, Field(min_length=1, max_length=LONGEST_SOURCE)]
    valid_from: date
    valid_until: date | None = None
    school: Annotated[str, Field(pattern=CODE_PATTERN)] | None = None

    def read(self) -> Wanted:
        """The number that is wanted."""
        return Wanted(
            self.rule,
            self.name,
            self.level,
            self.value,
            self.source,
            self.valid_from,
            self.valid_until,
            self.school,
        )


@router.get("/rule-parameters", openapi_extra=grant(Right.SEE, Where.EVERYWHERE), response_model=Page[ParameterRow])
async def get_parameters(
    service: ServiceOf,
    rule: Annotated[str | None, Query(max_length=60)] = None,
    level: Level | None = None,
    school: CodeQuery = None,
    on: Annotated[date | None, Query(description="Only those that hold on this day.")] = None,
    cursor: CursorText = None,
    limit: Limit = USUAL_PAGE,
) -> Response:
    """Numbers that were set, the newest first. A narrower level counts before a wider one, a later day before an
    earlier one."""
    before = read_number_key(cursor)
    async with service.database.connection() as connection:
        found = await list_parameters(
            connection, rule=rule, level=level, school=school, on=on, before=before, limit=limit + 1
        )
    return answer_page(found, limit, "id")


@router.post(
    "/rule-parameters",
    openapi_extra=grant(Right.GOVERN, Where.CITY, second=True),
    response_model=ParameterRow,
    status_code=201,
    responses=PROPOSED,
)
async def post_parameter(
    request: Request,
    service: ServiceOf,
    caller: CallerOf,
    body: ParameterRequest,
    idempotency_key: IdempotencyKey = None,
) -> Response:
    """Puts a number in force from a day on; days that were closed keep theirs. For the whole city, or nearly by all
    that the caller set of it within an hour, that is only proposed (202)."""

    async def act() -> Response:
        with as_input_problems():
            saved = await set_number_for_part(service.database, body.read(), caller.account.name)
        return await answer_proposed(service, caller, body.read()) if saved is None else answer(saved, 201)

    return await service.kept_answers.answer_once(request, caller, idempotency_key, act)


@router.delete(
    "/rule-parameters/{parameter}",
    openapi_extra=grant(Right.GOVERN, Where.CITY, second=True),
    status_code=204,
    responses=PROPOSED,
)
async def delete_parameter(service: ServiceOf, caller: CallerOf, parameter: NumberPath) -> Response:
    """From today on it does not hold. For the whole city that is only proposed (202)."""
    with as_input_problems():
        city = await end_number_for_part(service.database, parameter, caller.account.name)
    return Response(status_code=204) if city is None else await answer_proposed(service, caller, city)
