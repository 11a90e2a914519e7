"""Who may come in, as what, and for which place: people's accounts and programs' tokens."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import Annotated

import structlog
from fastapi import Path, Request, Response
from pydantic import BaseModel, Field

from alerts.accounts import (
    AccountRefused,
    NoSuchAccount,
    remove_account,
    remove_token,
    save_account,
    save_token,
)
from alerts.domain.rights import Right, Role
from alerts.identities import NotTied, tie, untie
from alerts.owners import name_owner
from alerts.passwords import PasswordRefused
from alerts.sessions import end_sessions_of
from alerts.storage import accounts as storage
from alerts.storage.accounts import Account, AccountRow, TokenRow
from alerts.storage.identities import Identity
from dashboard.api.routers import make_router
from dashboard.api.texts import Code, Words
from dashboard.attempts import read_address
from dashboard.paging import USUAL_PAGE, CursorText, Limit, Page, answer, answer_page, read_text_key
from dashboard.places import Where
from dashboard.problems import FieldError, Problem
from dashboard.rights import Caller, CallerOf, grant
from dashboard.service import Service, ServiceOf

router = make_router("accounts")
log = structlog.get_logger()

NamePath = Annotated[str, Path(pattern=r"^[^\x00-\x20/?#]{1,64}$", description="Up to 64 characters, none blank.")]


class AccountRequest(BaseModel):
    """Who somebody is. `district` or `school` is whom they stand for, as their role asks; without `password` the one
    before stays. A new account needs one, except where people sign in at the operator's provider, too."""

    display_name: Annotated[Words, Field(min_length=1, max_length=100)]
    role: Role
    district: Code | None = None
    school: Code | None = None
    password: Annotated[str, Field(min_length=1, max_length=1000)] | None = None


class IdentityRequest(BaseModel):
    """What the operator's provider calls somebody: the `sub` of their ID tokens, which is told whoever is refused."""

    subject: Annotated[Words, Field(min_length=1, max_length=255)]


class PersonRequest(BaseModel):
    """Whose account it is, by their code in the registry."""

    person: Code


class TokenRequest(BaseModel):
    """What a program may do, and where."""

    rights: Annotated[list[Right], Field(min_length=1, max_length=len(Right))]
    district: Code | None = None
    school: Code | None = None


@dataclass(frozen=True, slots=True)
class MadeToken:
    """A token, told this once."""

    name: str
    token: str


@router.get("/accounts", openapi_extra=grant(Right.ADMIT, Where.CITY), response_model=Page[AccountRow])
async def get_accounts(service: ServiceOf, cursor: CursorText = None, limit: Limit = USUAL_PAGE) -> Response:
    """Accounts by name, and on how many devices each is signed in."""
    after = read_text_key(cursor) or ""
    async with service.database.connection() as connection:
        now = await service.database.read_now(connection)
        issuer = None if service.provider is None else service.provider.issuer
        found = await storage.list_accounts(connection, now, issuer, after=after, limit=limit + 1)
    return answer_page(found, limit, "name")


@router.put("/accounts/{name}", openapi_extra=grant(Right.ADMIT, Where.CITY, proved=True), status_code=204)
async def put_account(
    request: Request, service: ServiceOf, caller: CallerOf, name: NamePath, body: AccountRequest
) -> Response:
    """Makes an account (201), or changes it (204): a new password, role or place ends its sessions."""
    if body.role is Role.INTEGRATION:
        raise Problem("invalid-request", errors=[FieldError("body.role", "programs come in with a token")])
    person = Account(name, body.display_name, body.role, body.district, body.school)
    try:
        new = await save_account(
            service.database,
            person,
            body.password,
            caller.account.name,
            needs_password=service.provider is None,
            address=read_address(request),
        )
    except AccountRefused as error:
        raise _refuse(error) from error
    except PasswordRefused as error:
        raise Problem("invalid-request", errors=[FieldError("body.password", str(error))]) from error
    log.info("dashboard.account.saved", account=caller.account.name, saved=name, role=body.role)
    return Response(status_code=201 if new else 204)


@router.delete("/accounts/{name}", openapi_extra=grant(Right.ADMIT, Where.CITY, proved=True), status_code=204)
async def delete_account(service: ServiceOf, caller: CallerOf, name: NamePath) -> Response:
    """Removes an account: its sessions end, and its boards close within 20 s."""
    try:
        await remove_account(service.database, name, caller.account.name)
    except NoSuchAccount as error:
        raise Problem("no-such-account", str(error)) from error
    except AccountRefused as error:
        raise _refuse(error) from error
    log.info("dashboard.account.removed", account=caller.account.name, removed=name)
    return Response(status_code=204)


@router.delete("/accounts/{name}/sessions", openapi_extra=grant(Right.ADMIT, Where.CITY, proved=True), status_code=204)
async def delete_account_sessions(service: ServiceOf, caller: CallerOf, name: NamePath) -> Response:
    """Signs somebody out everywhere; their boards close within 20 s."""
    try:
        ended = await end_sessions_of(service.database, name, caller.account.name)
    except NoSuchAccount as error:
        raise Problem("no-such-account", str(error)) from error
    log.info("dashboard.account.signed_out", account=caller.account.name, ended=name, sessions=ended)
    return Response(status_code=204)


