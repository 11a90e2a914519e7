"""The trail over HTTP can be checked by whoever reads it."""

from __future__ import annotations

import hashlib
from datetime import timedelta
from itertools import pairwise
from typing import Any
from unittest import mock
from urllib.parse import quote

from alerts.storage.board_reads import find_log_position
from tests.dashboard.board import Dashboard
from tests.dashboard.test_registry import read


async def read_all(dashboard: Dashboard, query: str = "") -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    cursor = ""
    while True:
        page = await read(dashboard, f"/audit?limit=4{query}{cursor}")
        rows += page["items"]
        if page["next"] is None:
            return rows
        cursor = f"&cursor={page['next']}"


async def test_the_whole_trail_is_read_page_by_page_and_ends_at_the_head(dashboard: Dashboard) -> None:
    for number in range(5):
        await dashboard.story.press(id=f"p{number}")
    rows = await read_all(dashboard)
    assert [row["position"] for row in rows] == list(range(1, len(rows) + 1))
    assert rows[0]["previous_hash"] == "00" * 32
    assert all(later["previous_hash"] == row["hash"] for row, later in pairwise(rows))
    head = await read(dashboard, "/audit/head")
    assert (head["position"], head["hash"], head["at"]) == (rows[-1]["position"], rows[-1]["hash"], rows[-1]["at"])


async def test_the_body_of_a_row_is_the_text_that_was_hashed(dashboard: Dashboard) -> None:
    await dashboard.story.press(id="p1")
    async with dashboard.client("a-readers-program") as client:
        text = (await client.get("/api/v1/audit")).text
    body = await dashboard.story.value("select body::text from log order by position desc limit 1")
    assert f'"body":{body},' in text


async def test_rows_are_found_by_subject_and_kind(dashboard: Dashboard) -> None:
    incident = (await dashboard.story.press(id="p1")).incident
    await dashboard.story.press("S3-G1", id="p2")
    of_subject = await read_all(dashboard, f"&subject=incident:{incident}")
    assert {row["subject"] for row in of_subject} == {f"incident:{incident}"}
    assert [row["kind"] for row in await read_all(dashboard, "&kind=press.received")] == ["press.received"] * 2
    assert await read_all(dashboard, f"&kind=press.received&subject=incident:{incident + 1000}") == []


async def test_a_rare_kind_is_looked_for_in_stretches_that_each_end_soon(dashboard: Dashboard) -> None:
    for number in range(5):
        await dashboard.story.press(id=f"p{number}")
    with mock.patch("dashboard.api.audit.SEARCHED_ROWS", 2):
        assert len(await read_all(dashboard, "&kind=incident.opened")) == 1
        assert (await read(dashboard, "/audit?kind=nothing"))["next"] is not None


async def test_the_trail_since_a_time_begins_there(dashboard: Dashboard) -> None:
    story = dashboard.story
    for number in range(20):
        story.database.shift += timedelta(minutes=5)
        await story.press(id=f"p{number}")
    rows = await read_all(dashboard)
    for start in (rows[0], rows[len(rows) // 2], rows[-1]):
        found = await read_all(dashboard, f"&since={quote(start['at'])}")
        assert found == [row for row in rows if row["at"] >= start["at"]]
    assert await read_all(dashboard, f"&since={quote('2199-01-01T00:00:00Z')}") == []


async def test_a_time_is_found_in_the_log_by_halving(dashboard: Dashboard) -> None:
    story = dashboard.story
    for number in range(10):
        story.database.shift += timedelta(minutes=5)
        await story.press(id=f"p{number}")
    rows = await story.rows("select position, at from log order by position")
    async with story.database.connection() as connection:
        for row in rows:
            first = next(one["position"] for one in rows if one["at"] >= row["at"])
            assert await find_log_position(connection, row["at"], len(rows)) == first
        assert await find_log_position(connection, story.now + timedelta(days=1), len(rows)) == len(rows) + 1


async def test_the_hash_of_a_row_can_be_computed_from_what_is_answered(dashboard: Dashboard) -> None:
    await dashboard.story.press(id="p1")
    row = (await read_all(dashboard))[-1]
    body = await dashboard.story.value("select body::text from log order by position desc limit 1")
    at = row["at"] if "." in row["at"] else row["at"].replace("Z", ".000000Z")
    said = f"{row['position']}\n{at}\n{row['actor']}\n{row['subject']}\n{row['kind']}\n{body}"
    assert hashlib.sha256(bytes.fromhex(row["previous_hash"]) + said.encode()).hexdigest() == row["hash"]
