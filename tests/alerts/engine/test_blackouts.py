"""A school, a district or the city that loses its line is one piece of news, though each beats at its own second."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest

from alerts.domain.blackouts import Blackout, HeldLoss, Missing, Tally, group_changes, group_held, settle
from alerts.domain.board import Link
from alerts.domain.supervision import Change
from alerts.engine.supervision import supervise_devices
from alerts.feed import read_snapshot
from alerts.storage.database import Database
from tests.alerts.story import Story

NOW = datetime(2026, 9, 1, 7, 30, tzinfo=UTC)
INTERVAL = 60
# Each device's own second of the minute differs from seed to seed.
seeded = pytest.mark.parametrize("seed", [1, 2, 3])

CITY = """
insert into school (code, district, name, kind, ownership, students, boarders)
    select 'A' || n, '370202', '学校' || n, 'primary', 'public', 100, 0 from generate_series(1, 75) n;
insert into school (code, district, name, kind, ownership, students, boarders)
    select 'M' || n, '370203', '学校' || n, 'primary', 'public', 100, 0 from generate_series(1, 50) n;
insert into point (school, kind, name) select code, 'gatehouse', '门卫室' from school where code ~ '^[AM]';
insert into device (code, school, point, interval_seconds)
    select p.school || '-' || n, p.school, p.id, 60 from point p, generate_series(1, 4) n where p.school ~ '^[AM]';
