"""A number tried over HTTP: line by line how far it is, then who would flip; one at a time, and only by who may act."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import msgspec

from alerts.compliance.places import read_day
from tests.dashboard.board import OPERATOR_TOKEN, READER_TOKEN, Dashboard
from tests.dashboard.test_rights import slug_of

ADDRESS = "/api/v1/rule-parameters/trial"


def body(dashboard: Dashboard, **changes: Any) -> dict[str, Any]:
    on = read_day(dashboard.story.now) + timedelta(days=1)
    return {
        "rule": "A1", "name": "per_place", "level": "city", "value": 2, "source": "试算", "valid_from": on.isoformat(),
    } | changes  # fmt: skip


async def close_yesterday(dashboard: Dashboard) -> str:
    """A day is closed; both buttons of S1 hang there and were never tested."""
    now = dashboard.story.now
    on = read_day(now) - timedelta(days=1)
    await dashboard.story.rows("insert into closed_day values ($1, $2, 3, 1)", on, now)
    return on.isoformat()


async def test_the_answer_comes_line_by_line_and_its_last_line_tells_who_would_flip(dashboard: Dashboard) -> None:
    on = await close_yesterday(dashboard)
    async with dashboard.client(OPERATOR_TOKEN) as desk:
        answer = await desk.post(ADDRESS, json=body(dashboard))
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/x-ndjson"), answer.text
    *progress, last = [msgspec.json.decode(line) for line in answer.text.splitlines()]
    assert [line["progress"] for line in progress] == [{"done": 3, "total": 3}]
    result = last["result"]
    (day,) = result["days"]
    assert (day["on"], day["before"]["declared"], day["after"]["declared"], day["flips"]) == (on, 1, 0, 1)
    (flip,) = result["flips"]
    assert (flip["school"], flip["days"], flip["before"], flip["after"]) == ("S1", 1, "declared", "not_met")
    assert [one["code"] for one in flip["reasons_after"]] == ["no_button_at_gatehouse", "no_button_in_control_room"]
    assert "门卫" in flip["reasons_after"][0]["zh"]


async def test_who_may_only_look_tries_nothing_and_a_number_that_makes_no_sense_is_refused(
    dashboard: Dashboard,
) -> None:
    async with dashboard.client(READER_TOKEN) as reader, dashboard.client(OPERATOR_TOKEN) as desk:
        assert slug_of(await reader.post(ADDRESS, json=body(dashboard))) == "not-allowed"
        wrong = await desk.post(ADDRESS, json=body(dashboard, value=-1))
        assert (slug_of(wrong), wrong.json()["errors"][0]["field"]) == ("invalid-request", "body.value")


async def test_one_is_tried_at_a_time_and_who_hangs_up_makes_room(dashboard: Dashboard) -> None:
    await close_yesterday(dashboard)
    trying = dashboard.service.trying
    async with dashboard.client(OPERATOR_TOKEN) as desk:
        # A slow one: the schools' table is held, so that it waits at its first step.
        async with dashboard.story.database.transaction() as connection:
            await connection.execute("lock table school_term in access exclusive mode")
            hanging = asyncio.create_task(desk.post(ADDRESS, json=body(dashboard)))
            while not trying.locked():
                await asyncio.sleep(0)
            assert slug_of(await desk.post(ADDRESS, json=body(dashboard))) == "trial-under-way"
            hanging.cancel()
            await asyncio.gather(hanging, return_exceptions=True)
            async with asyncio.timeout(10):
                while trying.locked():
                    await asyncio.sleep(0)
        assert (await desk.post(ADDRESS, json=body(dashboard))).status_code == 200
