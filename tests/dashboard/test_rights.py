"""Nothing is open that was not declared open; who may only look can change nothing."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.routing import APIRoute, iter_route_contexts

from alerts.settings import Settings
from dashboard.api.routers import make_router
from dashboard.app import make_app
from dashboard.rights import Right, RightMissing, declared_right
from tests.dashboard.board import OPERATOR_TOKEN, READER_TOKEN, Dashboard

OPEN_TO_ANYONE = {
    ("POST", "/api/v1/session"),
    ("GET", "/api/v1/problems/{slug}"),
    ("GET", "/api/v1/feeds/{token}.ics"),  # the address is the secret
    ("GET", "/a/{token}"),  # and so is a link's
    ("POST", "/a/{token}"),
    ("POST", "/api/v1/providers/{channel}/receipts"),  # a provider shows its own token
    ("POST", "/api/v1/police/handovers/{key}/status"),  # 110 signs what it says
    ("GET", "/a/{token}"),  # the token is the capability
    ("POST", "/a/{token}"),
    ("GET", "/p/{point}/{key}"),  # a screen at a post; the key is the secret
    ("GET", "/api/v1/check-points/{point}/codes/{key}"),
    ("GET", "/c/{token}"),  # a person's own link to check in
    ("POST", "/api/v1/check-ins/{token}"),
    ("GET", "/check-in"),  # the telephone's cookie is that link's token
    ("POST", "/check-in"),
    ("GET", "/livez"),
    ("GET", "/readyz"),
    ("GET", "/metrics"),
}
LOOKING = {  # they take a body and change nothing
    ("POST", "/api/v1/policies/trial"),
    ("POST", "/api/v1/notices/preview"),
    ("POST", "/api/v1/posts/{post}/roster/preview"),
}
OWN = {  # who may see something may have it as a file, and throw it away
    ("POST", "/api/v1/compliance/exports"),
    ("DELETE", "/api/v1/compliance/exports/{export}"),
}
WITHOUT_GUARD = {"/api/v1/openapi.json", "/api/v1/live"}  # a description, and a socket that guards itself (below)


def list_routes() -> Iterator[tuple[str, str, Right]]:
    """Every method and path of the API with its right."""
    app: FastAPI = make_app(Settings(database_url="postgresql://nobody@127.0.0.1:1/nothing"))
    for context in iter_route_contexts(app.routes):
        route = context.original_route
        if context.path in WITHOUT_GUARD:
            continue
        assert isinstance(route, APIRoute), f"{context.path} is not guarded"
        for method in route.methods:
            yield method, str(context.path), declared_right(route)


ROUTES = sorted(list_routes())


PLACES = {
    "code": "S1",
    "mode": "live",
    "slug": "not-found",
    "person": "guard",
    "post": "S1:duty",
    "on": "2026-11-23",
    "year": "2027",
    "form": "xlsx",
}


def fill(path: str) -> str:
    """An address of a route, with something in each of its places."""
    filled = re.sub(r"\{(\w+)(?::path)?\}", lambda found: PLACES.get(found[1], "1"), path)
    for path in ("/duty/now", "/coverage/explain", "/policies/effective"):
        filled = filled.replace(path, f"{path}?school=S1")
    return filled.replace("/outlook", "/outlook?since=2026-11-23&until=2026-11-24")


def test_only_these_routes_are_open_to_anyone() -> None:
    assert {(method, path) for method, path, right in ROUTES if right is Right.ANYONE} == OPEN_TO_ANYONE


def test_whatever_changes_something_needs_the_right_to_act() -> None:
    seeing = {(method, path) for method, path, right in ROUTES if right is Right.SEE and method != "GET"}
    assert seeing == {("DELETE", "/api/v1/session"), *LOOKING, *OWN}, "everybody may sign out"


def test_a_route_that_declares_no_right_does_not_start() -> None:
    router = make_router("forgotten")
    with pytest.raises(RightMissing, match="/api/v1/forgotten"):

        @router.get("/forgotten")
        async def forgotten() -> None: ...


def test_every_route_is_made_once_a_process_and_no_request_waits_for_it() -> None:
    first, second = (make_app(Settings(database_url="postgresql://nobody@127.0.0.1:1/nothing")) for _ in range(2))
    ours = [route for route in first.routes if isinstance(route, APIRoute)]
    assert len(ours) > 100
    assert ours == [route for route in second.routes if isinstance(route, APIRoute)]


async def test_whoever_is_not_signed_in_gets_401_from_every_other_route(dashboard: Dashboard) -> None:
    async with dashboard.client() as nobody, dashboard.client("a-token-of-nobody") as stranger:
        for method, path, right in ROUTES:
            if right is not Right.ANYONE:
                for client in (nobody, stranger):
                    answer = await client.request(method, fill(path), content=b"{not even json")
                    assert (answer.status_code, slug_of(answer)) == (401, "not-signed-in"), (method, path)
                    assert answer.headers["WWW-Authenticate"] == "Bearer"


async def test_a_reader_gets_403_from_every_route_that_changes_something(dashboard: Dashboard) -> None:
    async with dashboard.client(READER_TOKEN) as reader:
        for method, path, right in ROUTES:
            if right is Right.ACT:
                answer = await reader.request(method, fill(path), content=b"{not even json")
                assert (answer.status_code, slug_of(answer)) == (403, "not-allowed"), (method, path)


async def test_a_reader_sees_all(dashboard: Dashboard) -> None:
    await dashboard.story.press(id="p1")
    async with dashboard.client(READER_TOKEN) as reader:
        for method, path, right in ROUTES:
            if right is Right.SEE and method == "GET":
                answer = await reader.get(fill(path).replace("/devices/S1", "/devices/S1-G1"))
                seen = answer.status_code == 200 or slug_of(answer).startswith("no-such-")
                assert seen, (path, answer.text)


async def test_an_operator_is_not_refused_for_their_right(dashboard: Dashboard) -> None:
    async with dashboard.client(OPERATOR_TOKEN) as operator:
        for method, path, right in ROUTES:
            if right is Right.ACT:
                answer = await operator.request(method, fill(path), content=b"{not even json")
                assert answer.status_code not in {401, 403}, (method, path)


async def test_a_board_that_is_not_signed_in_is_closed_with_4401(dashboard: Dashboard) -> None:
    for proof in ({"token": None}, {"token": "a-token-of-nobody"}, {"token": None, "cookie": "nobody"}):
        async with dashboard.board(**proof) as board:
            assert await board.hear_close() == 4401
            assert board.messages == []


async def test_a_reader_may_have_a_board(dashboard: Dashboard) -> None:
    async with dashboard.board(token=READER_TOKEN) as board:
        assert (await board.hear())["type"] == "snapshot"


def slug_of(answer: Any) -> str:
    assert answer.headers["Content-Type"] == "application/problem+json", answer.text
    return str(answer.json()["type"]).rsplit("/", 1)[-1]
