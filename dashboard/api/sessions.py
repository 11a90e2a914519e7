"""Signing in and out."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Annotated

import structlog
from fastapi import Request, Response
from pydantic import BaseModel, Field

from alerts.domain.preferences import Preferences
from alerts.domain.rights import Right, Role
from alerts.identities import read_proofs
from alerts.messages.sign_ins import SignInChanges, count_unseen, list_changes, note_seen
from alerts.passwords import PasswordRefused
from alerts.preferences import read_preferences
from alerts.sessions import (
    NoSuchSession,
    Session,
    change_own_password,
    end_session,
    is_proved,
    list_sessions,
    prove_again,
    revoke_other_sessions,
    revoke_session,
    sign_in,
)
from alerts.storage.accounts import Account, Origin, SessionRow
from dashboard.api.routers import make_router
from dashboard.api.texts import NumberPath, Words
from dashboard.attempts import answering_codes, attempt, read_address
from dashboard.metrics import SIGN_INS
from dashboard.paging import Page, answer
from dashboard.places import Where
from dashboard.problems import FieldError, Problem
from dashboard.rights import ANYONE, COOKIE, CallerOf, grant, is_same_origin, require_person
from dashboard.service import Service, ServiceOf

router = make_router("session")
_LONGEST_AGENT = 300  # characters of what a browser says that it is
log = structlog.get_logger()


Code = Annotated[Words, Field(max_length=100)]


class Credentials(BaseModel):
    """What a person signs in with; whoever has a second factor shows its `code`, too."""

    name: Annotated[Words, Field(min_length=1, max_length=200)]
    password: Annotated[str, Field(min_length=1, max_length=1000)]
    code: Code | None = None


class PasswordRequest(BaseModel):
    """Another password, from who knows the one before."""

    old: Annotated[str, Field(min_length=1, max_length=1000)]
    new: Annotated[str, Field(min_length=1, max_length=1000)]


class ProofRequest(BaseModel):
    """Who is signed in shows it once more."""

    password: Annotated[str, Field(min_length=1, max_length=1000)]
    code: Code | None = None


class SeenRequest(BaseModel):
    """Up to which change somebody knows what was changed."""

    up_to: Annotated[int, Field(ge=1, le=2**63 - 1)]


@dataclass(frozen=True, slots=True)
class MapTiles:
    """The operator's map under the schools: where a tile is, with `{z}`, `{x}` and `{y}`, and what its owner wants to
    stand on it."""

    address: str
    attribution: str | None


@dataclass(frozen=True, slots=True)
class SignedIn:
    """Who is signed in, what they may do, and whom they stand for: a school, a district, or with neither the city; by
    what they can show once more who they are: a password, the operator's provider, or either; and the map that they
    see under the schools, if there is one. With `first_password` somebody else chose theirs, and they choose their own
    before anything else but a live alarm. `unseen_changes` of how they sign in they have not said that they know.
    `preferences` are told here, so that the page asks for nothing more before it shows itself as they like it."""

    name: str
    display_name: str
    role: Role
    rights: tuple[Right, ...]
    district: str | None
    school: str | None
    password: bool
    provider: bool
    tiles: MapTiles | None = None
    first_password: bool = False
    unseen_changes: int = 0
    preferences: Preferences = field(default_factory=Preferences)


@dataclass(frozen=True, slots=True)
class ProofState:
    """Whether somebody showed lately who they are."""

    proved: bool


@dataclass(frozen=True, slots=True)
class WaysIn:
    """Whether people may sign in at the operator's provider, too, and what it is called."""

    provider: bool
    name: str | None


@router.post("/session", openapi_extra=ANYONE, response_model=SignedIn)
async def start_session(request: Request, credentials: Credentials, service: ServiceOf) -> Response:
    """Signs a person in. The cookie `campus_session` carries the session; no script can read it."""
    says_where_from = "origin" in request.headers or "sec-fetch-site" in request.headers
    if says_where_from and not is_same_origin(request):
        raise Problem("cross-site")
    session = await _try_to_sign_in(service, credentials, read_origin(request))
    return keep_session(answer(await _signed_in(service, session.account)), request, service, session)


