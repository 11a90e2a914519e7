"""Who calls, and whether they may. Nothing can be called whose right was not declared."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Annotated, Any
from urllib.parse import urlsplit

from fastapi import Depends, Request, Response
from fastapi.routing import APIRoute
from starlette.requests import HTTPConnection

from alerts.accounts import find_token
from alerts.domain.rights import Right, Role
from alerts.second_factors import has_second_factor
from alerts.sessions import find_session, is_proved
from alerts.storage.accounts import Account
from alerts.storage.database import Database
from alerts.storage.incidents import has_live_incident
from dashboard.places import PARAMETERS, Where, require_address
from dashboard.problems import Problem

COOKIE = "campus_session"
_SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
_TOKEN_LIMIT = 512  # characters; ours have 43
_ANSWERING = frozenset({Right.SEE, Right.HANDLE})  # what a live alarm takes


_SIGN_IN: list[dict[str, list[str]]] = [{"session": []}, {"token": []}]
# In `openapi_extra` of a route, so that the API tells them, too.
_RIGHT, _PLACE, _PROOF, _SECOND = "x-campus-right", "x-campus-place", "x-campus-proof", "x-campus-second"
_OPEN = "anyone"
ANYONE: dict[str, Any] = {_RIGHT: _OPEN}


def grant(right: Right, where: Where, *, proved: bool = False, second: bool = False) -> dict[str, Any]:
    """What a route declares: the right that it asks for, where the place is for which its caller must stand, and with
    `proved` that they must have shown lately who they are: for what an open screen must not be enough for. With
    `second` what reaches the whole city is only proposed, and another person must confirm it (dashboard/api/orders.py).
    Never on the path of an incident."""
    asked = ({_PROOF: "again"} if proved else {}) | ({_SECOND: "city"} if second else {})
    return {_RIGHT: right, _PLACE: where, **asked, "security": _SIGN_IN}


class RightMissing(Exception):
    """A route declares no right: the program does not start."""


@dataclass(frozen=True, slots=True)
class Proof:
    """How somebody showed who they are: by a session's cookie or by an API token."""

    token: str
    by_cookie: bool


@dataclass(frozen=True, slots=True)
class Caller:
    """Who calls, and by which proof."""

    account: Account
    proof: Proof

    @property
    def subject(self) -> str:
        """What the log calls the account."""
        return f"{'account' if self.proof.by_cookie else 'token'}:{self.account.name}"

    def may(self, right: Right) -> bool:
        """Whether the caller's role, or token, has a right."""
        return right in self.account.rights


