"""Nothing is open that was not declared open; who may only look can change nothing."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.routing import APIRoute, iter_route_contexts

from alerts.accounts import save_token
from alerts.domain.rights import RIGHTS, Right, Role
from alerts.settings import Settings
from alerts.storage.accounts import Account
from dashboard.api.routers import make_router
from dashboard.app import make_app
from dashboard.places import NARROWING, PARAMETERS, Where
from dashboard.rights import RightMissing, asks_for_proof, asks_for_second, read_declaration
from tests.alerts.story import Story
from tests.dashboard.board import OPERATOR_TOKEN, PASSWORD, READER_TOKEN, Dashboard, address_of

OPEN_TO_ANYONE = {
    ("POST", "/api/v1/session"),
    ("GET", "/api/v1/problems/{slug}"),
    ("GET", "/api/v1/feeds/{token}.ics"),  # the address is the secret
    ("GET", "/a/{token}"),  # and so is a link's
    ("POST", "/a/{token}"),
    ("POST", "/api/v1/providers/{channel}/receipts"),  # a provider shows its own token
    ("POST", "/api/v1/broker/sign-in"),  # and so does a broker that asks
    ("POST", "/api/v1/broker/rights"),
    ("POST", "/api/v1/police/handovers/{key}/status"),  # 110 signs what it says
    ("GET", "/a/{token}"),  # the token is the capability
    ("POST", "/a/{token}"),
    ("GET", "/p/{point}/{key}"),  # a screen at a post; the key is the secret
    ("GET", "/api/v1/check-points/{point}/codes/{key}"),
    ("GET", "/c/{token}"),  # a person's own link to check in
    ("POST", "/api/v1/check-ins/{token}"),
    ("GET", "/check-in"),  # the telephone's cookie is that link's token
    ("POST", "/check-in"),
    ("GET", "/first/{token}"),  # printed where the program is started, for whoever stands there
    ("POST", "/first/{token}"),
    ("POST", "/api/v1/push/shown"),  # a browser shows the key of what it was sent
    ("GET", "/api/v1/sign-in"),  # by what people may sign in
    ("GET", "/openid/sign-in"),  # the way to the operator's provider, and back
    ("GET", "/openid/back"),
    ("POST", "/openid/code"),
    ("GET", "/livez"),
    ("GET", "/readyz"),
    ("GET", "/metrics"),
}
LOOKING = {  # they take a body and change nothing
    ("POST", "/api/v1/policies/trial"),
    ("POST", "/api/v1/posts/{post}/roster/preview"),
}
SIGN_IN = {  # everybody's own
    ("DELETE", "/api/v1/session"),
    ("PUT", "/api/v1/session/password"),
    ("DELETE", "/api/v1/sessions"),
    ("DELETE", "/api/v1/sessions/{session}"),
    ("POST", "/api/v1/session/proof"),
    ("POST", "/api/v1/session/changes/seen"),
    ("POST", "/api/v1/session/second-factor"),
    ("PUT", "/api/v1/session/second-factor"),
    ("DELETE", "/api/v1/session/second-factor"),
    ("PATCH", "/api/v1/session/preferences"),
    ("POST", "/api/v1/session/browsers"),
    ("DELETE", "/api/v1/session/browsers/{browser}"),
    ("POST", "/api/v1/session/browsers/trial"),
}
OWN = {  # who may see something may have it as a file, and throw it away
    ("POST", "/api/v1/compliance/exports"),
    ("DELETE", "/api/v1/compliance/exports/{export}"),
}
WITHOUT_GUARD = {"/api/v1/openapi.json", "/api/v1/live"}  # a description, and a socket that guards itself (below)


def list_routes() -> Iterator[tuple[str, str, Right | None, Where | None]]:
    """Every method and path of the API with its right, and where it holds."""
    app: FastAPI = make_app(Settings(database_url="postgresql://nobody@127.0.0.1:1/nothing"))
    for context in iter_route_contexts(app.routes):
        route = context.original_route
        if context.path in WITHOUT_GUARD:
            continue
        assert isinstance(route, APIRoute), f"{context.path} is not guarded"
        right, where = read_declaration(route) or (None, None)
        for method in route.methods:
            yield method, str(context.path), right, where


def list_proved() -> Iterator[tuple[str, str]]:
    """Every method and path for which a person must have shown lately who they are."""
    app: FastAPI = make_app(Settings(database_url="postgresql://nobody@127.0.0.1:1/nothing"))
    for context in iter_route_contexts(app.routes):
        if isinstance(context.original_route, APIRoute) and asks_for_proof(context.original_route):
            yield from ((method, str(context.path)) for method in context.original_route.methods)


def list_second() -> Iterator[tuple[str, str]]:
    """Every method and path at which what reaches the whole city takes a second person."""
    app: FastAPI = make_app(Settings(database_url="postgresql://nobody@127.0.0.1:1/nothing"))
    for context in iter_route_contexts(app.routes):
        if isinstance(context.original_route, APIRoute) and asks_for_second(context.original_route):
            yield from ((method, str(context.path)) for method in context.original_route.methods)


ROUTES = sorted(list_routes(), key=str)
PROVED = set(list_proved())
SECOND = set(list_second())


PLACES = {
    "code": "S1",
    "mode": "live",
    "kind": "sketch",
    "slug": "not-found",
    "person": "guard",
    "post": "S1:duty",
    "on": "2026-11-23",
    "year": "2027",
    "form": "xlsx",
}
# One thing of each kind at school S1, which the addresses then name.
THINGS = """
insert into contact_method (person, rank, channel, address, added_at)
    values ('guard', 1, (select min(code) from channel), 'somewhere', now());
