"""An engine that dies at any of its transactions, before its commit or right after it: another one misses no step,
doubles none, and sends every message at least once."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import msgspec
import pytest

from alerts.domain.escalation import Policy, Step
from alerts.domain.presses import Mode
from alerts.engine.delivery import LEASE, Courier
from alerts.engine.escalation import escalate_due
from alerts.engine.reaching import follow_up_overdue
from alerts.readiness.policies import save_policy
from alerts.storage.database import Connection, Database
from tests.alerts.story import LI, Story

QUEUED = "select idempotency_key from delivery where incident = $1"
TICK_SECONDS = 5
TICKS = 10
CLIMB = Policy(
    steps=(
        Step(0, ("post:school_duty",)),
        Step(10, ("post:principal",)),  # nobody holds it: skipped at once
        Step(20, ("post:district_desk", "post:supervisor")),
        Step(30, ("post:city_desk",)),
    ),
    repeat_after_seconds=10,
    without_police=True,
)


class Killed(BaseException):
    """The engine's process is gone."""


class MortalDatabase(Database):
    """Kills whoever uses it at its n-th transaction: before the commit, which is lost, or after it."""

    dies_at: int | None = None
    after_commit = False
    begun = 0

    @asynccontextmanager
    async def transaction(self, *, isolation: Any = None) -> AsyncIterator[Connection]:
        number, self.begun = self.begun, self.begun + 1
        async with super().transaction(isolation=isolation) as connection:
            yield connection
            if number == self.dies_at and not self.after_commit:
                raise Killed
        if number == self.dies_at:
            raise Killed


class Engine:
    """What an engine does in a turn, over a database on which it can die."""

    def __init__(self, story: Story, database: MortalDatabase) -> None:
        self.story, self.database = story, database
        self.courier = Courier(database, story.channel, story.composer)

    async def turn(self) -> None:
        self.database.shift = self.story.database.shift
        while await escalate_due(self.database):
            pass
        while await follow_up_overdue(self.database):
            pass
        await self.deliver()

    async def deliver(self) -> None:
        self.database.shift = self.story.database.shift
        await self.courier.carry_once()
        await self.courier.finish()


async def live(story: Story, database: MortalDatabase) -> int:
    """A press, and fifty seconds of engines of which one may die. Returns the incident."""
    number = (await story.press()).incident
    engine = Engine(story, database)
    for _ in range(TICKS):
        story.database.shift += timedelta(seconds=TICK_SECONDS)
        try:
            await engine.turn()
        except Killed:
            engine = Engine(story, database)
            await engine.turn()
    for _ in range(2):  # what a dead one held comes back after its lease; this one may die, too
        story.database.shift += LEASE
        try:
            await engine.deliver()
        except Killed:
            engine = Engine(story, database)
    await story.answers.acknowledge(number, LI)
    await story.answers.close(number, LI, cause="real")
    return number


async def read_climb(story: Story, number: int) -> list[tuple[int, int, list[str]]]:
    """The steps that fired, as the log tells."""
    rows = await story.rows(
        "select body::text from log where subject = $1 and kind = 'incident.escalated' order by position",
        f"incident:{number}",
    )
    bodies = [msgspec.json.decode(row["body"]) for row in rows]
    return [(body["round"], body["step"], [one["person"] for one in body["told"]]) for body in bodies]


@pytest.mark.parametrize("after_commit", [False, True], ids=["before the commit", "after the commit"])
async def test_wherever_an_engine_dies_every_step_fires_once_and_every_message_is_sent(
    story: Story, after_commit: bool
) -> None:
    await save_policy(story.database, Mode.LIVE, CLIMB, "wang")
    mortal = await MortalDatabase.open(story.database.url, application_name="mortal")
    assert isinstance(mortal, MortalDatabase)
    expected = await read_climb(story, await live(story, mortal))
    assert [step[:2] for step in expected] == [(1, 0), (1, 1), (1, 2), (1, 3), (2, 0), (2, 1), (2, 2), (2, 3)]
    points = mortal.begun
    mortal.after_commit = after_commit
    for point in range(points):
        mortal.begun, mortal.dies_at = 0, point
        number = await live(story, mortal)
        assert await read_climb(story, number) == expected, f"died at transaction {point} of {points}"
        queued = {row["idempotency_key"] for row in await story.rows(QUEUED, number)}
        assert queued <= {message.idempotency_key for message in story.channel.sent}, f"died at {point}"
    await mortal.close()
