"""Notifications in the caller's own browsers, and what browsers say of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

import structlog
from fastapi import Request, Response
from pydantic import BaseModel, Field

from alerts.channels.receipts import Receipt
from alerts.domain.people import PUSH, DeliveryState
from alerts.domain.push import BrowserInvalid, PushLanguage, read_browser
from alerts.domain.rights import Right
from alerts.messages.providers import take_receipts
from alerts.staff.browsers import (
    NobodysAccount,
    NoSuchBrowser,
    SaidBrowser,
    SessionEnded,
    TooManyBrowsers,
    TrialRefused,
    list_browsers,
    send_trial,
    switch_off,
    switch_on,
)
from alerts.storage.push import BrowserRow
from dashboard.api.routers import make_router
from dashboard.api.sessions import read_origin
from dashboard.api.texts import NumberPath
from dashboard.paging import answer
from dashboard.places import Where
from dashboard.problems import FieldError, Problem
from dashboard.rights import ANYONE, CallerOf, grant, require_person
from dashboard.service import ServiceOf

router = make_router("push")
log = structlog.get_logger()

_OWN = grant(Right.SEE, Where.EVERYWHERE)


class BrowserRequest(BaseModel):
    """A browser as its `PushSubscription` tells: its endpoint, and `p256dh` and `auth` of its keys, in base64url.
    Where no `language` is said it is as it was before, or Chinese. `before` is the address in whose place the push
    service gave it this one."""

    endpoint: Annotated[str, Field(min_length=1, max_length=1000)]
    p256dh: Annotated[str, Field(max_length=100)]
    auth: Annotated[str, Field(max_length=40)]
    language: PushLanguage | None = None
    before: Annotated[str, Field(min_length=1, max_length=1000)] | None = None


class ShownRequest(BaseModel):
    """A browser showed the message of this key, or with `tapped` somebody tapped it."""

    key: UUID
    tapped: bool = False


@dataclass(frozen=True, slots=True)
class OwnBrowsers:
    """The caller's browsers that ring. `key` is what a browser is shown to be switched on, null where that is not set
    up; `tied`: the account is a person's, so that alarms can call it."""

    key: str | None
    tied: bool
    items: tuple[BrowserRow, ...]


@router.get("/session/browsers", openapi_extra=_OWN, response_model=OwnBrowsers)
async def get_browsers(service: ServiceOf, caller: CallerOf) -> Response:
    """The caller's browsers that ring, the newest first."""
    found = await list_browsers(service.database, caller.account.name)
    key = None if service.push is None else service.push.public_key
    return answer(OwnBrowsers(key, found.tied, found.items))


@router.post("/session/browsers", openapi_extra=_OWN, response_model=BrowserRow)
async def post_browser(request: Request, service: ServiceOf, caller: CallerOf, body: BrowserRequest) -> Response:
    """Lets the caller's browser ring for alarms that call them; the same again takes note that it is there still.
    With `before` it only goes on ringing, if it rang for the caller."""
    require_person(caller)
    if service.push is None:
        raise Problem("no-push")
    try:
        browser = read_browser(body.endpoint, body.p256dh, body.auth, service.settings.list_push_services())
    except BrowserInvalid as error:
        raise Problem("invalid-request", errors=[FieldError("body", str(error))]) from error
    said = SaidBrowser(browser, body.language, read_origin(request).agent, body.before)
    try:
        kept = await switch_on(service.database, caller.account.name, caller.proof.token, said)
    except NobodysAccount as error:
        raise Problem("nobodys-account", str(error)) from error
    except SessionEnded as error:
        raise Problem("not-signed-in", str(error)) from error
    except NoSuchBrowser as error:
        raise Problem("no-such-browser", str(error)) from error
    except TooManyBrowsers as error:
        raise Problem("too-many-browsers", str(error)) from error
    log.info("dashboard.browser.kept", account=caller.account.name, browser=kept.id)
    return answer(kept)


@router.delete("/session/browsers/{browser}", openapi_extra=_OWN, status_code=204)
async def delete_browser(service: ServiceOf, caller: CallerOf, browser: NumberPath) -> Response:
    """Lets one of the caller's browsers ring no more."""
    require_person(caller)
    try:
        await switch_off(service.database, caller.account.name, browser)
    except NoSuchBrowser as error:
        raise Problem("no-such-browser", str(error)) from error
    log.info("dashboard.browser.removed", account=caller.account.name, browser=browser)
    return Response(status_code=204)


@router.post("/session/browsers/trial", openapi_extra=_OWN, status_code=204)
async def post_trial(service: ServiceOf, caller: CallerOf) -> Response:
    """Sends the caller's browsers a message, the way that an alarm goes."""
    require_person(caller)
    try:
        await send_trial(service.database, caller.account.name)
    except NoSuchBrowser as error:
        raise Problem("no-such-browser", str(error)) from error
    except TrialRefused as error:
        raise Problem("trial-refused", str(error)) from error
    log.info("dashboard.browser.tried", account=caller.account.name)
    return Response(status_code=204)


@router.post("/push/shown", openapi_extra=ANYONE, status_code=204)
async def post_shown(service: ServiceOf, body: ShownRequest) -> Response:
    """A browser says that it showed a message, or that it was tapped. The key is the secret: it is told nobody but that
    browser, encrypted. An unknown one says nothing and changes nothing."""
    state = DeliveryState.SEEN if body.tapped else DeliveryState.DELIVERED
    await take_receipts(service.database, PUSH, [Receipt(state, None, body.key)])
    return Response(status_code=204)
