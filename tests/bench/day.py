"""A day of the design city, taken in and judged in one go: are 90 seconds of one core enough?

The devices of a day say what they have to say, each over its own connection and in order of time, while no gateway
listens: the broker holds it back. All of that is not counted. Then a gateway takes in what waits, each message
committed before it is acknowledged, and when the last one is, a judge closes the day. All of them share one core.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import TypeVar

import asyncpg
import psutil

from alerts.domain.registry import Device, DeviceRole
from simulators.demo.services import Program
from simulators.devices.fleet import DeviceFleet
from simulators.devices.line import Delivery
from simulators.embedded.broker import EmbeddedBroker, NatsBroker, find_program
from simulators.embedded.errors import EmbeddedServerError
from simulators.embedded.process import find_free_port
from tests.bench.compliance import MESSAGES, make_evident, read_cpu_seconds
from tests.bench.parts import SECRETS, Parts
from tests.bench.throughput import QuickMosquitto, read_progress

T = TypeVar("T")
CORE = 0
_ON_THE_WAY = 5_000  # not yet taken by the broker; more is waited for
_PATIENCE_SECONDS = 1800.0
_POLL_SECONDS = 0.5
# As devices send it, with the time at which it happened.
SENT = f"""
select device, channel, '{{"at": ' || to_json(at) || ', ' || substr(payload, 2) as payload
from ({MESSAGES}) as message order by at, device
"""
SENSORS = """
select d.code, d.school, d.role, p.name as point from device d join point p on p.id = d.point where role <> 'alarm'
"""
# Nothing is left of the setting up: every school stands as it is today, and the coming week was looked at.
SETTLED = """
select not exists (select from compliance_stale) and not exists (select from coverage_stale)
    and not exists (select from school s left join school_standing t on t.school = s.code
                    where t.on_date is null or t.look_again_at < now())
