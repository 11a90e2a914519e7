"""Simulated devices against both real brokers: signing in, living, pressing until answered, obeying."""

import asyncio
import json
import re
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import aiomqtt
import pytest

from alerts.domain.arrivals import Stage
from gateway import wire
from simulators.devices.connection import BrokerUnreachableError, SignInRefusedError
from simulators.devices.device import SimulatedDevice
from simulators.embedded.broker import EmbeddedBroker
from simulators.embedded.process import find_free_port

DISTRICT, SCHOOL, CODE, PASSWORD = "370202", "QD020001", "QD020001-G1", "a password"
SOON = 30.0


class Service:
    """What stands in for the gateway: hears everything, answers presses when told to."""

    def __init__(self, client: aiomqtt.Client) -> None:
        self.client = client
        self.heard: list[tuple[str, Any, bool]] = []
        self.answering = True
        self._changed = asyncio.Condition()

    async def listen(self) -> None:
        async for message in self.client.messages:
            topic, payload = message.topic.value, json.loads(bytes(message.payload))
            if topic.endswith("/press") and self.answering:
                await self.answer(topic, payload["id"], Stage.RECEIVED)
            async with self._changed:
                self.heard.append((topic.rpartition("/")[2], payload, message.retain))
                self._changed.notify_all()

    async def answer(self, topic: str, press: str, stage: Stage) -> None:
        receipt = wire.Receipt(press=press, incident=1, stage=stage, at=datetime.now(UTC))
        await self.client.publish(topic.rpartition("/")[0] + "/receipt", wire.encode(receipt), qos=1)

    async def command(self, **fields: Any) -> None:
        await self.client.publish(f"campus/v1/{DISTRICT}/{SCHOOL}/{CODE}/command", json.dumps(fields), qos=1)

    def said(self, channel: str) -> list[Any]:
        return [payload for heard, payload, _ in self.heard if heard == channel]

    async def until(self, holds: Callable[[], bool]) -> None:
        async with asyncio.timeout(SOON), self._changed:
            await self._changed.wait_for(holds)


@asynccontextmanager
async def serve(broker: EmbeddedBroker) -> AsyncIterator[Service]:
    password = broker.service_password
    async with aiomqtt.Client("127.0.0.1", broker.port, username="gateway", password=password) as client:
        service = Service(client)
        await client.subscribe("campus/v1/#", qos=1)
        listening = asyncio.create_task(service.listen())
        yield service
        listening.cancel()


@pytest.fixture
async def service(broker: EmbeddedBroker) -> AsyncIterator[Service]:
    broker.set_devices({CODE: PASSWORD})
    async with serve(broker) as service:
        yield service


def make_device(broker: EmbeddedBroker, password: str = PASSWORD, **conduct: Any) -> SimulatedDevice:
    return SimulatedDevice(broker.url(), DISTRICT, SCHOOL, CODE, password, **conduct)


async def test_a_device_tells_its_whole_state_when_it_connects_and_the_broker_keeps_it(
    broker: EmbeddedBroker, service: Service
):
    async with make_device(broker, interval_seconds=45) as device:
        device.condition.battery = 80
        await service.until(lambda: bool(service.said("state")))
    state = service.said("state")[-1]
    assert state.keys() == {"online", "boot", "firmware", "battery", "mains", "tamper", "rssi", "interval"}
    assert state["online"] is True
    assert state["interval"] == 45
    async with serve(broker) as latecomer:
        await latecomer.until(lambda: bool(latecomer.said("state")))
        assert latecomer.heard[0] == ("state", state, True)


async def test_a_cut_line_publishes_the_last_will_and_a_goodbye_does_not(broker: EmbeddedBroker, service: Service):
    async with make_device(broker) as device:
        device.line.cut()
        await service.until(lambda: {"online": False} in service.said("state"))
    count = len(service.said("state"))
    async with make_device(broker):
        await service.until(lambda: len(service.said("state")) == count + 1)
    async with make_device(broker) as device:  # whatever the goodbye left behind comes before this state
        await service.until(lambda: len(service.said("state")) == count + 2)
    assert all(state["online"] for state in service.said("state")[count:])


async def test_a_device_beats_on_its_interval(broker: EmbeddedBroker, service: Service):
    async with make_device(broker, interval_seconds=1):
        await service.until(lambda: len(service.said("beat")) == 3)
    assert service.said("beat")[0] == {"battery": 100, "mains": True, "rssi": -67}


async def test_a_press_is_repeated_with_the_same_identity_until_the_service_received_it(
    broker: EmbeddedBroker, service: Service
):
    service.answering = False
    async with make_device(broker) as device:
        press = await device.press(kind="violence", mode="test")
        await service.until(lambda: len(service.said("press")) == 2)
        assert press.answer_seconds is None
        service.answering = True
        receipt = await press.receipt("received")
        assert receipt.press == press.name
        assert press.repeat is None
        assert press.taken_at is not None
        await service.until(lambda: len(service.said("press")) == press.times_sent)
    assert len({json.dumps(said) for said in service.said("press")}) == 1
    said = service.said("press")[0]
    assert said.keys() == {"id", "boot", "seq", "at", "kind", "mode"}
    assert (said["kind"], said["mode"]) == ("violence", "test")


