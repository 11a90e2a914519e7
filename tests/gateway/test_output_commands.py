"""Commands for outputs over real brokers: sent, obeyed by simulated devices, and confirmed on the incident."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest

from alerts.domain.escalation import Policy, Step
from alerts.domain.incidents import Cause
from alerts.domain.outputs import OutputState
from alerts.domain.presses import Mode
from alerts.domain.registry import Output
from alerts.incidents.outputs import Outputs, Wish
from alerts.readiness.policies import save_policy
from alerts.storage.outputs import DueCommand, OutputRow, list_outputs
from gateway.output_commands import write_command
from simulators.devices.device import SimulatedDevice
from simulators.embedded.broker import EmbeddedBroker
from tests.alerts.story import WANG, Story
from tests.gateway.gateway_process import gateway_running

DEVICE, PASSWORD = "S1-G1", "a password"
LANES = ("evidence", "receipts")
SOON_SECONDS = 60.0


@pytest.fixture
async def story(story: Story) -> Story:
    await story.database_execute("insert into device_output (device, output) values ('S1-G1', 'siren')")
    return story


async def read_siren(story: Story, incident: int) -> OutputRow:
    async with story.database.connection() as connection:
        (row,) = await list_outputs(connection, incident)
    return row


async def siren_is(story: Story, incident: int, holds: Callable[[OutputRow], bool]) -> OutputRow:
    """The siren, as soon as this holds of it."""
    async with asyncio.timeout(SOON_SECONDS):
        while not holds(row := await read_siren(story, incident)):
            await asyncio.sleep(0.05)
    return row


def make_device(broker: EmbeddedBroker) -> SimulatedDevice:
    return SimulatedDevice(broker.url(), "370202", "S1", DEVICE, PASSWORD)


async def test_a_siren_goes_on_and_off_by_command_and_the_device_confirms_both(
    broker: EmbeddedBroker, story: Story
) -> None:
    broker.set_devices({DEVICE: PASSWORD})
    incident = (await story.press()).incident
    async with gateway_running(story.database.url, broker.url(), lanes=LANES) as gateway, make_device(broker) as device:
        await gateway.await_listening(*LANES)
        await Outputs(story.database).drive(incident, WANG, Wish((Output.SIREN,), on=True, seconds=2))
        await siren_is(story, incident, lambda row: row.confirmed_on_at is not None)
        row = await siren_is(story, incident, lambda row: row.state is OutputState.OFF)
        assert row.until is not None
        assert row.confirmed_off_at is not None
        assert device.outputs == {"siren": False}
    assert (await story.incident(incident)).outputs_unconfirmed == 0
    requested, *others = [kind for kind in await story.log_kinds() if kind.startswith("output.")]
    assert requested == "output.requested"
    # A device may have confirmed before the broker's word that the command left is written down.
    assert sorted(others) == ["output.confirmed", "output.confirmed", "output.sent"]


async def test_a_device_that_was_offline_hears_the_newest_wish_when_it_is_back(
    broker: EmbeddedBroker, story: Story
) -> None:
    broker.set_devices({DEVICE: PASSWORD})
    incident = (await story.press()).incident
    outputs = Outputs(story.database)
    async with gateway_running(story.database.url, broker.url(), lanes=LANES) as gateway:
        await gateway.await_listening(*LANES)
        async with make_device(broker) as device:
            await said_online(story, True)
            device.lose_line()
            await said_online(story, False)
            await outputs.drive(incident, WANG, Wish((Output.SIREN,), on=True))
            await outputs.drive(incident, WANG, Wish((Output.SIREN,), on=False))
            await outputs.drive(incident, WANG, Wish((Output.SIREN,), on=True))
            assert (await read_siren(story, incident)).state is OutputState.WANTED
            device.start()
            await siren_is(story, incident, lambda row: row.state is OutputState.ON)
    assert (await story.log_kinds()).count("output.sent") == 1, "only the newest wish left"


async def test_a_command_that_nobody_answers_is_sent_again(broker: EmbeddedBroker, story: Story) -> None:
    broker.set_devices({DEVICE: PASSWORD})
    incident = (await story.press()).incident
    async with gateway_running(story.database.url, broker.url(), lanes=LANES) as gateway:
        await gateway.await_listening(*LANES)
        await Outputs(story.database).drive(incident, WANG, Wish((Output.SIREN,), on=True))
        row = await siren_is(story, incident, lambda row: (row.sends or 0) >= 2)
        assert row.state is OutputState.SENT
        assert (await story.incident(incident)).outputs_unconfirmed == 1


async def test_a_press_whose_policy_names_the_siren_makes_it_sound_and_closing_makes_it_stop(
    broker: EmbeddedBroker, story: Story
) -> None:
    broker.set_devices({DEVICE: PASSWORD})
    loud = Step(0, ("police", "post:school_duty"), outputs=("siren",))
    await save_policy(story.database, Mode.LIVE, Policy((loud,), 60), "wang")
    lanes = ("presses", *LANES)
    async with gateway_running(story.database.url, broker.url(), lanes=lanes) as gateway, make_device(broker) as device:
        await gateway.await_listening(*lanes)
        await device.press()
        incident = await first_incident(story)
        await siren_is(story, incident, lambda row: row.state is OutputState.ON)
        assert device.outputs == {"siren": True}
        await story.answers.acknowledge(incident, WANG)
        await story.answers.close(incident, WANG, Cause.REAL)
        await siren_is(story, incident, lambda row: row.state is OutputState.OFF)
        assert device.outputs == {"siren": False}
    assert (await story.incident(incident)).outputs_unconfirmed == 0


def test_a_device_whose_place_no_broker_can_name_is_passed_by() -> None:
    command = DueCommand(1, 1, "37 02", "S1", DEVICE, Output.SIREN, on=True, until=None, sends=0)
    assert write_command(command) is None


async def first_incident(story: Story) -> int:
    """The first incident, as soon as there is one."""
    async with asyncio.timeout(SOON_SECONDS):
        while (found := await story.value("select min(id) from incident")) is None:
            await asyncio.sleep(0.05)
    return int(found)


async def said_online(story: Story, wanted: bool) -> None:
    async with asyncio.timeout(SOON_SECONDS):
        while await story.value("select said_online from device_status where device = $1", DEVICE) is not wanted:
            await asyncio.sleep(0.05)
