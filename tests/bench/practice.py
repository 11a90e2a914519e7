"""The test month's peak: every school of the city tests a button within a minute, boards watch, and in the middle
people press for real. These live presses stand beside those of the same chain while nothing else happens."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

import httpx

from simulators.devices.device import SimulatedDevice
from simulators.devices.fleet import DeviceFleet
from simulators.devices.presses import Press
from tests.bench.crowd import TOKEN, Heard, connect_boards
from tests.bench.latency import Latency, summarise
from tests.bench.parts import SECRETS, Parts

WITHIN_SECONDS = 60.0
LIVE_PRESSES = 30  # of schools of their own, in the middle of the storm
_LIVE_SECONDS = 20.0
_BEFORE_SECONDS = 10.0
_WAIT_SECONDS = 120.0
_SETTLE_SECONDS = 3.0


@dataclass(frozen=True, slots=True)
class TestMonthFigures:
    """`tests` are the presses of the storm, to their receipt; live presses in milliseconds to their receipt, and to the
    last of the boards, in the storm and in a quiet minute before. `seconds`: how long the storm took to be answered."""

    __test__ = False  # pytest collects classes by this name

    seconds: float
    tests: Latency
    quiet_receipt: Latency
    storm_receipt: Latency
    quiet_board: Latency
    storm_board: Latency


def measure_test_month(parts: Parts, presses: int, boards: int) -> TestMonthFigures:
    """One press of each of so many schools within a minute, with boards."""
    programs = [
        parts.program("gateway", "gateway", "run", "--lanes", "presses,receipts"),
        parts.program("reports", "gateway", "run", "--lanes", "evidence,beats"),
        parts.program("engine", "alerts", "run"),
        parts.program("dashboard", "dashboard", "run"),
    ]
    with parts.running(*programs):
        parts.await_ready()
        return asyncio.run(_measure(parts, presses, boards))


async def _measure(parts: Parts, presses: int, boards: int) -> TestMonthFigures:
    await _announce(parts)
    first_of = {device.school: device for device in parts.city.devices}
    chosen = list(first_of.values())[: presses + 2 * LIVE_PRESSES]
    city = replace(parts.city, devices=tuple(chosen))
    async with DeviceFleet(parts.device_url, city, SECRETS.device_password, interval_seconds=3600) as fleet:
        await fleet.settle()
        devices = list(fleet.devices.values())
        quiet, quiet_heard = await _press_live(parts, devices[:LIVE_PRESSES], boards)
        started_at = asyncio.get_running_loop().time()
        storming = asyncio.create_task(_press_evenly(devices[2 * LIVE_PRESSES :], WITHIN_SECONDS, "test"))
        await asyncio.sleep(_BEFORE_SECONDS)
        live, heard = await _press_live(parts, devices[LIVE_PRESSES : 2 * LIVE_PRESSES], boards)
        storm = await storming
        await _await_receipts(storm)
        seconds = asyncio.get_running_loop().time() - started_at
    return TestMonthFigures(
        seconds=seconds,
        tests=summarise(storm),
        quiet_receipt=summarise(quiet),
        storm_receipt=summarise(live),
        quiet_board=_to_last_board(quiet, quiet_heard, boards),
        storm_board=_to_last_board(live, heard, boards),
    )


async def _press_live(
    parts: Parts, devices: Sequence[SimulatedDevice], boards: int
) -> tuple[list[Press], Sequence[Heard]]:
    """Live presses, and what boards that are connected meanwhile heard. (These boards answer no pings, and are hung up
    on after 40 s.)"""
    async with connect_boards(parts.http_port, boards) as crowd:
        presses = await _press_evenly(devices, _LIVE_SECONDS, "live")
        await _await_receipts(presses)
        await asyncio.sleep(_SETTLE_SECONDS)
        return presses, await crowd.tell()


async def _announce(parts: Parts) -> None:
    now = datetime.now(UTC)
    said = {
        "mode": "test",
        "starts_at": (now - timedelta(minutes=1)).isoformat(),
        "ends_at": (now + timedelta(hours=2)).isoformat(),
        "police": {"how": "phone", "reference": "bench"},
    }
    headers = {"Authorization": f"Bearer {TOKEN}"}
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{parts.http_port}", headers=headers) as desk:
        (await desk.post("/api/v1/windows", json=said)).raise_for_status()


async def _press_evenly(devices: Sequence[SimulatedDevice], within_seconds: float, mode: str) -> list[Press]:
    loop = asyncio.get_running_loop()
    start, presses = loop.time(), list[Press]()
    for number, device in enumerate(devices):
        await asyncio.sleep(max(0.0, start + number * within_seconds / len(devices) - loop.time()))
        presses.append(await device.press(mode=mode))
    return presses


async def _await_receipts(presses: Sequence[Press]) -> None:
    try:
        async with asyncio.timeout(_WAIT_SECONDS):
            for press in presses:
                await press.receipt("received", timeout=_WAIT_SECONDS)
    except TimeoutError:
        return  # counted as unanswered


def _to_last_board(presses: Sequence[Press], heard: Sequence[Heard], boards: int) -> Latency:
    """From the press to the last board's first sight of its incident; what a board missed counts as unanswered."""
    took = []
    for press in presses:
        if not press.receipts:
            continue
        changes = [one for one in heard if one.incident == press.receipts[0].incident]
        first = min(changes, key=lambda one: one.first_at, default=None)
        if first is not None and first.boards == boards:
            took.append(1000 * (first.last_at - press.pressed_at.timestamp()))
    ordered = sorted(took) or [float("nan")]
    at = {share: ordered[min(len(ordered) - 1, int(len(ordered) * share))] for share in (0.5, 0.9, 0.99)}
    return Latency(len(presses), len(presses) - len(took), at[0.5], at[0.9], at[0.99], ordered[-1])
