"""Ready only when a press would go the whole way."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from unittest import mock

from alerts.health import report_engine
from alerts.storage.errors import StorageUnavailable
from tests.dashboard.board import Dashboard


async def readiness(dashboard: Dashboard) -> tuple[int, dict[str, bool]]:
    async with dashboard.client() as client:
        answer = await client.get("/readyz")
    said: dict[str, Any] = answer.json()
    assert said["ready"] == (answer.status_code == 200)
    return answer.status_code, said["parts"]


async def test_it_is_ready_when_presses_are_taken_in_and_an_engine_runs(dashboard: Dashboard) -> None:
    assert await readiness(dashboard) == (
        503,
        {"database": True, "press_lane": False, "engine": False, "feed": True},
    )
    await dashboard.story.intake.report_listening("gateway-1", "presses", datetime.now(UTC))
    assert (await readiness(dashboard))[1]["press_lane"]
    await report_engine(dashboard.story.database, "engine-1", "escalation", datetime.now(UTC))
    assert await readiness(dashboard) == (200, {"database": True, "press_lane": True, "engine": True, "feed": True})


async def test_boards_are_told_each_second_what_works(dashboard: Dashboard) -> None:
    async with dashboard.board() as board:
        tick = await board.hear_a("tick")
        assert tick["service"] == {"presses": False, "engine": False}
        await dashboard.story.intake.report_listening("gateway-1", "presses", datetime.now(UTC))
        await report_engine(dashboard.story.database, "engine-1", "escalation", datetime.now(UTC))
        await board.hear_until(lambda board: board.service == {"presses": True, "engine": True})


async def test_without_the_database_it_is_alive_not_ready_and_the_boards_are_told(dashboard: Dashboard) -> None:
    await dashboard.story.intake.report_listening("gateway-1", "presses", datetime.now(UTC))
    async with dashboard.board() as board:
        await board.hear_until(lambda board: board.service["presses"])
        with mock.patch("dashboard.live.live.read_health", side_effect=StorageUnavailable("gone")):
            status, parts = await readiness(dashboard)
            assert (status, parts["database"], parts["press_lane"]) == (503, False, False)
            async with dashboard.client() as client:
                assert (await client.get("/livez")).status_code == 200
            await board.hear_until(lambda board: not board.service["presses"])


async def test_prometheus_is_told_about_boards_and_requests(dashboard: Dashboard) -> None:
    async with dashboard.board() as board, dashboard.client() as client:
        await board.hear_a("snapshot")
        await client.get("/api/v1/schools/S1")
        metrics = (await client.get("/metrics")).text
    assert "campus_boards_connected 1.0" in metrics
    assert 'route="/api/v1/schools/{code}",status="401"' in metrics
    assert "campus_feed_position" in metrics