insert into leave (person, starts_at, ends_at, saved_by, saved_at)
    values ('guard', now(), now() + interval '1 day', 'test', now());
insert into check_point (code, school, name, secret, saved_at) values ('1', 'S1', '大门', 'secret', now());
insert into declared_fact (school, kind, at, by, grade, recorded_at)
    values ('S1', 'wall_survey', now(), 'test', 'D', now());
insert into hazard (school, source, title, fingerprint, opened_at, opened_by)
    values ('S1', 'school', '围墙破损', 'wall', now(), 'test');
insert into inspection (school, by, opened_at, checklist) values ('S1', 'test', now(), '[]');
insert into press_window (mode, school, starts_at, ends_at, announced_by, announced_at)
    values ('drill', 'S1', now(), now() + interval '1 hour', 'test', now());
insert into day_exception (kind, first_on, last_on, school, reason, saved_by, saved_at)
    values ('exam', '2026-11-23', '2026-11-23', 'S1', '期末考试', 'test', now());
insert into shift_handover (school, handed_at, handed_by, handed_by_name, remark, counts, items)
    values ('S1', now(), 'test', 'test', '', '{}', '[]');
"""


def fill(path: str) -> str:
    """An address of a route, with something in each of its places."""
    filled = re.sub(r"\{(\w+)(?::path)?\}", lambda found: PLACES.get(found[1], "1"), path)
    filled = filled.replace("/channels/S1", "/channels/sms")
    for path in ("/duty/now", "/coverage/explain", "/policies/effective"):
        filled = filled.replace(path, f"{path}?school=S1")
    filled = filled.replace("/devices/S1", "/devices/S1-G1").replace(
        "/device-credentials/S1", "/device-credentials/S1-G1"
    )
    filled = filled.replace(
        "/replay/changes", "/replay/changes?after=0&since=2026-11-23T00:00Z&until=2026-11-23T01:00Z"
    )
    filled = re.sub(r"/replay$", "/replay?at=2026-11-23T00:00Z", filled)
    return filled.replace("/outlook", "/outlook?since=2026-11-23&until=2026-11-24")


async def settle_things(story: Story) -> None:
    """Everything that an address can name is there, at school S1."""
    await story.press("S1-G1", id="p1")
    await story.database_execute(THINGS)


def test_only_these_routes_are_open_to_anyone() -> None:
    assert {(method, path) for method, path, right, _ in ROUTES if right is None} == OPEN_TO_ANYONE


def test_whatever_changes_something_needs_the_right_to_act() -> None:
    seeing = {(method, path) for method, path, right, _ in ROUTES if right is Right.SEE and method != "GET"}
    assert seeing == {*SIGN_IN, *LOOKING, *OWN}


def test_every_list_that_is_said_to_be_narrowed_is_narrowed() -> None:
    """Its route asks for its place by a dependency that knows the caller's."""
    app: FastAPI = make_app(Settings(database_url="postgresql://nobody@127.0.0.1:1/nothing"))
    for context in iter_route_contexts(app.routes):
        route = context.original_route
        declared = read_declaration(route) if isinstance(route, APIRoute) and route.openapi_extra else None
        if declared is not None and isinstance(route, APIRoute):
            narrowed = any(one.call in NARROWING for one in route.dependant.dependencies)
            assert narrowed == (declared[1] is Where.WITHIN), context.path


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
        for method, path, right, _ in ROUTES:
            if right is not None:
                for client in (nobody, stranger):
                    answer = await client.request(method, fill(path), content=b"{not even json")
                    assert (answer.status_code, slug_of(answer)) == (401, "not-signed-in"), (method, path)
                    assert answer.headers["WWW-Authenticate"] == "Bearer"


