"""Many devices at once against both real brokers, the day that is played on them, and their storms."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import aiomqtt
import pytest

from simulators.city.generator import generate_city
from simulators.devices.day import Day
from simulators.devices.descriptors import DescriptorLimitError, allow_sockets
from simulators.devices.fleet import DeviceFleet
from simulators.devices.rhythm import Deed, Step, Story
from simulators.devices.storms import storm_presses, storm_reconnects
from simulators.embedded.broker import EmbeddedBroker
from tests.simulators.test_devices import SOON, Service, serve

CITY = generate_city(20, 3)
CODES = [device.code for device in CITY.devices]
PASSWORD = "one for all"


@asynccontextmanager
async def start_fleet(broker: EmbeddedBroker, **conduct: object) -> AsyncIterator[DeviceFleet]:
    broker.set_devices(dict.fromkeys(CODES, PASSWORD))
    async with asyncio.timeout(SOON), DeviceFleet(broker.url(), CITY, PASSWORD, **conduct) as fleet:
        await fleet.settle()
        yield fleet


@pytest.fixture
async def service(broker: EmbeddedBroker) -> AsyncIterator[Service]:
    async with serve(broker) as service:
        yield service


async def test_every_device_of_the_city_gets_in_however_few_sign_in_at_once(broker: EmbeddedBroker, service: Service):
    async with start_fleet(broker, sign_ins_at_once=3) as fleet:
        assert fleet.online == set(CODES)
        assert fleet.dialer.waiting == 0
        await service.until(lambda: len(service.said("state")) == len(CODES))


async def test_a_fleet_with_a_wrong_password_settles_with_nobody_online(broker: EmbeddedBroker):
    broker.set_devices(dict.fromkeys(CODES, PASSWORD))
    async with asyncio.timeout(SOON), DeviceFleet(broker.url(), CITY, "wrong") as fleet:
        await fleet.settle()
        assert not fleet.online
        assert fleet.losses["SignInRefusedError"] >= len(CODES)


async def test_in_a_press_storm_every_device_presses_once_and_is_answered(broker: EmbeddedBroker, service: Service):
    async with start_fleet(broker) as fleet:
        storm = await storm_presses(fleet, len(CODES) + 5, 0.5)
    assert storm.pressed == storm.taken == storm.answered == len(CODES)
    assert storm.longest_seconds is not None
    assert {said["mode"] for said in service.said("press")} == {"test"}


async def test_in_a_test_storm_each_school_presses_once_before_any_presses_twice(
    broker: EmbeddedBroker, service: Service
):
    schools = {device.school for device in CITY.devices}
    assert len(schools) < len(CODES), "some school has two buttons"
    async with (
        start_fleet(broker) as fleet,
        aiomqtt.Client("127.0.0.1", broker.port, username="gateway", password=broker.service_password) as listener,
    ):
        await listener.subscribe("campus/v1/+/+/+/press", qos=1)
        await storm_presses(fleet, len(schools), 0.2)
        pressed = [(await anext(aiter(listener.messages))).topic.value.split("/")[3] for _ in schools]
    assert set(pressed) == schools


async def test_a_press_storm_that_nobody_answers_says_so(broker: EmbeddedBroker, service: Service):
    service.answering = False
    async with start_fleet(broker) as fleet:
        storm = await storm_presses(fleet, 5, 0.1, patience_seconds=0.1)
    assert (storm.pressed, storm.answered, storm.p99_seconds) == (5, 0, None)


async def test_in_a_reconnect_storm_everybody_comes_back_and_tells_its_state_again(
    broker: EmbeddedBroker, service: Service
):
    async with start_fleet(broker) as fleet:
        await storm_reconnects(fleet, len(CODES), 0.2)
        assert fleet.online == set(CODES)
        # Not each will is heard: NATS drops some of devices that are back before it has noticed that they were gone.
        await service.until(lambda: sum(state["online"] for state in service.said("state")) == 2 * len(CODES))


async def test_a_day_lets_its_stories_happen_to_the_devices(broker: EmbeddedBroker, service: Service):
    broken, pressed = CODES[0], CODES[1]
    stories = (
        Story(
            0.0,
            "lost mains",
            "-",
            (
                Step(0.0, broken, Deed.LOSE_MAINS),
                Step(0.1, broken, Deed.SET_BATTERY, percent=40),
                Step(0.2, broken, Deed.OPEN_TAMPER),
                Step(0.3, broken, Deed.FALL_SILENT),
            ),
        ),
        Story(
            600.0, "accident", "-", (Step(0.0, pressed, Deed.PRESS, "fire", "drill"), Step(0.1, pressed, Deed.CANCEL))
        ),
        Story(1_200.0, "lost line", "-", (Step(0.0, pressed, Deed.LOSE_LINE), Step(0.1, pressed, Deed.REGAIN_LINE))),
    )
    async with start_fleet(broker) as fleet:
        day = Day(fleet.devices, iter(stories), speed=3_600.0)
        await day.run()
        assert day.told == {"lost mains": 1, "accident": 1, "lost line": 1}
        assert day.presses == {"drill": 1}
        await fleet.wait_until_online(fleet.devices.values())
        assert fleet.devices[broken].silent
        await service.until(lambda: bool(service.said("cancel")) and {"online": False} in service.said("state"))
    (press,) = service.said("press")
    assert (press["kind"], press["mode"]) == ("fire", "drill")
    assert service.said("cancel")[0]["press"] == press["id"]
    worst = [state for state in service.said("state") if state.get("tamper")]
    assert [(state["mains"], state["battery"]) for state in worst] == [(False, 40)]


def test_more_devices_than_open_files_are_refused_with_the_limit_named():
    with pytest.raises(DescriptorLimitError, match=r"the hard limit is \d+.*ulimit -Hn"):
        allow_sockets(2**31)
