"""The live feed through the death of its dashboard: a board comes back and has missed nothing."""

from __future__ import annotations

import asyncio

import pytest

from tests.stories.chain import Chain
from tests.stories.city import BUTTONS
from tests.stories.following import expect_nothing_missing_and_nothing_twice, run_following_board
from tests.stories.storm import run_devices

DEATHS = 2


@pytest.mark.parametrize("standing_chain", ["nats"], indirect=True)
async def test_a_board_that_lost_its_dashboard_resumes_with_nothing_missing_and_nothing_twice(chain: Chain) -> None:
    dashboard = chain.parts["dashboard"]
    async with run_devices(chain, BUTTONS[-10:]) as devices, run_following_board(chain) as board:
        for death in range(1, DEATHS + 1):
            pressed = [await device.press(kind="fire") for device in devices for _ in range(5)]
            dashboard.kill()
            pressed += [await device.press(kind="medical") for device in devices for _ in range(5)]
            for press in pressed:
                await press.receipt("received")
            await asyncio.to_thread(chain.start)
            await expect_nothing_missing_and_nothing_twice(chain, board)
            assert board.connections == death + 1
        stored = await chain.rows("select id, presses from incident where state <> 'closed'")
        assert {id_: item["presses"] for id_, item in board.incidents.items()} == {
            row["id"]: row["presses"] for row in stored
        }