"""
A_CITY = [f"A{school}-{n}" for school in range(1, 76) for n in range(1, 5)]
M_DISTRICT = [f"M{school}-{n}" for school in range(1, 51) for n in range(1, 5)]


@dataclass(frozen=True)
class Row:
    """A row of the log about devices, as these stories speak of it."""

    at: datetime
    subject: str
    kind: str
    devices: tuple[str, ...]
    mass: bool
    blackout: dict[str, Any] | None


class BeatingCity:
    """Five hundred devices, each with its own second, and one engine that looks each second."""

    def __init__(self, story: Story, seed: int) -> None:
        self.story = story
        rng = random.Random(seed)
        self.second_of = {device: rng.randrange(INTERVAL) for device in A_CITY + M_DISTRICT}
        self.dead: set[str] = set()
        self.last_beat_at: dict[str, datetime] = {}
        self.clock = 0

    async def start(self) -> None:
        await self.story.database_execute(CITY)
        await self.run(INTERVAL, supervise=False)
        await self.story.supervise()

    async def run(self, seconds: int, *, supervise: bool = True) -> None:
        """Lets the seconds pass one by one; what the machine itself takes over a second is taken off the next."""
        began_at = self.story.now
        for passed in range(1, seconds + 1):
            second = self.clock % INTERVAL
            due = [one for one, its in self.second_of.items() if its == second and one not in self.dead]
            if due:
                await self.beat(due)
            self.story.database.shift += began_at + timedelta(seconds=passed) - self.story.now
            self.clock += 1
            if supervise:
                await self.story.supervise()

    async def beat(self, devices: Sequence[str]) -> None:
        self.last_beat_at |= dict.fromkeys(devices, self.story.now)
        await self.story.beat(*devices)

    def cut(self, devices: Iterable[str]) -> None:
        self.dead |= set(devices)

    async def rows(self, *kinds: str) -> list[Row]:
        found = await self.story.rows(
            "select at, subject, kind, body::text as body from log where kind = any($1) order by position", list(kinds)
        )
        return [_read_row(one) for one in found]

    async def blackouts(self) -> list[tuple[str, bool]]:
        found = await self.story.rows("select scope, ended_at is not null as ended from blackout order by id")
        return [(one["scope"], one["ended"]) for one in found]


@pytest.fixture
def seed() -> int:
    return 1


@pytest.fixture
async def city(story: Story, seed: int) -> BeatingCity:
    city = BeatingCity(story, seed)
    await city.start()
    return city


@seeded
async def test_two_hundred_devices_that_lose_the_line_are_one_blackout_in_a_dozen_rows_and_each_within_its_time(
    city: BeatingCity,
) -> None:
    city.cut(M_DISTRICT)
    await city.run(100)
    silent = await city.rows("device.silent")
    assert {row.subject for row in silent} == {"district:370203"}
    assert len(silent) <= 14
    assert sorted(device for row in silent for device in row.devices) == sorted(M_DISTRICT)
    assert [row.blackout and row.blackout["continued"] for row in silent] == [False] + [True] * (len(silent) - 1)
    assert len({row.blackout and row.blackout["id"] for row in silent}) == 1
    for row in silent:
        for device in row.devices:
            quiet = row.at - city.last_beat_at[device]
            assert timedelta(seconds=84) <= quiet <= timedelta(seconds=92), device
    assert await city.blackouts() == [("district:370203", False)]


async def test_half_a_school_that_falls_silent_is_the_school(city: BeatingCity) -> None:
    dead = ["M7-1", "M7-2"]
    city.second_of |= {"M7-1": 10, "M7-2": 30, "M7-3": 20, "M7-4": 45}
    await city.run(2 * INTERVAL, supervise=False)
    city.cut(dead)
    await city.run(150)
    silent = await city.rows("device.silent")
    assert {row.subject for row in silent} == {"school:M7"}
    assert sorted(device for row in silent for device in row.devices) == dead


@pytest.mark.parametrize("seed", range(10, 13))
async def test_a_school_that_falls_silent_is_told_as_such_however_its_devices_beat(city: BeatingCity) -> None:
    """When the first one was silent before any other owed a beat, it was told alone; then the school is."""
    dead = ["M7-1", "M7-2", "M7-3", "M7-4"]
    city.cut(dead)
    await city.run(100)
    silent = await city.rows("device.silent")
    assert [row.subject for row in silent if not row.mass] in ([], [f"device:{one}" for one in silent[0].devices])
    assert {row.subject for row in silent if row.mass} == {"school:M7"}
    assert sorted(device for row in silent for device in row.devices) == dead
    assert await city.story.value("select count(*) from device_status where blackout is not null") == 4


@seeded
async def test_devices_that_are_alone_are_told_at_once_beside_a_blackout(city: BeatingCity) -> None:
    before, during = "M9-1", "A9-1"
    city.cut([before])
    await city.run(95)
    assert [(row.subject, row.mass) for row in await city.rows("device.silent")] == [("device:M9-1", False)]
    city.cut([*M_DISTRICT, during])
    await city.run(100)
    silent = [row for row in await city.rows("device.silent") if row.subject != "district:370203"]
    assert [(row.subject, row.devices, row.blackout) for row in silent] == [
        ("device:M9-1", (before,), None),
        ("device:A9-1", (during,), None),
    ]
    told = silent[1].at - city.last_beat_at[during]
    assert timedelta(seconds=90) <= told <= timedelta(seconds=92)


async def test_a_district_that_comes_back_is_a_few_rows_and_an_end(city: BeatingCity) -> None:
    city.cut(M_DISTRICT)
    await city.run(130)
    before = len(await city.rows("device.online"))
    city.dead.clear()
    await city.run(70)
    online = (await city.rows("device.online"))[before:]
    assert {row.subject for row in online} == {"district:370203"}
    assert len(online) <= 14
    assert sorted(device for row in online for device in row.devices) == sorted(M_DISTRICT)
    assert await city.rows("blackout.ended") == []
    await city.run(120)
    assert [row.subject for row in await city.rows("blackout.ended")] == ["district:370203"]
    assert await city.blackouts() == [("district:370203", True)]


async def test_a_line_that_flaps_is_one_blackout(city: BeatingCity) -> None:
    for _ in range(3):
        city.cut(M_DISTRICT)
        await city.run(100)
        city.dead.clear()
        await city.run(62)
    assert await city.blackouts() == [("district:370203", False)]
    assert {row.subject for row in await city.rows("device.silent")} == {"district:370203"}
    await city.run(125)
    assert await city.blackouts() == [("district:370203", True)]


async def test_what_is_lost_long_after_a_blackout_began_is_news_of_its_own(city: BeatingCity) -> None:
    dead = M_DISTRICT[:150]
    city.cut(dead)
    await city.run(180)
    city.cut(["M40-1"])
    await city.run(95)
    assert (await city.rows("device.silent"))[-1].subject == "device:M40-1"
    city.cut(M_DISTRICT)
    await city.run(95)
    last = (await city.rows("device.silent"))[-1]
    assert (last.subject, await city.blackouts()) == ("district:370203", [("district:370203", False)])


async def test_an_engine_that_starts_in_the_middle_goes_on_with_the_same_blackout(city: BeatingCity) -> None:
    city.cut(M_DISTRICT)
    await city.run(50)
    await city.run(20, supervise=False)
    await city.run(40)
    silent = await city.rows("device.silent")
    assert {row.subject for row in silent} == {"district:370203"}
    assert sorted(device for row in silent for device in row.devices) == sorted(M_DISTRICT)
    assert await city.blackouts() == [("district:370203", False)]


async def test_a_district_that_was_lost_while_nobody_listened_is_one_row_after_the_grace(city: BeatingCity) -> None:
    city.cut(M_DISTRICT)
    city.story.database.shift += timedelta(hours=1)
    city.story.listening_since = city.story.now
    await city.run(88)
    assert await city.rows("device.silent") == []
    await city.run(10)
    silent = await city.rows("device.silent")
    assert [(row.subject, len(row.devices)) for row in silent] == [("district:370203", 200)]


async def test_two_engines_tell_a_blackout_once_and_boards_agree_with_it(city: BeatingCity) -> None:
    city.cut(M_DISTRICT)
    for _ in range(100):
        await city.run(1, supervise=False)
        await city.story.intake.report_listening("gateway-1", "beats", city.story.listening_since)
        await asyncio.gather(supervise_devices(city.story.database), supervise_devices(city.story.database))
    silent = await city.rows("device.silent")
    assert {row.subject for row in silent} == {"district:370203"}
    assert len(silent) <= 14
    assert sorted(device for row in silent for device in row.devices) == sorted(M_DISTRICT)
    assert await count_by_log(city.story.database) == {
        one.code: one.silent for one in (await read_snapshot(city.story.database)).schools if one.silent
    }


async def test_last_wills_that_trickle_in_are_gathered_too(city: BeatingCity) -> None:
    """A broker that dies says so of its devices within seconds, a few at a time."""
    gone = random.Random(7).sample(A_CITY + M_DISTRICT, 40)
    city.cut(gone)
    for second in range(10):
        for device in gone[second * 4 : second * 4 + 4]:
            await sign_off(city.story, device)
        await city.run(1)
    rows = await city.rows("device.offline")
    assert sorted(device for row in rows for device in row.devices if row.mass)
    assert len([row for row in rows if not row.mass]) <= 4
    assert len(rows) <= 8
    await city.run(6)
    told = [device for row in await city.rows("device.offline") for device in row.devices]
    assert sorted(told) == sorted(gone)


async def sign_off(story: Story, device: str) -> None:
    await story.state(device, online=False)


async def count_by_log(database: Database) -> dict[str, int]:
    """How many devices of each school are silent, by the log's last word of the school."""
    async with database.connection() as connection:
        rows = await connection.fetch("select body::text as body from log where kind like 'device.%' order by position")
    last = {one["code"]: one["silent"] for row in rows for one in msgspec.json.decode(row["body"])["schools"]}
    return {code: silent for code, silent in last.items() if silent}


