"""Do presses notice a thousand gates a second, and is a day that a broker held back taken in whole?"""

from __future__ import annotations

import asyncio
import random
import subprocess
import sys
import time
from dataclasses import dataclass, replace

import asyncpg

from simulators.devices.fleet import DeviceFleet
from tests.bench.latency import PRESSING_DEVICES, Latency, press_at, summarise
from tests.bench.parts import SECRETS, Parts

SECONDS = 20
PRESS_RATE = 10
LEAD_SECONDS = 5  # until the gates are connected and send
PATIENCE_SECONDS = 300.0


@dataclass(frozen=True, slots=True)
class EvidenceFigures:
    """Presses without gates and beside so many a second; seconds until the last of the gates was stored; then what a
    broker held back while no gateway listened, and how long that took to store."""

    rate: int
    quiet: Latency
    beside: Latency
    sent: int
    behind_seconds: float
    held_back: int
    held_back_seconds: float
    stored: int


def measure_evidence(parts: Parts, rate: int, held_back: int) -> EvidenceFigures:
    """Presses for some seconds quiet and beside the gates; then everything again while no gateway listens."""
    return asyncio.run(_measure(parts, rate, held_back))


async def _measure(parts: Parts, rate: int, held_back: int) -> EvidenceFigures:
    presses = parts.program("gateway", "gateway", "run", "--lanes", "presses,receipts")
    reports = parts.program("reports", "gateway", "run", "--name", "reports", "--lanes", "evidence,beats")
    engine = parts.program("engine", "alerts", "run")
    connection = await asyncpg.connect(parts.postgres.url)
    try:
        with parts.running(presses, reports, engine):
            await asyncio.to_thread(parts.await_listening, ["presses", "evidence", "escalation"])
            quiet, beside, sent = await _press_beside(parts, rate)
            behind = await _await_rows(connection, sent)
            reports.stop()
            late = await _flood(parts, "--events", str(held_back), "--hours-ago", "24", "--first", "1000000")
            reports.start()
            seconds = await _await_rows(connection, sent + late)
            stored = await connection.fetchval("select count(*) from evidence")
    finally:
        await connection.close()
    return EvidenceFigures(rate, quiet, beside, sent, behind, late, seconds, stored)


async def _press_beside(parts: Parts, rate: int) -> tuple[Latency, Latency, int]:
    city = replace(parts.city, devices=parts.city.devices[:PRESSING_DEVICES])
    async with DeviceFleet(parts.device_url, city, SECRETS.device_password, interval_seconds=3600) as fleet:
        await fleet.settle()
        await press_at(fleet, 20, 3, random.Random(0))
        quiet = summarise(await press_at(fleet, PRESS_RATE, SECONDS, random.Random(1)))
        flood = asyncio.create_task(
            _flood(parts, "--rate", str(rate), "--events", str(rate * (SECONDS + LEAD_SECONDS)))
        )
        await asyncio.sleep(LEAD_SECONDS)
        beside = summarise(await press_at(fleet, PRESS_RATE, SECONDS, random.Random(2)))
        return quiet, beside, await flood


async def _flood(parts: Parts, *words: str) -> int:
    """Sends, and tells how many events the broker took."""
    module = ("-m", "tests.bench.evidence_flood", parts.device_url, str(len(parts.city.schools)))
    process = await asyncio.create_subprocess_exec(
        sys.executable, *module, "--skip", str(PRESSING_DEVICES), *words, stdout=subprocess.PIPE, env=parts.environment
    )
    said, _ = await process.communicate()
    if process.returncode:
        raise RuntimeError("the flood broke off")
    return int(said.split()[-1])


async def _await_rows(connection: asyncpg.Connection[asyncpg.Record], rows: int) -> float:
    """Seconds until so many events are stored."""
    began = time.perf_counter()
    async with asyncio.timeout(PATIENCE_SECONDS):
        while await connection.fetchval("select count(*) from evidence") < rows:
            await asyncio.sleep(0.1)
    return time.perf_counter() - began