@pytest.mark.parametrize("role", list(Role))
async def test_a_role_without_the_right_gets_403_from_every_route_that_asks_for_it(
    dashboard: Dashboard, role: Role
) -> None:
    """A program with the rights of a role stands for the city: what refuses it is the right alone."""
    await save_token(dashboard.story.database, Account.of_program("robot", RIGHTS[role]), "a-robot", "test")
    async with dashboard.client("a-robot") as robot:
        for method, path, right, _ in ROUTES:
            if right is not None:
                answer = await robot.request(method, fill(path), content=b"{not even json")
                refused = (answer.status_code, slug_of(answer)) == (403, "not-allowed") if answer.is_error else False
                assert refused == (right not in RIGHTS[role]), (method, path, answer.text)


async def test_whoever_stands_for_another_place_gets_403_from_every_address_in_it(dashboard: Dashboard) -> None:
    """Everything that the addresses name is at school S1 in district 370202."""
    await settle_things(dashboard.story)
    for stranger in ({"school": "S2"}, {"district": "370203"}):
        await save_token(dashboard.story.database, Account.of_program("foreign", Right, **stranger), "foreign", "test")
        async with dashboard.client("foreign") as foreign:
            for method, path, _, where in ROUTES:
                if where in PARAMETERS or where is Where.CITY:
                    answer = await foreign.request(method, fill(path), content=b"{not even json")
                    assert (answer.status_code, slug_of(answer)) == (403, "not-your-place"), (method, path, stranger)


async def test_whoever_stands_for_the_place_is_let_in_by_every_address_in_it(dashboard: Dashboard) -> None:
    await settle_things(dashboard.story)
    for own in ({"school": "S1"}, {"district": "370202"}):
        await save_token(dashboard.story.database, Account.of_program("own", Right, **own), "own", "test")
        async with dashboard.client("own") as client:
            for method, path, _, where in ROUTES:
                if where in PARAMETERS and method == "GET":
                    answer = await client.get(fill(path))
                    assert answer.status_code != 403, (method, path, own)


# What each address that takes a second person is sent for the whole city.
POLICY = {"steps": [{"after_seconds": 0, "targets": ["police", "district"]}], "repeat_after_seconds": 60}
NUMBER = {
    "rule": "C1",
    "name": "open_minutes",
    "level": "city",
    "value": 5,
    "source": "8 号文",
    "valid_from": "2099-01-01",
}
CITY_WIDE: dict[tuple[str, str], Any] = {
    ("POST", "/api/v1/notices"): {"title": "停课", "text": "台风，全市停课。", "audience": {"city": True}},
    ("POST", "/api/v1/day-exceptions"): {
        "kind": "closed_loop", "first_on": "2026-11-25", "last_on": "2026-11-26", "level": "closed", "reason": "防疫",
    },
    ("DELETE", "/api/v1/day-exceptions/{exception}"): None,
    ("PUT", "/api/v1/policies/{mode}"): POLICY,
    ("POST", "/api/v1/policies/rules"): {"mode": "live", "kind": "medical", "definition": POLICY},
    ("PUT", "/api/v1/policies/rules/{rule}"): {"kind": "fire", "definition": POLICY},
    ("DELETE", "/api/v1/policies/rules/{rule}"): None,
    ("PUT", "/api/v1/quiet-hours"): {"quiet": {"from": "22:00", "to": "06:00"}},
    ("PUT", "/api/v1/channels/{code}"): {"rate_per_second": 9, "quiet": None},
    ("POST", "/api/v1/rule-parameters"): NUMBER,
    ("DELETE", "/api/v1/rule-parameters/{parameter}"): None,
}  # fmt: skip
OF_CITY = """
insert into day_exception (kind, first_on, last_on, level, reason, saved_by, saved_at)
    values ('closed_loop', current_date + 5, current_date + 6, 'closed', '防疫', 'test', now());
insert into policy_rule (mode, kind, version, definition, saved_by, saved_at)
    values ('live', 'fire', 1, '{"steps": [], "repeat_after_seconds": null}', 'test', now());
insert into rule_parameter (rule, name, level, value, source, valid_from, saved_by, saved_at)
    values ('C1', 'open_minutes', 'city', 4, '7 号文', '2020-01-01', 'test', now());
update account set role = 'city_desk' where name = 'li';
insert into account select 'sun', '孙管理', role, password_hash, created_at from account where name = 'chen';
"""
DONE = """
select (select count(*) from notice) + (select count(*) + count(retired_at) from day_exception)
    + (select count(*) from policy_version) + (select count(retired_at) from policy_rule)
    + (select count(*) from quiet_hours) + (select count(rate_per_second) from channel)
    + (select count(*) + count(valid_until) from rule_parameter)
"""


