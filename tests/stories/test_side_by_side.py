"""Two gateways and two engines over one broker and one database: they share the work, and either one is enough."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Sequence

import pytest

from alerts.domain.presses import Mode
from simulators.devices.device import SimulatedDevice
from simulators.devices.presses import Press
from tests.stories.chain import PATIENCE_SECONDS, Chain, eventually, log_rows
from tests.stories.city import BUTTONS, school_of
from tests.stories.climbing import QUICK_POLICY, follow_climbs
from tests.stories.storm import run_devices

DOUBLED = {"broker": "nats", "gateways": 2, "engines": 2}
STAGES = ["received", "seen", "coming", "closed"]


async def press_all(devices: Sequence[SimulatedDevice], times: int) -> list[Press]:
    """Every device presses so often, and is answered each time."""
    presses = [await device.press() for _ in range(times) for device in devices]
    await asyncio.gather(*(press.receipt("received", timeout=PATIENCE_SECONDS) for press in presses))
    return presses


async def reach_step(chain: Chain, round_: int, step: int) -> None:
    """Waits until this step is the next one of every incident that nobody took, or is done."""

    async def is_reached() -> bool:
        behind = "select from incident where state = 'open' and (round, step) < ($1, $2)"
        return not await chain.rows(behind, round_, step)

    await eventually(is_reached, f"every incident has come to step {step} of round {round_}")


async def expect_no_step_twice(chain: Chain) -> None:
    """The log tells of every step in order, none twice, none missed."""
    follow_climbs(await log_rows(chain), QUICK_POLICY, [])


async def expect_each_press_once(chain: Chain, presses: Sequence[Press]) -> None:
    """What was pressed is stored once, however many gateways heard it."""
    assert await chain.value("select count(*) from press") == len(presses)
    assert await chain.value("select sum(presses) from incident") == len(presses)


async def answer_to_the_end(chain: Chain, incident: int) -> None:
    """Somebody takes it, goes, and closes it."""
    async with chain.program() as program:
        for move, body in (("acknowledge", {}), ("respond", {}), ("close", {"cause": "accidental"})):
            answer = await program.post(f"/api/v1/incidents/{incident}/{move}", json=body)
            assert answer.status_code == 200, answer.text


async def count_published(chain: Chain, incident: int) -> Counter[str]:
    """Which stages the gateways have published for an incident, once every move is done with."""

    async def reader_is_done() -> bool:
        behind = "select from log_reader r, log_head h where r.name = 'receipts' and r.position < h.position"
        return not await chain.rows(behind)

    await eventually(reader_is_done, "the receipts of all stages are out")
    published = [
        event
        for gateway in ("gateway", "gateway-2")
        for event in chain.read_events(gateway, "gateway.receipt.published")
    ]
    return Counter(f"{event['device']} {event['stage']}" for event in published if event["incident"] == incident)


@pytest.mark.parametrize("own_chain", [DOUBLED], ids=["nats"], indirect=True)
async def test_two_gateways_and_two_engines_do_everything_once_and_either_one_is_enough(own_chain: Chain) -> None:
    chain = own_chain
    await asyncio.to_thread(chain.set_policy, Mode.LIVE, QUICK_POLICY)
    async with run_devices(chain, BUTTONS[:30]) as devices:
        presses = await press_all(devices, 10)
        await expect_each_press_once(chain, presses)
        assert await chain.value("select count(*) from incident") == len({school_of(one.code) for one in devices})

        incident = presses[0].receipts[0].incident
        await answer_to_the_end(chain, incident)
        buttons = [device for device in devices if school_of(device.code) == school_of(devices[0].code)]
        own = [press for press in presses if press.receipts[0].incident == incident]
        for press in own:
            await press.receipt("closed")
        assert await count_published(chain, incident) == Counter(
            {f"{button.code} {stage}": 10 for button in buttons for stage in STAGES[1:]}
        )
        for press in own:
            shown = [str(receipt.stage) for receipt in press.receipts]
            assert list(dict.fromkeys(shown)) == STAGES, "each gateway may answer `received`"
            assert len([stage for stage in shown if stage != "received"]) == len(STAGES[1:])

        await reach_step(chain, 2, 0)
        for name in ("gateway", "engine-2"):
            chain.parts[name].kill()
        presses += await press_all(devices, 2)
        await reach_step(chain, 2, 1)
        assert await asyncio.to_thread(lambda: chain.read_readiness().status) == 200
        await asyncio.to_thread(chain.start)
        await expect_each_press_once(chain, presses)
        await expect_no_step_twice(chain)


@pytest.mark.parametrize("standing_chain", ["nats"], indirect=True)
async def test_a_part_that_is_asked_to_stop_ends_by_itself_and_its_successor_goes_on(chain: Chain) -> None:
    before = await chain.value("select count(*) from press")
    async with run_devices(chain, BUTTONS[40:50]) as devices:
        for name in ("gateway", "engine", "dashboard"):
            part = chain.parts[name]
            pressing = asyncio.create_task(press_all(devices, 8))
            await asyncio.to_thread(part.stop)  # nobody kills it: that it ends is awaited
            assert chain.read_errors(name) == []
            part.start()
            await pressing
        await asyncio.to_thread(chain.await_ready)
    assert await chain.value("select count(*) from press") == before + 3 * 8 * len(devices)
