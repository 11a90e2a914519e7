"""(d), (e) and the flood: the whole service with a whole city. All devices are real MQTT clients that beat; boards are
real WebSockets; presses go from a device over the broker to the last board."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Sequence
from dataclasses import dataclass, replace

from simulators.devices.device import SimulatedDevice
from simulators.devices.fleet import DeviceFleet
from simulators.devices.presses import Press
from tests.bench.crowd import Heard, connect_boards
from tests.bench.latency import Latency, press_at, summarise, summarise_seconds
from tests.bench.memory import read_resident_megabytes
from tests.bench.parts import SECRETS, Parts

PRESSING_DEVICES = 300
QUIET_RATE = 10
QUIET_SECONDS = 20
BOARD_RATE = 5.0
_SETTLE_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class CityFigures:
    """Milliseconds and megabytes; `to_last_board` only counts presses that every board showed."""

    beating: str
    quiet: Latency
    beside_sign_ins: Latency
    beside_beats: Latency
    to_last_board: Latency
    missing_at_some_board: int
    memory: dict[str, dict[str, float]]


def measure_city(parts: Parts, boards: int, interval_seconds: int, load_minutes: int) -> CityFigures:
    """Quiet, right after every device signed in, with boards, and after minutes of load; memory after each."""
    programs = {
        "gateway (presses)": parts.program("gateway", "gateway", "run", "--lanes", "presses,receipts"),
        "gateway (reports)": parts.program("reports", "gateway", "run", "--lanes", "evidence,beats"),
        "engine": parts.program("engine", "alerts", "run"),
        "dashboard": parts.program("dashboard", "dashboard", "run"),
    }
    with parts.running(*programs.values()):
        parts.await_ready()
        pids = {name: program.pid or 0 for name, program in programs.items()}
        pids |= {"broker": parts.broker.pid or 0, "postgres": parts.postgres.pid or 0}
        return asyncio.run(_measure(parts, pids, boards, interval_seconds, load_minutes))


async def _measure(
    parts: Parts, pids: dict[str, int], boards: int, interval_seconds: int, load_minutes: int
) -> CityFigures:
    city = replace(parts.city, devices=parts.city.devices[:PRESSING_DEVICES])
    memory = {"at rest": read_resident_megabytes(pids)}
    async with DeviceFleet(parts.device_url, city, SECRETS.device_password, interval_seconds=3600) as fleet:
        await fleet.settle()
        await press_at(fleet, 20, 3, random.Random(0))
        quiet = summarise(await press_at(fleet, QUIET_RATE, QUIET_SECONDS, random.Random(1)))
        crowd = parts.running_module(
            "tests.bench.beating_city",
            parts.device_url,
            str(len(parts.city.schools)),
            *("--interval-seconds", str(interval_seconds), "--skip", str(PRESSING_DEVICES)),
        )
        process = await asyncio.to_thread(crowd.__enter__)
        try:
            signing_in = summarise(await press_at(fleet, QUIET_RATE, QUIET_SECONDS, random.Random(2)))
            memory["all devices beat"] = read_resident_megabytes(pids)
            shown, missing = await _measure_boards(parts, fleet, boards)
            memory[f"with {boards} boards"] = read_resident_megabytes(pids)
            for minute in range(1, load_minutes + 1):
                await press_at(fleet, 20, 60, random.Random(4 + minute))
                if minute in (load_minutes // 2, load_minutes):
                    memory[f"after {minute} min of 20 presses/s"] = read_resident_megabytes(pids)
            beside = summarise(await press_at(fleet, QUIET_RATE, QUIET_SECONDS, random.Random(3)))
        finally:
            await asyncio.to_thread(crowd.__exit__, None, None, None)
    beating = f"{len(parts.city.devices) - PRESSING_DEVICES} devices beat every {interval_seconds} s"
    return CityFigures(f"{beating} (process {process.pid})", quiet, signing_in, beside, shown, missing, memory)


async def _measure_boards(parts: Parts, fleet: DeviceFleet, boards: int) -> tuple[Latency, int]:
    """Each press is of another school, so that each opens an incident of its own."""
    chance = random.Random(4)
    async with connect_boards(parts.http_port, boards) as crowd:
        presses: list[Press] = []
        for device in pick_one_a_school(fleet):
            presses.append(await device.press(kind="other"))
            await asyncio.sleep(chance.expovariate(BOARD_RATE))
        for press in presses:
            await press.receipt("received")
        await asyncio.sleep(_SETTLE_SECONDS)
        heard = await crowd.tell()
    took = [seconds for press in presses if (seconds := find_seconds_to_last(press, heard, boards)) is not None]
    return summarise_seconds(took), len(presses) - len(took)


def pick_one_a_school(fleet: DeviceFleet) -> list[SimulatedDevice]:
    """A device of each school."""
    return list({device.school: device for device in fleet.devices.values()}.values())


def find_seconds_to_last(press: Press, heard: Sequence[Heard], boards: int) -> float | None:
    """From the press to the last board's first sight of it; None when a board missed it."""
    incident = press.receipts[0].incident
    pressed_at = press.pressed_at.timestamp()
    changes = [one for one in heard if one.incident == incident and one.first_at >= pressed_at]
    first = min(changes, key=lambda one: one.first_at, default=None)
    return None if first is None or first.boards < boards else first.last_at - pressed_at
