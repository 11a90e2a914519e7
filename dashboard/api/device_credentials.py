"""What devices sign in with at the broker: who has which, new ones, and ending them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Annotated

import structlog
from fastapi import Query, Response
from pydantic import BaseModel, Field

from alerts.device_credentials import (
    MOST_AT_ONCE,
    CredentialChanging,
    CredentialRefused,
    IssuedCredential,
    NoSuchCredential,
    NoSuchDevice,
    end_previous,
    issue,
    revoke,
)
from alerts.domain.device_credentials import LONGEST_GRACE, USUAL_GRACE
from alerts.domain.rights import Right
from alerts.health import list_kept_brokers
from alerts.storage import device_credentials as storage
from alerts.storage.device_credentials import CredentialCounts, CredentialRow, Nameless
from dashboard.api.routers import make_router
from dashboard.api.texts import Code, CodePath, CodeQuery
from dashboard.paging import USUAL_PAGE, CursorText, Limit, Page, answer, answer_page, read_text_key
from dashboard.places import Where
from dashboard.problems import FieldError, Problem
from dashboard.rights import CallerOf, grant
from dashboard.service import ServiceOf

router = make_router("device credentials")
log = structlog.get_logger()
_HOUR = timedelta(hours=1)


class Shown(StrEnum):
    """Which devices are asked for."""

    NONE = "none"  # never got a credential
    CURRENT = "current"
    CHANGING = "changing"  # the one before the current is still good
    ENDED = "ended"  # had some, and none is good
    TRYING = "trying"  # a broker refused them since somebody saw to them
    UNUSED = "unused"  # nothing was heard of them since the current one was issued


class IssueRequest(BaseModel):
    """For which devices, and for how long the credential before stays good beside the new one; 0 ends it now. With
    `keep_former` the newest of a device that is being changed is replaced, and the former one stays."""

    devices: Annotated[list[Code], Field(min_length=1, max_length=MOST_AT_ONCE)]
    grace_hours: Annotated[int, Field(ge=0, le=LONGEST_GRACE // _HOUR)] = USUAL_GRACE // _HOUR
    keep_former: bool = False


@dataclass(frozen=True, slots=True)
class IssuedCredentials:
    """Passwords, told this once: they are kept as hashes."""

    items: list[IssuedCredential]


@dataclass(frozen=True, slots=True)
class CredentialsNow:
    """How the city's devices stand, to which kinds of brokers that is taken now, and who was refused without a name."""

    counts: CredentialCounts
    brokers: list[str]
    nameless: Nameless | None


@router.get("/device-credentials", openapi_extra=grant(Right.ADMIT, Where.CITY), response_model=Page[CredentialRow])
async def get_credentials(
    service: ServiceOf,
    cursor: CursorText = None,
    limit: Limit = USUAL_PAGE,
    district: CodeQuery = None,
    school: CodeQuery = None,
    show: Annotated[Shown | None, Query(description="Only devices that stand so.")] = None,
) -> Response:
    """Devices by code, with their credentials; no password, for nobody can read one back."""
    after = read_text_key(cursor) or ""
    async with service.database.connection() as connection:
        now = await service.database.read_now(connection)
        found = await storage.list_credentials(
            connection, now, after=after, limit=limit + 1, district=district, school=school, show=show
        )
    return answer_page(found, limit, "device")


@router.get("/device-credentials/state", openapi_extra=grant(Right.ADMIT, Where.CITY), response_model=CredentialsNow)
async def get_credentials_state(service: ServiceOf) -> Response:
    """How many devices stand how, and whether brokers are told."""
    async with service.database.connection() as connection:
        counts = await storage.count_credentials(connection, await service.database.read_now(connection))
        nameless = await storage.read_nameless(connection)
    return answer(CredentialsNow(counts, await list_kept_brokers(service.database), nameless))


@router.post(
    "/device-credentials",
    openapi_extra=grant(Right.ADMIT, Where.CITY, proved=True),
    response_model=IssuedCredentials,
    status_code=201,
)
async def post_credentials(service: ServiceOf, caller: CallerOf, body: IssueRequest) -> Response:
    """Issues a credential for each device, or a new one beside the one before, and tells the passwords this once."""
    try:
        issued = await issue(
            service.database,
            body.devices,
            body.grace_hours * _HOUR,
            caller.account.name,
            keep_former=body.keep_former,
        )
    except NoSuchDevice as error:
        raise Problem("no-such-device", str(error)) from error
    except CredentialChanging as error:
        raise Problem("credential-changing", str(error)) from error
    except CredentialRefused as error:
        raise Problem("invalid-request", errors=[FieldError("body.devices", str(error))]) from error
    log.info("dashboard.credentials.issued", account=caller.account.name, devices=len(issued))
    return answer(IssuedCredentials(issued), 201)


@router.delete("/device-credentials/{code}", openapi_extra=grant(Right.ADMIT, Where.CITY, proved=True), status_code=204)
async def delete_credentials(service: ServiceOf, caller: CallerOf, code: CodePath) -> Response:
    """Revokes all credentials of a device: within seconds its connection is cut, and it comes in no more."""
    try:
        await revoke(service.database, code, caller.account.name)
    except NoSuchDevice as error:
        raise Problem("no-such-device", str(error)) from error
    except NoSuchCredential as error:
        raise Problem("no-such-credential", str(error)) from error
    log.info("dashboard.credentials.revoked", account=caller.account.name, device=code)
    return Response(status_code=204)


@router.delete(
    "/device-credentials/{code}/previous", openapi_extra=grant(Right.ADMIT, Where.CITY, proved=True), status_code=204
)
async def delete_previous_credential(service: ServiceOf, caller: CallerOf, code: CodePath) -> Response:
    """Ends the credential before the current one ahead of its time: the device has the new one."""
    try:
        await end_previous(service.database, code, caller.account.name)
    except NoSuchCredential as error:
        raise Problem("no-such-credential", str(error)) from error
    log.info("dashboard.credentials.previous_ended", account=caller.account.name, device=code)
    return Response(status_code=204)
