"""A board that never gives up: it comes back with its cursor after every loss, and remembers all that it was told."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from websockets.exceptions import WebSocketException

from alerts.feed import changes_of
from tests.dashboard.board import Board
from tests.stories.chain import Chain, eventually, log_rows

_REST_SECONDS = 0.2

Place = tuple[int, int]
"""A row of the log, and how many of its changes are known."""


class FollowingBoard:
    """What one board was told, over all its connections."""

    def __init__(self, chain: Chain) -> None:
        self._chain = chain
        self.cursor: str | None = None
        self.snapshots: list[Place] = []
        self.changes: list[list[Place]] = []
        self.resyncs = 0
        self.connections = 0
        self.incidents: dict[int, dict[str, Any]] = {}
        self.service: dict[str, bool] = {}

    async def follow(self) -> None:
        """Listens, for ever."""
        while True:
            try:
                async with self._chain.board(self.cursor) as board:
                    self.connections += 1
                    board.incidents = self.incidents
                    await self._listen(board)
            except (OSError, WebSocketException, TimeoutError):
                await asyncio.sleep(_REST_SECONDS)  # a real board rests as well before it comes back

    async def reach(self, position: int) -> None:
        """Waits until it knows the log up to a position; a tick says so at the latest."""

        async def is_there() -> bool:
            return self.cursor is not None and read_place(self.cursor) >= (position + 1, 0)

        await eventually(is_there, f"the board knows the log up to {position}")

    async def is_told(self, *, presses: bool, engine: bool) -> None:
        """Waits until a tick says of the service what is to be expected."""

        async def is_so() -> bool:
            return self.service == {"presses": presses, "engine": engine}

        await eventually(is_so, f"the board is told that presses come in: {presses}, and that they climb: {engine}")

    async def _listen(self, board: Board) -> None:
        while True:
            message = await board.hear()
            self.cursor = message.get("cursor", self.cursor)
            self.incidents = board.incidents
            if message["type"] == "snapshot":
                self.snapshots.append(read_place(message["cursor"]))
                self.changes.append([])
            elif message["type"] == "resync":
                self.resyncs += 1
            elif message["type"] == "tick":
                self.service = message["service"]
            elif message["type"] == "change":
                self.changes[-1].append(read_place(message["cursor"]))


def read_place(cursor: str) -> Place:
    """Where a cursor is. Opaque to a real board; this one checks that nothing is missing between two of them."""
    _, position, index = cursor.split("-")
    return int(position), int(index)


@asynccontextmanager
async def run_following_board(chain: Chain) -> AsyncIterator[FollowingBoard]:
    """A board that has its first snapshot."""
    board = FollowingBoard(chain)
    following = asyncio.create_task(board.follow(), name="following board")

    async def has_begun() -> bool:
        return bool(board.snapshots)

    try:
        await eventually(has_begun, "the board has its snapshot")
        yield board
    finally:
        following.cancel()
        await asyncio.gather(following, return_exceptions=True)


async def expect_nothing_missing_and_nothing_twice(chain: Chain, board: FollowingBoard) -> None:
    """After each snapshot the board was told every change of the log, once, in order.

    It has one snapshot, and one more each time that it was told to start anew because it read too slowly.
    """
    rows = await log_rows(chain, board.snapshots[0][0] - 1)
    await board.reach(rows[-1].position if rows else 0)
    assert len(board.snapshots) == 1 + board.resyncs, "it resumed by its cursor each time"
    places = [(row.position, index + 1) for row in rows for index, _ in enumerate(changes_of(row))]
    for generation, (began_at, told) in enumerate(zip(board.snapshots, board.changes, strict=True)):
        expected = [place for place in places if place > began_at]
        if generation < board.resyncs:
            expected = expected[: len(told)]  # the next snapshot told the rest
        assert told[: len(expected)] == expected
