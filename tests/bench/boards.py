"""Thousands of boards on one dashboard: how soon a change is at the last of them, what that costs beside a bare server
that broadcasts the very same frames, and whether a press notices when all of them come back at once.

`python -m tests.bench.boards PORT` is that bare server: it reads a schedule of frames and broadcasts them.
"""

from __future__ import annotations

import asyncio
import random
import resource
import sys
import time
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace

import msgspec
import psutil
import typer
from websockets.asyncio.server import ServerConnection, broadcast, serve

from simulators.devices.fleet import DeviceFleet
from simulators.devices.presses import Press
from simulators.embedded.process import find_free_port
from tests.bench.city import find_seconds_to_last, pick_one_a_school
from tests.bench.crowd import CameBack, Crowd, connect_boards
from tests.bench.latency import Latency, press_at, summarise, summarise_seconds
from tests.bench.parts import SECRETS, Parts

PRESSING_DEVICES = 300
CHANGES_RATE, CHANGED_SCHOOLS = 1.0, 20  # presses a second, each of another school, that the boards are shown
STORM_RATE, STORM_SECONDS = 1.0, 30.0
_SETTLE_SECONDS = 3.0
_FRAME_HEAD = 4  # bytes before the payload of a frame of that size

Schedule = list[tuple[float, int]]
"""Seconds from the beginning, and the size of the frame in bytes."""


@dataclass(frozen=True, slots=True)
class Storm:
    """All boards came back while people pressed."""

    back: CameBack
    presses: Latency


@dataclass(frozen=True, slots=True)
class BoardsFigures:
    """Latencies in milliseconds. `frames` went to each board while the dashboard, and then the bare server, took so
    many seconds of CPU; `quiet` are presses while the boards only watch."""

    boards: int
    to_last_board: Latency
    missing_at_some_board: int
    frames: int
    dashboard_cpu: float
    bare_cpu: float
    quiet: Latency
    resumed: Storm
    afresh: Storm


def measure_boards(parts: Parts, boards: int) -> BoardsFigures:
    """The chain as it runs in production, with all boards on one dashboard."""
    with parts.serving_boards() as dashboard:
        return asyncio.run(_measure(parts, dashboard, boards))


async def _measure(parts: Parts, dashboard: psutil.Process, boards: int) -> BoardsFigures:
    city = replace(parts.city, devices=parts.city.devices[:PRESSING_DEVICES])
    async with DeviceFleet(parts.device_url, city, SECRETS.device_password, interval_seconds=3600) as fleet:
        await fleet.settle()
        await press_at(fleet, 20, 3, random.Random(0))
        async with connect_boards(parts.http_port, boards) as crowd:
            before, began_at = _cpu_seconds(dashboard), time.time()
            presses = await _press_one_a_school(fleet)
            cpu, ended_at = _cpu_seconds(dashboard) - before, time.time()
            heard, frames = await crowd.tell(), await crowd.list_frames()
            quiet = summarise(await press_at(fleet, STORM_RATE, STORM_SECONDS, random.Random(2)))
            resumed = await _storm(fleet, crowd, known=True)
            afresh = await _storm(fleet, crowd, known=False)
    schedule = [(at - began_at, size) for at, size in frames if began_at <= at <= ended_at]
    took = [one for press in presses if (one := find_seconds_to_last(press, heard, boards)) is not None]
    bare_cpu = await _measure_bare(schedule, boards)
    missing = len(presses) - len(took)
    shown = summarise_seconds(took)
    return BoardsFigures(boards, shown, missing, len(schedule), cpu, bare_cpu, quiet, resumed, afresh)


async def _press_one_a_school(fleet: DeviceFleet) -> list[Press]:
    """Each opens an incident of its own. Waits until the last must have been shown."""
    chance, presses = random.Random(1), []
    for device in pick_one_a_school(fleet)[:CHANGED_SCHOOLS]:
        presses.append(await device.press(kind="other"))
        await asyncio.sleep(chance.expovariate(CHANGES_RATE))
    for press in presses:
        await press.receipt("received")
    await asyncio.sleep(_SETTLE_SECONDS)
    return presses


async def _storm(fleet: DeviceFleet, crowd: Crowd, *, known: bool) -> Storm:
    coming_back = asyncio.create_task(crowd.come_back(STORM_SECONDS, known=known))
    presses = summarise(await press_at(fleet, STORM_RATE, STORM_SECONDS, random.Random(3)))
    return Storm(await coming_back, presses)


def _cpu_seconds(process: psutil.Process) -> float:
    times = process.cpu_times()
    return times.user + times.system


async def _measure_bare(schedule: Schedule, boards: int) -> float:
    """Seconds of CPU that a server needs which does nothing but broadcast these frames at these instants."""
    port = find_free_port()
    async with _run_bare(port) as server:
        assert server.stdin is not None
        assert server.stdout is not None
        await server.stdout.readline()
        async with connect_boards(port, boards, deflate=False):
            server.stdin.write(msgspec.json.encode(schedule) + b"\n")
            return float(await server.stdout.readline())


@asynccontextmanager
async def _run_bare(port: int) -> AsyncIterator[Process]:
    words = ["-m", "tests.bench.boards", str(port)]
    process = await asyncio.create_subprocess_exec(sys.executable, *words, stdin=PIPE, stdout=PIPE, limit=2**26)
    try:
        yield process
    finally:
        process.kill()
        await process.wait()


async def broadcast_schedule(port: int) -> None:
    """The bare server."""
    connections: set[ServerConnection] = set()

    async def greet(connection: ServerConnection) -> None:
        connections.add(connection)
        await connection.send('{"type":"snapshot"}')
        await connection.wait_closed()

    async with serve(greet, "127.0.0.1", port, compression=None, ping_interval=None):
        print("up", flush=True)
        line = await asyncio.to_thread(sys.stdin.readline)
        began, cpu = time.monotonic(), _own_cpu_seconds()
        for at, size in msgspec.json.decode(line, type=Schedule):
            await asyncio.sleep(max(0.0, began + at - time.monotonic()))
            broadcast(connections, "x" * (size - _FRAME_HEAD))
        await asyncio.sleep(_SETTLE_SECONDS)
        print(_own_cpu_seconds() - cpu, flush=True)


def _own_cpu_seconds() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def _be_bare(port: int) -> None:
    asyncio.run(broadcast_schedule(port))


if __name__ == "__main__":
    typer.run(_be_bare)