@router.get("/session", openapi_extra=grant(Right.SEE, Where.EVERYWHERE), response_model=SignedIn)
async def read_session(service: ServiceOf, caller: CallerOf) -> Response:
    """Who is signed in."""
    return answer(await _signed_in(service, caller.account))


@router.delete("/session", openapi_extra=grant(Right.SEE, Where.EVERYWHERE), status_code=204)
async def stop_session(caller: CallerOf, service: ServiceOf) -> Response:
    """Signs out, and closes the session's boards. An API token has no session to end and stays what it is."""
    if caller.proof.by_cookie:
        await end_session(service.database, caller.proof.token)
        await service.boards.close_of(caller.proof)
        log.info("dashboard.session.ended", account=caller.account.name)
    response = Response(status_code=204)
    response.delete_cookie(COOKIE, path="/", httponly=True, samesite="strict")
    return response


@router.get("/sessions", openapi_extra=grant(Right.SEE, Where.EVERYWHERE), response_model=Page[SessionRow])
async def get_sessions(service: ServiceOf, caller: CallerOf) -> Response:
    """Where the caller is signed in, the newest first."""
    found = await list_sessions(service.database, caller.account.name, caller.proof.token)
    return answer({"items": found, "next": None})


@router.delete("/sessions/{session}", openapi_extra=grant(Right.SEE, Where.EVERYWHERE), status_code=204)
async def delete_session(service: ServiceOf, caller: CallerOf, session: NumberPath) -> Response:
    """Ends one of the caller's sessions; its boards close within 20 s."""
    try:
        await revoke_session(service.database, caller.account.name, session)
    except NoSuchSession as error:
        raise Problem("no-such-session", str(error)) from error
    log.info("dashboard.session.revoked", account=caller.account.name, session=session)
    return Response(status_code=204)


@router.delete("/sessions", openapi_extra=grant(Right.SEE, Where.EVERYWHERE), status_code=204)
async def delete_other_sessions(service: ServiceOf, caller: CallerOf) -> Response:
    """Ends all of the caller's sessions but this one; their boards close within 20 s."""
    ended = await revoke_other_sessions(service.database, caller.account.name, caller.proof.token)
    log.info("dashboard.sessions.revoked", account=caller.account.name, sessions=ended)
    return Response(status_code=204)


@router.put("/session/password", openapi_extra=grant(Right.SEE, Where.EVERYWHERE), status_code=204)
async def put_password(request: Request, service: ServiceOf, caller: CallerOf, body: PasswordRequest) -> Response:
    """Changes the caller's own password; all their other sessions end."""
    require_person(caller)

    token, address = caller.proof.token, read_address(request)

    async def check() -> bool:
        return await change_own_password(service.database, caller.account, body.old, body.new, token, address)

    try:
        known = await attempt(service, caller.account.name, address, check)
    except PasswordRefused as error:
        raise Problem("invalid-request", errors=[FieldError("body.new", str(error))]) from error
    if not known:
        raise Problem("invalid-request", errors=[FieldError("body.old", "this is not your password")])
    log.info("dashboard.password.changed", account=caller.account.name)
    return Response(status_code=204)


@router.post("/session/proof", openapi_extra=grant(Right.SEE, Where.EVERYWHERE), status_code=204)
async def post_proof(request: Request, service: ServiceOf, caller: CallerOf, body: ProofRequest) -> Response:
    """Shows once more who is signed in; for ten minutes what is dangerous is done."""
    require_person(caller)
    name, address = caller.account.name, read_address(request)

    async def check() -> bool:
        return await prove_again(service.database, name, caller.proof.token, body.password, body.code)

    with answering_codes(name, address):
        known = await attempt(service, name, address, check)
    if not known:
        log.warning("dashboard.session.refused", account=name, address=address)
        raise Problem("invalid-request", errors=[FieldError("body.password", "this is not your password")])
    log.info("dashboard.session.proved", account=name)
    return Response(status_code=204)


