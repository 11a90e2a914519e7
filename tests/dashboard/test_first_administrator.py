"""The first administrator comes in by a link that is printed once, and by nothing else."""

from __future__ import annotations

import re
from datetime import timedelta

import httpx
import pytest

from dashboard.first_page import print_first_link
from tests.dashboard.board import PASSWORD, Dashboard

SAID = {"name": "zheng", "display_name": "郑管理", "password": PASSWORD, "again": PASSWORD}


async def print_link(dashboard: Dashboard, capsys: pytest.CaptureFixture[str]) -> str | None:
    """The path of the link that the program prints, if it prints one."""
    await print_first_link(dashboard.service)
    found = re.search(r"  http://localhost:\d+(/first/\S+)\n", capsys.readouterr().err)
    return None if found is None else found[1]


async def test_the_printed_link_makes_one_administrator_once(
    dashboard: Dashboard, capsys: pytest.CaptureFixture[str]
) -> None:
    assert await print_link(dashboard, capsys) is None, "somebody administers"
    await dashboard.story.database_execute("delete from account where role = 'administrator'")
    older = await print_link(dashboard, capsys)
    link = await print_link(dashboard, capsys)
    assert older
    assert link
    async with dashboard.client() as person:
        assert (await person.get(older)).status_code == 410, "the newest one counts"
        page = await person.get(link)
        assert (page.status_code, "第一个管理员" in page.text) == (200, True)
        assert page.headers["Referrer-Policy"] == "no-referrer"
        for wrong in (
            {"again": "another"},
            {"password": "short", "again": "short"},
            {"password": "zhengzheng郑管理", "again": "zhengzheng郑管理"},
            {"name": "a b"},
            {"name": ""},
            {"name": "desk"},
        ):
            assert (await post(person, link, SAID | wrong)).status_code == 422, wrong
        assert "&lt;b&gt;" in (await post(person, link, SAID | {"name": "<b> x"})).text
        weak = await post(person, link, SAID | {"password": "password123456", "again": "password123456"})
        assert "是常见密码" in weak.text
        assert "it is a known one" in weak.text
        blank = {"password": f" {PASSWORD}", "again": PASSWORD}
        assert (await post(person, link, SAID | blank)).status_code == 422, "a blank is a character of it"
        made = await post(person, link, SAID)
        assert (made.status_code, made.headers["Location"]) == (303, "/")
        assert (await post(person, link, SAID | {"name": "second"})).status_code == 410
        assert (await person.get(link)).status_code == 410
    async with dashboard.browser("zheng") as admin:
        assert (await admin.get("/api/v1/session")).json()["role"] == "administrator"
        rows = (await admin.get("/api/v1/audit?subject=account:zheng&kind=account.saved")).json()["items"]
        assert [row["body"]["first"] for row in rows] == [True]


async def test_a_link_that_is_a_day_old_opens_nothing(dashboard: Dashboard, capsys: pytest.CaptureFixture[str]) -> None:
    await dashboard.story.database_execute("delete from account where role = 'administrator'")
    link = await print_link(dashboard, capsys)
    assert link
    dashboard.service.database.shift += timedelta(hours=25)
    async with dashboard.client() as person:
        assert (await person.get(link)).status_code == 410
        assert (await post(person, link, SAID)).status_code == 410


async def post(person: httpx.AsyncClient, link: str, said: dict[str, str]) -> httpx.Response:
    """Sends the form as a browser does."""
    return await person.post(link, data=said)
