"""What an operator of the simulators does from a terminal, against both real brokers."""

import asyncio
import io
import os
import signal
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
from rich.console import Console
from typer.testing import CliRunner

from alerts.domain.arrivals import Stage
from simulators.__main__ import app
from simulators.city.generator import generate_city
from simulators.devices.connection import SignInRefusedError
from simulators.devices.program import (
    ButtonPlan,
    DeviceUnknownError,
    FleetPlan,
    StormPlan,
    live,
    place_device,
    press_button,
    raise_storms,
)
from simulators.embedded.broker import EmbeddedBroker
from tests.programs import Program, call
from tests.simulators.test_devices import CODE, DISTRICT, PASSWORD, SCHOOL, SOON, Service, serve

CITY = generate_city(5, 3)
CODES = [device.code for device in CITY.devices]
PLAN = FleetPlan("", PASSWORD, 3, None, keeps_session=False, sign_ins_at_once=8, presses_per_day=0, speed=1.0)


@pytest.fixture
async def service(broker: EmbeddedBroker) -> AsyncIterator[Service]:
    broker.set_devices(dict.fromkeys([*CODES, CODE], PASSWORD))
    async with serve(broker) as service:
        yield service


@pytest.fixture
def console() -> Console:
    return Console(file=io.StringIO(), width=200)


def read(console: Console) -> str:
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


async def test_a_pressed_button_shows_each_receipt_until_it_is_closed(
    broker: EmbeddedBroker, service: Service, console: Console
):
    plan = ButtonPlan(broker.url(), DISTRICT, SCHOOL, CODE, PASSWORD, "fire", "drill")
    async with asyncio.timeout(SOON), asyncio.TaskGroup() as tasks:
        pressing = tasks.create_task(press_button(plan, console))
        await service.until(lambda: bool(service.said("press")))
        press = service.said("press")[0]
        for stage in (Stage.SEEN, Stage.COMING, Stage.CLOSED):
            await service.answer(f"campus/v1/{DISTRICT}/{SCHOOL}/{CODE}/press", press["id"], stage)
        await pressing
    assert (press["kind"], press["mode"]) == ("fire", "drill")
    lines = read(console).splitlines()
    assert [line.split()[1].strip(":,") for line in lines] == ["pressed", "received", "seen", "coming", "closed"]
    assert all("incident 1" in line for line in lines[1:])
    assert not service.said("state")


async def test_a_city_of_devices_lives_until_it_is_told_to_end(
    broker: EmbeddedBroker, service: Service, console: Console
):
    living = asyncio.create_task(
        live(CITY, replace(PLAN, url=broker.url(), interval_seconds=1, presses_per_day=50), console)
    )
    await service.until(lambda: len(service.said("state")) == len(CODES) and bool(service.said("beat")))
    living.cancel()
    with pytest.raises(asyncio.CancelledError):
        await living
    assert {"online": False} not in service.said("state")


async def test_a_city_that_the_broker_does_not_know_is_told_what_to_check(
    broker: EmbeddedBroker, service: Service, console: Console
):
    with pytest.raises(SignInRefusedError, match="CAMPUS_DEMO_DEVICE_PASSWORD"):
        await live(CITY, replace(PLAN, url=broker.url(), password="wrong"), console)


async def test_storms_are_raised_and_told_in_figures(broker: EmbeddedBroker, service: Service, console: Console):
    storms = StormPlan(presses=4, reconnects=3, within_seconds=0.1, mode="test")
    await raise_storms(CITY, replace(PLAN, url=broker.url()), storms, console)
    told = read(console)
    assert "4 pressed, 4 taken by the broker, 4 answered" in told
    assert "3 lines cut within 0.1 s; all up again after" in told


@pytest.mark.parametrize(
    ("said", "place"),
    [
        (("QD020137-G1", None, None), ("370202", "QD020137")),
        (("QD850001-O12", "d", None), ("d", "QD850001")),
        (("anything", "d", "s"), ("d", "s")),
    ],
)
def test_where_a_device_hangs_is_read_from_its_code_or_said(said: tuple[str, str, str], place: tuple[str, str]):
    assert place_device(*said) == place


def test_a_device_of_another_city_must_be_placed():
    with pytest.raises(DeviceUnknownError, match=r"--district and --school"):
        place_device("D-1", "370202", None)


def test_the_city_is_written_with_the_line_that_imports_it(tmp_path: Path):
    result = CliRunner().invoke(app, ["city", str(tmp_path / "city"), "--schools", "12", "--seed", "4"])
    assert result.exit_code == 0
    assert "alerts import" in result.stdout
    assert len((tmp_path / "city" / "schools.csv").read_text(encoding="utf-8").splitlines()) == 13


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["press", "D-1"], "say --district and --school"),
        (["press", "QD020001-G1"], "Set CAMPUS_DEMO_DEVICE_PASSWORD"),
        (["press", "QD020001-G1", "--password", "p", "--broker", "mqtt://127.0.0.1:1"], "no broker answers at"),
        (["devices", "--password", "p", "--broker", "127.0.0.1"], "write it like mqtt://127.0.0.1:1883"),
    ],
)
def test_an_error_that_a_person_can_mend_is_one_sentence(words: list[str], said: str, tmp_path: Path):
    done = call("simulators", *words, CAMPUS_DATA_DIR=str(tmp_path))
    assert done.returncode == 2
    assert said in done.stderr
    assert "Traceback" not in done.stderr


async def test_sigterm_ends_a_living_city_in_good_order(broker: EmbeddedBroker, service: Service, tmp_path: Path):
    city = ["--schools", "5", "--seed", "3", "--watched", "0"]
    words = ("simulators", "devices", *city, "--password", PASSWORD, "--broker", broker.url())
    program = Program(*words, environment=os.environ | {"CAMPUS_DATA_DIR": str(tmp_path)})
    await service.until(lambda: len(service.said("state")) == len(CODES))
    program.send_signal(signal.SIGTERM)
    assert await asyncio.to_thread(program.wait) == 0
    assert "stopped" in program.errors
    assert "Traceback" not in program.errors
