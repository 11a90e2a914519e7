"""Administrators say who may come in; everybody sees where they are signed in."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from dashboard.throttle import FAILURES_BY_NAME
from tests.dashboard.board import OPERATOR_TOKEN, PASSWORD, Dashboard
from tests.dashboard.test_rights import slug_of

OWN = "nobody else chose this one"
GUARD = {"display_name": "赵保安", "role": "guard", "school": "S1", "password": PASSWORD}


async def test_an_administrator_lets_a_guard_in_changes_their_school_and_lets_them_in_no_more(
    dashboard: Dashboard,
) -> None:
    async with dashboard.browser("chen") as admin:
        assert (await admin.put("/api/v1/accounts/zhao", json=GUARD)).status_code == 201
        async with dashboard.browser("zhao") as guard:
            assert (await guard.get("/api/v1/session")).json()["school"] == "S1"
            assert (await guard.get("/api/v1/schools/S2")).status_code == 403
            (row,) = [one for one in (await admin.get("/api/v1/accounts")).json()["items"] if one["name"] == "zhao"]
            assert (row["role"], row["school"], row["sessions"]) == ("guard", "S1", 1)
            same = {name: GUARD[name] for name in ("role", "school")} | {"display_name": "赵师傅"}
            assert (await admin.put("/api/v1/accounts/zhao", json=same)).status_code == 204
            assert (await guard.get("/api/v1/session")).json()["display_name"] == "赵师傅", "a name ends no session"
            own = {"old": PASSWORD, "new": OWN}
            assert (await guard.put("/api/v1/session/password", json=own)).status_code == 204
            assert (await admin.put("/api/v1/accounts/zhao", json=same | {"school": "S2"})).status_code == 204
            assert (await guard.get("/api/v1/session")).status_code == 401, "another place does"
        async with dashboard.browser("zhao", OWN) as guard:
            assert (await guard.get("/api/v1/schools/S2")).status_code == 200
            assert (await admin.delete("/api/v1/accounts/zhao")).status_code == 204
            assert (await guard.get("/api/v1/session")).status_code == 401
        assert slug_of(await admin.delete("/api/v1/accounts/zhao")) == "no-such-account"
        rows = (await admin.get("/api/v1/audit?subject=account:zhao")).json()["items"]
    assert [row["kind"] for row in rows if row["actor"] == "person:chen"] == ["account.saved"] * 3 + ["account.removed"]


async def test_what_cannot_be_is_said_of_its_field(dashboard: Dashboard) -> None:
    async with dashboard.browser("chen") as admin:
        for wrong, field in (
            (GUARD | {"school": None}, "body.role"),
            (GUARD | {"school": "S9"}, "body.school"),
            (GUARD | {"password": "short"}, "body.password"),
            (GUARD | {"password": "第一小学赵保安123456"}, "body.password"),
            ({name: GUARD[name] for name in ("display_name", "role", "school")}, "body.password"),
            (GUARD | {"role": "integration"}, "body.role"),
            (GUARD | {"role": "king"}, "body.role"),
        ):
            answer = await admin.put("/api/v1/accounts/zhao", json=wrong)
            assert [one["field"] for one in answer.json()["errors"]] == [field], (wrong, answer.text)
        assert (await admin.put("/api/v1/accounts/a b", json=GUARD)).status_code == 422
        taken = await admin.put("/api/v1/accounts/desk", json=GUARD)
        assert [one["field"] for one in taken.json()["errors"]] == ["path.name"], "a program has it"


async def test_the_last_administrator_stays(dashboard: Dashboard) -> None:
    second = {"display_name": "王", "role": "administrator", "password": PASSWORD}
    async with dashboard.browser("chen") as admin:
        for answer in (
            await admin.delete("/api/v1/accounts/chen"),
            await admin.put("/api/v1/accounts/chen", json={"display_name": "陈", "role": "auditor"}),
        ):
            assert "the last administrator" in answer.json()["errors"][0]["message"]
        assert (await admin.put("/api/v1/accounts/second", json=second)).status_code == 201
        assert (await admin.delete("/api/v1/accounts/chen")).status_code == 204


async def test_a_token_is_told_once_opens_what_it_may_and_is_taken_back(dashboard: Dashboard) -> None:
    asked = {"rights": ["see", "press"], "school": "S1"}
    async with dashboard.browser("chen") as admin:
        made = (await admin.put("/api/v1/tokens/gate-app", json=asked)).json()
        (row,) = [one for one in (await admin.get("/api/v1/tokens")).json()["items"] if one["name"] == "gate-app"]
        assert (row["rights"], row["school"]) == (["press", "see"], "S1")
        assert made["token"] not in str(row)
        async with dashboard.client(made["token"]) as program:
            pressed = await program.post("/api/v1/presses", json={"id": "p1"})
            assert pressed.status_code == 201, "who stands for one school need not name it"
            assert (await program.get("/api/v1/presses")).json()["items"][0]["school"] == "S1"
            foreign = await program.post("/api/v1/presses", json={"device": "S2-G1", "id": "p2"})
            assert slug_of(foreign) == "not-your-place"
            unknown = await program.post("/api/v1/presses", json={"school": "S99", "device": "X-1", "id": "p3"})
            assert unknown.status_code == 201, "a press from nowhere is stored, and rings for the city"
            assert slug_of(await program.get("/api/v1/audit")) == "not-allowed"
        assert (await admin.delete("/api/v1/tokens/gate-app")).status_code == 204
        async with dashboard.client(made["token"]) as program:
            assert (await program.get("/api/v1/session")).status_code == 401


async def test_people_see_where_they_are_signed_in_and_end_what_they_do_not_know(dashboard: Dashboard) -> None:
    async with dashboard.browser("wang") as desk, dashboard.browser("wang") as elsewhere:
        sessions: list[dict[str, Any]] = (await desk.get("/api/v1/sessions")).json()["items"]
        assert [one["current"] for one in sessions] == [False, True], "the newest first"
        assert all(one["address"] == "127.0.0.1" and one["agent"].startswith("python-httpx") for one in sessions)
        assert (await desk.delete(f"/api/v1/sessions/{sessions[0]['id']}")).status_code == 204
        assert (await elsewhere.get("/api/v1/session")).status_code == 401
        assert len((await desk.get("/api/v1/sessions")).json()["items"]) == 1
        assert await is_seen(dashboard, "wang", "0 minutes")
        dashboard.service.database.shift += timedelta(minutes=6)
        assert len((await desk.get("/api/v1/sessions")).json()["items"]) == 1
        assert await is_seen(dashboard, "wang", "6 minutes"), "that it is in use is written down every five minutes"
        async with dashboard.browser("li") as other:
            foreign = await other.delete(f"/api/v1/sessions/{sessions[1]['id']}")
            assert slug_of(foreign) == "no-such-session"
    async with dashboard.client(OPERATOR_TOKEN) as program:
        assert (await program.get("/api/v1/sessions")).json()["items"] == []


async def is_seen(dashboard: Dashboard, account: str, after: str) -> bool:
    """Whether the account's only session was last seen so long after it began."""
    seen = "select date_trunc('minute', seen_at - created_at) = $2::text::interval from session where account = $1"
    return bool(await dashboard.story.value(seen, account, after))