@router.put("/accounts/{name}/identity", openapi_extra=grant(Right.ADMIT, Where.CITY, proved=True), status_code=204)
async def put_identity(
    request: Request, service: ServiceOf, caller: CallerOf, name: NamePath, body: IdentityRequest
) -> Response:
    """Ties an account to an identity at the provider: who signs in there as that is let in as this account."""
    identity, by = Identity(_need_issuer(service), body.subject), caller.account.name
    try:
        await tie(service.database, identity, name, by, read_address(request))
    except NoSuchAccount as error:
        raise Problem("no-such-account", str(error)) from error
    except AccountRefused as error:
        raise _refuse(error) from error
    log.info("dashboard.identity.tied", account=caller.account.name, tied=name)
    return Response(status_code=204)


@router.delete("/accounts/{name}/identity", openapi_extra=grant(Right.ADMIT, Where.CITY, proved=True), status_code=204)
async def delete_identity(request: Request, service: ServiceOf, caller: CallerOf, name: NamePath) -> Response:
    """Unties an account: nobody comes in as it by the provider any more, and its sessions end."""
    issuer, by = _need_issuer(service), caller.account.name
    try:
        await untie(service.database, issuer, name, by, read_address(request))
    except NoSuchAccount as error:
        raise Problem("no-such-account", str(error)) from error
    except NotTied as error:
        raise Problem("no-such-identity", str(error)) from error
    log.info("dashboard.identity.untied", account=caller.account.name, untied=name)
    return Response(status_code=204)


@router.put("/accounts/{name}/person", openapi_extra=grant(Right.ADMIT, Where.CITY, proved=True), status_code=204)
async def put_person(
    request: Request, service: ServiceOf, caller: CallerOf, name: NamePath, body: PersonRequest
) -> Response:
    """Enters whose account it is: who is told by message when somebody changes how they sign in."""
    return await _name_owner(request, service, caller, name, body.person)


@router.delete("/accounts/{name}/person", openapi_extra=grant(Right.ADMIT, Where.CITY, proved=True), status_code=204)
async def delete_person(request: Request, service: ServiceOf, caller: CallerOf, name: NamePath) -> Response:
    """The account is nobody's of the registry any more; whose it was is told."""
    return await _name_owner(request, service, caller, name, None)


async def _name_owner(request: Request, service: Service, caller: Caller, name: str, person: str | None) -> Response:
    try:
        await name_owner(service.database, name, person, caller.account.name, read_address(request))
    except NoSuchAccount as error:
        raise Problem("no-such-account", str(error)) from error
    except AccountRefused as error:
        raise _refuse(error) from error
    log.info("dashboard.account.owner_named", account=caller.account.name, of=name, person=person)
    return Response(status_code=204)


@router.get("/tokens", openapi_extra=grant(Right.ADMIT, Where.CITY), response_model=Page[TokenRow])
async def get_tokens(service: ServiceOf, cursor: CursorText = None, limit: Limit = USUAL_PAGE) -> Response:
    """Programs that may come in, by name; not their secrets, which nobody can read back."""
    after = read_text_key(cursor) or ""
    async with service.database.connection() as connection:
        found = await storage.list_tokens(connection, after=after, limit=limit + 1)
    return answer_page(found, limit, "name")


@router.put("/tokens/{name}", openapi_extra=grant(Right.ADMIT, Where.CITY, proved=True), response_model=MadeToken)
async def put_token(service: ServiceOf, caller: CallerOf, name: NamePath, body: TokenRequest) -> Response:
    """Makes a token, or replaces the one of that name, and tells it this once. It is kept nowhere: asked again, it is
    another one."""
    program = Account.of_program(name, body.rights, body.district, body.school)
    token = secrets.token_urlsafe(32)
    try:
        await save_token(service.database, program, token, caller.account.name)
    except AccountRefused as error:
        raise _refuse(error) from error
    log.info("dashboard.token.saved", account=caller.account.name, saved=name)
    return answer(MadeToken(name, token))


@router.delete("/tokens/{name}", openapi_extra=grant(Right.ADMIT, Where.CITY, proved=True), status_code=204)
async def delete_token(service: ServiceOf, caller: CallerOf, name: NamePath) -> Response:
    """Removes a token: its program comes in no more."""
    try:
        await remove_token(service.database, name, caller.account.name)
    except NoSuchAccount as error:
        raise Problem("no-such-account", str(error)) from error
    log.info("dashboard.token.removed", account=caller.account.name, removed=name)
    return Response(status_code=204)


def _need_issuer(service: Service) -> str:
    if service.provider is None:
        raise Problem("no-provider")
    return service.provider.issuer


def _refuse(error: AccountRefused) -> Problem:
    part = "path" if error.field == "name" else "body"
    return Problem("invalid-request", errors=[FieldError(f"{part}.{error.field}", str(error))])