def losses(link: Link, *devices: str) -> list[Change]:
    return [Change(one, one.split("-")[0], "D1", link) for one in devices]


def missing(school: str, devices: int, signed_off: int = 0, district: str = "D1") -> Missing:
    return Missing(school, district, devices, signed_off)


@pytest.mark.parametrize(
    ("those_missing", "heard", "whole"),
    [
        ([missing("S1", 1)], {}, None),
        ([missing("S1", 2)], {}, "school:S1"),
        ([missing("S1", 2)], {"school:S1": 2}, "school:S1"),
        ([missing("S1", 2)], {"school:S1": 3}, None),
        ([missing("S1", 2), missing("S2", 3)], {"city": 6, "district:D1": 5}, "district:D1"),
        ([missing("S1", 2), missing("S2", 3)], {"city": 6, "district:D1": 6}, "school:S1"),
        ([missing("S1", 2), missing("S2", 3, district="D2")], {"city": 5}, "city"),
    ],
)
def test_the_widest_whole_that_lost_half_of_what_was_due_is_the_news(
    those_missing: list[Missing], heard: dict[str, int], whole: str | None
) -> None:
    lost = losses(Link.SILENT, "S1-1")
    assert Tally(those_missing, lost).find_whole(lost[0], heard) == whole


def test_a_burst_of_last_wills_is_news_of_the_narrowest_whole_and_silences_are_no_burst() -> None:
    well = {"city": 1000, "district:D1": 500, "school:S1": 50}
    many = [missing("S1", 4, signed_off=4), missing("S2", 1, signed_off=1)]
    signed_off, silent = losses(Link.OFFLINE, "S1-1"), losses(Link.SILENT, "S1-1")
    assert Tally(many, signed_off).find_whole(signed_off[0], well) == "district:D1"
    assert Tally(many, silent).find_whole(silent[0], well) is None
    assert Tally(many[:1], signed_off).find_whole(signed_off[0], well) is None


