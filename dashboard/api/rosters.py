"""Posts, their rosters, and who is on duty."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Annotated, Any

import structlog
from fastapi import Path, Query, Request, Response
from pydantic import AwareDatetime, BaseModel, Field

from alerts.domain.registry import PostKind
from alerts.domain.rights import Right
from alerts.domain.rosters import DayFilter, Override, OverrideKind, Roster, Shift
from alerts.staff.duty import AHEAD, Recalculated
from alerts.staff.roster_views import (
    DutyNow,
    DutyPlan,
    NoSuchSchool,
    RosterDetail,
    read_duty,
    read_on_duty,
    read_roster,
    show_preview,
)
from alerts.staff.rosters import (
    Half,
    ImportedCalendar,
    SavedRoster,
    end_override,
    import_calendar,
    preview_roster,
    remove_calendar,
    remove_roster,
    save_override,
    save_roster,
    swap,
)
from alerts.staff.subscriptions import Feed, close_feed, open_feed, read_feed
from alerts.storage import rosters as storage
from alerts.storage.rosters import HoleItem, OverrideItem, PostItem
from alerts.storage.subscriptions import FeedOwner
from dashboard.api.refusals import as_problems
from dashboard.api.routers import make_router
from dashboard.api.texts import Code, NumberPath, Words
from dashboard.idempotency import IdempotencyKey
from dashboard.paging import (
    USUAL_PAGE,
    CursorText,
    Limit,
    Page,
    answer,
    answer_page,
    read_text_key,
    write_key,
)
from dashboard.places import SchoolOf, Where, WithinOf
from dashboard.problems import FieldError, Problem
from dashboard.rights import ANYONE, Caller, CallerOf, grant
from dashboard.service import Service, ServiceOf

router = make_router("rosters")
log = structlog.get_logger()

PostPath = Annotated[str, Path(pattern=r"^[A-Za-z0-9_:-]{1,128}$", description="The post's code, like S1:guard.")]
Moment = Annotated[AwareDatetime | None, Query(description="RFC 3339 with an offset; `+` is written %2B.")]
Name = Annotated[Words, Field(min_length=1, max_length=60)]
_SHOWN = timedelta(days=14)
_CALENDAR_BODY: dict[str, Any] = {
    "requestBody": {"required": True, "content": {"text/calendar": {"schema": {"type": "string"}}}}
}


class ShiftRequest(BaseModel):
    """A shift: hours on the school's wall clock (HH:MM; one that ends at or before its start ends the next day), and
    turns of people who follow each other every `turn_days` days from `since` on. `weekdays`: 1 is Monday."""

    name: Name
    starts: Annotated[str, Field(max_length=5)]
    ends: Annotated[str, Field(max_length=5)]
    turns: Annotated[list[Annotated[list[Code], Field(max_length=100)]], Field(max_length=400)]
    since: date
    turn_days: Annotated[int, Field(ge=0, le=1000)] = 1
    weekdays: Annotated[list[Annotated[int, Field(ge=0, le=10)]], Field(max_length=10)] = [1, 2, 3, 4, 5, 6, 7]
    days: DayFilter = DayFilter.ANY


class RosterRequest(BaseModel):
    """A roster. `based_on` is the version that its author saw (0: none); when another is in force it is not saved."""

    shifts: Annotated[list[ShiftRequest], Field(max_length=100)]
    handover_minutes: Annotated[int, Field(ge=0, le=1000)] = 0
    around_the_clock: bool = False
    based_on: Annotated[int, Field(ge=0, lt=1 << 31)] | None = None

    def read(self) -> Roster:
        """The roster itself."""
        shifts = tuple(
            Shift(
                name=one.name,
                starts=one.starts,
                ends=one.ends,
                turns=tuple(tuple(turn) for turn in one.turns),
                since=one.since,
                turn_days=one.turn_days,
                weekdays=tuple(one.weekdays),
                days=one.days,
            )
            for one in self.shifts
        )
        return Roster(shifts, self.handover_minutes, self.around_the_clock)


class OverrideRequest(BaseModel):
    """Somebody else (`replace`), somebody more (`add`), or `nobody`, for a time; `instead_of`: only in whose place."""

    kind: OverrideKind
    starts_at: AwareDatetime
    ends_at: AwareDatetime
    person: Code | None = None
    instead_of: Code | None = None
    note: Annotated[Words, Field(max_length=500)] = ""


class HalfRequest(BaseModel):
    """One half of a swap: whose duty, and in which time."""

    person: Code
    starts_at: AwareDatetime
    ends_at: AwareDatetime


class SwapRequest(BaseModel):
    """Two people take each other's duty."""

    first: HalfRequest
    second: HalfRequest
    note: Annotated[Words, Field(max_length=500)] = ""


