"""The real engine as a process, both links set by its settings, and killed in the middle of a hand-over."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from alerts.settings import Settings
from alerts.storage.station import number_account, number_zones
from simulators.police.certificates import Certificates, write_certificates
from simulators.police.receiver import Receiver
from simulators.police.station import Conduct, Station110
from tests.alerts.police.police_story import PoliceStory, until, without_station
from tests.alerts.story import Story
from tests.programs import Program, call

KEY = bytes(range(16))


@contextmanager
def run_engine(story: Story, *words: str, **settings: object) -> Iterator[Program]:
    """`python -m alerts run` with these words and settings; told to end when the block does."""
    said = {f"CAMPUS_{name.upper()}": str(value) for name, value in settings.items()}
    engine = Program(
        "alerts", "run", *words, environment=os.environ | {"CAMPUS_DATABASE_URL": story.database.url} | said
    )
    try:
        yield engine
    finally:
        engine.send_signal(signal.SIGTERM)
        engine.wait()


def links(certificates: Certificates, station: Station110, receiver: Receiver) -> dict[str, object]:
    return {
        "police_url": station.url,
        "police_cert": certificates.client,
        "police_key": certificates.client_key,
        "police_ca": certificates.authority,
        "dc09_host": "127.0.0.1",
        "dc09_port": receiver.port,
        "dc09_account": "CA",
        "dc09_key": KEY.hex(),
    }


async def test_an_engine_that_is_killed_over_a_hand_over_leaves_it_to_the_next_one(
    story: Story, tmp_path: Path
) -> None:
    certificates = write_certificates(tmp_path / "certificates")
    async with Station110(certificates) as station, Receiver(key=KEY) as receiver:
        settings = links(certificates, station, receiver)
        police: PoliceStory = await without_station(story)
        with run_engine(story, "--no-judge", **settings) as engine:
            await receiver.expect_life()
            station.behave(Conduct.HOLD)
            number = (await story.press()).incident
            case = await station.expect()
            await receiver.expect("1602 00 000")
            await receiver.expect("1120 00 002")
            engine.send_signal(signal.SIGKILL)
            engine.wait()
        assert (await police.read(number)).state == "waiting", "it was sent, and nobody wrote that down"
        await story.database_execute("update handover set due_at = now()")  # its lease ends
        with run_engine(story, "--no-judge", **settings):

            async def accepted() -> bool:
                return (await police.read(number)).state == "accepted"

            await until(accepted, 60)
        assert (case.times, len(station.cases)) == (2, 1)
        assert (await police.log()).count("handover.accepted") == 1


async def test_an_engine_without_a_link_rings_the_city_desk(story: Story) -> None:
    with run_engine(story, "--no-judge"):
        number = (await story.press()).incident

        async def rung() -> bool:
            return (await story.incident(number)).police_telephone and bool(
                await story.value("select count(*) from delivery where reason = 'police_overdue'")
            )

        await until(rung, 60)


def test_settings_that_cannot_be_are_named_and_the_engine_does_not_start(database_url: str, tmp_path: Path) -> None:
    engine = call(
        "alerts",
        "run",
        CAMPUS_DATABASE_URL=database_url,
        CAMPUS_POLICE_URL="https://127.0.0.1:1/cases",
        CAMPUS_POLICE_CERT=str(tmp_path / "none.pem"),
    )
    assert engine.returncode != 0
    assert "CAMPUS_POLICE_CERT" in engine.stderr
    assert "Traceback" not in engine.stderr


async def test_the_stations_people_get_each_schools_account_and_each_devices_zone(story: Story) -> None:
    async with story.database.transaction() as connection:
        await number_account(connection, "S1")
        await number_zones(connection, "S1")
    assert run_police_command(story, "accounts") == "account,school,name\nCA0001,S1,第一小学\n"
    assert run_police_command(story, "zones") == (
        "account,zone,school,device,point\nCA0001,001,S1,S1-C1,监控室\nCA0001,002,S1,S1-G1,门卫室\n"
    )


def run_police_command(story: Story, name: str) -> str:
    return call("alerts", "police", name, CAMPUS_DATABASE_URL=story.database.url, CAMPUS_DC09_ACCOUNT="CA").stdout


@pytest.mark.parametrize(
    "wrong", [{"dc09_key": "00"}, {"dc09_account": "xyz"}, {"police_secret": "short"}, {"police_url": "ftp://x"}]
)
def test_settings_of_the_links_are_checked(wrong: dict[str, str]) -> None:
    with pytest.raises(ValueError, match=next(iter(wrong))):
        Settings(**wrong)
