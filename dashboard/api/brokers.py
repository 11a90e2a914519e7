"""For brokers that ask, at each sign-in and for each topic, instead of reading files: EMQX's HTTP authenticator and
authorizer, and Mosquitto with the go-auth plugin.

Both read one answer: `result` is EMQX's word, `ok` the plugin's. It is always 200: EMQX takes every other status for no
answer, and asks somebody else.
"""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from typing import Annotated, Literal
from urllib.parse import unquote, urlsplit

import structlog
from fastapi import Depends, Header, Query, Response
from pydantic import BaseModel, Field

from alerts.device_credentials import check_sign_in, find_good
from alerts.domain.arrivals import ROOT
from alerts.domain.device_credentials import SERVICE_USER, TO_DEVICES, Action
from dashboard.api.routers import make_router
from dashboard.paging import answer
from dashboard.problems import Problem
from dashboard.rights import ANYONE
from dashboard.service import Service, ServiceOf

router = make_router("brokers")
log = structlog.get_logger()

_Name = Annotated[str, Field(max_length=65_535)]  # as long as MQTT allows
_READ, _WRITE, _SUBSCRIBE = 1, 2, 4  # the plugin's numbers
_BEARER = Header(alias="Authorization", description="`Bearer` and CAMPUS_BROKER_TOKEN.")
_IN_ADDRESS = Query(
    alias="token", max_length=200, description="The same, for a broker that sends no headers of its own."
)


def _admit(
    service: ServiceOf, authorization: Annotated[str, _BEARER] = "", token: Annotated[str, _IN_ADDRESS] = ""
) -> None:
    """Nobody may ask but whoever knows the token, and nobody at all while there is none."""
    wanted = service.settings.broker_token
    said = (authorization.removeprefix("Bearer ") or token).encode()
    if wanted is None or not hmac.compare_digest(wanted.get_secret_value().encode(), said):
        raise Problem("not-signed-in", "a broker shows CAMPUS_BROKER_TOKEN as a bearer token")


_ADMITTED = [Depends(_admit)]


class SignInQuestion(BaseModel):
    """Who wants to come in."""

    username: _Name = ""
    password: _Name = ""
    address: Annotated[str, Field(max_length=200)] = ""


class TopicQuestion(BaseModel):
    """Who wants to do what with which topic; `acc` is the plugin's word for `action`."""

    username: _Name = ""
    topic: _Name
    action: Action | None = None
    acc: int | None = None


@dataclass(frozen=True, slots=True)
class BrokerAnswer:
    """Yes or no, in the words of both."""

    result: Literal["allow", "deny"]
    ok: bool
    is_superuser: bool = False


@router.post("/broker/sign-in", openapi_extra=ANYONE, dependencies=_ADMITTED, response_model=BrokerAnswer)
async def answer_sign_in(service: ServiceOf, body: SignInQuestion) -> Response:
    """Whether a device, or the gateway, may come in at a broker."""
    if body.username == SERVICE_USER:
        return _answer(_is_gateway(service, body.password))
    good = await check_sign_in(service.database, body.username, body.password, body.address)
    if not good:
        log.warning("dashboard.device.refused", address=body.address)
    return _answer(good)


@router.post("/broker/rights", openapi_extra=ANYONE, dependencies=_ADMITTED, response_model=BrokerAnswer)
async def answer_topic(service: ServiceOf, body: TopicQuestion) -> Response:
    """Whether a device, or the gateway, may publish on a topic or subscribe to it."""
    if (action := body.action or _read_access(body.acc)) is None:
        return _answer(False)
    if body.username == SERVICE_USER:
        return _answer(_may_gateway(action, body.topic))
    found = await find_good(service.database, body.username)
    return _answer(found is not None and found.sphere.allows(action, body.topic))


def _answer(good: bool) -> Response:
    return answer(BrokerAnswer("allow" if good else "deny", good))


def _is_gateway(service: Service, password: str) -> bool:
    """Whether it is the password in CAMPUS_MQTT_URL."""
    kept = urlsplit(service.settings.mqtt_url or "").password
    return kept is not None and hmac.compare_digest(unquote(kept).encode(), password.encode("utf-8", "replace"))


def _may_gateway(action: Action, topic: str) -> bool:
    """The gateway hears everything of the city, and says what is for devices."""
    if action is Action.SUBSCRIBE:
        return topic.startswith(f"{ROOT}/")
    levels = topic.split("/")
    return topic.startswith(f"{ROOT}/") and len(levels) == 6 and levels[-1] in TO_DEVICES


def _read_access(number: int | None) -> Action | None:
    if number in (_READ, _SUBSCRIBE):
        return Action.SUBSCRIBE
    return Action.PUBLISH if number == _WRITE else None