@dataclass(frozen=True, slots=True)
class SavedOverride:
    """Overrides that were saved (of a swap both), and what became of duty."""

    overrides: tuple[OverrideItem, ...]
    duty: Recalculated


@dataclass(frozen=True, slots=True)
class RemovedRoster:
    """The version that says that a post has no roster any more."""

    version: int


@router.get("/posts", openapi_extra=grant(Right.SEE, Where.WITHIN), response_model=Page[PostItem])
async def get_posts(
    service: ServiceOf,
    within: WithinOf,
    kind: PostKind | None = None,
    cursor: CursorText = None,
    limit: Limit = USUAL_PAGE,
) -> Response:
    """Posts by code, with whether they have a roster and when next nobody is there."""
    after = read_text_key(cursor)
    async with service.database.connection() as connection:
        now = await service.database.read_now(connection)
        found = await storage.list_posts(
            connection, now, school=within.school, district=within.district, kind=kind, after=after, limit=limit + 1
        )
    return answer_page(found, limit, "code")


@router.get("/posts/{post}/roster", openapi_extra=grant(Right.SEE, Where.POST), response_model=RosterDetail)
async def get_roster(service: ServiceOf, post: PostPath) -> Response:
    """A post's roster with its versions, overrides, holes and what to be worried about."""
    with as_problems():
        return answer(await read_roster(service.database, post))


@router.put("/posts/{post}/roster", openapi_extra=grant(Right.STAFF, Where.POST), response_model=SavedRoster)
async def put_roster(service: ServiceOf, caller: CallerOf, post: PostPath, body: RosterRequest) -> Response:
    """Saves a new version and puts it in force at once; what has been stays as it was."""
    with as_problems():
        saved = await save_roster(service.database, post, body.read(), caller.account.name, based_on=body.based_on)
    log.info("dashboard.roster.saved", post=post, version=saved.version.version, account=caller.account.name)
    return answer(saved)


@router.delete("/posts/{post}/roster", openapi_extra=grant(Right.STAFF, Where.POST), response_model=RemovedRoster)
async def delete_roster(service: ServiceOf, caller: CallerOf, post: PostPath) -> Response:
    """Takes the roster away: the post's holders have it round the clock again."""
    with as_problems():
        version = await remove_roster(service.database, post, caller.account.name)
    log.info("dashboard.roster.removed", post=post, version=version, account=caller.account.name)
    return answer(RemovedRoster(version))


@router.post("/posts/{post}/roster/preview", openapi_extra=grant(Right.SEE, Where.POST), response_model=DutyPlan)
async def post_preview(
    service: ServiceOf,
    post: PostPath,
    body: RosterRequest,
    since: Annotated[AwareDatetime | None, Query(alias="from")] = None,
    until: Annotated[AwareDatetime | None, Query(alias="to")] = None,
) -> Response:
    """Who would be on duty under this roster, and who would be missing; nothing is saved."""
    first, last = await _read_stretch(service, since, until)
    roster = body.read()
    with as_problems():
        expansion = await preview_roster(service.database, post, roster, first, last)
        return answer(await show_preview(service.database, post, roster, expansion, first, last))


