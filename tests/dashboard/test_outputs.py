"""Sirens, strobes and locks over HTTP: switched on and off, in sight until confirmed, and not closed over silently."""

from __future__ import annotations

from typing import Any

import pytest
from httpx import AsyncClient, Response

from tests.dashboard.board import OPERATOR_TOKEN, READER_TOKEN, Dashboard
from tests.dashboard.test_incidents import do
from tests.dashboard.test_registry import read
from tests.dashboard.test_rights import slug_of


@pytest.fixture
async def incident(dashboard: Dashboard) -> int:
    await dashboard.story.database_execute(
        "insert into device_output (device, output) values ('S1-G1', 'siren'), ('S1-C1', 'voice')"
    )
    return (await dashboard.story.press(id="p1")).incident


async def drive(client: AsyncClient, incident: int, **body: Any) -> Response:
    return await client.post(f"/api/v1/incidents/{incident}/outputs", json=body)


async def test_a_siren_is_switched_on_and_every_board_sees_it_unconfirmed_until_its_device_confirms(
    dashboard: Dashboard, incident: int
) -> None:
    async with dashboard.client(OPERATOR_TOKEN) as desk, dashboard.board() as board:
        await board.hear_a("snapshot")
        answer = await drive(desk, incident, output="siren", on=True, seconds=60)
        assert answer.status_code == 200, answer.text
        assert answer.json()["incident"]["outputs_unconfirmed"] == 1
        await board.hear_until(lambda one: one.incidents[incident]["outputs_unconfirmed"] == 1)
        said = {(one["device"], one["output"]): one for one in answer.json()["outputs"]}
        siren = said["S1-G1", "siren"]
        assert (siren["state"], siren["point"], siren["requested_by"]) == ("wanted", "门卫室", "desk")
        assert siren["unconfirmed_since"] == siren["requested_at"]
        assert said["S1-C1", "voice"]["state"] is None
        story = dashboard.story
        said_on = story.arrival({"command": f"c-{siren['command']}", "on": True}, "S1-G1", "output")
        await story.intake.take_reports([said_on])
        await board.hear_until(lambda one: one.incidents[incident]["outputs_unconfirmed"] == 0)
    detail = await read(dashboard, f"/incidents/{incident}")
    assert [one["state"] for one in detail["outputs"] if one["output"] == "siren"] == ["on"]
    confirmed = next(entry for entry in detail["timeline"] if entry["kind"] == "output.confirmed")
    assert confirmed["detail"]["device"] == "S1-G1"


async def test_closing_over_an_unconfirmed_siren_needs_a_word_why(dashboard: Dashboard, incident: int) -> None:
    async with dashboard.client(OPERATOR_TOKEN) as desk:
        await do(desk, incident, "acknowledge")
        await drive(desk, incident, output="siren", on=True)
        path = f"/api/v1/incidents/{incident}/close"
        refused = await desk.post(path, json={"cause": "real"})
        assert (refused.status_code, slug_of(refused)) == (409, "outputs-unconfirmed")
        closed = await desk.post(path, json={"cause": "real", "text": "现场已核实,警报器没有响"})
        assert closed.status_code == 200


async def test_what_must_not_sound_is_refused_by_name(dashboard: Dashboard, incident: int) -> None:
    async with dashboard.client(OPERATOR_TOKEN) as desk, dashboard.client(READER_TOKEN) as reader:
        assert slug_of(await drive(desk, incident, output="strobe", on=True)) == "no-such-output"
        assert slug_of(await drive(desk, 999, output="siren", on=True)) == "no-such-incident"
        assert slug_of(await drive(desk, incident, output="cannon", on=True)) == "invalid-request"
        assert slug_of(await drive(desk, incident, output="siren", on=True, seconds=0)) == "invalid-request"
        assert (await drive(reader, incident, output="siren", on=True)).status_code == 403
        await dashboard.story.database_execute("update incident set mode = 'test'")
        assert slug_of(await drive(desk, incident, output="siren", on=True)) == "practice-outputs"
        assert (await drive(desk, incident, output="siren", on=True, practice=True)).status_code == 200
        await dashboard.story.database_execute("update incident set mode = 'live'")
        await do(desk, incident, "acknowledge")
        await do(desk, incident, "close", cause="test", text="测试")
        assert slug_of(await drive(desk, incident, output="siren", on=True)) == "already-closed"
        assert (await drive(desk, incident, output="siren", on=False)).status_code == 200


async def test_a_nervous_finger_with_one_key_switches_once(dashboard: Dashboard, incident: int) -> None:
    async with dashboard.client(OPERATOR_TOKEN, headers={"Idempotency-Key": "k"}) as desk:
        for _ in range(3):
            assert (await drive(desk, incident, output="siren", on=True)).status_code == 200
    assert await dashboard.story.value("select count(*) from output_command") == 1
