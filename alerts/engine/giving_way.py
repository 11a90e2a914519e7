"""Calls go first: whatever else computes, or writes much, rests while they are late."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta

from alerts.storage.database import Database
from alerts.storage.incidents import are_calls_late

LATE = timedelta(seconds=0.25)  # a step may come a second late in a storm; others rest before that
_REST_SECONDS = 0.25


async def let_calls_pass(database: Database, longest_seconds: float) -> None:
    """Rests until no step and no message of a live incident is late, but not longer than `longest_seconds`."""
    for _ in range(round(longest_seconds / _REST_SECONDS)):
        async with database.connection() as connection:
            now = await database.read_now(connection)
            if not await are_calls_late(connection, now - LATE):
                return
        await asyncio.sleep(_REST_SECONDS)


async def work_until_done(database: Database, work: Callable[[], Awaitable[object]], longest_seconds: float) -> None:
    """Works piece by piece until none is left, and lets calls pass before each."""
    await let_calls_pass(database, longest_seconds)
    while await work():
        await let_calls_pass(database, longest_seconds)
