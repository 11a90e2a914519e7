"""Windows and policies over HTTP."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

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
            {"mode": "test"},
        ):
            answer = await desk.post("/api/v1/windows", json=said)
            assert (answer.status_code, slug_of(answer)) == (422, "invalid-request"), said
            assert answer.json()["errors"][0]["message"]


async def test_the_policies_in_force_are_shown_and_can_be_changed(dashboard: Dashboard) -> None:
    shown = {one["mode"]: one for one in (await read(dashboard, "/policies"))["items"]}
    assert set(shown) == {"live", "test", "drill"}
    assert shown["live"]["version"] == 0
    policy = shown["live"]["definition"] | {"acknowledgement_seconds": 120}
    async with dashboard.browser("wang") as browser:
        saved = await browser.put("/api/v1/policies/live", json=policy)
        assert saved.status_code == 200, saved.text
        assert (saved.json()["version"], saved.json()["saved_by"]) == (1, "wang")
    again = {one["mode"]: one for one in (await read(dashboard, "/policies"))["items"]}
    assert again["live"]["definition"] == policy


async def test_a_policy_that_would_leave_somebody_unreached_is_refused(dashboard: Dashboard) -> None:
    step = {"after_seconds": 0, "posts": ["school_duty"]}
    async with dashboard.client(OPERATOR_TOKEN) as desk:
        for said in (
            {"steps": [], "repeat_after_seconds": 60},
            {"steps": [step], "repeat_after_seconds": None},
            {"steps": [step | {"after_seconds": 5}], "repeat_after_seconds": 60},
            {"steps": [step | {"posts": []}], "repeat_after_seconds": 60},
            {"steps": [step | {"posts": ["mayor"]}], "repeat_after_seconds": 60},
            {"steps": [step]},
        ):
            answer = await desk.put("/api/v1/policies/live", json=said)
            assert (answer.status_code, slug_of(answer)) == (422, "invalid-request"), said
    assert all(one["version"] == 0 for one in (await read(dashboard, "/policies"))["items"])
