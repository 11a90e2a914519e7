"""People are told when something of how they sign in was changed, by whomever."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from httpx import AsyncClient
from typer.testing import CliRunner

from alerts.__main__ import app
from alerts.channels.texts import count_sms_parts
from alerts.identities import tie, untie
from alerts.storage.identities import Identity
from tests.alerts.reachable import Reachable
from tests.dashboard.board import OPERATOR_TOKEN, PASSWORD, Dashboard
from tests.dashboard.test_first_passwords import choose
from tests.dashboard.test_rights import slug_of
from tests.dashboard.test_second_factors import switch_on

CHANGES = "/api/v1/session/changes"
OTHER = "another horse, another battery"
WANG = {"display_name": "王值班", "role": "city_desk"}


async def list_changes(client: AsyncClient) -> list[dict[str, Any]]:
    """What the caller reads of what was changed of how they sign in, the newest first."""
    found: list[dict[str, Any]] = (await client.get(CHANGES)).json()["items"]
    return found


async def hear(reachable: Reachable, channel: str) -> list[tuple[str, str]]:
    """Who is told what by a channel since it was last asked."""
    await reachable.deliver()
    told = [(one.person, one.text) for one in reachable.channels[channel].sent]
    reachable.channels[channel].sent.clear()
    return told


async def test_the_person_behind_an_account_is_told_by_every_way_of_theirs_what_when_by_whom_and_whom_to_call(
    dashboard: Dashboard,
) -> None:
    reachable = await Reachable(dashboard.story).open()
    async with dashboard.browser("wang") as desk, dashboard.browser("chen") as admin:
        unknown = await admin.put("/api/v1/accounts/wang/person", json={"person": "nobody"})
        assert [one["field"] for one in unknown.json()["errors"]] == ["body.person"]
        assert slug_of(await admin.delete("/api/v1/accounts/nobody/person")) == "no-such-account"
        assert (await admin.put("/api/v1/accounts/wang/person", json={"person": "guard"})).status_code == 204
        ((person, text),) = await hear(reachable, "sms")
        assert person == "guard"
        assert "已登记为您的账号" in text
        assert await hear(reachable, "voice") != [], "by each way, not by the first"

        assert await choose(desk, PASSWORD, OTHER) == []
        ((_, text),) = await hear(reachable, "sms")
        for said in ("账号 wang 密码已修改", "本人,来自 127.0.0.1", "请立即致电 陈管理", "its password was changed"):
            assert said in text
        assert OTHER not in text
        assert count_sms_parts(text) <= 5

        await switch_on(dashboard, desk)
        assert (await admin.delete("/api/v1/accounts/wang/second-factor")).status_code == 204
        on, off = [text for _, text in await hear(reachable, "sms")]
        assert "第二重验证已打开" in on
        assert "第二重验证已关闭" in off
        assert "by 陈管理, from 127.0.0.1" in off
        assert "致电 市值班台" in off, "whoever did it is not whom to call about it"

        assert (await admin.put("/api/v1/accounts/wang/person", json={"person": "duty"})).status_code == 204
        told = dict(await hear(reachable, "sms"))
        assert "不再登记" in told["guard"], "nobody is taken off the list unheard"
        assert "已登记" in told["duty"]


async def test_whoever_is_no_person_of_the_registry_reads_it_when_they_next_sign_in_until_they_know(
    dashboard: Dashboard, monkeypatch: pytest.MonkeyPatch
) -> None:
    database, identity = dashboard.story.database, Identity("https://sso.example", "wang-at-work")
    async with dashboard.browser("chen") as admin:
        assert (await admin.put("/api/v1/accounts/wang", json=WANG | {"display_name": "王"})).status_code == 204
        assert (await admin.put("/api/v1/accounts/wang", json=WANG | {"password": PASSWORD})).status_code == 204
    await tie(database, identity, "wang", "chen")
    await untie(database, identity.issuer, "wang", "chen")
    monkeypatch.setenv("CAMPUS_DATABASE_URL", database.url)
    words = ["account", "person", "wang", "guard"]
    assert "the account of guard" in (await asyncio.to_thread(CliRunner().invoke, app, words)).output

    assert await dashboard.story.value("select count(*) from delivery") == 0, "nobody of them can be reached"
    async with dashboard.browser("wang") as desk:
        assert (await desk.get("/api/v1/session")).json()["unseen_changes"] == 4
        rows = await list_changes(desk)
        assert [(row["change"], row["by_name"], row["address"]) for row in rows] == [
            ("person_tied", "operator at the terminal", ""),
            ("identity_untied", "陈管理", ""),
            ("identity_tied", "陈管理", ""),
            ("password", "陈管理", "127.0.0.1"),
        ], "a name alone is no way to sign in"
        assert (await desk.post(f"{CHANGES}/seen", json={"up_to": rows[1]["id"]})).status_code == 204
        assert [row["seen_at"] is None for row in await list_changes(desk)] == [True, False, False, False]
        assert (await desk.get("/api/v1/session")).json()["unseen_changes"] == 1
    async with dashboard.client(OPERATOR_TOKEN) as program:
        assert await list_changes(program) == []
        assert slug_of(await program.post(f"{CHANGES}/seen", json={"up_to": 1})) == "only-people"
