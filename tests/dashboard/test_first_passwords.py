"""Whoever came in by a password that somebody else chose chooses their own, and answers a live alarm before that."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest
from httpx import AsyncClient
from typer.testing import CliRunner

from alerts.__main__ import app
from alerts.identities import sign_in_by, tie
from alerts.sessions import find_session
from alerts.storage.accounts import Origin
from alerts.storage.identities import Identity
from tests.dashboard.board import PASSWORD, Dashboard
from tests.dashboard.test_accounts import GUARD, OWN
from tests.dashboard.test_incidents import do
from tests.dashboard.test_rights import slug_of

FIRST = "choose-password-first"
CHECK_IN = {"point": "1", "code": "000000"}


async def choose(guard: AsyncClient, old: str, new: str) -> list[str]:
    """What is wrong with another password; nothing when it was taken."""
    answer = await guard.put("/api/v1/session/password", json={"old": old, "new": new})
    assert answer.status_code in (204, 422), answer.text
    return [] if answer.status_code == 204 else [one["field"] for one in answer.json()["errors"]]


async def is_first(client: AsyncClient) -> bool:
    """Whether who is signed in came in by a first password."""
    return bool((await client.get("/api/v1/session")).json()["first_password"])


async def test_a_guard_with_a_first_password_presses_and_takes_an_alarm_and_then_chooses_their_own(
    dashboard: Dashboard,
) -> None:
    async with dashboard.browser("chen") as admin:
        assert (await admin.put("/api/v1/accounts/zhao", json=GUARD)).status_code == 201
        assert not await is_first(admin)
    async with dashboard.browser("zhao") as guard:
        assert await is_first(guard)
        await dashboard.story.press("S2-G1", id="elsewhere")
        for path in ("/api/v1/schools", "/api/v1/schools/S1", "/api/v1/incidents", "/api/v1/people"):
            assert slug_of(await guard.get(path)) == FIRST, path
        async with dashboard.board(token=None, cookie=guard.cookies["campus_session"]) as board:
            await board.hear_a("snapshot")
            assert list(board.schools) == ["S1"], "what rings is seen from the first moment"

        assert (await guard.post("/api/v1/presses", json={"id": "p1"})).status_code == 201
        (seen,) = (await guard.get("/api/v1/incidents")).json()["items"]
        assert (await do(guard, seen["id"], "acknowledge"))["acknowledged_by"] == "赵保安"
        for refused in (
            await guard.post("/api/v1/check-ins", json=CHECK_IN),
            await guard.post("/api/v1/shift-handovers", json={}),
            await guard.post("/api/v1/session/second-factor"),
        ):
            assert slug_of(refused) == FIRST, "an alarm opens what answers it, and no more"
        await do(guard, seen["id"], "close", cause="accidental")
        assert slug_of(await guard.get(f"/api/v1/incidents/{seen['id']}")) == FIRST, "asked afterwards"

        assert await choose(guard, PASSWORD, PASSWORD) == ["body.new"], "another one than the first"
        assert await choose(guard, PASSWORD, "password12345") == ["body.new"]
        assert await is_first(guard)
        assert await choose(guard, PASSWORD, OWN) == []
        assert not await is_first(guard)
        assert (await guard.get("/api/v1/schools/S1")).status_code == 200
    async with dashboard.browser("zhao", OWN) as guard, dashboard.browser("chen") as admin:
        assert not await is_first(guard)
        assert (await admin.put("/api/v1/accounts/zhao", json=GUARD)).status_code == 204
        rows = (await admin.get("/api/v1/accounts")).json()["items"]
        assert [row["name"] for row in rows if row["first_password"]] == ["zhao"], "a reset one is a first one, too"


async def test_at_the_terminal_a_first_password_is_one_too_unless_its_owner_chose_it_or_comes_in_by_the_provider(
    dashboard: Dashboard, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CAMPUS_DATABASE_URL", dashboard.story.database.url)
    monkeypatch.setenv("CAMPUS_ACCOUNT_PASSWORD", PASSWORD)

    async def add(name: str, *words: str) -> None:
        command = ["account", "add", name, "--role", "guard", "--school", "S1", *words]
        assert (await asyncio.to_thread(CliRunner().invoke, app, command)).exit_code == 0

    await add("zhao")
    await add("sun", "--own-password")
    async with dashboard.browser("zhao") as zhao, dashboard.browser("sun") as sun:
        assert await is_first(zhao)
        assert not await is_first(sun)
    database, identity = dashboard.story.database, Identity("https://sso.example", "zhao-at-work")
    await tie(database, identity, "zhao", "chen")
    session = await sign_in_by(database, identity, timedelta(hours=1), Origin())
    found = await find_session(database, session.token)
    assert found is not None
    assert not found.first_password, "no password let them in"