"""
# No gateway listened from the day's first instant on.
AWAY = "update service_pulse set seen_at = $1::date::timestamp at time zone 'Asia/Shanghai'"
SPAN = "select min(recorded_at) as began, max(recorded_at) as ended, count(*) as rows from evidence"
CLOSED = "select clock_timestamp() from closed_day where on_date = $1"
RECORDED = "select count(*) as days, sum(evidence_rows) as rows from school_day where on_date = $1"


@dataclass(frozen=True, slots=True)
class DayFigures:
    """What a day cost: seconds by the clock until the last message was stored and until the day was closed, from the
    first message stored on, and seconds of CPU by process, until and after the last message was stored."""

    broker: str
    schools: int
    sent: int
    stored: int
    judged: int
    taken_seconds: float
    closed_seconds: float
    taking: Mapping[str, float]
    closing: Mapping[str, float]


def choose_broker() -> type[EmbeddedBroker]:
    """Mosquitto where it is installed, else NATS."""
    try:
        find_program(QuickMosquitto.program)
    except EmbeddedServerError:
        return NatsBroker
    return QuickMosquitto


def measure_day(parts: Parts) -> DayFigures:
    """Lets the devices speak, then takes in and closes the day."""
    return asyncio.run(_measure(parts))


async def _measure(parts: Parts) -> DayFigures:
    connection = await asyncpg.connect(parts.postgres.url)
    try:
        on = await make_evident(connection)
        await connection.execute("analyze")
        await _settle(parts, connection)
        await connection.execute(AWAY, on)
        sent = await _send_day(parts, connection, on)
        await connection.execute("update day_closing set next_on = $1", on)
        return await _take_and_close(parts, connection, on, sent)
    finally:
        await connection.close()


async def _settle(parts: Parts, connection: asyncpg.Connection[asyncpg.Record]) -> None:
    """The service as it is before the day: judged, and known to the broker, which queues for it from now on."""
    judge, gateway = parts.program("judge", "alerts", "judge"), parts.program("gateway", "gateway", "run")
    with parts.running(judge, gateway):
        await asyncio.to_thread(parts.await_listening, ["evidence"])
        await _await(lambda: connection.fetchval(SETTLED))
    await connection.execute("vacuum analyze")


async def _send_day(parts: Parts, connection: asyncpg.Connection[asyncpg.Record], on: date) -> int:
    """Every device tells its day; how many messages the broker took, with the states that devices tell at sign-in."""
    sensors = tuple(
        Device(row["code"], row["school"], row["point"], role=DeviceRole(row["role"]))
        for row in await connection.fetch(SENSORS)
    )
    await asyncio.to_thread(parts.broker.set_devices, {sensor.code: SECRETS.device_password for sensor in sensors})
    city = replace(parts.city, devices=sensors)
    async with DeviceFleet(parts.device_url, city, SECRETS.device_password, interval_seconds=3600) as fleet:
        await fleet.wait_until_online(fleet.devices.values())
        sent = await _send(fleet, connection, on)
    return sent + len(sensors)


async def _send(fleet: DeviceFleet, connection: asyncpg.Connection[asyncpg.Record], on: date) -> int:
    sent, waiting = 0, asyncio.Queue[Delivery](_ON_THE_WAY)
    async with connection.transaction():
        async for row in connection.cursor(SENT, on, prefetch=1000):
            if waiting.full():
                await waiting.get_nowait().taken(timeout=120)
            waiting.put_nowait(fleet.devices[row["device"]].deliver(row["channel"], row["payload"].encode()))
            sent += 1
    while not waiting.empty():
        await waiting.get_nowait().taken(timeout=120)
    return sent


async def _take_and_close(
    parts: Parts, connection: asyncpg.Connection[asyncpg.Record], on: date, sent: int
) -> DayFigures:
    port = find_free_port()
    told = {**parts.environment, "CAMPUS_GATEWAY_METRICS_PORT": str(port)}
    gateway = Program("gateway", ["gateway", "run"], parts.folder / "services", told)
    judge = parts.program("judge", "alerts", "judge")
    _hold_on_core(*_list_processes(parts))
    before = _read_cpu(parts)
    with parts.running(gateway):
        _hold_on_core(gateway.pid)
        await _await(lambda: asyncio.to_thread(_has_acknowledged, port, sent))
        (span,) = await connection.fetch(SPAN)
        between = _read_cpu(parts, gateway=gateway)
        with parts.running(judge):
            _hold_on_core(judge.pid)
            closed_at: datetime = await _await(lambda: connection.fetchval(CLOSED, on))
            after = _read_cpu(parts, gateway=gateway, judge=judge)
    (recorded,) = await connection.fetch(RECORDED, on)
    return DayFigures(
        parts.broker.program,
        recorded["days"],
        sent,
        span["rows"],
        recorded["rows"],
        (span["ended"] - span["began"]).total_seconds(),
        (closed_at - span["began"]).total_seconds(),
        {name: cpu - before.get(name, 0.0) for name, cpu in between.items()},
        {name: cpu - between.get(name, 0.0) for name, cpu in after.items()},
    )


def _list_processes(parts: Parts) -> list[int | None]:
    postgres = psutil.Process(parts.postgres.pid)
    return [parts.broker.pid, postgres.pid, *(child.pid for child in postgres.children())]


def _hold_on_core(*pids: int | None) -> None:
    """What these processes start later stays there, too."""
    for pid in pids:
        os.sched_setaffinity(pid or 0, {CORE})


def _read_cpu(parts: Parts, **programs: Program) -> dict[str, float]:
    """Seconds of CPU that each used so far."""
    pids = {"broker": parts.broker.pid, **{name: program.pid for name, program in programs.items()}}
    times = {name: psutil.Process(pid).cpu_times() for name, pid in pids.items()}
    return {
        "PostgreSQL": read_cpu_seconds(psutil.Process(parts.postgres.pid)),
        **{name: one.user + one.system for name, one in times.items()},
    }


def _has_acknowledged(port: int, messages: int) -> bool:
    """Whether the gateway's evidence lane has acknowledged so many, by its own figures."""
    progress = read_progress(port)
    return progress is not None and progress[1] >= messages


async def _await(condition: Callable[[], Awaitable[T]]) -> T:
    """What the condition gives once it gives anything."""
    async with asyncio.timeout(_PATIENCE_SECONDS):
        while not (found := await condition()):
            await asyncio.sleep(_POLL_SECONDS)
    return found
