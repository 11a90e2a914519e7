"""The days that a city is built for: everybody presses at once, everybody comes back at once."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import dataclass

from alerts.domain.presses import Mode
from simulators.devices.device import SimulatedDevice
from simulators.devices.fleet import DeviceFleet
from simulators.devices.presses import Press


@dataclass(frozen=True, slots=True)
class PressStorm:
    """How a press storm went. Answer times run from the press to its `received`; None when nothing was answered."""

    pressed: int
    taken: int
    answered: int
    times_sent: int
    median_seconds: float | None
    p99_seconds: float | None
    longest_seconds: float | None


async def storm_presses(
    fleet: DeviceFleet, count: int, within_seconds: float, *, mode: str = "test", patience_seconds: float = 60.0
) -> PressStorm:
    """So many devices press once each, evenly spread over the time (rule A3's monthly test).

    In a test, one button of each school comes before the second of any: a second press within 20 s is live. Waits until
    all are answered, for `patience_seconds` after the last press at most.
    """
    devices = _choose_apart(fleet, count) if mode == Mode.TEST else fleet.choose(count)
    presses = [await device.press(mode=mode) async for device in _spread(devices, within_seconds)]
    async with asyncio.TaskGroup() as waiting:
        for press in presses:
            waiting.create_task(_await_answer(press, patience_seconds))
    return judge_presses(presses)


def _choose_apart(fleet: DeviceFleet, count: int) -> list[SimulatedDevice]:
    """Devices by chance, those of one school as far apart as can be."""
    chosen, before = fleet.choose(len(fleet.devices)), Counter[str]()
    turns: dict[str, int] = {}
    for device in chosen:
        turns[device.code] = before[device.school]
        before[device.school] += 1
    return sorted(chosen, key=lambda device: turns[device.code])[:count]


async def storm_reconnects(fleet: DeviceFleet, count: int, within_seconds: float) -> float:
    """So many lines are cut, evenly spread over the time, and dialled again at once.

    Returns the seconds from the first cut until all of them are up again.
    """
    loop = asyncio.get_running_loop()
    start = loop.time()
    devices = fleet.choose(count)
    async for device in _spread(devices, within_seconds):
        device.lose_line()
        device.start()
    await fleet.wait_until_online(devices)
    return loop.time() - start


def judge_presses(presses: list[Press]) -> PressStorm:
    """The figures of presses that were made together."""
    seconds = sorted(press.answer_seconds for press in presses if press.answer_seconds is not None)
    return PressStorm(
        pressed=len(presses),
        taken=sum(press.taken_at is not None for press in presses),
        answered=len(seconds),
        times_sent=sum(press.times_sent for press in presses),
        median_seconds=_pick(seconds, 0.5),
        p99_seconds=_pick(seconds, 0.99),
        longest_seconds=_pick(seconds, 1.0),
    )


async def _spread(devices: list[SimulatedDevice], within_seconds: float) -> AsyncIterator[SimulatedDevice]:
    """One device after the other, each at its place in the time."""
    loop = asyncio.get_running_loop()
    start = loop.time()
    for index, device in enumerate(devices):
        await asyncio.sleep(start + index * within_seconds / len(devices) - loop.time())
        yield device


async def _await_answer(press: Press, patience_seconds: float) -> None:
    with suppress(TimeoutError):  # an unanswered press is a figure of the storm, not an error
        await press.receipt("received", timeout=patience_seconds)


def _pick(ordered: list[float], part: float) -> float | None:
    return ordered[min(len(ordered) - 1, int(part * len(ordered)))] if ordered else None
