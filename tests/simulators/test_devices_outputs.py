"""What hangs on a simulated device: it obeys once, answers each time, and some devices are slow or deaf."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from datetime import UTC, datetime, timedelta

from gateway import wire
from simulators.devices.site_outputs import OutputHabit, OutputHabits, SiteOutputs


class Site:
    """Outputs, and what was said of them."""

    def __init__(self, habit: OutputHabit | None = None) -> None:
        self.said: list[tuple[str, bool]] = []
        self.news = asyncio.Event()
        self.outputs = SiteOutputs(self._hear)
        if habit is not None:
            self.outputs.habit = habit

    def _hear(self, command: str, on: bool) -> None:
        self.said.append((command, on))
        self.news.set()

    def command(self, number: int, *, on: bool = True, until: datetime | None = None) -> None:
        self.outputs.obey(wire.Command(id=f"c-{number}", output="siren", on=on, until=until))


async def test_a_repeated_command_is_answered_again_and_an_overtaken_one_is_not_obeyed() -> None:
    site = Site()
    site.command(1)
    site.command(1)
    site.command(2, on=False)
    site.command(1)
    assert site.said == [("c-1", True), ("c-1", True), ("c-2", False)]
    assert site.outputs.states == {"siren": False}


async def test_a_command_whose_time_is_over_sounds_nothing_and_says_so() -> None:
    site = Site()
    site.command(1, until=datetime.now(UTC) - timedelta(seconds=1))
    assert site.said == [("c-1", False)]


async def test_a_newer_command_takes_the_end_of_the_older_one_away() -> None:
    site = Site()
    site.command(1, until=datetime.now(UTC) + timedelta(milliseconds=500))
    site.command(2)
    site.news.clear()
    site.command(3, until=datetime.now(UTC) + timedelta(seconds=1))
    site.news.clear()
    async with asyncio.timeout(30):
        await site.news.wait()
    assert site.said == [("c-1", True), ("c-2", True), ("c-3", True), ("c-3", False)]


async def test_a_slow_device_answers_later_and_a_deaf_one_never() -> None:
    slow, deaf = Site(OutputHabit(delay_seconds=0.05)), Site(OutputHabit(deaf=True))
    slow.command(1)
    deaf.command(1)
    assert slow.said == []
    async with asyncio.timeout(30):
        await slow.news.wait()
    assert (slow.said, deaf.said, deaf.outputs.states) == ([("c-1", True)], [], {})


def test_how_devices_answer_follows_from_the_seed_in_the_shares_that_were_asked_for() -> None:
    habits = OutputHabits(slow_share=0.3, deaf_share=0.2)
    first, again = ([habits.choose(chance) for _ in range(2000)] for chance in (random.Random(7), random.Random(7)))
    assert first == again
    kinds = Counter("deaf" if one.deaf else "slow" if one.delay_seconds else "prompt" for one in first)
    assert 300 < kinds["deaf"] < 500
    assert 500 < kinds["slow"] < 700
    assert all(1 <= one.delay_seconds <= 20 for one in first if one.delay_seconds)
