"""Signing in, staying signed in, and what other sites cannot do with it."""

from __future__ import annotations

import hashlib
from datetime import timedelta

import pytest

from alerts.accounts import save_token
from alerts.domain.rights import Right
from alerts.storage.accounts import Account
from dashboard.live import boards
from dashboard.rights import COOKIE
from dashboard.throttle import FAILURES_BY_ADDRESS, FAILURES_BY_NAME, KEPT_KEYS, WINDOW_SECONDS, Throttle
from tests.dashboard.board import OPERATOR_TOKEN, PASSWORD, Dashboard
from tests.dashboard.test_rights import slug_of

WANG = {"name": "wang", "password": PASSWORD}


async def test_a_person_signs_in_and_is_known_by_a_cookie_that_no_script_can_read(dashboard: Dashboard) -> None:
    async with dashboard.client() as client:
        answer = await client.post("/api/v1/session", json=WANG)
        said = answer.json()
        assert {"handle", "see"} <= set(said.pop("rights"))
        assert said == {
            "name": "wang",
            "display_name": "王值班",
            "role": "city_desk",
            "district": None,
            "school": None,
            "password": True,
            "provider": False,
            "first_password": False,
            "unseen_changes": 0,
            "tiles": None,
            "preferences": {"language": None, "theme": None, "shortcuts": None, "views": None},
        }
        cookie = answer.headers["Set-Cookie"]
        assert {"HttpOnly", "Path=/", "SameSite=strict"} <= set(cookie.split("; "))
        assert "Secure" not in cookie
        assert answer.headers["Cache-Control"] == "no-store"
        assert (await client.get("/api/v1/session")).json()["name"] == "wang"


async def test_the_cookie_is_only_for_https_when_the_proxy_says_https(dashboard: Dashboard) -> None:
    async with dashboard.client(headers={"X-Forwarded-Proto": "https"}) as client:
        answer = await client.post("/api/v1/session", json=WANG)
        assert "Secure" in answer.headers["Set-Cookie"].split("; ")
        assert answer.headers["Strict-Transport-Security"]


async def test_only_the_digest_of_a_session_is_stored(dashboard: Dashboard) -> None:
    async with dashboard.browser("wang") as browser:
        token = browser.cookies[COOKIE]
        stored = await dashboard.story.value("select token_hash from session")
        assert stored == hashlib.sha256(token.encode()).digest()


async def test_a_wrong_name_and_a_wrong_password_are_told_alike(dashboard: Dashboard) -> None:
    async with dashboard.client() as client:
        for name, password in (("wang", "wrong"), ("nobody", PASSWORD), ("wang ", PASSWORD), ("' or 1=1 --", "x")):
            answer = await client.post("/api/v1/session", json={"name": name, "password": password})
            assert (answer.status_code, slug_of(answer)) == (401, "bad-credentials")
            assert "Set-Cookie" not in answer.headers


async def test_credentials_that_are_none_are_invalid(dashboard: Dashboard) -> None:
    bodies = ({}, {"name": "wang"}, {"name": "", "password": ""}, {"name": "a\0b", "password": "x"}, [])
    async with dashboard.client() as client:
        for body in bodies:
            answer = await client.post("/api/v1/session", json=body)
            assert (answer.status_code, slug_of(answer)) == (422, "invalid-request")


async def test_credentials_with_half_a_character_are_invalid(dashboard: Dashboard) -> None:
    async with dashboard.client() as client:
        answer = await client.post("/api/v1/session", content=rb'{"name": "\ud800", "password": "\udfff"}')
        assert (answer.status_code, slug_of(answer)) == (422, "invalid-request")


async def test_guessing_is_throttled_by_name_and_address_and_says_how_long(dashboard: Dashboard) -> None:
    async with dashboard.client() as client:
        for _ in range(FAILURES_BY_NAME):
            await client.post("/api/v1/session", json={"name": "wang", "password": "guess"})
        answer = await client.post("/api/v1/session", json=WANG)
        assert (answer.status_code, slug_of(answer)) == (429, "too-many-attempts")
        assert 0 < int(answer.headers["Retry-After"]) <= WINDOW_SECONDS
        other = await client.post("/api/v1/session", json={"name": "li", "password": PASSWORD})
        assert other.status_code == 200


def test_the_throttle_forgets_after_its_window_and_after_a_success() -> None:
    throttle = Throttle()
    for second in range(FAILURES_BY_NAME):
        throttle.note_failure("wang", "a", float(second))
    assert throttle.seconds_to_wait("wang", "a", 10.0) == pytest.approx(WINDOW_SECONDS - 10)
    assert throttle.seconds_to_wait("wang", "b", 10.0) == 0
    assert throttle.seconds_to_wait("wang", "a", WINDOW_SECONDS) == 0
    throttle.forget("wang", "a")
    assert throttle.seconds_to_wait("wang", "a", 10.0) == 0


def test_many_names_from_one_address_are_throttled_as_well_and_memory_is_bounded() -> None:
    throttle = Throttle()
    for number in range(FAILURES_BY_ADDRESS):
        throttle.note_failure(f"name-{number}", "a", 1.0)
    assert throttle.seconds_to_wait("fresh", "a", 2.0) > 0
    for number in range(KEPT_KEYS * 2):
        throttle.note_failure("x", f"address-{number}", 3.0)
    assert len(throttle._failures) <= KEPT_KEYS


