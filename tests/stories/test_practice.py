"""The whole city tests its buttons at once: nothing is late, nothing is lost, and a live press in the middle is as loud
as ever."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

import asyncpg
import httpx
import pytest

from alerts.domain.presses import Mode
from alerts.domain.registry import City, Device, Ownership, School, SchoolKind
from simulators.devices.device import SimulatedDevice
from simulators.devices.fleet import DeviceFleet
from simulators.devices.presses import Press
from simulators.embedded.process import LOOPBACK
from tests.dashboard.board import Board
from tests.stories.chain import Chain, eventually
from tests.stories.city import DEVICE_PASSWORD, DISTRICT, SIGN_INS

SCHOOLS = 120
STORM_SECONDS = 3.0
BOUND_SECONDS = 30.0  # generous: the bench has the figures

pytestmark = pytest.mark.faults

TESTED = tuple(f"T{number:03}" for number in range(1, SCHOOLS + 1))
CITY = City(
    districts=(),
    groups=(),
    schools=tuple(
        School(code, DISTRICT, code, SchoolKind.PRIMARY, Ownership.PUBLIC, 600, 0, "", None, None) for code in TESTED
    ),
    points=(),
    devices=tuple(Device(f"{code}-G1", code, "门卫室", 3600) for code in TESTED),
    people=(),
    posts=(),
    holdings=(),
)
_REGISTER = """
insert into school (code, district, name, kind, ownership, students, boarders)
    select code, '370202', '测试学校' || code, 'primary', 'public', 600, 0 from unnest($1::text[]) as code
"""
_HANG = "insert into point (school, kind, name) select code, 'gatehouse', '门卫室' from unnest($1::text[]) as code"
_CONNECT = """
insert into device (code, school, point, interval_seconds)
    select p.school || '-G1', p.school, p.id, 3600 from point p where p.school = any($1::text[])
"""


@pytest.mark.parametrize("own_chain", [{"broker": "nats"}], indirect=True)
async def test_a_city_tests_its_buttons_while_one_press_is_real(own_chain: Chain) -> None:
    await register_schools(own_chain)
    async with own_chain.program() as desk, own_chain.board() as board, run_fleet(own_chain) as fleet:
        await own_chain.announce(Mode.TEST)
        async with own_chain.device("S1-G1") as button:
            storm, live = await press_everywhere(fleet, button)
            receipt = await live.receipt("received")
            shown = await hear_live(board, receipt.incident)
        assert (shown["mode"], shown["school"], shown["state"]) == ("live", "S1", "open")
        assert (datetime.now(UTC) - live.pressed_at).total_seconds() < BOUND_SECONDS
        await eventually(lambda: paged(own_chain, receipt.incident), "guard and duty are called")
        for press in storm:
            await press.receipt("received")
        tests = {(await press.receipt("received")).incident for press in storm}
        await board.hear_until(lambda board: tests <= board.incidents.keys())
        assert {board.incidents[one]["mode"] for one in tests} == {"test"}
        assert len(tests) == SCHOOLS, "one incident a school"
        live_ones = (await desk.get("/api/v1/incidents?mode=live&limit=500")).json()["items"]
        assert [one["id"] for one in live_ones] == [receipt.incident], "no test rang as a live press"

        await confirm_tests(desk)
        await eventually(lambda: proved(desk), "every test is proved and closed by the machine")
        await asyncio.gather(*(press.receipt("closed") for press in storm))
        found = (await desk.get(f"/api/v1/incidents/{min(tests)}")).json()["incident"]
        assert (found["cause"], found["closed_by"]) == ("test", "engine")
        assert (await desk.get(f"/api/v1/incidents/{receipt.incident}")).json()["incident"]["state"] == "open"


async def register_schools(chain: Chain) -> None:
    """So many schools with a button each, in the registry and at the broker."""
    connection = await asyncpg.connect(chain.database_url)
    try:
        for statement in (_REGISTER, _HANG, _CONNECT):
            await connection.execute(statement, list(TESTED))
    finally:
        await connection.close()
    codes = (*SIGN_INS, *(device.code for device in CITY.devices))
    await asyncio.to_thread(chain.broker.set_devices, dict.fromkeys(codes, DEVICE_PASSWORD))
    await asyncio.to_thread(chain.start)


def run_fleet(chain: Chain) -> DeviceFleet:
    """The buttons of the schools that test."""
    return DeviceFleet(f"mqtt://{LOOPBACK}:{chain.mqtt_port}", CITY, DEVICE_PASSWORD, interval_seconds=3600)


async def press_everywhere(fleet: DeviceFleet, live_button: SimulatedDevice) -> tuple[list[Press], Press]:
    """Every school tests its button, evenly over the time; half-way somebody at another school presses for real."""
    await fleet.settle()
    assert len(fleet.online) == SCHOOLS
    loop = asyncio.get_running_loop()
    start, storm, live = loop.time(), list[Press](), None
    for number, device in enumerate(fleet.devices.values()):
        await asyncio.sleep(max(0.0, start + number * STORM_SECONDS / SCHOOLS - loop.time()))
        storm.append(await device.press(mode="test"))
        if number == SCHOOLS // 2:
            live = await live_button.press(kind="violence")
    assert live is not None
    return storm, live


async def hear_live(board: Board, incident: int) -> dict[str, object]:
    """What the board shows of the live incident as soon as it does."""
    await board.hear_until(lambda board: incident in board.incidents)
    return board.incidents[incident]


async def paged(chain: Chain, incident: int) -> bool:
    return {message["person"] for message in chain.pager.of_incident(incident)} >= {"guard", "duty"}


async def confirm_tests(desk: httpx.AsyncClient) -> None:
    """110 confirms all of them by telephone."""
    said = {"devices": [device.code for device in CITY.devices], "how": "phone", "reference": "110-2"}
    answer = await desk.post("/api/v1/test-month/police-receipts", json=said)
    assert answer.status_code == 200, answer.text
    assert answer.json()["not_waiting"] == []


async def proved(desk: httpx.AsyncClient) -> bool:
    city = (await desk.get("/api/v1/test-month")).json()["city"]
    return bool(city["proved"] == city["closed"] == SCHOOLS)
