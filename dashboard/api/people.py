"""People: how they are reached and how that was proved, certificates, leave, deputies."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Annotated

from fastapi import Path, Query, Request, Response
from pydantic import AwareDatetime, BaseModel, Field

from alerts.domain.contacts import CertificateKind
from alerts.domain.registry import PostKind
from alerts.domain.rights import Right
from alerts.staff.absences import end_leave, save_deputies, save_leave
from alerts.staff.calendars import CITY_ZONE
from alerts.staff.duty import Recalculated
from alerts.staff.people import (
    PersonDetail,
    add_method,
    confirm_code,
    order_methods,
    read_person,
    remove_certificate,
    remove_method,
    save_certificate,
    send_code,
)
from alerts.staff.subscriptions import Feed, close_feed, open_feed
from alerts.storage import people as storage
from alerts.storage.absences import Deputy, Leave, list_leave
from alerts.storage.people import Certificate, ContactMethod, PersonalChannel, PersonItem
from alerts.storage.subscriptions import FeedOwner
from dashboard.api.refusals import as_problems
from dashboard.api.routers import make_router
from dashboard.api.texts import CODE_PATTERN, Code, CodeQuery, NumberPath, Words
from dashboard.idempotency import IdempotencyKey
from dashboard.paging import (
    USUAL_PAGE,
    CursorText,
    Limit,
    Page,
    answer,
    answer_page,
    read_number_key,
    read_text_key,
)
from dashboard.places import Where, WithinOf
from dashboard.rights import Caller, CallerOf, grant
from dashboard.service import Service, ServiceOf

router = make_router("people")

PersonPath = Annotated[str, Path(pattern=CODE_PATTERN, description="The person's code.")]
_EXPIRING_DAYS = 30


class MethodRequest(BaseModel):
    """A way to reach a person: a channel, and their address at it."""

    channel: Code
    address: Annotated[Words, Field(min_length=1, max_length=300)]


class OrderRequest(BaseModel):
    """The numbers of all of a person's methods, in the order in which they want to be reached."""

    methods: Annotated[list[Annotated[int, Field(ge=1, lt=1 << 62)]], Field(max_length=100)]


class CodeRequest(BaseModel):
    """The six digits that reached the person."""

    code: Annotated[str, Field(pattern=r"^\s*[0-9]{6}\s*$")]


class CertificateRequest(BaseModel):
    """A certificate, valid up to and including `valid_until`."""

    kind: CertificateKind
    number: Annotated[Words, Field(min_length=1, max_length=100)]
    valid_until: date
    note: Annotated[Words, Field(max_length=500)] = ""


class LeaveRequest(BaseModel):
    """A time in which a person is not to be called."""

    starts_at: AwareDatetime
    ends_at: AwareDatetime
    note: Annotated[Words, Field(max_length=500)] = ""


class DeputiesRequest(BaseModel):
    """Who stands in for a person, first choice first."""

    deputies: Annotated[list[Code], Field(max_length=50)]


@dataclass(frozen=True, slots=True)
class SavedLeave:
    """Leave, and what became of duty."""

    leave: Leave
    duty: Recalculated


@dataclass(frozen=True, slots=True)
class SavedDeputies:
    """A person's deputies, and what became of duty."""

    deputies: tuple[Deputy, ...]
    duty: Recalculated


@router.get("/people", openapi_extra=grant(Right.SEE, Where.WITHIN), response_model=Page[PersonItem])
async def get_people(
    service: ServiceOf,
    within: WithinOf,
    q: Annotated[Words | None, Query(max_length=100, description="Part of a name or code.")] = None,
    post: PostKind | None = None,
    unreachable: Annotated[bool, Query(description="Only those whom no verified method reaches.")] = False,
    cursor: CursorText = None,
    limit: Limit = USUAL_PAGE,
) -> Response:
    """People by code, with their posts and whether they can be reached."""
    after = read_text_key(cursor)
    async with service.database.connection() as connection:
        now = await service.database.read_now(connection)
        found = await storage.list_people(
            connection,
            now,
            words=q or None,
            school=within.school,
            district=within.district,
            post=post,
            only_unreachable=unreachable,
            after=after,
            limit=limit + 1,
        )
    return answer_page(found, limit, "code")


