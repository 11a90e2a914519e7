"""A second factor: a code beside the password, good once."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import httpx
import pyotp
import pytest
from click.testing import Result
from typer.testing import CliRunner

from alerts.__main__ import app
from alerts.sealing import Sealed, seal_secrets
from alerts.storage.seals import Seal
from dashboard.sealing import seal_what_is_not
from dashboard.throttle import FAILURES_BY_NAME
from tests.dashboard.board import OPERATOR_TOKEN, PASSWORD, Dashboard
from tests.dashboard.test_rights import slug_of

FACTOR = "/api/v1/session/second-factor"


async def wait_for_a_fresh_code(dashboard: Dashboard) -> None:
    """Moves the clock to the beginning of a step of time, so that none ends within the story."""
    async with dashboard.story.database.connection() as connection:
        now = await dashboard.service.database.read_now(connection)
    dashboard.service.database.shift += timedelta(seconds=30 - now.timestamp() % 30)


async def show_code(dashboard: Dashboard, secret: str, steps: int = 0) -> str:
    """What the telephone shows, by the service's clock."""
    async with dashboard.story.database.connection() as connection:
        now = await dashboard.service.database.read_now(connection)
    return pyotp.TOTP(secret).at(now, counter_offset=steps)


async def switch_on(dashboard: Dashboard, browser: httpx.AsyncClient) -> tuple[str, list[str]]:
    """Switches the second factor of somebody on. Returns the secret, and the codes for a bad day."""
    shown = (await browser.post(FACTOR)).json()
    assert shown["picture"].startswith("data:image/svg+xml")
    answer = await browser.put(FACTOR, json={"code": await show_code(dashboard, shown["secret"])})
    assert answer.status_code == 200, answer.text
    return shown["secret"], answer.json()["codes"]


async def sign_in(dashboard: Dashboard, code: str | None = None, password: str = PASSWORD) -> httpx.Response:
    """Wang signs in, with a code or none."""
    async with dashboard.client() as client:
        said = {"name": "wang", "password": password} | ({} if code is None else {"code": code})
        return await client.post("/api/v1/session", json=said)


async def test_whoever_switched_it_on_signs_in_with_a_code_that_is_good_once_until_they_switch_it_off(
    dashboard: Dashboard,
) -> None:
    await wait_for_a_fresh_code(dashboard)
    async with dashboard.browser("wang") as desk:
        assert (await desk.get(FACTOR)).json() == {"since": None, "codes_left": 0, "needed": False}
        assert slug_of(await desk.put(FACTOR, json={"code": "123456"})) == "no-such-second-factor"
        secret = (await desk.post(FACTOR)).json()["secret"]
        assert (await sign_in(dashboard)).status_code == 200, "what is not confirmed is not asked for"
        wrong = await desk.put(FACTOR, json={"code": await show_code(dashboard, secret, 5)})
        assert [one["field"] for one in wrong.json()["errors"]] == ["body.code"]
        secret, kept = await switch_on(dashboard, desk)
        assert slug_of(await desk.post(FACTOR)) == "second-factor-on"
        assert (await desk.get(FACTOR)).json()["codes_left"] == len(kept) == 10

        assert slug_of(await sign_in(dashboard)) == "code-needed"
        assert slug_of(await sign_in(dashboard, password="wrong")) == "bad-credentials", "nobody else learns of it"
        used = await show_code(dashboard, secret)
        assert slug_of(await sign_in(dashboard, used)) == "code-wrong", "it confirmed the second factor"
        code = await show_code(dashboard, secret, 1)
        ahead = await sign_in(dashboard, f"{code[:3]} {code[3:]}")
        assert ahead.status_code == 200, "a telephone half a minute ahead"
        assert slug_of(await sign_in(dashboard, code)) == "code-wrong"
        dashboard.service.database.shift += timedelta(minutes=5)
        for steps, slug in ((-2, "code-wrong"), (2, "code-wrong")):
            assert slug_of(await sign_in(dashboard, await show_code(dashboard, secret, steps))) == slug
        assert (await sign_in(dashboard, await show_code(dashboard, secret, -1))).status_code == 200

        stored = str(await dashboard.story.value("select array_agg(code_hash) from recovery_code"))
        assert not any(code in stored for code in kept), "only digests are stored"
        assert (await sign_in(dashboard, kept[3].upper())).status_code == 200
        assert slug_of(await sign_in(dashboard, kept[3])) == "code-wrong"
        assert (await desk.get(FACTOR)).json()["codes_left"] == 9
        dashboard.service.database.shift += timedelta(minutes=11)
        assert slug_of(await desk.delete(FACTOR)) == "prove-again"
        proof, said = "/api/v1/session/proof", {"password": PASSWORD}
        assert slug_of(await desk.post(proof, json=said)) == "code-needed"
        assert slug_of(await desk.post(proof, json=said | {"code": "000000"})) == "code-wrong"
        code = await show_code(dashboard, secret)
        assert (await desk.post(proof, json=said | {"code": code})).status_code == 204
        assert (await desk.delete(FACTOR)).status_code == 204
        assert (await sign_in(dashboard)).status_code == 200
        assert slug_of(await desk.delete(FACTOR)) == "no-such-second-factor"
    async with dashboard.client(OPERATOR_TOKEN) as program:
        assert slug_of(await program.post(FACTOR)) == "only-people"
        rows = (await program.get("/api/v1/audit?subject=account:wang")).json()["items"]
        assert [row["kind"] for row in rows if "session" not in row["kind"]] == [
            "account.second_factor_on",
            "account.recovery_code_used",
            "account.second_factor_off",
        ]
        assert secret not in str(rows)


