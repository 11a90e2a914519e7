"""(a) and (b): from the finger to the receipt at the button, ours beside the floor, at the same rate and by the same
devices on the same broker and database, one after the other in one run."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Sequence
from dataclasses import dataclass, replace

from simulators.devices.fleet import DeviceFleet
from simulators.devices.presses import Press
from tests.bench.parts import SECRETS, Parts

SECONDS = 20
SETTLE_SECONDS = 3
WAIT_SECONDS = 120.0
PRESSING_DEVICES = 300
KINDS = ("panic", "fire", "medical")


@dataclass(frozen=True, slots=True)
class Latency:
    """Milliseconds from press to `received`; `unanswered` presses never got one within two minutes."""

    presses: int
    unanswered: int
    p50: float
    p90: float
    p99: float
    worst: float


def summarise(presses: Sequence[Press]) -> Latency:
    """Percentiles of what was answered."""
    took = [press.answer_seconds for press in presses if press.answer_seconds is not None]
    return summarise_seconds(took, len(presses) - len(took))


def summarise_seconds(seconds: Sequence[float], unanswered: int = 0) -> Latency:
    """Percentiles of how long each took."""
    took = sorted(1000 * one for one in seconds)

    def at(share: float) -> float:
        return took[min(len(took) - 1, int(len(took) * share))] if took else float("nan")

    return Latency(len(took) + unanswered, unanswered, at(0.5), at(0.9), at(0.99), took[-1] if took else float("nan"))


async def press_at(fleet: DeviceFleet, rate: float, seconds: float, chance: random.Random) -> list[Press]:
    """Presses of random devices at random instants, `rate` a second on average; waits until all are answered."""
    loop = asyncio.get_running_loop()
    devices = list(fleet.devices.values())
    presses: list[Press] = []
    started_at = next_at = loop.time()
    while next_at < started_at + seconds:
        await asyncio.sleep(max(0.0, next_at - loop.time()))
        presses.append(await chance.choice(devices).press(kind=chance.choice(KINDS)))
        next_at += chance.expovariate(rate)
    try:
        async with asyncio.timeout(WAIT_SECONDS):
            for press in presses:
                await press.receipt("received", timeout=WAIT_SECONDS)
    except TimeoutError:
        pass  # counted as unanswered
    return presses


async def measure_rates(parts: Parts, rates: Sequence[int]) -> dict[int, Latency]:
    """One measurement a rate, with a fleet that has settled and pressed a little before."""
    found: dict[int, Latency] = {}
    city = replace(parts.city, devices=parts.city.devices[:PRESSING_DEVICES])
    async with DeviceFleet(parts.device_url, city, SECRETS.device_password, interval_seconds=3600) as fleet:
        await fleet.settle()
        await press_at(fleet, 20, SETTLE_SECONDS, random.Random(0))
        for rate in rates:
            found[rate] = summarise(await press_at(fleet, rate, SECONDS, random.Random(rate)))
    return found


def measure_floor(parts: Parts, rates: Sequence[int]) -> dict[int, Latency]:
    """The bare client."""
    with parts.running_module("tests.bench.floor"):
        return asyncio.run(measure_rates(parts, rates))


def measure_ours(parts: Parts, rates: Sequence[int]) -> dict[int, Latency]:
    """The gateway as it runs in production, the engine beside it."""
    gateway = parts.program("gateway", "gateway", "run", "--lanes", "presses,receipts", "--name", "bench")
    engine = parts.program("engine", "alerts", "run")
    with parts.running(gateway, engine):
        parts.await_listening(["presses", "escalation"])
        return asyncio.run(measure_rates(parts, rates))
