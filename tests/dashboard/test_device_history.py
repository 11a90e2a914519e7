"""A device's own page, as the service tells it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import msgspec

from alerts.domain.device_history import BATTERY_AT_MOST_EVERY, BATTERY_KEPT, BATTERY_STEP_PERCENT
from alerts.storage.device_history import forget_battery, keep_battery
from tests.alerts.story import WANG
from tests.dashboard.board import READER_TOKEN, Dashboard


async def read_history(dashboard: Dashboard, device: str = "S1-G1", query: str = "") -> Any:
    dashboard.service.database.shift = dashboard.story.database.shift
    async with dashboard.client(READER_TOKEN) as client:
        answer = await client.get(f"/api/v1/devices/{device}/history{query}")
        assert answer.status_code == 200, answer.text
        return answer.json()


async def look_at_batteries(dashboard: Dashboard) -> None:
    """What the housekeeping does every ten minutes."""
    database = dashboard.story.database
    async with database.transaction() as connection:
        now = await database.read_now(connection)
        await keep_battery(connection, now, BATTERY_STEP_PERCENT, BATTERY_AT_MOST_EVERY)
        await forget_battery(connection, now - BATTERY_KEPT)


async def test_a_device_tells_how_it_was_what_it_did_what_was_wrong_and_what_it_was_told(dashboard: Dashboard) -> None:
    story = dashboard.story
    assert (await read_history(dashboard, "S1-C1"))["stretches"] == []

    async def happen(minutes: float, **state: Any) -> None:
        story.database.shift += timedelta(minutes=minutes)
        if state:
            await story.state("S1-G1", online=True, **state)
        await story.supervise()

    await happen(0, battery=80)
    await happen(1, tamper=True)
    await story.beat("S1-G1")
    await happen(0.5)
    await story.beat("S1-G1")
    await happen(10)
    await happen(1, tamper=False)
    receipt = await story.press("S1-G1", id="p1", mode="test")
    assert receipt.incident is not None
    await story.answers.acknowledge(receipt.incident, WANG)
    await story.intake.take_reports(
        [story.arrival(b"{", channel="state"), story.arrival({"open": "?"}, channel="gate")]
    )
    await story.intake.take_reports([story.arrival({"id": "g", "open": True}, channel="gate", school="S2")])
    history = await read_history(dashboard)

    assert [(one["link"], one["troubles"]) for one in history["stretches"]] == [
        ("online", []),
        ("online", ["tamper"]),
        ("silent", ["tamper"]),
        ("online", []),
    ]
    assert history["stretches"][-1]["until"] == history["until"]
    assert history["place"]["school_name"] == "第一小学"
    (press,) = history["presses"]
    assert (press["incident"], press["mode"], press["mode_said"]) == (receipt.incident, "live", "test")
    assert press["problems"] == ["no_window"]
    assert press["acknowledged_at"] is not None
    assert press["responding_at"] is None
    assert sorted((one["channel"], *one["problems"], one["quarantined"]) for one in history["faults"]) == [
        ("gate", "bad_open", True),
        ("gate", "wrong_school", False),
        ("state", "not_json", True),
    ]
    assert history["tests"]["last"] is None  # outside a window a test is none
    assert history["cut"] == []
    assert (await read_history(dashboard, "S2-G1"))["faults"] == []

    story.database.shift += timedelta(days=2)
    later = await read_history(dashboard, query="?days=1")
    assert (later["presses"], later["faults"]) == ([], [])
    assert [one["link"] for one in later["stretches"]] == ["online"]


async def test_a_battery_is_kept_where_it_moved_and_not_with_every_beat(dashboard: Dashboard) -> None:
    story = dashboard.story
    for percent in (90, 89, 90, 60, 59, 58, 58):  # one wavers; then within the hour it falls
        story.database.shift += timedelta(minutes=10)
        await story.state("S1-G1", online=True, battery=percent)
        await look_at_batteries(dashboard)
    assert [one["percent"] for one in (await read_history(dashboard))["battery"]] == [90, 58]

    story.database.shift += timedelta(days=40)
    assert [one["percent"] for one in (await read_history(dashboard))["battery"]] == [58]
    story.database.shift += BATTERY_KEPT
    await look_at_batteries(dashboard)
    assert (await read_history(dashboard))["battery"] == []


BUSY = """
insert into device_transition (device, at, link, troubles)
    select 'S1-G1', now() - n * interval '1 minute', (array['online', 'silent'])[n % 2 + 1]::device_link, '{}'
    from generate_series(1, 3000) n;
insert into quarantine (topic, device, channel, reason, payload, payload_bytes, received_at, recorded_at)
    select 't', case when n % 3 = 0 then 'S1-G1' else 'S2-G1' end, 'state', 'not_json', '', 0, now(), now()
    from generate_series(1, 3000) n;
"""


async def test_a_device_that_did_very_much_is_told_in_part_and_says_so(dashboard: Dashboard) -> None:
    await dashboard.story.database_execute(BUSY)
    history = await read_history(dashboard)
    assert set(history["cut"]) == {"stretches", "faults"}
    assert len(history["faults"]) == 100
    assert 490 <= len(history["stretches"]) <= 501
    assert history["stretches"][-1]["until"] == history["until"]
    assert len(msgspec.json.encode(history)) < 200_000
