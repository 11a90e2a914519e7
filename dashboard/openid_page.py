"""Signing in at the operator's own provider: the way there, the way back, and what is told when it leads nowhere.

A browser comes back from another site, so it brings no session's cookie with it (SameSite=Strict): what belongs to its
way is in a cookie of its own, signed and for minutes (dashboard/openid_trips.py)."""

from __future__ import annotations

import html
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated
from urllib.parse import parse_qs

import structlog
from fastapi import APIRouter, Cookie, Query, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from alerts.domain.rights import Right
from alerts.identities import NotTied, prove_by, sign_in_by
from alerts.incidents.answer_words import Words
from alerts.passwords import digest_token
from alerts.second_factors import CodeNeeded, CodeWrong
from alerts.storage.errors import StorageUnavailable
from alerts.storage.identities import Identity
from alerts.storage.pulses import read_secret
from alerts.storage.seals import SealedAway
from dashboard import openid_words as words
from dashboard.api.sessions import keep_session, read_origin
from dashboard.attempts import attempt, read_address
from dashboard.bare_page import answer_bare, say_both, write_document
from dashboard.metrics import SIGN_INS
from dashboard.openid import AnswerRefused, ClocksDiffer, NotAsked, Provider, ProviderAway
from dashboard.openid_trips import LASTS, Arrival, Trip, TripOver, seal, unseal
from dashboard.places import Where
from dashboard.problems import Problem
from dashboard.rights import ANYONE, CallerOf, GuardedRoute, grant, require_person
from dashboard.service import Service, ServiceOf

router = APIRouter(tags=["session"], route_class=GuardedRoute, include_in_schema=False)
log = structlog.get_logger()

COOKIE = "campus_openid"
_BACK = "/openid/back"
Kept = Annotated[str, Cookie(alias=COOKIE, max_length=2000)]
Said = Annotated[str, Query(max_length=4000)]


class Refused(Exception):
    """The way ends on a page that says why, and what to do."""

    def __init__(self, said: Words, status: int, detail: str = "") -> None:
        super().__init__(said.en)
        self.said, self.status, self.detail = said, status, detail


@dataclass(frozen=True, slots=True)
class Way:
    """One request on the way: whose it is, and the provider."""

    request: Request
    service: Service
    provider: Provider

    @property
    def address(self) -> str:
        """Where it comes from."""
        return read_address(self.request)

    @property
    def back(self) -> str:
        """Where the provider sends people back to; it must know this address."""
        base = self.service.settings.public_url or str(self.request.base_url)
        return base.rstrip("/") + _BACK


@router.get("/openid/sign-in", openapi_extra=ANYONE, response_class=HTMLResponse)
async def go_to_sign_in(request: Request, service: ServiceOf) -> Response:
    """Sends a person to the provider."""
    return await _answer(request, service, lambda way: _go(way, None))


@router.get("/openid/proof", openapi_extra=grant(Right.SEE, Where.EVERYWHERE), response_class=HTMLResponse)
async def go_to_prove(request: Request, service: ServiceOf, caller: CallerOf) -> Response:
    """Sends who is signed in to the provider, to show once more who they are."""
    require_person(caller)
    session = digest_token(caller.proof.token)
    return await _answer(request, service, lambda way: _go(way, session))


@router.get(_BACK, openapi_extra=ANYONE, response_class=HTMLResponse)
async def come_back(
    request: Request,
    service: ServiceOf,
    kept: Kept = "",
    state: Said = "",
    code: Said = "",
    error: Said = "",
    iss: Said = "",
) -> Response:
    """Where the provider sends people back to: they are signed in, or proved, or told what to do."""

    async def arrive(way: Way) -> Response:
        trip = await _read_trip(way, kept, state)
        if iss and iss != way.provider.issuer:
            raise _refuse("another issuer", words.UNCLEAR, iss)
        if error or not code:
            raise _refuse("refused there", words.NOT_DONE, error[:100])
        return await _let_in(way, Arrival(await _redeem(way, code, trip), trip.begun_at, trip.session))

    return await _answer(request, service, arrive)


@router.post("/openid/code", openapi_extra=ANYONE, response_class=HTMLResponse)
async def take_code(request: Request, service: ServiceOf, kept: Kept = "") -> Response:
    """The code of a second factor, from who came back from the provider. No other site can send it: no browser adds the
    cookie to what one posts."""
    fields = parse_qs((await request.body()).decode("utf-8", "replace"))
    code = fields.get("code", [""])[0][:100]

    async def show(way: Way) -> Response:
        try:
            arrival = unseal(kept, await _read_key(way), Arrival, await _read_now(way))
        except TripOver as error:
            raise _refuse(str(error), words.OVER) from error
        return await _let_in(way, arrival, code)

    return await _answer(request, service, show)


async def _answer(request: Request, service: Service, go: Callable[[Way], Awaitable[Response]]) -> Response:
    """The answer of a way that may end early."""
    if service.provider is None:
        return _say(words.OFF, 404)
    try:
        return await go(Way(request, service, service.provider))
    except Refused as error:
        return _say(error.said, error.status, error.detail)
    except ProviderAway as error:
        log.warning("dashboard.provider.away", error=str(error))
        return _say(words.AWAY, 503)
    except StorageUnavailable as error:
        log.warning("dashboard.database.away", error=str(error))
        return _say(words.OURS_AWAY, 503)


