"""The live feed over real sockets."""

from __future__ import annotations

from tests.dashboard.board import Dashboard


async def test_a_board_gets_a_snapshot_and_then_hears_of_a_press(dashboard: Dashboard) -> None:
    async with dashboard.board() as board:
        snapshot = await board.hear()
        assert snapshot["type"] == "snapshot"
        assert set(board.schools) == {"S1", "S2", "S3"}
        receipt = await dashboard.story.press(id="p1")
        await board.hear_until(lambda board: receipt.incident in board.incidents)
        assert board.incidents[receipt.incident]["state"] == "open"