async def test_what_reaches_the_whole_city_is_only_proposed_by_whoever_asks_and_is_done_when_another_person_confirms(
    dashboard: Dashboard,
) -> None:
    rights = {(method, path): right for method, path, right, _ in ROUTES}
    assert {rights[route] for route in SECOND} == {Right.NOTIFY, Right.STAFF, Right.GOVERN}
    assert CITY_WIDE.keys() == SECOND
    story = dashboard.story
    await story.database_execute(OF_CITY)
    async with (
        dashboard.browser("wang") as wang,
        dashboard.browser("li") as li,
        dashboard.browser("chen") as chen,
        dashboard.browser("sun") as sun,
        dashboard.client(OPERATOR_TOKEN) as program,
    ):
        for (method, path), body in CITY_WIDE.items():
            one, two = (chen, sun) if rights[method, path] is Right.GOVERN else (wang, li)
            before = await story.value(DONE)
            answer = await one.request(method, fill(path), json=body)
            assert answer.status_code == 202, answer.text
            confirmation = f"{address_of(answer.json())}/confirmation"
            assert slug_of(await one.post(confirmation)) == "second-person-needed"
            assert slug_of(await program.post(confirmation)) == "only-people"
            assert await story.value(DONE) == before, "nothing is done yet"
            confirmed = await two.post(confirmation)
            assert confirmed.status_code == 200, confirmed.text
            assert confirmed.json()["state"] == "confirmed"
            assert await story.value(DONE) == before + 1, path
            assert slug_of(await two.post(confirmation)) == "order-over"


def test_on_the_path_of_an_incident_nobody_is_asked_again_who_they_are() -> None:
    """Whoever lets people in or governs is, before what cannot be undone; everybody, for their own second factor; and
    whoever signs that a desk was handed over, for which no incident waits."""
    assert {(method, path) for method, path, right, _ in ROUTES if right is Right.HANDLE} & PROVED == {
        ("POST", "/api/v1/shift-handovers"),
        ("POST", "/api/v1/shift-handovers/{handover}/receipt"),
    }
    assert {right for method, path, right, _ in ROUTES if (method, path) in PROVED} == {
        Right.ADMIT,
        Right.GOVERN,
        Right.HANDLE,
        Right.SEE,
    }
    assert {(method, path) for method, path, right, _ in ROUTES if right is Right.SEE} & PROVED == {
        ("POST", "/api/v1/session/second-factor"),
        ("DELETE", "/api/v1/session/second-factor"),
    }
    assert {(method, path) for method, path, right, _ in ROUTES if right is Right.ADMIT and method != "GET"} <= PROVED


async def test_ten_minutes_after_they_showed_who_they_are_a_person_shows_it_once_more_for_what_is_dangerous(
    dashboard: Dashboard,
) -> None:
    async with dashboard.browser("chen") as admin, dashboard.client(OPERATOR_TOKEN) as program:
        dashboard.service.database.shift += timedelta(minutes=11)
        for method, path, right, _ in ROUTES:
            if right is not None and not path.startswith("/api/v1/sessions") and path != "/api/v1/session":
                for client in (admin, program):
                    answer = await client.request(method, fill(path), content=b"{not even json")
                    asked = answer.status_code == 403 and slug_of(answer) == "prove-again"
                    theirs = client is admin and right in RIGHTS[Role.ADMINISTRATOR]
                    assert asked == (theirs and (method, path) in PROVED), (method, path, answer.text)
        wrong = await admin.post("/api/v1/session/proof", json={"password": "wrong"})
        assert [one["field"] for one in wrong.json()["errors"]] == ["body.password"]
        assert slug_of(await admin.delete("/api/v1/tokens/wall")) == "prove-again"
        assert (await admin.post("/api/v1/session/proof", json={"password": PASSWORD})).status_code == 204
        assert (await admin.delete("/api/v1/tokens/wall")).status_code == 204
        dashboard.service.database.shift += timedelta(minutes=9)
        assert slug_of(await admin.delete("/api/v1/tokens/wall")) == "no-such-account"
        assert slug_of(await program.post("/api/v1/session/proof", json={"password": PASSWORD})) == "only-people"


async def test_a_reader_sees_all(dashboard: Dashboard) -> None:
    await dashboard.story.press(id="p1")
    async with dashboard.client(READER_TOKEN) as reader:
        for method, path, right, _ in ROUTES:
            if right in {Right.SEE, Right.AUDIT} and method == "GET" and path != "/openid/proof":  # that leads away
                answer = await reader.get(fill(path))
                seen = answer.status_code == 200 or slug_of(answer).startswith("no-such-")
                assert seen, (path, answer.text)


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
