"""Pressing over HTTP, and seeing all that came in."""

from __future__ import annotations

from typing import Any

from httpx import AsyncClient

from tests.dashboard.board import OPERATOR_TOKEN, Dashboard
from tests.dashboard.test_registry import read


async def press(client: AsyncClient, content: bytes | None = None, **said: Any) -> dict[str, Any]:
    answer = await (
        client.post("/api/v1/presses", json=said)
        if content is None
        else client.post("/api/v1/presses", content=content)
    )
    assert answer.status_code == 201, answer.text
    stored: dict[str, Any] = answer.json()
    return stored


async def test_a_press_over_http_is_on_disk_when_it_is_answered(dashboard: Dashboard) -> None:
    async with dashboard.client(OPERATOR_TOKEN) as desk:
        stored = await press(desk, device="S1-G1", id="h1", kind="fire")
    assert (stored["press"], stored["stage"]) == ("h1", "received")
    row = (await read(dashboard, f"/presses?incident={stored['incident']}"))["items"][0]
    expected = {"name": "h1", "school": "S1", "point": "门卫室", "source": "http", "problems": [], "kind": "fire"}
    assert expected.items() <= row.items()


async def test_a_press_for_a_school_needs_no_device(dashboard: Dashboard) -> None:
    async with dashboard.client(OPERATOR_TOKEN) as desk:
        stored = await press(desk, school="S2")
    incident = (await read(dashboard, f"/incidents/{stored['incident']}"))["incident"]
    assert (incident["school"], incident["district"], incident["state"]) == ("S2", "370202", "open")
    assert stored["press"]


async def test_the_same_press_by_http_twice_is_stored_once(dashboard: Dashboard) -> None:
    async with dashboard.client(OPERATOR_TOKEN) as desk:
        first, second = await press(desk, device="S1-G1", id="h1"), await press(desk, device="S1-G1", id="h1")
    assert first["incident"] == second["incident"]
    assert await dashboard.story.value("select count(*) from press") == 1


async def test_the_same_idempotency_key_presses_once_even_without_an_id(dashboard: Dashboard) -> None:
    async with dashboard.client(OPERATOR_TOKEN, headers={"Idempotency-Key": "k1"}) as desk:
        first, second = await press(desk, school="S1"), await press(desk, school="S1")
    assert first == second
    assert await dashboard.story.value("select count(*) from press") == 1


async def test_no_press_is_refused_whatever_is_wrong_with_it(dashboard: Dashboard) -> None:
    async with dashboard.client(OPERATOR_TOKEN) as desk:
        for content in (
            b"",
            b"{not json",
            b"[]",
            b'{"kind": 5, "school": 7, "device": [1]}',
            b'{"school": "S\\u0000"}',
        ):
            await press(desk, content)
        await press(desk, school="S99", id="x")
        await press(desk, device="D99", id="y")
    unplaced = (await read(dashboard, "/presses?unplaced=true"))["items"]
    assert len(unplaced) == 7
    assert [one["problems"] for one in reversed(unplaced)][1:4] == [["not_json"], ["not_object"], ["bad_kind"]]


async def test_a_test_press_outside_a_window_is_live(dashboard: Dashboard) -> None:
    async with dashboard.client(OPERATOR_TOKEN) as desk:
        stored = await press(desk, device="S1-G1", id="t1", mode="test")
    row = (await read(dashboard, f"/presses?incident={stored['incident']}"))["items"][0]
    assert (row["mode"], row["mode_said"], row["problems"]) == ("live", "test", ["no_window"])


async def test_presses_are_found_by_school_device_and_incident(dashboard: Dashboard) -> None:
    story = dashboard.story
    first = await story.press("S1-G1", id="a")
    await story.press("S1-C1", id="b")
    await story.press("S3-G1", id="c")

    async def found(query: str) -> list[str]:
        return [item["name"] for item in (await read(dashboard, f"/presses{query}"))["items"]]

    assert await found("") == ["c", "b", "a"]
    assert await found("?school=S1") == ["b", "a"]
    assert await found("?device=S1-C1") == ["b"]
    assert await found(f"?incident={first.incident}") == ["b", "a"]
    assert await found("?unplaced=true") == []
    page = await read(dashboard, "/presses?limit=2")
    assert await found(f"?limit=2&cursor={page['next']}") == ["a"]


async def test_what_could_not_be_read_is_shown_with_its_reason(dashboard: Dashboard) -> None:
    story = dashboard.story
    await story.intake.quarantine([story.arrival(b"\xff\x00{", "S1-G1", "gossip")], "unknown_channel")
    page = await read(dashboard, "/quarantine")
    shown = page["items"][0]
    assert (shown["channel"], shown["reason"], shown["payload_size"]) == ("gossip", "unknown_channel", 3)
    assert shown["payload_text"].startswith("\\xff")
