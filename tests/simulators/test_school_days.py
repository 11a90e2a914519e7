"""The days of the watched schools on a fleet, against both real brokers: what sensors tell, and what they do not while
they are unplugged."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner

from alerts.domain.calendars import Calendar
from alerts.domain.registry import DeviceRole
from simulators.__main__ import app
from simulators.city.equipment import SENSORS
from simulators.city.generator import generate_city
from simulators.compliance.campus import lay_out_city
from simulators.compliance.day import play_day, schedule_day
from simulators.devices.fleet import DeviceFleet
from simulators.devices.plugs import Plugs, pull_plug, put_plug_back
from simulators.devices.school_days import ZONE, SchoolDays
from simulators.embedded.broker import EmbeddedBroker
from tests.simulators.test_devices import PASSWORD, SOON, Service, serve

CITY = generate_city(8, 3, watched=2)
GATES = [device.code for device in CITY.devices if device.role is DeviceRole.GATE]


@pytest.fixture
async def service(broker: EmbeddedBroker) -> AsyncIterator[Service]:
    async with serve(broker) as service:
        yield service


@asynccontextmanager
async def play(broker: EmbeddedBroker, data: Path) -> AsyncIterator[tuple[SchoolDays, Plugs, DeviceFleet]]:
    broker.set_devices({device.code: PASSWORD for device in CITY.devices})
    async with asyncio.timeout(SOON), DeviceFleet(broker.url(), CITY, PASSWORD) as fleet:
        await fleet.settle()
        plugs = Plugs(fleet.devices, data)
        yield SchoolDays(fleet.devices, lay_out_city(CITY, 3), plugs, 3, {}), plugs, fleet


def yesterday() -> datetime:
    return datetime.now(ZONE) - timedelta(days=1)


def test_a_watched_city_counts_its_sensors_among_its_devices_and_staffs_its_crossings():
    bare, watched = generate_city(200, 5), generate_city(200, 5, watched=10)
    assert len(watched.devices) == len(bare.devices) == round(10_000 * 200 / 3_488)
    roles = Counter(device.role for device in watched.devices)
    assert {roles[role] for role in SENSORS.values()} == {10}
    assert len(lay_out_city(watched, 5)) == 10
    assert all(len(campus.teachers) == 3 and len(campus.guards) >= 2 for campus in lay_out_city(watched, 5))
    assert len(generate_city(5, 5, watched=36).schools) == len(lay_out_city(generate_city(5, 5, watched=36), 5)) == 5


async def test_a_day_that_is_over_is_told_at_once_with_its_own_times_and_the_same_however_often_it_is_played(
    broker: EmbeddedBroker, service: Service, tmp_path: Path
):
    on = yesterday().date()
    day = Calendar().look_up(on)
    played = [play_day(one, schedule_day(one, day), on, 3, {}) for one in lay_out_city(CITY, 3)]
    reports = [report for one in played for report in one.reports]
    expected = {(one.said.id, one.said.at) for one in reports}

    def hear() -> set[tuple[str, datetime]]:
        said = (one for channel in ("gate", "visit", "post") for one in service.said(channel))
        return {(one["id"], datetime.fromisoformat(one["at"])) for one in said}

    async with play(broker, tmp_path) as (days, _, _):
        for times in (1, 2):
            await days.play(on, from_the_middle=True)
            assert days.told.total() == times * len(reports)
            await service.until(lambda: hear() >= expected)
    assert hear() == expected
    assert {at.astimezone(ZONE).date() for _, at in expected} <= {on, on - timedelta(days=1)}


async def test_a_gate_whose_sensor_is_unplugged_tells_nothing_until_it_is_back_and_then_how_it_stands(
    broker: EmbeddedBroker, service: Service, tmp_path: Path
):
    gate = GATES[0]
    async with play(broker, tmp_path) as (days, plugs, fleet):
        await days.play(yesterday().date(), from_the_middle=True)
        await service.until(lambda: len(service.said("state")) >= len(CITY.devices))
        boots = {said["boot"] for said in service.said("state")}
        pull_plug(tmp_path, gate)
        plugs.look()
        await service.until(lambda: {"online": False} in service.said("state"))
        told = days.told["gate"]
        await days.play(yesterday().date(), from_the_middle=True)
        assert 0 < days.told["gate"] - told < told  # one of two gates says nothing
        put_plug_back(tmp_path, gate)
        plugs.look()

        def find_contact() -> list[bool]:
            new = {said["boot"] for said in service.said("state") if said["online"]} - boots
            return [said["open"] for said in service.said("gate") if said["id"].rpartition("-")[0] in new]

        await service.until(lambda: bool(find_contact()))
        assert find_contact() == [False]
        assert fleet.devices[gate].contact is False


def test_a_plug_is_pulled_and_put_back_at_a_terminal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    run = CliRunner().invoke
    monkeypatch.setenv("CAMPUS_DATA_DIR", str(tmp_path / "nowhere"))
    assert "no simulated devices live" in run(app, ["unplug", "QD020001-S1"]).output
    monkeypatch.setenv("CAMPUS_DATA_DIR", str(tmp_path))
    assert run(app, ["unplug", "QD020001-S1"]).exit_code == 0
    assert [path.name for path in (tmp_path / "unplugged").iterdir()] == ["QD020001-S1"]
    assert run(app, ["plug", "QD020001-S1"]).exit_code == 0
    assert "was not unplugged" in run(app, ["plug", "QD020001-S1"]).output
    assert run(app, ["unplug", "../secret"]).exit_code != 0
