"""How fast presses are taken, by place and time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Annotated
from zoneinfo import ZoneInfo

from fastapi import Query, Response

from alerts.domain.answer_times import AnswerTimes, By, PeriodInvalid
from alerts.domain.policies import DEFAULT_ZONE
from alerts.domain.presses import Mode
from alerts.domain.rights import Right
from alerts.reports.answer_times import find_answer_times
from dashboard.api.routers import make_router
from dashboard.paging import USUAL_PAGE, CursorText, Limit, answer, read_text_key, write_key
from dashboard.places import Where, WithinOf
from dashboard.problems import FieldError, Problem
from dashboard.rights import grant
from dashboard.service import Service, ServiceOf

router = make_router("answer times")

USUAL_DAYS = 30


@dataclass(frozen=True, slots=True)
class AnswerTimesPage:
    """Answer times of days, both inclusive: `overall`, and a page of groups.

    `position` is the row of the log up to which they are counted; what is newer follows within seconds.
    """

    first: date
    last: date
    by: By
    mode: Mode
    position: int
    overall: AnswerTimes
    items: list[AnswerTimes]
    next: str | None


@router.get("/answer-times", openapi_extra=grant(Right.SEE, Where.WITHIN), response_model=AnswerTimesPage)
async def get_answer_times(
    service: ServiceOf,
    within: WithinOf,
    first: Annotated[date | None, Query(alias="from", description="The first day; 30 days ago when left out.")] = None,
    last: Annotated[date | None, Query(alias="to", description="The last day; today when left out.")] = None,
    by: By = By.DISTRICT,
    mode: Mode = Mode.LIVE,
    cursor: CursorText = None,
    limit: Limit = USUAL_PAGE,
) -> Response:
    """Shares taken within 30 and 60 s and percentiles; what nobody took counts as not taken, and as the slowest."""
    last = last or await _read_today(service)
    first = first or last - timedelta(days=USUAL_DAYS - 1)
    try:
        found = await find_answer_times(
            service.database,
            first,
            last,
            by,
            mode=mode,
            district=within.district,
            school=within.school,
            after=read_text_key(cursor),
            limit=limit + 1,
        )
    except PeriodInvalid as error:
        raise Problem("invalid-request", errors=[FieldError("query.from", str(error))]) from error
    shown = found.groups[:limit]
    more = write_key(shown[-1].key) if len(found.groups) > limit else None
    return answer(AnswerTimesPage(first, last, by, mode, found.position, found.overall, shown, more))


async def _read_today(service: Service) -> date:
    async with service.database.connection() as connection:
        now: datetime = await service.database.read_now(connection)
    return now.astimezone(ZoneInfo(DEFAULT_ZONE)).date()
