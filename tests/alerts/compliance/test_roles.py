"""A gate is no button: nobody waits for its test, and the board does not count it among what can raise the alarm."""

from __future__ import annotations

import pytest

from alerts.storage.board import list_school_items
from alerts.storage.board_reads import list_schools
from tests.alerts.compliance.living import EQUIPMENT
from tests.alerts.readiness.test_test_month import Practice
from tests.alerts.story import Story


@pytest.fixture
async def story(story: Story) -> Story:
    await story.database_execute(EQUIPMENT)
    return story


async def test_a_press_in_a_test_proves_a_button_and_no_gate(story: Story) -> None:
    practice = Practice(story)
    await story.database_execute(
        "insert into press_window (mode, school, starts_at, ends_at, announced_by, announced_at) "
        "values ('test', 'S1', now() - interval '1 hour', now() + interval '1 hour', 'test', now())"
    )
    await practice.press("S1-G1", "one")
    await practice.press("S1-GATE", "two")
    await practice.turn()
    assert await story.value("select array_agg(device) from button_proof") == ["S1-G1"]
    assert set(await practice.proofs()) == {"S1-G1", "S1-C1", "S2-G1", "S3-G1"}


async def test_a_dead_gate_sensor_takes_nothing_from_what_can_raise_the_alarm(story: Story) -> None:
    await story.beat("S1-G1", "S1-C1", "S1-GATE")
    await story.supervise()
    await story.state("S1-GATE", online=False)
    await story.supervise()
    async with story.database.connection() as connection:
        (item,) = await list_school_items(connection, ["S1"])
        page = await list_schools(connection, code="S1", limit=1)
    assert (item.online, item.offline, item.never) == (2, 0, 0)
    assert (page[0].online, page[0].offline) == (2, 0)


async def test_the_monitoring_station_hears_of_alarm_devices_alone(story: Story) -> None:
    await story.database_execute("update police_link set enabled = true where code = 'dc09'")
    for device in ("S1-G1", "S1-GATE"):
        await story.state(device, online=True, tamper=False)
    await story.supervise()
    for device in ("S1-G1", "S1-GATE"):
        await story.state(device, online=True, tamper=True)
    await story.supervise()
    assert await story.value("select array_agg(device) from dc09_trouble") == ["S1-G1"]
