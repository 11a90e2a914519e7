"""Gates that open and close, so many times a second in all, as a process of its own.

python -m tests.bench.evidence_flood BROKER SCHOOLS --rate 1000 --events 30000
"""

from __future__ import annotations

import asyncio
import itertools
import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Annotated

import typer

from alerts.domain.arrivals import Channel
from simulators.city.generator import generate_city
from simulators.devices.device import SimulatedDevice
from simulators.devices.fleet import DeviceFleet
from simulators.devices.line import Delivery
from tests.bench.parts import SECRETS

GATES = 100
_AT_A_TIME = 50
_ON_THE_WAY = 2_000  # not yet taken by the broker; more is waited for


def main(
    broker: str,
    schools: int,
    skip: Annotated[int, typer.Option(help="So many devices of the city are left to others.")] = 0,
    rate: Annotated[float, typer.Option(help="Events a second; 0: as fast as the broker takes them.")] = 0,
    events: Annotated[int, typer.Option(help="How many in all.")] = 30_000,
    first: Annotated[int, typer.Option(help="The number of the first one; another flood has others.")] = 0,
    hours_ago: Annotated[float, typer.Option(help="How long ago the first one happened; the last one is now.")] = 0,
) -> None:
    """Sends everything, and prints how many the broker took."""
    asyncio.run(flood(broker, schools, skip, rate, events, first, timedelta(hours=hours_ago)))


async def flood(broker: str, schools: int, skip: int, rate: float, events: int, first: int, ago: timedelta) -> None:
    """Runs to its end."""
    city = generate_city(schools, seed=1)
    city = replace(city, devices=city.devices[skip : skip + GATES])
    async with DeviceFleet(broker, city, SECRETS.device_password, interval_seconds=3600) as fleet:
        await fleet.settle()
        sent = await _send(list(fleet.devices.values()), rate, list(_write_events(events, first, ago)))
        for delivery in sent:
            await delivery.taken(timeout=120)
    print(len(sent), flush=True)


def _write_events(events: int, first: int, ago: timedelta) -> Iterator[bytes]:
    now = datetime.now(UTC)
    for number in range(events):
        at = now - ago * (1 - number / events)
        yield json.dumps({"id": f"e{first + number}", "at": at.isoformat(), "open": number // GATES % 2 == 0}).encode()


async def _send(gates: Sequence[SimulatedDevice], rate: float, events: Sequence[bytes]) -> list[Delivery]:
    loop = asyncio.get_running_loop()
    started_at, sent = loop.time(), list[Delivery]()
    for first in range(0, len(events), _AT_A_TIME):
        due_at = started_at + first / rate if rate else loop.time()
        await asyncio.sleep(max(0.0, due_at - loop.time()))
        batch = events[first : first + _AT_A_TIME]
        sent += [
            gate.deliver(Channel.GATE, event)
            for gate, event in zip(itertools.islice(itertools.cycle(gates), first, None), batch, strict=False)
        ]
        if len(sent) > _ON_THE_WAY:
            await sent[-_ON_THE_WAY].taken(timeout=120)
    return sent


if __name__ == "__main__":
    typer.run(main)