async def test_a_button_shows_every_stage_of_its_own_press_only(broker: EmbeddedBroker, service: Service):
    async with make_device(broker) as device:
        first, second = await device.press(), await device.press()
        assert first.name is not None
        for stage in (Stage.SEEN, Stage.COMING, Stage.CLOSED):
            await service.answer(f"campus/v1/{DISTRICT}/{SCHOOL}/{CODE}/press", first.name, stage)
        await service.answer(f"campus/v1/{DISTRICT}/{SCHOOL}/{CODE}/press", "from long ago", Stage.CLOSED)
        await first.receipt("closed")
        await first.receipt("received")
        await second.receipt("received")
        assert first.is_closed
        assert not second.is_closed
        async with asyncio.timeout(SOON):
            while not device.strays:
                await (await device.press()).receipt("received")
    assert device.strays[0].press == "from long ago"


async def test_waiting_in_vain_for_a_receipt_says_what_was_seen(broker: EmbeddedBroker, service: Service):
    async with make_device(broker) as device:
        press = await device.press()
        await press.receipt("received")
        with pytest.raises(TimeoutError, match=r"no `closed` within 0.01 s.*the broker took it.*showed received"):
            await press.receipt("closed", timeout=0.01)


@pytest.mark.parametrize(
    ("identity", "fields"),
    [("id", {"id", "boot", "seq", "at"}), ("boot", {"boot", "seq", "at"}), ("at", {"at"}), ("none", set())],
)
async def test_a_press_can_be_told_apart_by_less(
    broker: EmbeddedBroker, service: Service, identity: Any, fields: set[str]
):
    service.answering = False
    async with make_device(broker) as device:
        press = await device.press(identity=identity)
        await service.until(lambda: bool(service.said("press")))
    said = service.said("press")[0]
    assert said.keys() == fields
    assert (
        press.name
        == {"id": said.get("id"), "boot": f"{said.get('boot')}:1", "at": said.get("at"), "none": None}[identity]
    )


async def test_a_second_session_of_a_device_presses_and_leaves_no_trace_on_its_state(
    broker: EmbeddedBroker, service: Service
):
    async with make_device(broker) as device:
        await service.until(lambda: bool(service.said("state")))
        async with make_device(broker, keeps_session=False, only_presses=True) as hand:
            await (await hand.press()).receipt("received")
            hand.line.cut()
        await (await device.press()).receipt("received")
        assert device.line.is_up
    await service.until(lambda: len(service.said("press")) == 2)
    assert len(service.said("state")) == 1
    assert len({said["boot"] for said in service.said("press")}) == 2


async def test_a_cancel_names_the_last_press(broker: EmbeddedBroker, service: Service):
    async with make_device(broker) as device:
        press = await device.press()
        await device.cancel().taken()
        await service.until(lambda: bool(service.said("cancel")))
    assert service.said("cancel")[0]["press"] == press.name


async def test_a_command_is_obeyed_and_confirmed_until_its_time(broker: EmbeddedBroker, service: Service):
    async with make_device(broker) as device:
        await service.command(id="c-1", output="siren", on=True)
        await service.until(lambda: bool(service.said("output")))
        assert device.outputs == {"siren": True}
        await service.command(
            id="c-2", output="lock", on=True, until=(datetime.now(UTC) + timedelta(seconds=1)).isoformat()
        )
        await service.until(lambda: len(service.said("output")) == 3)
        assert device.outputs == {"siren": True, "lock": False}
    assert service.said("output") == [
        {"command": "c-1", "on": True},
        {"command": "c-2", "on": True},
        {"command": "c-2", "on": False},
    ]


async def test_what_a_device_says_while_the_broker_is_dead_arrives_after_its_return(broker: EmbeddedBroker):
    broker.set_devices({CODE: PASSWORD})
    async with make_device(broker) as device:
        broker.kill()
        press = await device.press()
        cancel = device.cancel(press)
        await asyncio.to_thread(broker.start)
        async with serve(broker) as service:
            await press.receipt("received", timeout=SOON)
            await cancel.taken()
            await service.until(lambda: bool(service.said("state")))


async def test_a_wrong_password_is_said_plainly(broker: EmbeddedBroker, service: Service):
    with pytest.raises(SignInRefusedError, match=CODE):
        async with make_device(broker, password="wrong"):
            pass


async def test_a_broker_that_is_not_there_is_said_plainly():
    device = SimulatedDevice(f"mqtt://127.0.0.1:{find_free_port()}", DISTRICT, SCHOOL, CODE, PASSWORD)
    with pytest.raises(BrokerUnreachableError, match="no broker answers at"):
        async with device:
            pass


@pytest.mark.parametrize("address", ["127.0.0.1:1883", "http://127.0.0.1", "mqtt://"])
def test_an_address_that_is_not_a_broker_is_refused_with_an_example(address: str):
    with pytest.raises(ValueError, match=re.escape("mqtt://127.0.0.1:1883")):
        SimulatedDevice(address, DISTRICT, SCHOOL, CODE, PASSWORD)
