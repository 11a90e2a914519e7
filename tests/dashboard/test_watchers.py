"""Two people at the same incident see each other."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from httpx import AsyncClient

from alerts.storage.watchers import WATCHER_LASTS, forget_watchers
from tests.dashboard.board import READER_TOKEN, Dashboard

HERE = "/api/v1/incidents/{}/watchers/me"


async def look(client: AsyncClient, incident: int | None, doing: str = "looking") -> list[tuple[str, str]]:
    answer = await client.put(HERE.format(incident), json={"doing": doing})
    assert answer.status_code == 200, answer.text
    others: list[dict[str, Any]] = answer.json()["others"]
    return [(one["name"], one["doing"]) for one in others]


async def test_who_looks_at_an_incident_sees_who_else_does_and_is_gone_within_seconds(dashboard: Dashboard) -> None:
    story = dashboard.story
    first = (await story.press("S1-G1", id="a")).incident
    second = (await story.press("S3-G1", id="b")).incident
    async with dashboard.browser("wang") as wang, dashboard.browser("li") as li:
        head = await story.value("select position from log_head")
        assert await look(wang, first) == []
        assert await look(li, first, "writing") == [("王值班", "looking")]
        assert await look(wang, first) == [("李主任", "writing")]
        assert await look(wang, second) == []
        assert await look(wang, 999) == []  # there is no such incident: nobody is there

        assert (await li.delete(HERE.format(first))).status_code == 204
        assert await look(wang, first) == []

        await look(li, first)
        dashboard.service.database.shift += WATCHER_LASTS  # li's line broke without a word
        assert await look(wang, first) == []
        async with story.database.connection() as connection:
            await forget_watchers(
                connection, await dashboard.service.database.read_now(connection) - timedelta(seconds=5)
            )
        assert await story.value("select count(*) from watcher") == 1

        strange = await wang.put(HERE.format(first), json={"doing": "sleeping"})
        assert strange.status_code == 422
    async with dashboard.client(READER_TOKEN) as program:
        assert (await program.put(HERE.format(first), json={})).status_code == 403
    assert await story.value("select position from log_head") == head