class GuardedRoute(APIRoute):
    """A route that is only entered by who has the right that it declares, where it declares; checked before the request
    is read."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = super().get_route_handler()
        declared = read_declaration(self)
        proved = asks_for_proof(self)

        async def admit_and_handle(request: Request) -> Response:
            if declared is not None:
                request.state.caller = await admit(request, *declared)
                await _require_own_password(request, *declared, proved)
                if proved:
                    await _require_proof(request)
            return await handle(request)

        return admit_and_handle


def read_declaration(route: APIRoute) -> tuple[Right, Where] | None:
    """The right that a route asks for, and where; None for one that is open to anyone. Raises RightMissing."""
    declared = route.openapi_extra or {}
    if declared.get(_RIGHT) == _OPEN:
        return None
    if _RIGHT not in declared or _PLACE not in declared:
        raise RightMissing(f"{route.path}: declare its right by openapi_extra=ANYONE or grant(right, where)")
    where = Where(declared[_PLACE])
    if where in PARAMETERS and PARAMETERS[where] not in route.param_convertors:
        raise RightMissing(f"{route.path}: it declares the place of a {where}, and its address names none")
    return Right(declared[_RIGHT]), where


def asks_for_proof(route: APIRoute) -> bool:
    """Whether a route is only entered soon after its caller showed who they are."""
    return _PROOF in (route.openapi_extra or {})


def asks_for_second(route: APIRoute) -> bool:
    """Whether what reaches the whole city takes a second person there."""
    return _SECOND in (route.openapi_extra or {})


async def admit(request: Request, right: Right, where: Where) -> Caller:
    """The caller, if they have the right there. Raises Problem: not-signed-in, cross-site, not-allowed,
    second-factor-first or not-your-place."""
    proof = read_proof(request)
    database = request.app.state.service.database
    caller = None if proof is None else await find_caller(database, proof)
    if caller is None:
        raise Problem("not-signed-in", headers={"WWW-Authenticate": "Bearer"})
    if caller.proof.by_cookie and request.method not in _SAFE_METHODS and not is_same_origin(request):
        raise Problem("cross-site")
    if not caller.may(right):
        raise Problem("not-allowed", f"the role {caller.account.role} may not {right}")
    await _require_second_factor(request, caller, right)
    await require_address(request, database, caller.account.place, where)
    return caller


async def _require_second_factor(request: Request, caller: Caller, right: Right) -> None:
    """Raises Problem `second-factor-first` for an administrator without one, where it is asked of them; they may look,
    and switch it on. A program has no telephone: its token is the whole proof."""
    service = request.app.state.service
    asked = service.settings.administrators_need_second_factor and caller.account.role is Role.ADMINISTRATOR
    if not asked or right is Right.SEE or not caller.proof.by_cookie:
        return
    if not await has_second_factor(service.database, caller.account.name):
        raise Problem("second-factor-first")


async def _require_own_password(request: Request, right: Right, where: Where, proved: bool) -> None:
    """Raises Problem `choose-password-first` for who came in by a password that somebody else chose. What is their own
    stays open, and so does the button; while a live alarm is open in their place, so does all that answers it, but
    nothing that wants a proof, which is never on the way to an alarm (docs/decisions/0026)."""
    account = request.state.caller.account
    own = right is Right.SEE and where is Where.EVERYWHERE
    if not account.first_password or right is Right.PRESS or (own and not proved):
        return
    if proved or right not in _ANSWERING or not await _rings(request, account):
        raise Problem("choose-password-first")


async def _rings(request: Request, account: Account) -> bool:
    async with request.app.state.service.database.connection() as connection:
        return await has_live_incident(connection, account.place)


async def _require_proof(request: Request) -> None:
    """Raises Problem `prove-again` for a session whose owner showed too long ago who they are. A program stands at no
    screen that could be left open, and its token is the whole proof at each request."""
    proof: Proof = request.state.caller.proof
    if proof.by_cookie and not await is_proved(request.app.state.service.database, proof.token):
        raise Problem("prove-again")


def require_person(caller: Caller) -> None:
    """Raises Problem `only-people` for a program."""
    if not caller.proof.by_cookie:
        raise Problem("only-people")


def read_proof(connection: HTTPConnection) -> Proof | None:
    """What the caller shows: a bearer token counts before a cookie."""
    scheme, _, token = connection.headers.get("authorization", "").partition(" ")
    if scheme:
        return Proof(token.strip(), False) if scheme.lower() == "bearer" and len(token) <= _TOKEN_LIMIT else None
    cookie = connection.cookies.get(COOKIE)
    return Proof(cookie, True) if cookie and len(cookie) <= _TOKEN_LIMIT else None


async def find_caller(database: Database, proof: Proof) -> Caller | None:
    """Who is behind a proof, while it holds."""
    account = await (find_session if proof.by_cookie else find_token)(database, proof.token)
    return None if account is None else Caller(account, proof)


def is_same_origin(request: Request) -> bool:
    """Whether a browser says that our own page sent this. A cookie alone proves nothing: browsers add it to what other
    sites send, too. (SameSite=Strict on the cookie is the other half.)"""
    site = request.headers.get("sec-fetch-site")
    if site is not None:
        return site in {"same-origin", "none"}
    origin = request.headers.get("origin")
    return origin is not None and is_own_origin(request, origin)


def is_own_origin(connection: HTTPConnection, origin: str) -> bool:
    """Whether an `Origin` is the host that was called. A proxy in front must pass `Host` on."""
    return urlsplit(origin).netloc == connection.headers.get("host")


def _read_caller(request: Request) -> Caller:
    caller: Caller = request.state.caller
    return caller


CallerOf = Annotated[Caller, Depends(_read_caller)]
