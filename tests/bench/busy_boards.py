"""How soon an alarm is at the last of many boards: while nothing else happens, while the people at all of them come to
incidents and turn to the next, while they stay there, and while a city that has just been imported is first judged."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace

import asyncpg
import psutil

from simulators.demo.services import Program
from simulators.devices.device import SimulatedDevice
from simulators.devices.fleet import DeviceFleet
from simulators.devices.presses import Press
from tests.bench.attendants import Attended, seat_people
from tests.bench.city import find_seconds_to_last, pick_one_a_school
from tests.bench.crowd import Crowd, connect_boards
from tests.bench.latency import Latency, press_at, summarise_seconds
from tests.bench.parts import SECRETS, Parts

_DEVICES = 900
_SCHOOLS = 20  # of which one button each is pressed, one a second
_ATTEND_SECONDS = 24.0
_SETTLE_SECONDS = 3.0
_JUDGED = "select count(distinct school) from standing_verdict"


@dataclass(frozen=True, slots=True)
class Told:
    """From the press to the last board, ms; and what the dashboard used meanwhile, in seconds."""

    to_last_board: Latency
    missing_at_some_board: int
    seconds: float
    dashboard_cpu: float

    @property
    def share(self) -> float:
        """Of one core."""
        return self.dashboard_cpu / self.seconds


@dataclass(frozen=True, slots=True)
class BusyFigures:
    """`attended` while every person came to an incident, and one in thirty a second turned to the next; `stayed` while
    all had one open and nobody came or went; `judged` while the city was."""

    quiet: Told
    attended: Told
    said: Attended
    stayed: Told
    judged: Told


def measure_busy_boards(parts: Parts, boards: int) -> BusyFigures:
    """All boards on one dashboard, each of a person who is signed in; the judge comes last."""
    with parts.serving_boards() as dashboard:
        judge = parts.program("judge", "alerts", "judge")
        return asyncio.run(_measure(parts, dashboard, judge, boards))


async def _measure(parts: Parts, dashboard: psutil.Process, judge: Program, boards: int) -> BusyFigures:
    await seat_people(parts.postgres.url, boards)
    city = replace(parts.city, devices=parts.city.devices[:_DEVICES])
    async with DeviceFleet(parts.device_url, city, SECRETS.device_password, interval_seconds=3600) as fleet:
        await fleet.settle()
        await press_at(fleet, 20, 3, random.Random(0))
        buttons = pick_one_a_school(fleet)
        async with connect_boards(parts.http_port, boards, people=True) as crowd:
            watched = _Watched(crowd, dashboard, boards)
            quiet, presses = await watched.press(buttons[:_SCHOOLS])
            incidents = sorted({one.receipts[0].incident for one in presses})
            attending = asyncio.create_task(crowd.attend(_ATTEND_SECONDS, incidents))
            attended, _ = await watched.press(buttons[_SCHOOLS : 2 * _SCHOOLS], attending)
            stayed, _ = await watched.press(buttons[2 * _SCHOOLS : 3 * _SCHOOLS])
            with parts.running(judge):
                judged, _ = await watched.press(buttons[3 * _SCHOOLS :], until=lambda: _is_judged(parts))
    return BusyFigures(quiet, attended, await attending, stayed, judged)


async def _is_judged(parts: Parts) -> bool:
    connection = await asyncpg.connect(parts.postgres.url)
    try:
        return bool(await connection.fetchval(_JUDGED) >= len(parts.city.schools))
    finally:
        await connection.close()


class _Watched:
    """Boards that watch."""

    def __init__(self, crowd: Crowd, dashboard: psutil.Process, boards: int) -> None:
        self._crowd, self._dashboard, self._boards = crowd, dashboard, boards

    async def press(
        self,
        buttons: Sequence[SimulatedDevice],
        beside: Awaitable[object] | None = None,
        until: Callable[[], Awaitable[bool]] | None = None,
    ) -> tuple[Told, list[Press]]:
        """Each opens an incident of its own, one a second, until there is no button left or it is so; then waits for
        what goes on beside it."""
        began, cpu, chance = time.monotonic(), self._cpu_seconds(), random.Random(1)
        presses: list[Press] = []
        for button in buttons:
            presses.append(await button.press(kind="other"))
            await asyncio.sleep(chance.expovariate(1.0))
            if until is not None and await until():
                break
        for press in presses:
            await press.receipt("received")
        if beside is not None:
            await beside
        await asyncio.sleep(_SETTLE_SECONDS)
        seconds, cpu = time.monotonic() - began, self._cpu_seconds() - cpu
        heard = await self._crowd.tell()
        took = [one for press in presses if (one := find_seconds_to_last(press, heard, self._boards)) is not None]
        return Told(summarise_seconds(took), len(presses) - len(took), seconds, cpu), presses

    def _cpu_seconds(self) -> float:
        times = self._dashboard.cpu_times()
        return times.user + times.system