@router.get("/people/{person}", openapi_extra=grant(Right.SEE, Where.PERSON), response_model=PersonDetail)
async def get_person(service: ServiceOf, person: PersonPath) -> Response:
    """One person: methods, certificates, leave, deputies, posts, coming duty."""
    with as_problems():
        return answer(await read_person(service.database, person))


@router.get("/contact-channels", openapi_extra=grant(Right.SEE, Where.EVERYWHERE), response_model=Page[PersonalChannel])
async def get_contact_channels(service: ServiceOf) -> Response:
    """The channels by which one person can be reached, and whether they are on."""
    async with service.database.connection() as connection:
        return answer({"items": await storage.list_personal_channels(connection), "next": None})


@router.post(
    "/people/{person}/methods",
    openapi_extra=grant(Right.STAFF, Where.PERSON),
    response_model=ContactMethod,
    status_code=201,
)
async def post_method(
    request: Request,
    service: ServiceOf,
    caller: CallerOf,
    person: PersonPath,
    body: MethodRequest,
    idempotency_key: IdempotencyKey = None,
) -> Response:
    """Adds a contact method behind the person's others; it counts once it is verified."""

    async def act() -> Response:
        with as_problems():
            added = await add_method(service.database, person, body.channel, body.address, caller.account.name)
        return answer(added, 201)

    return await service.kept_answers.answer_once(request, caller, idempotency_key, act)


@router.put(
    "/people/{person}/methods", openapi_extra=grant(Right.STAFF, Where.PERSON), response_model=Page[ContactMethod]
)
async def put_methods(service: ServiceOf, caller: CallerOf, person: PersonPath, body: OrderRequest) -> Response:
    """Puts a person's contact methods into their own order."""
    with as_problems():
        methods = await order_methods(service.database, person, body.methods, caller.account.name)
    return answer({"items": methods, "next": None})


@router.delete("/people/{person}/methods/{method}", openapi_extra=grant(Right.STAFF, Where.PERSON), status_code=204)
async def delete_method(service: ServiceOf, caller: CallerOf, person: PersonPath, method: NumberPath) -> Response:
    """Takes a contact method away."""
    with as_problems():
        await remove_method(service.database, person, method, caller.account.name)
    return Response(status_code=204)


@router.post(
    "/methods/{method}/verification",
    openapi_extra=grant(Right.STAFF, Where.METHOD),
    response_model=ContactMethod,
    status_code=202,
)
async def post_verification(
    request: Request, service: ServiceOf, caller: CallerOf, method: NumberPath, idempotency_key: IdempotencyKey = None
) -> Response:
    """Sends a code by exactly this method; it is good for ten minutes."""

    async def act() -> Response:
        with as_problems():
            return answer(await send_code(service.database, method, caller.account.name), 202)

    return await service.kept_answers.answer_once(request, caller, idempotency_key, act)


@router.put(
    "/methods/{method}/verification", openapi_extra=grant(Right.STAFF, Where.METHOD), response_model=ContactMethod
)
async def put_verification(service: ServiceOf, caller: CallerOf, method: NumberPath, body: CodeRequest) -> Response:
    """Verifies a method by the code that reached it; five attempts."""
    with as_problems():
        return answer(await confirm_code(service.database, method, body.code, caller.account.name))


@router.get("/certificates", openapi_extra=grant(Right.SEE, Where.WITHIN), response_model=Page[Certificate])
async def get_certificates(
    service: ServiceOf,
    within: WithinOf,
    within_days: Annotated[int, Query(ge=0, le=3660, description="Those that end by then, or have ended.")] = (
        _EXPIRING_DAYS
    ),
    cursor: CursorText = None,
    limit: Limit = USUAL_PAGE,
) -> Response:
    """Certificates that end soon, or have ended, the first at the head."""
    after = read_number_key(cursor)
    async with service.database.connection() as connection:
        today = (await service.database.read_now(connection)).astimezone(CITY_ZONE).date()
        until = today + timedelta(days=within_days)
        found = await storage.list_certificates(
            connection, until=until, school=within.school, district=within.district, after=after, limit=limit + 1
        )
    return answer_page(found, limit, "id")