async def test_signing_out_ends_the_session_and_closes_its_boards_at_once(dashboard: Dashboard) -> None:
    async with dashboard.browser("wang") as browser, dashboard.browser("wang") as elsewhere:
        cookie = browser.cookies[COOKIE]
        async with (
            dashboard.board(token=None, cookie=cookie) as board,
            dashboard.board(token=None, cookie=elsewhere.cookies[COOKIE]) as other,
        ):
            await board.hear_a("snapshot")
            await other.hear_a("snapshot")
            assert (await browser.delete("/api/v1/session")).status_code == 204
            assert await board.hear_close() == 4401
            await other.hear_a("tick")
        browser.cookies.set(COOKIE, cookie)
        answer = await browser.get("/api/v1/session")
        assert (answer.status_code, slug_of(answer)) == (401, "not-signed-in")
        assert (await elsewhere.get("/api/v1/session")).status_code == 200


@pytest.fixture
def watchful(monkeypatch: pytest.MonkeyPatch) -> None:
    """Sessions of boards are looked at more often than they need be."""
    monkeypatch.setattr(boards, "CHECK_SECONDS", 0.2)


@pytest.mark.usefixtures("watchful")
async def test_a_session_that_expires_is_over_for_requests_and_boards(dashboard: Dashboard) -> None:
    async with (
        dashboard.browser("wang") as browser,
        dashboard.board(token=None, cookie=browser.cookies[COOKIE]) as board,
    ):
        await board.hear_a("snapshot")
        dashboard.service.database.shift = timedelta(hours=13)
        assert (await browser.get("/api/v1/session")).status_code == 401
        assert await board.hear_close() == 4401


@pytest.mark.usefixtures("watchful")
async def test_a_board_whose_token_is_withdrawn_is_closed(dashboard: Dashboard) -> None:
    async with dashboard.board() as board:
        await board.hear_a("snapshot")
        await dashboard.story.database_execute("delete from api_token")
        assert await board.hear_close() == 4401


@pytest.mark.usefixtures("watchful")
async def test_whoever_stands_for_another_place_now_is_sent_away_and_begins_anew(dashboard: Dashboard) -> None:
    async def stand_for(school: str) -> None:
        program = Account.of_program("wanderer", [Right.SEE], school=school)
        await save_token(dashboard.story.database, program, "wanderer", "test")

    await stand_for("S1")
    async with dashboard.board(token="wanderer") as board:
        await board.hear_a("tick")
        assert set(board.schools) == {"S1"}
        await stand_for("S3")
        assert await board.hear_close() == 4401
    async with dashboard.board(board.cursor, token="wanderer") as board:
        assert (await board.hear())["type"] == "snapshot"
        assert set(board.schools) == {"S3"}


FROM_ELSEWHERE = (
    {},
    {"Origin": "https://evil.example"},
    {"Origin": "null"},
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site", "Origin": "{self}"},
)
FROM_OUR_PAGE = ({"Origin": "{self}"}, {"Sec-Fetch-Site": "same-origin"}, {"Sec-Fetch-Site": "none"})


async def test_a_cookie_changes_something_only_from_our_own_page(dashboard: Dashboard) -> None:
    incident = (await dashboard.story.press(id="p1")).incident
    async with dashboard.browser("wang") as browser:
        del browser.headers["Origin"]
        for headers in FROM_ELSEWHERE + FROM_OUR_PAGE:
            told = {name: value.format(self=dashboard.address) for name, value in headers.items()}
            answer = await browser.post(f"/api/v1/incidents/{incident}/acknowledge", headers=told)
            if headers in FROM_OUR_PAGE:
                assert answer.status_code == 200, headers
            else:
                assert (answer.status_code, slug_of(answer)) == (403, "cross-site"), headers


async def test_a_token_needs_no_origin_and_its_owner_may_have_a_bad_cookie(dashboard: Dashboard) -> None:
    incident = (await dashboard.story.press(id="p1")).incident
    async with dashboard.client(OPERATOR_TOKEN, cookies={COOKIE: "old"}) as program:
        assert (await program.post(f"/api/v1/incidents/{incident}/acknowledge")).status_code == 200


async def test_a_bad_token_is_not_made_good_by_a_cookie(dashboard: Dashboard) -> None:
    async with dashboard.browser("wang") as browser:
        for said in ("Bearer nobody", "Basic d2FuZzp4", "Bearer", "Bearer " + "x" * 5000):
            answer = await browser.get("/api/v1/session", headers={"Authorization": said})
            assert answer.status_code == 401


async def test_another_site_cannot_sign_a_person_in(dashboard: Dashboard) -> None:
    async with dashboard.client() as client:
        answer = await client.post("/api/v1/session", json=WANG, headers={"Origin": "https://evil.example"})
        assert (answer.status_code, slug_of(answer)) == (403, "cross-site")


async def test_a_board_on_another_site_is_closed_with_4403(dashboard: Dashboard) -> None:
    async with dashboard.browser("wang") as browser:
        cookie = browser.cookies[COOKIE]
        async with dashboard.board(token=None, cookie=cookie, origin="https://evil.example") as board:
            assert await board.hear_close() == 4403
        async with dashboard.board(token=None, cookie=cookie, origin=dashboard.address) as board:
            await board.hear_a("snapshot")
