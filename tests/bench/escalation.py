"""How late do steps fire while ten thousand incidents are open and nobody takes any? One engine, told by the log."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from alerts.domain.arrivals import Arrival
from alerts.domain.chain import LogRow
from alerts.domain.escalation import LIVE_POLICY
from alerts.domain.registry import City, Device
from alerts.intake import Intake
from alerts.storage.database import Database
from alerts.storage.log import read_log_after
from tests.bench.parts import Parts
from tests.stories.climbing import follow_climbs

KINDS = ("panic", "fire", "medical")  # one of each class, so that a school can have three incidents open
PRESSES_A_SECOND = 170
_PAGE = 5_000


@dataclass(frozen=True, slots=True)
class Lateness:
    """Seconds by which the latest step of each incident came too late; `steps` that fired in all."""

    incidents: int
    steps: int
    seconds: int
    p50: float
    p99: float
    worst: float


def measure_lateness(parts: Parts, incidents: int, seconds: int) -> Lateness:
    """Opens so many incidents within a minute or so, and lets the engine call for `seconds` after the last one."""
    engine = parts.program("engine", "alerts", "run")
    with parts.running(engine):
        return asyncio.run(_measure(parts, incidents, seconds))


async def _measure(parts: Parts, incidents: int, seconds: int) -> Lateness:
    database = await Database.open(parts.postgres.url, application_name="bench")
    try:
        await _open_incidents(Intake(database), parts.city, incidents)
        await asyncio.sleep(seconds)
        rows = await _read_log(database)
    finally:
        await database.close()
    late = sorted(climb.latest.total_seconds() for climb in follow_climbs(rows, LIVE_POLICY, []).values())
    steps = sum(row.kind == "incident.escalated" for row in rows)
    return Lateness(len(late), steps, seconds, late[len(late) // 2], late[math.ceil(len(late) * 0.99) - 1], late[-1])


async def _open_incidents(intake: Intake, city: City, incidents: int) -> None:
    """Presses by the use case that the gateway calls, spread evenly over the time that they take."""
    batches = list(_batches(city, incidents))
    loop = asyncio.get_running_loop()
    started_at = loop.time()
    for number, batch in enumerate(batches):
        await asyncio.sleep(started_at + number * len(batches[0]) / PRESSES_A_SECOND - loop.time())
        await intake.take_presses([_arrival(device, kind) for device, kind in batch])


def _batches(city: City, incidents: int) -> Iterator[Sequence[tuple[Device, str]]]:
    one_a_school = list({device.school: device for device in city.devices}.values())
    wanted = [(device, kind) for kind in KINDS for device in one_a_school][:incidents]
    size = PRESSES_A_SECOND // 10
    return (wanted[start : start + size] for start in range(0, len(wanted), size))


def _arrival(device: Device, kind: str) -> Arrival:
    return Arrival(
        topic=f"campus/v1/city/{device.school}/{device.code}/press",
        district=None,
        school=device.school,
        device=device.code,
        channel="press",
        payload=f'{{"kind": "{kind}"}}'.encode(),
        received_at=datetime.now(UTC),
        retained=False,
    )


async def _read_log(database: Database) -> list[LogRow]:
    rows: list[LogRow] = []
    async with database.connection() as connection:
        while page := await read_log_after(connection, rows[-1].position if rows else 0, _PAGE):
            rows += page
    return rows