@router.post(
    "/people/{person}/certificates",
    openapi_extra=grant(Right.STAFF, Where.PERSON),
    response_model=Certificate,
    status_code=201,
)
async def post_certificate(
    request: Request,
    service: ServiceOf,
    caller: CallerOf,
    person: PersonPath,
    body: CertificateRequest,
    idempotency_key: IdempotencyKey = None,
) -> Response:
    """Enters a certificate; the same kind and number again renews it."""

    async def act() -> Response:
        with as_problems():
            saved = await save_certificate(
                service.database, person, body.kind, body.number, body.valid_until, body.note, caller.account.name
            )
        return answer(saved, 201)

    return await service.kept_answers.answer_once(request, caller, idempotency_key, act)


@router.delete(
    "/people/{person}/certificates/{certificate}", openapi_extra=grant(Right.STAFF, Where.PERSON), status_code=204
)
async def delete_certificate(
    service: ServiceOf, caller: CallerOf, person: PersonPath, certificate: NumberPath
) -> Response:
    """Takes away a certificate that was entered by mistake."""
    with as_problems():
        await remove_certificate(service.database, person, certificate, caller.account.name)
    return Response(status_code=204)


@router.get("/leave", openapi_extra=grant(Right.SEE, Where.WITHIN), response_model=Page[Leave])
async def get_leave(
    service: ServiceOf,
    within: WithinOf,
    person: CodeQuery = None,
    cursor: CursorText = None,
    limit: Limit = USUAL_PAGE,
) -> Response:
    """Leave that is not over, soonest first."""
    after = read_number_key(cursor)
    async with service.database.connection() as connection:
        now = await service.database.read_now(connection)
        found = await list_leave(
            connection, now, person=person, school=within.school, district=within.district, after=after, limit=limit + 1
        )
    return answer_page(found, limit, "id")


@router.post(
    "/people/{person}/leave", openapi_extra=grant(Right.STAFF, Where.PERSON), response_model=SavedLeave, status_code=201
)
async def post_leave(
    request: Request,
    service: ServiceOf,
    caller: CallerOf,
    person: PersonPath,
    body: LeaveRequest,
    idempotency_key: IdempotencyKey = None,
) -> Response:
    """A person will be away; deputies stand in for them, or a hole is listed, from now on."""
    return await service.kept_answers.answer_once(
        request, caller, idempotency_key, lambda: _save_leave(service, caller, person, body)
    )


@router.delete("/leave/{leave}", openapi_extra=grant(Right.STAFF, Where.LEAVE), response_model=Recalculated)
async def delete_leave(service: ServiceOf, caller: CallerOf, leave: NumberPath) -> Response:
    """They are back, or stay after all; leave that has begun ends now."""
    with as_problems():
        return answer(await end_leave(service.database, leave, caller.account.name))


@router.put("/people/{person}/deputies", openapi_extra=grant(Right.STAFF, Where.PERSON), response_model=SavedDeputies)
async def put_deputies(service: ServiceOf, caller: CallerOf, person: PersonPath, body: DeputiesRequest) -> Response:
    """Who stands in for a person, first choice first, in the place of those before."""
    with as_problems():
        deputies, done = await save_deputies(service.database, person, body.deputies, caller.account.name)
    return answer(SavedDeputies(tuple(deputies), done))


@router.post(
    "/people/{person}/feed", openapi_extra=grant(Right.STAFF, Where.PERSON), response_model=Feed, status_code=201
)
async def post_feed(service: ServiceOf, caller: CallerOf, person: PersonPath) -> Response:
    """Gives a person's duty a secret address to subscribe to; the one before stops to work."""
    with as_problems():
        return answer(await open_feed(service.database, FeedOwner(person, None), caller.account.name), 201)


@router.delete("/people/{person}/feed", openapi_extra=grant(Right.STAFF, Where.PERSON), status_code=204)
async def delete_feed(service: ServiceOf, caller: CallerOf, person: PersonPath) -> Response:
    """The address stops to work."""
    with as_problems():
        await close_feed(service.database, FeedOwner(person, None), caller.account.name)
    return Response(status_code=204)


async def _save_leave(service: Service, caller: Caller, person: str, body: LeaveRequest) -> Response:
    with as_problems():
        leave, done = await save_leave(
            service.database, person, body.starts_at, body.ends_at, body.note, caller.account.name
        )
    return answer(SavedLeave(leave, done), 201)