async def test_a_person_changes_their_password_if_they_know_the_one_before_and_is_signed_out_everywhere_else(
    dashboard: Dashboard,
) -> None:
    async with dashboard.browser("wang") as desk, dashboard.browser("wang") as elsewhere:
        for old, new, field in (
            (PASSWORD, "1qaz2wsx3edc4rfv", "body.new"),
            ("wrong", "another " + PASSWORD, "body.old"),
        ):
            answer = await desk.put("/api/v1/session/password", json={"old": old, "new": new})
            assert [one["field"] for one in answer.json()["errors"]] == [field]
        assert (await elsewhere.get("/api/v1/session")).status_code == 200, "nothing is changed yet"
        said = {"old": PASSWORD, "new": "another " + PASSWORD}
        assert (await desk.put("/api/v1/session/password", json=said)).status_code == 204
        assert (await desk.get("/api/v1/session")).status_code == 200
        assert (await elsewhere.get("/api/v1/session")).status_code == 401
        for _ in range(FAILURES_BY_NAME):
            answer = await desk.put("/api/v1/session/password", json=said)
            assert answer.status_code == 422
        answer = await desk.put("/api/v1/session/password", json=said)
        assert slug_of(answer) == "too-many-attempts", "guessing is slowed down here, too"
    async with dashboard.client() as client:
        answer = await client.post("/api/v1/session", json={"name": "wang", "password": PASSWORD})
        assert answer.status_code in {401, 429}
    async with dashboard.client(OPERATOR_TOKEN) as program:
        assert slug_of(await program.put("/api/v1/session/password", json=said)) == "only-people"
        rows = (await program.get("/api/v1/audit?kind=account.password_changed")).json()["items"]
        assert [row["subject"] for row in rows] == ["account:wang"]


async def test_sessions_are_ended_all_at_once_by_their_owner_and_by_an_administrator(dashboard: Dashboard) -> None:
    async with dashboard.browser("wang") as desk, dashboard.browser("wang") as elsewhere:
        assert (await desk.delete("/api/v1/sessions")).status_code == 204
        assert (await elsewhere.get("/api/v1/session")).status_code == 401
        async with dashboard.browser("chen") as admin:
            assert (await admin.delete("/api/v1/accounts/wang/sessions")).status_code == 204
            assert slug_of(await admin.delete("/api/v1/accounts/nobody/sessions")) == "no-such-account"
            rows = (await admin.get("/api/v1/audit?subject=account:wang")).json()["items"]
        assert (await desk.get("/api/v1/session")).status_code == 401
    ended = [(row["kind"], row["actor"], row["body"]) for row in rows if "session.started" not in row["kind"]]
    assert sorted(ended) == [
        ("account.sessions_ended", "person:chen", {"sessions": 1}),
        ("session.others_revoked", "person:wang", {"sessions": 1}),
    ]
