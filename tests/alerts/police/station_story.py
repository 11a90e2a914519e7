"""A story with a monitoring station in it: a receiver of its own make, and the engine's courier to it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

from alerts.domain.dc09 import Line
from alerts.engine.police import PoliceCourier
from alerts.engine.station import StationCourier
from alerts.police.dc09 import StationLine
from alerts.police.terms import PoliceTerms, StationTerms
from simulators.police.receiver import Receiver
from tests.alerts.story import Story

KEY = bytes(range(32))
SUPERVISION = timedelta(seconds=60)
TEST_EVERY = timedelta(hours=24)


@asynccontextmanager
async def with_receiver(
    story: Story, key: bytes | None = KEY, **clock: Any
) -> AsyncIterator[tuple[StationCourier, Receiver]]:
    """A receiver on the story's clock, and the engine's courier to it."""
    async with Receiver(key=key, now=clock.get("now", lambda: story.now)) as receiver:
        line = StationLine("127.0.0.1", receiver.port, Line("", "0", key), "CA0000")
        async with line:
            terms = StationTerms(line, "CA", SUPERVISION, TEST_EVERY)
            await PoliceCourier(story.database, PoliceTerms(station=terms)).prepare()
            yield StationCourier(story.database, terms), receiver


async def tell_all(courier: StationCourier) -> None:
    """Everything that is due for the station is told, or failed."""
    while await courier.carry_once():
        pass


async def forward(story: Story, courier: StationCourier, seconds: float) -> None:
    """Lets time pass; what is due for the station is told."""
    story.database.shift += timedelta(seconds=seconds)
    await tell_all(courier)