async def _go(way: Way, session: bytes | None) -> Response:
    trip = Trip.begin(await _read_now(way), session)
    _require_patience(way, trip.state)
    response = RedirectResponse(await way.provider.write_address(trip, way.back), 303)
    return _keep(way, response, seal(trip, await _read_key(way)))


async def _read_trip(way: Way, kept: str, state: str) -> Trip:
    """The way that this browser began."""
    _require_patience(way, state)
    try:
        return unseal(kept, await _read_key(way), Trip, await _read_now(way)).of(state)
    except TripOver as error:
        way.service.throttle.note_failure(state, way.address, time.monotonic())
        raise _refuse(str(error), words.OVER) from error


async def _redeem(way: Way, code: str, trip: Trip) -> Identity:
    try:
        return await way.provider.redeem(code, trip, way.back, await _read_now(way))
    except AnswerRefused as error:
        way.service.throttle.note_failure(trip.state, way.address, time.monotonic())
        said = {ClocksDiffer: words.CLOCKS, NotAsked: words.NOT_ASKED}.get(type(error), words.UNCLEAR)
        raise _refuse(str(error), said) from error


async def _let_in(way: Way, arrival: Arrival, code: str | None = None) -> Response:
    """Signs in, or proves, who came back; asks for a code first where there is a second factor."""
    identity, database = arrival.identity, way.service.database

    async def check() -> Response:
        if arrival.session is not None:
            account = await prove_by(database, identity, arrival.session, code)
            log.info("dashboard.session.proved", account=account.name)
            return _say(words.PROVED)
        lasts = timedelta(hours=way.service.settings.session_hours)
        session = await sign_in_by(database, identity, lasts, read_origin(way.request), code)
        SIGN_INS.labels("granted").inc()
        log.info("dashboard.session.started", account=session.account.name, address=way.address)
        return keep_session(RedirectResponse("/", 303), way.request, way.service, session)

    try:
        response = await attempt(way.service, identity.subject, way.address, check)
        response.delete_cookie(COOKIE, path="/openid")
    except CodeNeeded:
        return _keep(way, _ask_code(None), seal(arrival, await _read_key(way)))
    except CodeWrong:
        SIGN_INS.labels("refused").inc()
        return _ask_code(words.CODE_WRONG)
    except SealedAway as error:
        log.warning("dashboard.code.unreadable", account=identity.subject, error=str(error))
        return _ask_code(words.CODE_UNREADABLE)
    except NotTied as error:
        said = words.NOT_TIED if arrival.session is None else words.SOMEBODY_ELSE
        raise _refuse(str(error), said, identity.subject) from error
    except Problem as error:
        raise Refused(words.WAIT, 429) from error
    return response


def _refuse(reason: str, said: Words, detail: str = "") -> Refused:
    SIGN_INS.labels("refused").inc()
    log.warning("dashboard.identity.refused", reason=reason, said=detail)
    return Refused(said, 403, detail)


def _require_patience(way: Way, state: str) -> None:
    if way.service.throttle.seconds_to_wait(state, way.address, time.monotonic()):
        SIGN_INS.labels("throttled").inc()
        raise Refused(words.WAIT, 429)


async def _read_now(way: Way) -> datetime:
    async with way.service.database.connection() as connection:
        return await way.service.database.read_now(connection)


async def _read_key(way: Way) -> bytes:
    async with way.service.database.connection() as connection:
        return await read_secret(connection, "sign_in")


def _keep(way: Way, response: Response, kept: str) -> Response:
    response.set_cookie(
        COOKIE,
        kept,
        max_age=int(LASTS.total_seconds()),
        path="/openid",
        secure=way.request.url.scheme == "https",
        httponly=True,
        samesite="lax",  # it comes along when the provider sends its person back
    )
    return response


def _say(said: Words, status: int = 200, detail: str = "") -> Response:
    shown = f"<p><code>{html.escape(detail)}</code></p>" if detail else ""
    kind = "good" if status == 200 else "late"
    body = (
        f'<main><h1>{say_both(words.TITLE)}</h1><p class="said {kind}" role="status">{say_both(said)}</p>{shown}'
        f'<p><a href="/">{say_both(words.TO_THE_BOARD)}</a></p></main>'
    )
    return answer_bare(write_document(words.TITLE.zh, body), status)


def _ask_code(wrong: Words | None) -> Response:
    said = "" if wrong is None else f'<p class="said late" role="alert">{say_both(wrong)}</p>'
    field = '<input name="code" inputmode="numeric" autocomplete="one-time-code" maxlength="100" required autofocus>'
    button = f'<button class="coming">{say_both(words.GO_ON)}</button>'
    body = (
        f'<main><h1>{say_both(words.TITLE)}</h1>{said}<form method="post" action="/openid/code">'
        f"<label>{say_both(words.CODE)}{field}</label>{button}</form></main>"
    )
    return answer_bare(write_document(words.TITLE.zh, body), 200 if wrong is None else 403)
