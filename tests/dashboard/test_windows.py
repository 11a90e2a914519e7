"""Announced windows over HTTP."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import httpx

from alerts.accounts import save_token
from alerts.domain.rights import Right
from alerts.storage.accounts import Account
from tests.dashboard.board import OPERATOR_TOKEN, Dashboard
from tests.dashboard.test_registry import read
from tests.dashboard.test_rights import slug_of


def window(start: datetime, hours: float, **said: Any) -> dict[str, Any]:
    times = {"starts_at": start.isoformat(), "ends_at": (start + timedelta(hours=hours)).isoformat()}
    return {"mode": "test"} | times | said


async def test_inside_an_announced_window_a_test_is_a_test_until_the_window_is_ended(dashboard: Dashboard) -> None:
    story = dashboard.story
    async with dashboard.browser("wang") as browser:
        said = window(story.now - timedelta(minutes=1), 2, school="S1", note="月度测试")
        announced = await browser.post("/api/v1/windows", json=said)
        assert announced.status_code == 201, announced.text
        assert announced.json()["announced_by"] == "wang"
        tested = await story.press("S1-G1", id="t1", mode="test")
        assert (await story.incident(tested.incident)).mode == "test"
        assert [one["id"] for one in (await read(dashboard, "/windows"))["items"]] == [announced.json()["id"]]
        assert (await browser.delete(f"/api/v1/windows/{announced.json()['id']}")).status_code == 204
        again = await browser.delete(f"/api/v1/windows/{announced.json()['id']}")
        assert slug_of(again) == "no-such-window"
        live = await story.press("S1-G1", id="t2", mode="test")
        assert (await story.incident(live.incident)).mode == "live"
    assert (await read(dashboard, "/windows"))["items"] == []


async def test_windows_that_are_over_are_listed_newest_first_in_pages(dashboard: Dashboard) -> None:
    now = dashboard.story.now
    async with dashboard.client(OPERATOR_TOKEN) as desk:
        ids = []
        for hours in (1, 2, 3):
            announced = await desk.post("/api/v1/windows", json=window(now, hours, note=f"{hours}"))
            ids.append(announced.json()["id"])
    assert (await read(dashboard, "/windows?over=true"))["items"] == []
    dashboard.service.database.shift = timedelta(hours=2.5)
    first = await read(dashboard, "/windows?over=true&limit=1")
    assert [one["id"] for one in first["items"]] == [ids[1]]
    second = await read(dashboard, f"/windows?over=true&limit=1&cursor={first['next']}")
    assert ([one["id"] for one in second["items"]], second["next"]) == ([ids[0]], None)
    assert [one["id"] for one in (await read(dashboard, "/windows"))["items"]] == [ids[2]]


async def test_a_window_that_is_ended_before_it_begins_is_over_at_once(dashboard: Dashboard) -> None:
    async with dashboard.client(OPERATOR_TOKEN) as desk:
        ahead = window(dashboard.story.now + timedelta(hours=5), 1)
        announced = (await desk.post("/api/v1/windows", json=ahead)).json()["id"]
        assert await ids(desk, "/windows") == {announced}
        assert (await desk.delete(f"/api/v1/windows/{announced}")).status_code == 204
        assert await ids(desk, "/windows") == set()
        assert await ids(desk, "/windows?over=true") == {announced}


async def test_a_school_sees_every_window_that_concerns_it_and_ends_its_own(dashboard: Dashboard) -> None:
    now, database = dashboard.story.now, dashboard.story.database
    for name, place in (("school", {"school": "S1"}), ("other", {"district": "370203"})):
        await save_token(database, Account.of_program(name, Right, **place), f"of-a-{name}", "test")
    async with dashboard.client(OPERATOR_TOKEN) as desk:
        whole, district, neighbour, foreign = [
            (await desk.post("/api/v1/windows", json=window(now, 1, **place))).json()["id"]
            for place in ({}, {"district": "370202"}, {"school": "S2"}, {"school": "S3"})
        ]
    async with dashboard.client("of-a-school") as school, dashboard.client("of-a-other") as other:
        own = (await school.post("/api/v1/windows", json=window(now, 1, school="S1"))).json()["id"]
        elsewhere = await school.post("/api/v1/windows", json=window(now, 1, school="S2"))
        assert slug_of(elsewhere) == "not-your-place"
        assert slug_of(await school.post("/api/v1/windows", json=window(now, 1))) == "not-your-place"
        assert await ids(school, "/windows") == {whole, district, own}
        assert await ids(other, "/windows") == {whole, foreign}
        assert slug_of(await school.delete(f"/api/v1/windows/{whole}")) == "not-your-place"
        assert (await school.delete(f"/api/v1/windows/{own}")).status_code == 204
        dashboard.service.database.shift = timedelta(hours=2)
        assert await ids(school, "/windows") == set()
        assert await ids(school, "/windows?over=true") == {own}, "of which it may have the report"
        assert await ids(other, "/windows?over=true") == {foreign}
    async with dashboard.client(OPERATOR_TOKEN) as desk:
        assert await ids(desk, "/windows?over=true&district=370202") == {district, neighbour, own}


async def ids(client: httpx.AsyncClient, path: str) -> set[int]:
    """Which windows a list names."""
    answer = await client.get(f"/api/v1{path}")
    assert answer.status_code == 200, answer.text
    return {one["id"] for one in answer.json()["items"]}


async def test_a_window_that_cannot_be_says_what_to_mend(dashboard: Dashboard) -> None:
    now = dashboard.story.now
    async with dashboard.client(OPERATOR_TOKEN) as desk:
        for said in (
            window(now, 25),
            window(now, -1),
            window(now, 1, mode="live"),
            window(now, 1, school="S99"),
            window(now, 1, district="999"),
            window(now, 1, school="S1", district="370202"),
            window(now - timedelta(hours=2), 1),
            window(now, 1, note="x" * 501),
            window(now, 1, police={"how": "pigeon", "reference": "1"}),
            window(now, 1, police={"how": "phone", "reference": ""}),
            {"mode": "test"},
        ):
            answer = await desk.post("/api/v1/windows", json=said)
            assert (answer.status_code, slug_of(answer)) == (422, "invalid-request"), said
            assert answer.json()["errors"][0]["message"]


async def test_a_window_that_110_was_told_of_says_by_whom_and_under_which_number(dashboard: Dashboard) -> None:
    ahead = dashboard.story.now + timedelta(hours=1)
    async with dashboard.browser("wang") as browser:
        told = await browser.post(
            "/api/v1/windows", json=window(ahead, 1, police={"how": "phone", "reference": "110-2026-0815"})
        )
        silent = (await browser.post("/api/v1/windows", json=window(ahead, 1, mode="drill"))).json()
        assert (silent["announced_to_police"], silent["police_notified_at"]) == (False, None)
        path = f"/api/v1/windows/{silent['id']}/police-notice"
        notice = await browser.post(path, json={"how": "link", "reference": "CAP-7"})
        assert notice.status_code == 200, notice.text
        assert notice.json()["announced_to_police"]
        again = await browser.post(path, json={"how": "phone", "reference": "other"})
        assert slug_of(again) == "already-notified"
        unknown = await browser.post("/api/v1/windows/999/police-notice", json={"how": "phone", "reference": "1"})
        assert slug_of(unknown) == "no-such-window"
    shown = {one["id"]: one for one in (await read(dashboard, "/windows"))["items"]}
    assert shown[told.json()["id"]] == told.json()
    assert shown[silent["id"]] == notice.json()
    by = [(one["police_notified_by"], one["police_notified_how"], one["police_reference"]) for one in shown.values()]
    assert sorted(by) == [("wang", "link", "CAP-7"), ("wang", "phone", "110-2026-0815")]


async def test_a_notice_after_the_beginning_is_kept_but_was_not_given_first(dashboard: Dashboard) -> None:
    begun = dashboard.story.now - timedelta(minutes=1)
    async with dashboard.browser("wang") as browser:
        said = window(begun, 1, police={"how": "phone", "reference": "110-1"})
        announced = (await browser.post("/api/v1/windows", json=said)).json()
    assert announced["police_notified_at"] is not None
    assert not announced["announced_to_police"]