@router.post(
    "/posts/{post}/roster/calendar",
    openapi_extra=grant(Right.STAFF, Where.POST) | _CALENDAR_BODY,
    response_model=ImportedCalendar,
)
async def post_calendar(
    request: Request,
    service: ServiceOf,
    caller: CallerOf,
    post: PostPath,
    dry_run: Annotated[bool, Query(description="Only look: keep nothing.")] = False,
) -> Response:
    """Makes the events of an .ics duty of this post; events that name nobody we know are listed with their line."""
    data = await request.body()
    with as_problems():
        return answer(await import_calendar(service.database, post, data, caller.account.name, dry_run=dry_run))


@router.delete(
    "/posts/{post}/roster/calendar", openapi_extra=grant(Right.STAFF, Where.POST), response_model=SavedRoster
)
async def delete_calendar(service: ServiceOf, caller: CallerOf, post: PostPath) -> Response:
    """Takes an imported calendar away; the shifts stay."""
    with as_problems():
        return answer(await remove_calendar(service.database, post, caller.account.name))


@router.get("/posts/{post}/duty", openapi_extra=grant(Right.SEE, Where.POST), response_model=DutyPlan)
async def get_duty(
    service: ServiceOf,
    post: PostPath,
    since: Annotated[AwareDatetime | None, Query(alias="from")] = None,
    until: Annotated[AwareDatetime | None, Query(alias="to")] = None,
) -> Response:
    """Who was, is and will be on duty at a post; the coming 14 days when no time is named, at most 100 days."""
    first, last = await _read_stretch(service, since, until)
    with as_problems():
        return answer(await read_duty(service.database, post, first, last))


@router.get("/posts/{post}/overrides", openapi_extra=grant(Right.SEE, Where.POST), response_model=Page[OverrideItem])
async def get_overrides(service: ServiceOf, post: PostPath) -> Response:
    """Overrides that are not over, soonest first."""
    async with service.database.connection() as connection:
        now = await service.database.read_now(connection)
        return answer({"items": await storage.list_overrides(connection, [post], now), "next": None})


@router.post(
    "/posts/{post}/overrides",
    openapi_extra=grant(Right.STAFF, Where.POST),
    response_model=SavedOverride,
    status_code=201,
)
async def post_override(
    request: Request,
    service: ServiceOf,
    caller: CallerOf,
    post: PostPath,
    body: OverrideRequest,
    idempotency_key: IdempotencyKey = None,
) -> Response:
    """Puts somebody in the place of others, or beside them, or leaves the place empty, for a time."""
    return await service.kept_answers.answer_once(
        request, caller, idempotency_key, lambda: _save_override(service, caller, post, body)
    )


@router.delete(
    "/posts/{post}/overrides/{override}", openapi_extra=grant(Right.STAFF, Where.POST), response_model=Recalculated
)
async def delete_override(service: ServiceOf, caller: CallerOf, post: PostPath, override: NumberPath) -> Response:
    """Takes back what is still to come of an override; of a swap both halves."""
    with as_problems():
        return answer(await end_override(service.database, post, override, caller.account.name))


@router.post(
    "/posts/{post}/swaps", openapi_extra=grant(Right.STAFF, Where.POST), response_model=SavedOverride, status_code=201
)
async def post_swap(
    request: Request,
    service: ServiceOf,
    caller: CallerOf,
    post: PostPath,
    body: SwapRequest,
    idempotency_key: IdempotencyKey = None,
) -> Response:
    """Two people take each other's duty."""
    return await service.kept_answers.answer_once(
        request, caller, idempotency_key, lambda: _swap(service, caller, post, body)
    )


