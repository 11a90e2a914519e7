"""The monitoring station hears of devices that are not well: each transition once, many at once as one event."""

from __future__ import annotations

from datetime import timedelta

from alerts.domain.blackouts import GATHERING
from alerts.domain.board import Link, Trouble
from alerts.domain.contact_id import EventCode
from alerts.domain.station import (
    SILENCES_GATHER,
    TroubleBegun,
    TroubleOver,
    tell_over,
    tell_silences,
    tell_troubles,
)
from alerts.domain.supervision import News
from alerts.engine.police import PoliceCourier
from alerts.engine.station import StationCourier, tell_silences_due
from alerts.police.terms import PoliceTerms
from alerts.storage.station import list_zones
from simulators.police.receiver import Conduct
from tests.alerts.engine.test_supervision import facts
from tests.alerts.police.station_story import TEST_EVERY, forward, tell_all, with_receiver
from tests.alerts.story import Story

WELL = {"online": True, "battery": 90, "mains": True, "tamper": False}
GATHERED = SILENCES_GATHER + timedelta(seconds=1)
SCHOOL_OF = {"S1-G1": "S1", "S1-C1": "S1", "S2-G1": "S2"}


async def gather(story: Story, courier: StationCourier) -> None:
    """Silences have gathered, and the station is told."""
    story.database.shift += GATHERED
    await tell_silences_due(story.database)
    await tell_all(courier)


def test_one_piece_of_news_is_one_event_of_the_smallest_whole() -> None:
    news = [
        News("device:S2-G1", Link.OFFLINE, ("S2-G1",), mass=False),
        News("school:S1", Link.SILENT, ("S1-G1", "S1-C1"), mass=True),
        News("city", Link.SILENT, ("S1-G1", "S2-G1"), mass=True),
        News("city", Link.ONLINE, ("S1-G1", "S2-G1"), mass=True),
    ]
    silent = EventCode.COMMUNICATION_TROUBLE
    assert tell_silences(news, SCHOOL_OF) == [
        TroubleBegun(silent, ("S2-G1",), "S2", "S2-G1"),
        TroubleBegun(silent, ("S1-G1", "S1-C1"), "S1", None),
        TroubleBegun(silent, ("S1-G1", "S2-G1"), None, None),
    ]


def test_what_a_device_says_is_told_when_it_begins_and_when_it_is_over() -> None:
    before = facts(troubles=(Trouble.TAMPER, Trouble.MAINS_LOST), link=Link.OFFLINE)
    after = facts(troubles=(Trouble.LOW_BATTERY, Trouble.MAINS_LOST))
    assert tell_troubles(before, after) == [TroubleBegun(EventCode.LOW_BATTERY, ("S1-G1",), "S1", "S1-G1")]
    assert tell_over(before, after) == [
        TroubleOver("S1-G1", EventCode.TAMPER),
        TroubleOver("S1-G1", EventCode.COMMUNICATION_TROUBLE),
    ]
    assert tell_over(facts(link=Link.SILENT), facts(link=Link.OFFLINE)) == []


async def test_battery_mains_and_tamper_are_told_of_the_devices_zone_and_restored(story: Story) -> None:
    async with with_receiver(story) as (courier, receiver):
        await story.state("S1-G1", online=True, battery=10, mains=False, tamper=True)
        await story.supervise()
        await story.supervise()
        await tell_all(courier)
        for event in ("1302 00 002", "1301 00 002", "1137 00 002"):
            assert (await receiver.expect(event)).account == "CA0001"
        await story.state("S1-G1", **WELL)
        await story.supervise()
        await tell_all(courier)
        for event in ("3302 00 002", "3301 00 002", "3137 00 002"):
            await receiver.expect(event)


async def test_a_wavering_battery_is_told_once(story: Story) -> None:
    async with with_receiver(story) as (courier, receiver):
        for battery in (19, 21, 18, 24):
            await story.state("S1-G1", online=True, battery=battery)
            await story.supervise()
        await tell_all(courier)
        await receiver.expect("1302 00 002")
        await story.state("S1-G1", online=True, battery=25)
        await story.supervise()
        await tell_all(courier)
        await receiver.expect("3302 00 002")


async def test_a_silent_device_is_a_communication_trouble_once_until_it_is_heard_again(story: Story) -> None:
    async with with_receiver(story) as (courier, receiver):
        await story.beat("S2-G1")
        await story.supervise()
        story.database.shift += timedelta(seconds=91)
        await story.supervise()
        await tell_all(courier)
        receiver.check()
        await gather(story, courier)
        await receiver.expect("1350 00 001")
        await story.state("S2-G1", online=False)
        await story.supervise()
        await gather(story, courier)
        await story.state("S2-G1", online=True)
        await story.supervise()
        await tell_all(courier)
        await receiver.expect("3350 00 001")


async def test_a_school_that_falls_silent_is_one_event_which_is_over_when_its_last_device_is_back(story: Story) -> None:
    async with with_receiver(story) as (courier, receiver):
        await story.beat("S1-G1", "S1-C1")
        await story.supervise()
        story.database.shift += timedelta(seconds=91)
        await story.supervise()
        await gather(story, courier)
        assert (await receiver.expect("1350 00 000")).account == "CA0001"
        await story.beat("S1-G1")
        await story.supervise()
        await tell_all(courier)
        receiver.check()
        story.database.shift += GATHERING
        await story.beat("S1-C1")
        await story.supervise()
        await tell_all(courier)
        assert (await receiver.expect("3350 00 000")).account == "CA0001"


