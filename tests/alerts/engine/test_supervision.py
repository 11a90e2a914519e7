"""Is a device there? Silence, last wills, boot grace, and mass silence as one piece of news."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from alerts.domain.board import Link, Trouble
from alerts.domain.supervision import DeviceFacts, judge_link, judge_troubles, patience
from tests.alerts.story import Story

NOW = datetime(2026, 9, 1, 7, 30, tzinfo=UTC)
LONG_AGO = NOW - timedelta(days=1)


def facts(
    seen_seconds_ago: float | None = 10, *, said: bool | None = True, link: Link = Link.ONLINE, **more: object
) -> DeviceFacts:
    seen_at = None if seen_seconds_ago is None else NOW - timedelta(seconds=seen_seconds_ago)
    known = {"battery": None, "mains": None, "tamper": None, "troubles": ()} | more
    return DeviceFacts(
        device="S1-G1",
        school="S1",
        district="370202",
        point="门卫室",
        last_seen_at=seen_at,
        silent_at=None if seen_at is None else seen_at + timedelta(seconds=90),
        said_online=said,
        link=link,
        since=None,
        **known,  # type: ignore[arg-type]
    )


def test_a_device_is_silent_after_one_and_a_half_intervals_at_most_ninety_seconds() -> None:
    assert patience(30, 90) == timedelta(seconds=45)
    assert patience(60, 90) == timedelta(seconds=90)
    assert patience(300, 90) == timedelta(seconds=90)


@pytest.mark.parametrize(
    ("device", "listening_since", "link"),
    [
        (facts(10), LONG_AGO, Link.ONLINE),
        (facts(91), LONG_AGO, Link.SILENT),
        (facts(91), NOW - timedelta(seconds=30), Link.ONLINE),
        (facts(500), NOW - timedelta(seconds=91), Link.SILENT),
        (facts(500), None, Link.ONLINE),
        (facts(1, said=False), LONG_AGO, Link.OFFLINE),
        (facts(None, link=Link.NEVER), LONG_AGO, Link.NEVER),
        (facts(10, link=Link.SILENT), LONG_AGO, Link.ONLINE),
        (facts(500, link=Link.SILENT), None, Link.SILENT),
    ],
)
def test_a_link_is_judged_from_what_was_heard_and_since_when_we_listen(
    device: DeviceFacts, listening_since: datetime | None, link: Link
) -> None:
    assert judge_link(device, NOW, listening_since) is link


def test_a_wavering_battery_is_news_once() -> None:
    def troubles(battery: int, *before: Trouble) -> tuple[Trouble, ...]:
        return judge_troubles(facts(battery=battery, troubles=before))

    assert troubles(20) == ()
    assert troubles(19) == (Trouble.LOW_BATTERY,)
    assert troubles(22, Trouble.LOW_BATTERY) == (Trouble.LOW_BATTERY,)
    assert troubles(25, Trouble.LOW_BATTERY) == ()


async def test_a_device_that_beats_is_online_and_falls_silent_once(story: Story) -> None:
    await story.beat("S1-G1")
    await story.supervise()
    story.database.shift += timedelta(seconds=89)
    await story.supervise()
    assert await link_of(story, "S1-G1") == "online"
    story.database.shift += timedelta(seconds=2)
    await story.supervise()
    await story.supervise()
    assert await link_of(story, "S1-G1") == "silent"
    assert await story.log_kinds() == ["device.online", "device.silent"]


async def test_a_silent_device_that_is_heard_again_is_online_again(story: Story) -> None:
    await story.beat("S1-G1")
    await story.supervise()
    story.database.shift += timedelta(seconds=100)
    await story.supervise()
    await story.beat("S1-G1")
    await story.supervise()
    assert await story.log_kinds() == ["device.online", "device.silent", "device.online"]


async def test_a_last_will_shows_at_once_and_an_old_beat_does_not_undo_it(story: Story) -> None:
    await story.state("S1-G1", online=True)
    await story.supervise()
    old_beat = story.arrival({}, "S1-G1", "beat")
    await story.state("S1-G1", online=False)
    await story.intake.take_signs_of_life([old_beat])
    await story.supervise()
    assert await link_of(story, "S1-G1") == "offline"
    await story.state("S1-G1", online=True)
    await story.supervise()
    assert await link_of(story, "S1-G1") == "online"


async def test_a_retained_state_is_no_sign_of_life(story: Story) -> None:
    await story.state("S1-G1", online=True, retained=True, battery=80)
    await story.supervise()
    assert await link_of(story, "S1-G1") == "never"


async def test_after_our_own_restart_no_device_is_silent_before_it_had_time_to_speak(story: Story) -> None:
    await story.beat("S1-G1", "S2-G1")
    await story.supervise()
    story.database.shift += timedelta(hours=1)
    story.listening_since = story.now
    await story.supervise()
    assert await link_of(story, "S1-G1") == "online"
    await story.beat("S1-G1")
    story.database.shift += timedelta(seconds=91)
    await story.beat("S1-G1")
    await story.supervise()
    assert [await link_of(story, device) for device in ("S1-G1", "S2-G1")] == ["online", "silent"]


async def test_a_school_that_loses_its_devices_together_is_one_row_of_the_log(story: Story) -> None:
    await story.beat("S1-G1", "S1-C1", "S2-G1")
    await story.supervise()
    await story.beat("S2-G1")
    story.database.shift += timedelta(seconds=91)
    await story.beat("S2-G1")
    await story.supervise()
    row = (await story.rows("select subject, body from log order by position desc limit 1"))[0]
    body = msgspec.json.decode(row["body"])
    assert row["subject"] == "school:S1"
    assert body["mass"] is True
    assert {item["code"] for item in body["devices"]} == {"S1-G1", "S1-C1"}
    assert [(item["code"], item["silent"], item["online"]) for item in body["schools"]] == [("S1", 2, 0)]


async def test_battery_mains_and_tamper_are_told_when_they_come_and_when_they_go(story: Story) -> None:
    await story.state("S1-G1", online=True, battery=90, mains=True, tamper=False)
    await story.supervise()
    await story.state("S1-G1", online=True, battery=10, mains=False, tamper=True)
    await story.supervise()
    await story.supervise()
    await story.state("S1-G1", online=True, battery=90, mains=True, tamper=False)
    await story.supervise()
    assert await story.log_kinds() == ["device.online", "device.troubled", "device.well"]
    troubles = await story.value("select body -> 'devices' -> 0 ->> 'troubles' from log where kind = 'device.troubled'")
    assert msgspec.json.decode(troubles) == ["low_battery", "mains_lost", "tamper"]


async def link_of(story: Story, device: str) -> str:
    link: str = await story.value("select link from device_status where device = $1", device)
    return link