async def test_wrong_codes_count_with_wrong_passwords_and_a_right_password_alone_forgives_none(
    dashboard: Dashboard,
) -> None:
    async with dashboard.browser("wang") as desk:
        secret, _ = await switch_on(dashboard, desk)
    for _ in range(FAILURES_BY_NAME):
        assert slug_of(await sign_in(dashboard)) == "code-needed"
        assert slug_of(await sign_in(dashboard, "000000")) == "code-wrong"
    assert slug_of(await sign_in(dashboard, await show_code(dashboard, secret, 1))) == "too-many-attempts"


async def test_an_administrator_switches_it_off_for_who_lost_their_telephone_and_signs_them_out(
    dashboard: Dashboard,
) -> None:
    async with dashboard.browser("wang") as desk, dashboard.browser("chen") as admin:
        await switch_on(dashboard, desk)
        rows = (await admin.get("/api/v1/accounts")).json()["items"]
        assert [row["name"] for row in rows if row["second_factor"]] == ["wang"]
        assert (await admin.delete("/api/v1/accounts/wang/second-factor")).status_code == 204
        assert slug_of(await admin.delete("/api/v1/accounts/wang/second-factor")) == "no-such-second-factor"
        assert slug_of(await admin.delete("/api/v1/accounts/nobody/second-factor")) == "no-such-account"
        assert (await desk.get("/api/v1/session")).status_code == 401
    assert (await sign_in(dashboard)).status_code == 200


async def test_at_the_terminal_it_is_switched_off_too_and_no_weak_password_is_set(
    dashboard: Dashboard, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with dashboard.browser("wang") as desk:
        await switch_on(dashboard, desk)
    monkeypatch.setenv("CAMPUS_DATABASE_URL", dashboard.story.database.url)
    monkeypatch.setenv("CAMPUS_ACCOUNT_PASSWORD", "password12345")

    async def call(*words: str) -> str:
        return str((await asyncio.to_thread(CliRunner().invoke, app, ["account", *words])).output)

    assert "guessed easily" in await call("add", "wang", "--role", "auditor")
    assert "the password alone" in await call("second-factor-off", "wang")
    assert (await sign_in(dashboard)).json()["role"] == "city_desk", "nothing else is changed"
    assert "no second factor" in await call("second-factor-off", "wang")


async def test_where_administrators_need_one_they_only_look_until_it_is_on(
    dashboard: Dashboard, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dashboard.service.settings, "administrators_need_second_factor", True)
    async with dashboard.browser("chen") as admin, dashboard.browser("li") as auditor:
        assert (await admin.get("/api/v1/schools")).status_code == 200
        assert slug_of(await admin.get("/api/v1/accounts")) == "second-factor-first"
        assert (await admin.get(FACTOR)).json()["needed"] is True
        await switch_on(dashboard, admin)
        assert (await admin.get("/api/v1/accounts")).status_code == 200
        assert (await auditor.get("/api/v1/audit")).status_code == 200, "nobody else does"
    async with dashboard.client(OPERATOR_TOKEN) as program:
        assert (await program.get("/api/v1/accounts")).status_code == 200


async def test_secrets_lie_sealed_by_the_first_key_and_without_it_only_codes_for_a_bad_day_let_anybody_in(
    dashboard: Dashboard, monkeypatch: pytest.MonkeyPatch
) -> None:
    database, (old, new) = dashboard.service.database, (Seal.make_key(), Seal.make_key())
    await wait_for_a_fresh_code(dashboard)
    async with dashboard.browser("wang") as desk:
        secret, kept = await switch_on(dashboard, desk)
    monkeypatch.setenv("CAMPUS_DATABASE_URL", database.url)

    async def call(*keys: str) -> Result:
        monkeypatch.setenv("CAMPUS_SECRET_KEYS", ",".join(keys))
        return await asyncio.to_thread(CliRunner().invoke, app, ["secrets", "seal"])

    async def read_kept() -> str:
        return str(await dashboard.story.value("select secret from second_factor where account = 'wang'"))

    plain = await call()
    assert plain.exit_code != 0
    assert "1 lie plain" in plain.output
    assert await read_kept() == secret, "as it was before there were keys"
    assert await seal_secrets(database) == Sealed(plain=1)
    database.seal = Seal([old])
    await seal_what_is_not(dashboard.service)  # as when it starts
    assert await seal_secrets(database) == Sealed(), "once"
    first = await read_kept()
    assert secret not in first
    assert (await sign_in(dashboard, await show_code(dashboard, secret, 1))).status_code == 200

    locked = await call(new)
    assert locked.exit_code != 0
    assert "a key that is not among" in locked.output
    assert await read_kept() == first, "nothing is lost by a wrong key"
    for seal in (Seal(), Seal([new])):
        database.seal = seal
        dashboard.service.database.shift += timedelta(minutes=5)
        unreadable = await sign_in(dashboard, await show_code(dashboard, secret))
        assert slug_of(unreadable) == "code-unreadable"
        assert unreadable.status_code == 503
        assert (await sign_in(dashboard, kept.pop())).status_code == 200

    assert "1 sealed anew" in (await call(new, old)).output
    assert await read_kept() != first
    assert (await call(new)).exit_code == 0, "the older key is needed no more"
    assert (await sign_in(dashboard, await show_code(dashboard, secret))).status_code == 200
    async with dashboard.browser("chen") as admin:
        await switch_on(dashboard, admin)
    assert await dashboard.story.value("select count(*) from second_factor where secret like 'sealed:%'") == 2