@router.get("/duty/now", openapi_extra=grant(Right.SEE, Where.WITHIN), response_model=DutyNow)
async def get_on_duty(service: ServiceOf, school: SchoolOf, at: Moment = None) -> Response:
    """Who is on duty at a school, now or at another instant, and where nobody is."""
    try:
        return answer(await read_on_duty(service.database, school, at))
    except NoSuchSchool as error:
        raise Problem("no-such-school") from error


@router.get("/duty/holes", openapi_extra=grant(Right.SEE, Where.WITHIN), response_model=Page[HoleItem])
async def get_holes(
    service: ServiceOf,
    within: WithinOf,
    empty: Annotated[bool, Query(description="Only where nobody at all is there.")] = False,
    cursor: CursorText = None,
    limit: Limit = USUAL_PAGE,
) -> Response:
    """Where somebody will be missing in the coming 35 days, soonest first."""
    after = _read_hole_key(cursor)
    async with service.database.connection() as connection:
        now = await service.database.read_now(connection)
        found = await storage.list_holes(
            connection,
            now,
            now + AHEAD,
            school=within.school,
            district=within.district,
            only_empty=empty,
            after=after,
            limit=limit + 1,
        )
    last = found[limit - 1] if len(found) > limit else None
    key = None if last is None else "\n".join((last.starts_at.isoformat(), last.post, last.shift, last.person))
    return answer({"items": found[:limit], "next": None if key is None else write_key(key)})


@router.post("/posts/{post}/feed", openapi_extra=grant(Right.STAFF, Where.POST), response_model=Feed, status_code=201)
async def post_feed(service: ServiceOf, caller: CallerOf, post: PostPath) -> Response:
    """Gives a post's duty a secret address to subscribe to; the one before stops to work."""
    with as_problems():
        return answer(await open_feed(service.database, FeedOwner(None, post), caller.account.name), 201)


@router.delete("/posts/{post}/feed", openapi_extra=grant(Right.STAFF, Where.POST), status_code=204)
async def delete_feed(service: ServiceOf, caller: CallerOf, post: PostPath) -> Response:
    """The address stops to work."""
    with as_problems():
        await close_feed(service.database, FeedOwner(None, post), caller.account.name)
    return Response(status_code=204)


@router.get("/feeds/{token}.ics", openapi_extra=ANYONE, response_class=Response)
async def get_feed(service: ServiceOf, token: Annotated[str, Path(pattern=r"^[A-Za-z0-9_-]{20,100}$")]) -> Response:
    """Somebody's duty as a calendar; whoever has the address may read it."""
    with as_problems():
        return Response(await read_feed(service.database, token), media_type="text/calendar; charset=utf-8")


async def _read_stretch(service: Service, since: datetime | None, until: datetime | None) -> tuple[datetime, datetime]:
    async with service.database.connection() as connection:
        first = since or await service.database.read_now(connection)
    return first, until or first + _SHOWN


async def _save_override(service: Service, caller: Caller, post: str, body: OverrideRequest) -> Response:
    override = Override(0, body.kind, body.starts_at, body.ends_at, body.person, body.instead_of)
    with as_problems():
        item, done = await save_override(service.database, post, override, body.note, caller.account.name)
    return answer(SavedOverride((item,), done), 201)


async def _swap(service: Service, caller: Caller, post: str, body: SwapRequest) -> Response:
    halves = [Half(one.person, one.starts_at, one.ends_at) for one in (body.first, body.second)]
    with as_problems():
        items, done = await swap(service.database, post, halves[0], halves[1], body.note, caller.account.name)
    return answer(SavedOverride(tuple(items), done), 201)


def _read_hole_key(cursor: str | None) -> tuple[datetime, str, str, str] | None:
    key = read_text_key(cursor)
    if key is None:
        return None
    try:
        starts_at, post, shift, person = key.split("\n")
        return datetime.fromisoformat(starts_at), post, shift, person
    except ValueError as error:
        raise Problem("invalid-request", errors=[FieldError("query.cursor", "not a cursor of this list")]) from error
