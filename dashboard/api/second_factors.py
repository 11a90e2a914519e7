"""A second factor beside the password: switched on by its owner, and off by them or an administrator."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import segno
import structlog
from fastapi import Request, Response
from pydantic import BaseModel

from alerts.accounts import NoSuchAccount
from alerts.domain.rights import Right, Role
from alerts.domain.second_factors import write_address
from alerts.second_factors import CodeWrong, FactorOn, NoSuchFactor, begin, confirm, read_state, switch_off
from alerts.storage.seals import SealedAway
from dashboard.api.accounts import NamePath
from dashboard.api.routers import make_router
from dashboard.api.sessions import Code
from dashboard.attempts import read_address
from dashboard.paging import answer
from dashboard.places import Where
from dashboard.problems import FieldError, Problem
from dashboard.rights import Caller, CallerOf, grant, require_person
from dashboard.service import ServiceOf

router = make_router("session")
log = structlog.get_logger()

_ISSUER = "Campus Alert"
_OWN = grant(Right.SEE, Where.EVERYWHERE)
_OWN_PROVED = grant(Right.SEE, Where.EVERYWHERE, proved=True)


class CodeRequest(BaseModel):
    """A code that the telephone shows."""

    code: Code


@dataclass(frozen=True, slots=True)
class OwnFactor:
    """Since when the caller has a second factor, how many codes for a bad day are left, and whether they need one."""

    since: datetime | None
    codes_left: int
    needed: bool


@dataclass(frozen=True, slots=True)
class FactorShown:
    """What a telephone needs, told this once: the secret, and a picture of its address to scan, as a data URI."""

    secret: str
    picture: str


@dataclass(frozen=True, slots=True)
class KeptCodes:
    """Codes for a bad day, told this once; each is good once in the place of the telephone's."""

    codes: tuple[str, ...]


@router.get("/session/second-factor", openapi_extra=_OWN, response_model=OwnFactor)
async def get_own_factor(service: ServiceOf, caller: CallerOf) -> Response:
    """Whether the caller has a second factor."""
    state = await read_state(service.database, caller.account.name)
    needed = service.settings.administrators_need_second_factor and caller.account.role is Role.ADMINISTRATOR
    return answer(OwnFactor(state.since, state.codes_left, needed))


@router.post("/session/second-factor", openapi_extra=_OWN_PROVED, response_model=FactorShown)
async def post_own_factor(service: ServiceOf, caller: CallerOf) -> Response:
    """A new secret for the caller's telephone. It counts once a code was shown."""
    require_person(caller)
    try:
        secret = await begin(service.database, caller.account.name)
    except FactorOn as error:
        raise Problem("second-factor-on", str(error)) from error
    picture = segno.make(write_address(secret, caller.account.name, _ISSUER), error="m", micro=False)
    return answer(FactorShown(secret, picture.svg_data_uri(scale=6, light="#fff")))


@router.put("/session/second-factor", openapi_extra=_OWN, response_model=KeptCodes)
async def put_own_factor(request: Request, service: ServiceOf, caller: CallerOf, body: CodeRequest) -> Response:
    """Switches the second factor on: from now on its code is asked for when signing in."""
    try:
        codes = await confirm(service.database, caller.account.name, body.code, read_address(request))
    except NoSuchFactor as error:
        raise Problem("no-such-second-factor", str(error)) from error
    except FactorOn as error:
        raise Problem("second-factor-on", str(error)) from error
    except SealedAway as error:
        raise Problem("code-unreadable") from error
    except CodeWrong as error:
        raise Problem("invalid-request", errors=[FieldError("body.code", str(error))]) from error
    log.info("dashboard.second_factor.on", account=caller.account.name)
    return answer(KeptCodes(tuple(codes)))


@router.delete("/session/second-factor", openapi_extra=_OWN_PROVED, status_code=204)
async def delete_own_factor(request: Request, service: ServiceOf, caller: CallerOf) -> Response:
    """Switches the caller's own second factor off."""
    require_person(caller)
    return await _switch_off(request, service, caller, caller.account.name)


@router.delete(
    "/accounts/{name}/second-factor", openapi_extra=grant(Right.ADMIT, Where.CITY, proved=True), status_code=204
)
async def delete_factor(request: Request, service: ServiceOf, caller: CallerOf, name: NamePath) -> Response:
    """Switches the second factor of somebody off who lost their telephone; their sessions end."""
    return await _switch_off(request, service, caller, name)


async def _switch_off(request: Request, service: ServiceOf, caller: Caller, name: str) -> Response:
    try:
        await switch_off(service.database, name, caller.account.name, read_address(request))
    except NoSuchAccount as error:
        raise Problem("no-such-account", str(error)) from error
    except NoSuchFactor as error:
        raise Problem("no-such-second-factor", str(error)) from error
    log.info("dashboard.second_factor.off", account=caller.account.name, of=name)
    return Response(status_code=204)