CITY_OF_400 = """
insert into school (code, district, name, kind, ownership, students, boarders)
    select 'M' || n, '370203', '学校' || n, 'primary', 'public', 100, 0 from generate_series(1, 400) n;
insert into point (school, kind, name) select 'M' || n, 'gatehouse', '门卫室' from generate_series(1, 400) n;
insert into device (code, school, point, interval_seconds)
    select p.school || '-G1', p.school, p.id, 60 from point p where p.school like 'M%';
"""


async def test_four_hundred_schools_that_lose_the_line_together_are_one_event_of_no_school(story: Story) -> None:
    """Each beats at its own second, so they fall silent one after the other."""
    await story.database_execute(CITY_OF_400)
    devices = [f"M{number}-G1" for number in range(1, 401)]
    async with with_receiver(story) as (courier, receiver):
        for second in range(0, 60, 10):
            await story.beat(*devices[second // 10 :: 6])
            story.database.shift += timedelta(seconds=10)
        await story.supervise()
        for _ in range(16):
            story.database.shift += timedelta(seconds=10)
            await story.supervise()
            await tell_silences_due(story.database)
            await tell_all(courier)
        await gather(story, courier)
        assert (await receiver.expect("1350 00 000")).account == "CA0000"
        await story.beat(*devices[1:])
        await story.supervise()
        story.database.shift += GATHERING
        await story.beat(devices[0])
        await story.supervise()
        await tell_all(courier)
        assert (await receiver.expect("3350 00 000")).account == "CA0000"
        assert await story.value("select count(*) from dc09_trouble") == 0


async def test_a_device_that_is_back_before_silences_have_gathered_is_not_told(story: Story) -> None:
    async with with_receiver(story) as (courier, receiver):
        await story.state("S2-G1", online=False)
        await story.supervise()
        await story.state("S2-G1", online=True)
        await story.supervise()
        await gather(story, courier)
        assert receiver.signals == []
        await story.state("S2-G1", online=False)
        await story.supervise()
        await gather(story, courier)
        await receiver.expect("1350 00 001")


async def test_live_incidents_and_tests_pass_what_is_wrong_with_devices(story: Story) -> None:
    async with with_receiver(story) as (courier, receiver):
        await story.state("S1-G1", online=True, tamper=True)
        await story.supervise()
        story.database.shift += timedelta(seconds=5)
        await story.press("S2-G1")
        await tell_all(courier)
        assert [one.event for one in receiver.signals] == ["1120 00 001", "1137 00 002"]
        for one in receiver.signals:
            await receiver.expect(one.event)


async def test_nothing_is_over_before_it_began_even_when_the_line_failed_in_between(story: Story) -> None:
    async with with_receiver(story) as (courier, receiver):
        await story.state("S1-G1", online=True, tamper=True)
        await story.supervise()
        receiver.behave(Conduct.DROP)
        await tell_all(courier)
        await story.state("S1-G1", online=True, tamper=False)
        await story.supervise()
        await tell_all(courier)
        receiver.check()
        await forward(story, courier, 2.5)
        assert [one.event for one in receiver.signals] == ["1137 00 002", "1137 00 002", "3137 00 002"]
        assert (await receiver.expect("1137 00 002")).sequence < (await receiver.expect("3137 00 002")).sequence


async def test_what_was_never_told_is_never_restored(story: Story) -> None:
    await PoliceCourier(story.database, PoliceTerms()).prepare()
    await story.state("S1-G1", online=True, tamper=True)
    await story.supervise()
    async with with_receiver(story) as (courier, receiver):
        await story.state("S1-G1", online=True, tamper=False)
        await story.supervise()
        await tell_all(courier)
        assert receiver.signals == []


async def test_a_devices_zone_is_its_own_for_ever_and_a_new_one_gets_the_next(story: Story) -> None:
    async with with_receiver(story) as (courier, receiver):
        await story.press("S1-G1")
        await tell_all(courier)
        await receiver.expect("1120 00 002")
        await story.database_execute(
            "insert into device (code, school, point) select 'S1-A1', 'S1', id from point where school = 'S1' limit 1"
        )
        await story.state("S1-A1", online=True, tamper=True)
        await story.supervise()
        await tell_all(courier)
        await receiver.expect("1137 00 003")
        async with story.database.connection() as connection:
            zones = {one.device: one.number for one in await list_zones(connection)}
    assert zones == {"S1-C1": 1, "S1-G1": 2, "S1-A1": 3}


async def test_events_use_up_no_accounts(story: Story) -> None:
    async with with_receiver(story) as (courier, receiver):
        for tamper in (True, False, True, False):
            await story.state("S1-G1", online=True, tamper=tamper)
            await story.supervise()
        await tell_all(courier)
        for event in ("1137 00 002", "3137 00 002") * 2:
            assert (await receiver.expect(event)).account == "CA0001"
        await story.press("S2-G1")
        await tell_all(courier)
        assert (await receiver.expect("1120 00 001")).account == "CA0002"


async def test_the_line_is_tested_once_a_day_whichever_engine_asks(story: Story) -> None:
    async with with_receiver(story) as (courier, receiver):
        for _ in range(2):
            await courier.test_due()
            await tell_all(courier)
        assert (await receiver.expect("1602 00 000")).account == "CA0000"
        story.database.shift += TEST_EVERY
        await courier.test_due()
        await tell_all(courier)
        await receiver.expect("1602 00 000")


def test_the_three_tampers_have_the_fields_own_codes() -> None:
    assert (EventCode.TAMPER, EventCode.SENSOR_TAMPER, EventCode.MODULE_TAMPER) == (137, 144, 145)
