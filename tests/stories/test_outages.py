"""The broker or the database goes away, and comes back: it is said, and nothing is lost.

`CAMPUS_TEST_OUTAGE_SECONDS=60` lets them stay away for a whole minute.
"""

from __future__ import annotations

import asyncio
import os
import signal
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager

import psutil
import pytest

from simulators.devices.device import SimulatedDevice
from simulators.devices.presses import Press
from tests.stories.chain import PATIENCE_SECONDS, Chain, eventually
from tests.stories.following import run_following_board

OUTAGE_SECONDS = float(os.environ.get("CAMPUS_TEST_OUTAGE_SECONDS", "8"))
BACK_SECONDS = OUTAGE_SECONDS + PATIENCE_SECONDS  # a device waits as long again before it dials again
DEVICES = [f"F{number}-G2" for number in range(20, 30)]
SERVICE = ("gateway", "engine", "dashboard")
WAITING_PRESS_LANE = """
    select from pg_stat_activity
    where application_name = 'campus-gateway gateway presses' and wait_event_type = 'Lock'
"""


@asynccontextmanager
async def run_devices(chain: Chain) -> AsyncIterator[list[SimulatedDevice]]:
    """Ten devices that are signed in, and have been answered once."""
    async with AsyncExitStack() as stack:
        devices = [await stack.enter_async_context(chain.device(code)) for code in DEVICES]
        await expect_answers([await device.press() for device in devices])
        yield devices


async def press_through(devices: Sequence[SimulatedDevice], back_at: float) -> list[Press]:
    """Every device presses again and again while something is away."""
    presses: list[Press] = []
    while (left := back_at - time.monotonic()) > 0:
        presses += [await device.press() for device in devices]
        await asyncio.sleep(min(left, 1.0))
    return presses


async def expect_answers(presses: Sequence[Press]) -> None:
    """Every press is received."""
    await asyncio.gather(*(press.receipt("received", timeout=BACK_SECONDS) for press in presses))


async def expect_stored_once(chain: Chain, presses: Sequence[Press]) -> None:
    """Every press is in the database, once."""
    names = [press.name for press in presses]
    stored = await chain.rows("select name, count(*) from press where name = any($1::text[]) group by name", names)
    assert {row["name"]: row["count"] for row in stored} == dict.fromkeys(names, 1)


async def test_the_gateway_rides_out_a_broker_that_goes_away(chain: Chain) -> None:
    pids, broker = chain.read_pids(), chain.parts["broker"]
    said = len(chain.read_log("gateway"))
    losses = await chain.read_metric("campus_gateway_broker_losses_total", lane="presses")
    async with run_devices(chain) as devices:
        back_at = time.monotonic() + OUTAGE_SECONDS
        broker.kill()
        presses, _ = await asyncio.gather(press_through(devices, back_at), chain.reach_readiness(503, "press_lane"))
        assert await chain.read_metric("campus_gateway_broker_up", lane="presses") == 0
        assert await chain.read_metric("campus_gateway_broker_losses_total", lane="presses") > losses
        await asyncio.to_thread(broker.start)
        await chain.reach_readiness(200)
        await expect_answers(presses)
    await expect_stored_once(chain, presses)
    assert await chain.read_metric("campus_gateway_broker_up", lane="presses") == 1
    lost = chain.read_events("gateway", "gateway.broker.lost", after=said)
    assert [one["lane"] for one in lost].count("presses") == 1
    [back] = [
        one for one in chain.read_events("gateway", "gateway.broker.back", after=said) if one["lane"] == "presses"
    ]
    assert back["away_seconds"] >= OUTAGE_SECONDS
    assert {name: chain.read_pids()[name] for name in SERVICE} == {name: pids[name] for name in SERVICE}


