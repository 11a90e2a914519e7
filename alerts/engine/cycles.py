"""How a cycle turns: it works, rests as long as its work says, and holds on while the database is away."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping

import structlog

from alerts.engine.metrics import DATABASE_UP
from alerts.outage import Outage
from alerts.storage.errors import StorageUnavailable

_log = structlog.get_logger()
RETRY_SECONDS = 1.0

Work = Callable[[], Awaitable[float]]
"""What a cycle does once; it returns how many seconds there is nothing to do."""


async def turn(cycle: str, work: Work) -> None:
    """Turns until it is cancelled, or until its work fails for another reason than a database that is away."""
    outage = Outage()
    while True:
        try:
            seconds = await work()
            DATABASE_UP.labels(cycle).set(1)
            if (away_seconds := outage.end()) is not None:
                _log.info("engine.database.back", cycle=cycle, away_seconds=away_seconds)
        except StorageUnavailable as error:
            DATABASE_UP.labels(cycle).set(0)
            if outage.begin():
                _log.warning("engine.database.lost", cycle=cycle, error=str(error))
            seconds = RETRY_SECONDS
        await asyncio.sleep(seconds)


def start_cycles(tasks: asyncio.TaskGroup, cycles: Mapping[str, Work]) -> None:
    """One named task a cycle; when one of them dies the group does."""
    for name, work in cycles.items():
        tasks.create_task(turn(name, work), name=f"engine.{name}")
