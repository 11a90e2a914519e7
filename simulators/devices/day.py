"""Plays the stories of a rhythm on a fleet of devices."""

from __future__ import annotations

import asyncio
import heapq
from collections import Counter
from collections.abc import Iterator, Mapping
from itertools import count

import structlog

from simulators.devices.device import SimulatedDevice
from simulators.devices.presses import Press
from simulators.devices.rhythm import Deed, Step, Story
from simulators.devices.witnesses import Witnesses

log = structlog.get_logger()


class Day:
    """Lets stories happen in time. `speed` makes them begin that many times as often; once begun they take real time,
    and every `at` is the true clock, so that no press is late."""

    def __init__(
        self,
        devices: Mapping[str, SimulatedDevice],
        stories: Iterator[Story],
        *,
        speed: float = 1.0,
        witnesses: Witnesses | None = None,
    ) -> None:
        self._devices = devices
        self._witnesses = witnesses
        self._stories = stories
        self._speed = speed
        self._steps: list[tuple[float, int, Step]] = []
        self._order = count()
        self.told: Counter[str] = Counter()
        """How many stories of each name began."""
        self.presses: Counter[str] = Counter()
        """How many presses were made, by mode; `live` where the device did not say."""
        self.last_press: Press | None = None

    async def run(self) -> None:
        """Until the stories end, which those of a rhythm never do, or until it is cancelled."""
        loop = asyncio.get_running_loop()
        start = loop.time()
        upcoming = next(self._stories, None)
        while upcoming is not None or self._steps:
            begins_at = start + upcoming.at_seconds / self._speed if upcoming is not None else float("inf")
            due_at = min(begins_at, self._steps[0][0] if self._steps else float("inf"))
            await asyncio.sleep(due_at - loop.time())
            if upcoming is not None and begins_at <= due_at:
                self._begin(upcoming, begins_at)
                upcoming = next(self._stories, None)
            else:
                await self._take(heapq.heappop(self._steps)[2])

    def _begin(self, story: Story, at: float) -> None:
        log.info("simulators.story.began", story=story.name, school=story.school, device=story.steps[0].device)
        self.told[story.name] += 1
        for step in story.steps:
            heapq.heappush(self._steps, (at + step.after_seconds, next(self._order), step))

    async def _take(self, step: Step) -> None:
        device = self._devices[step.device]
        match step.deed:
            case Deed.PRESS:
                if self._witnesses:
                    await self._witnesses.expect_messages(device)
                self.last_press = await device.press(step.kind, step.mode)
                self.presses[step.mode or "live"] += 1
            case Deed.CANCEL:
                device.cancel()
            case Deed.FALL_SILENT | Deed.SPEAK:
                device.silent = step.deed is Deed.FALL_SILENT
            case Deed.LOSE_LINE:
                device.lose_line()
            case Deed.REGAIN_LINE:
                device.start()
            case _:
                _change_condition(device, step)


def _change_condition(device: SimulatedDevice, step: Step) -> None:
    condition = device.condition
    match step.deed:
        case Deed.LOSE_MAINS | Deed.REGAIN_MAINS:
            condition.mains = step.deed is Deed.REGAIN_MAINS
        case Deed.OPEN_TAMPER | Deed.CLOSE_TAMPER:
            condition.tamper = step.deed is Deed.OPEN_TAMPER
        case Deed.SET_BATTERY:
            assert step.percent is not None
            condition.battery = step.percent
    device.tell_state()