@pytest.mark.parametrize("standing_chain", ["nats"], indirect=True)
async def test_everything_rides_out_a_database_that_goes_away(chain: Chain) -> None:
    pids, postgres = chain.read_pids(), chain.parts["postgres"]
    said = {part: len(chain.read_log(part)) for part in ("gateway", "dashboard")}
    async with run_devices(chain) as devices, run_following_board(chain) as board:
        back_at = time.monotonic() + OUTAGE_SECONDS
        postgres.kill()
        presses, _ = await asyncio.gather(
            press_through(devices, back_at),
            chain.reach_readiness(503, "database", "press_lane", "engine", "feed"),
        )
        assert all(press.taken_at for press in presses), "the broker keeps what the gateway cannot store"
        assert not any(press.answered_at for press in presses)
        assert await chain.read_metric("campus_gateway_database_up") == 0
        await expect_refusal_over_http(chain)
        await board.is_told(presses=False, engine=False)
        await asyncio.to_thread(postgres.start)
        await chain.reach_readiness(200)
        await expect_answers(presses)
        await board.is_told(presses=True, engine=True)
        assert board.connections == 1, "the board's own line was never lost"
    await expect_stored_once(chain, presses)
    await eventually(lambda: is_up_again(chain), "the gateway's figure says that the database is back")
    for part, event in (
        ("gateway", "gateway.database.lost"),
        ("gateway", "gateway.database.back"),
        ("dashboard", "feed.database.lost"),
        ("dashboard", "feed.database.back"),
        ("dashboard", "dashboard.health.unknown"),
        ("dashboard", "dashboard.health.known"),
    ):
        assert len(chain.read_events(part, event, after=said[part])) == 1, f"{event} is said once a loss"
    assert chain.read_events("engine", "engine.database.back")
    assert {name: chain.read_pids()[name] for name in SERVICE} == {name: pids[name] for name in SERVICE}


@pytest.mark.parametrize("standing_chain", ["nats"], indirect=True)
async def test_a_broker_that_only_stands_still_is_noticed_and_nothing_is_lost(chain: Chain) -> None:
    """Connections stay and nothing comes: only an unanswered ping tells."""
    pids, broker = chain.read_pids(), psutil.Process(chain.parts["broker"].pid)
    async with run_devices(chain) as devices:
        broker.send_signal(signal.SIGSTOP)
        try:
            presses = [await device.press() for device in devices]
            await chain.reach_readiness(503, "press_lane")
        finally:
            broker.send_signal(signal.SIGCONT)
        await expect_answers(presses)
        await chain.reach_readiness(200)
    await expect_stored_once(chain, presses)
    assert chain.read_pids() == pids


@pytest.mark.parametrize("standing_chain", ["nats"], indirect=True)
async def test_a_database_that_only_stands_still_delays_presses_and_loses_none(chain: Chain) -> None:
    """Like a disk that hangs: connections stay, answers do not come."""
    pids, postmaster = chain.read_pids(), psutil.Process(chain.parts["postgres"].pid)
    async with run_devices(chain) as devices:
        family = [postmaster, *postmaster.children(recursive=True)]
        back_at = time.monotonic() + OUTAGE_SECONDS
        for process in family:
            process.send_signal(signal.SIGSTOP)
        try:
            presses, _ = await asyncio.gather(
                press_through(devices, back_at),
                chain.reach_readiness(503, "database", "press_lane", "engine", "feed"),
            )
        finally:
            for process in family:
                process.send_signal(signal.SIGCONT)
        await expect_answers(presses)
        await chain.reach_readiness(200)
    await expect_stored_once(chain, presses)
    assert chain.read_pids() == pids


@pytest.mark.parametrize("standing_chain", ["nats"], indirect=True)
async def test_a_gateway_that_freezes_with_the_logs_lock_in_its_hands_does_not_silence_the_others(chain: Chain) -> None:
    """The worst moment to freeze: its transaction has the lock that everybody needs, and does not commit."""
    gateway = psutil.Process(chain.parts["gateway"].pid)
    async with chain.device("F30-G1") as device, chain.program() as program:
        async with chain.holding_the_log():
            press = await device.press()
            await eventually(lambda: chain.rows(WAITING_PRESS_LANE), "the gateway waits for the lock")
            gateway.send_signal(signal.SIGSTOP)
        try:
            answer = await program.post("/api/v1/presses", json={"device": "F30-G2"}, timeout=PATIENCE_SECONDS)
            assert answer.status_code == 201, answer.text
            assert press.answered_at is None
        finally:
            gateway.send_signal(signal.SIGCONT)
        await expect_answers([press])
    await expect_stored_once(chain, [press])
    await chain.reach_readiness(200)


async def expect_refusal_over_http(chain: Chain) -> None:
    """Without a database a press over HTTP is not answered with a promise, and the process is alive all the same."""
    async with chain.program() as program:
        answer = await program.post("/api/v1/presses", json={"device": "F20-G1"})
        assert (answer.status_code, answer.json()["type"].rpartition("/")[2]) == (503, "storage-away")
        assert (await program.get("/livez")).status_code == 200


async def is_up_again(chain: Chain) -> bool:
    return await chain.read_metric("campus_gateway_database_up") == 1