def blackout(scope: str = "district:D1", **more: Any) -> Blackout:
    return replace(Blackout(1, scope, NOW, NOW + timedelta(minutes=2), NOW, None, None), **more)


def test_changes_of_a_blackout_are_one_row_a_link_and_others_one_each_unless_they_are_good() -> None:
    changes = [*losses(Link.SILENT, "S1-1", "S2-1", "S3-1"), *losses(Link.ONLINE, "S4-1", "S5-1", "S6-1", "S6-2")]
    news = group_changes(changes, {"S1-1": blackout(), "S2-1": blackout(), "S4-1": blackout()})
    assert [(one.subject, one.link, one.devices, one.mass) for one in news] == [
        ("device:S3-1", "silent", ("S3-1",), False),
        ("district:D1", "silent", ("S1-1", "S2-1"), True),
        ("district:D1", "online", ("S4-1",), True),
        ("district:D1", "online", ("S5-1", "S6-1", "S6-2"), False),
    ]


def test_what_is_left_of_a_blackout_is_told_as_one_unless_it_is_too_little() -> None:
    def held(scope: str | None, *devices: str) -> Collection[HeldLoss]:
        return [HeldLoss(one, one.split("-")[0], scope) for one in devices]

    news = group_held([*held("school:S1", "S1-1", "S1-2"), *held("city", "S2-1", "S3-1"), *held(None, "S4-1")])
    assert [(one.subject, one.devices) for one in news] == [
        ("school:S1", ("S1-1", "S1-2")),
        ("device:S2-1", ("S2-1",)),
        ("device:S3-1", ("S3-1",)),
        ("device:S4-1", ("S4-1",)),
    ]


def test_a_blackout_is_over_when_most_have_been_back_for_two_minutes() -> None:
    back = settle(blackout(), 100, 25, NOW)
    assert (back.back_at, back.ended_at) == (NOW, None)
    assert settle(blackout(), 100, 26, NOW) == blackout()
    assert settle(back, 100, 26, NOW + timedelta(minutes=1)).back_at is None
    assert settle(back, 100, 25, NOW + timedelta(seconds=119)) == back
    assert settle(back, 100, 0, NOW + timedelta(minutes=2)).ended_at == NOW + timedelta(minutes=2)


def _read_row(row: Any) -> Row:
    body = msgspec.json.decode(row["body"])
    devices = tuple(one["code"] for one in body.get("devices", []))
    return Row(row["at"], row["subject"], row["kind"], devices, body.get("mass", True), body.get("blackout"))