@router.get("/session/proof", openapi_extra=grant(Right.SEE, Where.EVERYWHERE), response_model=ProofState)
async def get_proof(service: ServiceOf, caller: CallerOf) -> Response:
    """Whether the caller showed lately who they are; asked by a page whose person went to the provider for that."""
    proved = not caller.proof.by_cookie or await is_proved(service.database, caller.proof.token)
    return answer(ProofState(proved))


@router.get("/session/changes", openapi_extra=grant(Right.SEE, Where.EVERYWHERE), response_model=SignInChanges)
async def get_changes(service: ServiceOf, caller: CallerOf) -> Response:
    """What was changed lately of how the caller signs in, by whom and from where, and whom to call about it."""
    return answer(await list_changes(service.database, caller.account.name))


@router.post("/session/changes/seen", openapi_extra=grant(Right.SEE, Where.EVERYWHERE), status_code=204)
async def post_changes_seen(service: ServiceOf, caller: CallerOf, body: SeenRequest) -> Response:
    """The caller knows of all changes up to this one."""
    require_person(caller)
    await note_seen(service.database, caller.account.name, body.up_to)
    return Response(status_code=204)


@router.get("/sign-in", openapi_extra=ANYONE, response_model=WaysIn)
async def get_ways_in(service: ServiceOf) -> Response:
    """By what people may sign in here, beside a password."""
    return answer(WaysIn(service.provider is not None, service.settings.oidc_name))


def keep_session(response: Response, request: Request, service: Service, session: Session) -> Response:
    """The answer, with the cookie of a new session."""
    response.set_cookie(
        COOKIE,
        session.token,
        max_age=service.settings.session_hours * 3600,
        path="/",
        secure=request.url.scheme == "https",
        httponly=True,
        samesite="strict",
    )
    return response


async def _try_to_sign_in(service: Service, credentials: Credentials, origin: Origin) -> Session:
    async def check() -> Session | None:
        lasts = timedelta(hours=service.settings.session_hours)
        return await sign_in(service.database, credentials.name, credentials.password, lasts, origin, credentials.code)

    with answering_codes(credentials.name, origin.address):
        session = await attempt(service, credentials.name, origin.address, check)
    if session is None:
        SIGN_INS.labels("refused").inc()
        log.warning("dashboard.session.refused", account=credentials.name, address=origin.address)
        raise Problem("bad-credentials", headers={"WWW-Authenticate": "Bearer"})
    SIGN_INS.labels("granted").inc()
    log.info("dashboard.session.started", account=session.account.name, address=origin.address)
    return session


def read_origin(request: Request) -> Origin:
    """Where a sign-in comes from, as far as that can be told."""
    agent = request.headers.get("user-agent", "").replace("\0", "")[:_LONGEST_AGENT]
    return Origin(read_address(request), agent)


async def _signed_in(service: Service, account: Account) -> SignedIn:
    rights = tuple(right for right in Right if right in account.rights)
    issuer = None if service.provider is None else service.provider.issuer
    shown = await read_proofs(service.database, account.name, issuer)
    settings = service.settings
    return SignedIn(
        name=account.name,
        display_name=account.display_name,
        role=account.role,
        rights=rights,
        district=account.district,
        school=account.school,
        password=shown.password,
        provider=shown.provider,
        first_password=account.first_password,
        unseen_changes=await count_unseen(service.database, account.name),
        preferences=await read_preferences(service.database, account.name),
        tiles=None if settings.map_tiles is None else MapTiles(settings.map_tiles, settings.map_attribution),
    )
