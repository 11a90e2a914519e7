"""All devices of the bench's city, beating, as a process of its own: the crowd beside which presses are measured."""

from __future__ import annotations

import asyncio
import signal
from dataclasses import replace
from typing import Annotated

import typer

from simulators.city.generator import generate_city
from simulators.devices.fleet import DeviceFleet
from tests.bench.parts import SECRETS


def main(
    broker: str,
    schools: int,
    interval_seconds: Annotated[int, typer.Option(help="Seconds between two beats of a device.")] = 30,
    skip: Annotated[int, typer.Option(help="So many devices of the city are left to others.")] = 0,
) -> None:
    """Connects every device, prints a line when all had their first try, and beats until it is ended."""
    asyncio.run(beat(broker, schools, interval_seconds, skip))


async def beat(broker: str, schools: int, interval_seconds: int, skip: int) -> None:
    """Runs the fleet until SIGTERM."""
    ended = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, ended.set)
    city = generate_city(schools, seed=1)
    city = replace(city, devices=city.devices[skip:])
    async with DeviceFleet(broker, city, SECRETS.device_password, interval_seconds=interval_seconds) as fleet:
        await fleet.settle()
        print(f"up: {len(fleet.online)} devices", flush=True)
        await ended.wait()


if __name__ == "__main__":
    typer.run(main)
