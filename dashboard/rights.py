"""Who calls, and whether they may. Nothing can be called whose right was not declared."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Annotated, Any
from urllib.parse import urlsplit

from fastapi import Depends, Request, Response
from fastapi.routing import APIRoute
from starlette.requests import HTTPConnection

from alerts.accounts import find_session, find_token
from alerts.domain.rights import Role
from alerts.storage.accounts import Account
from alerts.storage.database import Database
from dashboard.problems import Problem

COOKIE = "campus_session"
_SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
_TOKEN_LIMIT = 512  # characters; ours have 43


class Right(StrEnum):
    """What a route asks of its caller; `anyone` needs no sign-in."""

    ANYONE = "anyone"
    SEE = "see"
    ACT = "act"


RIGHTS: Mapping[Role, frozenset[Right]] = MappingProxyType(
    {Role.OPERATOR: frozenset({Right.SEE, Right.ACT}), Role.READER: frozenset({Right.SEE})}
)
_SIGN_IN: list[dict[str, list[str]]] = [{"session": []}, {"token": []}]
_DECLARATION = "x-campus-right"
ANYONE: dict[str, Any] = {_DECLARATION: Right.ANYONE}  # for `openapi_extra` of a route, so that the API tells it too
SEE: dict[str, Any] = {_DECLARATION: Right.SEE, "security": _SIGN_IN}
ACT: dict[str, Any] = {_DECLARATION: Right.ACT, "security": _SIGN_IN}


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

    def may(self, right: Right) -> bool:
        """Whether the caller's role has a right."""
        return right in RIGHTS[self.account.role]


class GuardedRoute(APIRoute):
    """A route that is only entered by who has the right that it declares; checked before the request is read."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = super().get_route_handler()
        right = declared_right(self)

        async def admit_and_handle(request: Request) -> Response:
            if right is not Right.ANYONE:
                request.state.caller = await admit(request, right)
            return await handle(request)

        return admit_and_handle


def declared_right(route: APIRoute) -> Right:
    """The right that a route asks for. Raises RightMissing."""
    declared = (route.openapi_extra or {}).get(_DECLARATION)
    if declared is None:
        raise RightMissing(f"{route.path}: declare its right by openapi_extra=ANYONE, SEE or ACT")
    return Right(declared)


async def admit(request: Request, right: Right) -> Caller:
    """The caller, if they have the right. Raises Problem: not-signed-in, cross-site or not-allowed."""
    proof = read_proof(request)
    caller = None if proof is None else await find_caller(request.app.state.service.database, proof)
    if caller is None:
        raise Problem("not-signed-in", headers={"WWW-Authenticate": "Bearer"})
    if caller.proof.by_cookie and request.method not in _SAFE_METHODS and not is_same_origin(request):
        raise Problem("cross-site")
    if not caller.may(right):
        raise Problem("not-allowed", f"the role {caller.account.role} may not do this")
    return caller


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
