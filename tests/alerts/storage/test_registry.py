"""The registry on disk: what is saved is found again, imports take turns, and a rehearsal keeps nothing."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace

import pytest

from alerts.domain.registry import (
    Device,
    District,
    EducationGroup,
    Holding,
    Ownership,
    Person,
    Point,
    PointKind,
    Post,
    PostKind,
    School,
    SchoolKind,
)
from alerts.storage import registry
from alerts.storage.database import Connection, Database
from alerts.storage.errors import StorageUnavailable, UnknownReference

DISTRICT = District("370202", "市南区", "Shinan", 1)
GROUP = EducationGroup("G1", "第一教育集团")
SCHOOL = School(
    "S1", "370202", "第一小学", SchoolKind.PRIMARY, Ownership.PUBLIC, 900, 10, "文登路", 36.0600001, 120.1, "G1", "S2"
)
HEAD = replace(SCHOOL, code="S2", head_school=None, latitude=None, longitude=None, group=None)
POINT = Point("S1", PointKind.GATEHOUSE, "东门")
DEVICE = Device("D1", "S1", "东门", 30)
PERSON = Person("P1", "王强", "110")
SCHOOL_POST = Post("S1:principal", PostKind.PRINCIPAL, "校长", school="S1")
DISTRICT_POST = Post("370202:supervisor", PostKind.SUPERVISOR, "督导", district="370202")
HOLDING = Holding("S1:principal", "P1", 2)

Turn = Callable[[Connection], Awaitable[None]]


async def save_city(connection: Connection) -> None:
    await registry.save_districts(connection, [DISTRICT])
    await registry.save_groups(connection, [GROUP])
    await registry.save_schools(connection, [SCHOOL, HEAD])
    await registry.save_points(connection, [POINT])
    await registry.save_devices(connection, [DEVICE])
    await registry.save_people(connection, [PERSON])
    await registry.save_posts(connection, [SCHOOL_POST, DISTRICT_POST])
    await registry.save_holdings(connection, [HOLDING])


async def test_what_is_saved_is_found_again_as_it_was(database: Database) -> None:
    async with database.transaction() as connection:
        await save_city(connection)
    async with database.connection() as connection:
        assert await registry.list_districts(connection) == [DISTRICT]
        assert await registry.find_groups(connection, ["G1", "G2"]) == {"G1": GROUP}
        assert await registry.find_schools(connection, ["S1", "S2", "S3"]) == {"S1": SCHOOL, "S2": HEAD}
        assert await registry.find_points(connection, ["S1"]) == {("S1", "东门"): POINT}
        assert await registry.find_devices(connection, ["D1", "D2"]) == {"D1": DEVICE}
        assert await registry.find_people(connection, ["P1", "P2"]) == {"P1": PERSON}
        assert await registry.find_posts(connection, ["S1:principal", "370202:supervisor"]) == {
            "S1:principal": SCHOOL_POST,
            "370202:supervisor": DISTRICT_POST,
        }
        assert await registry.find_holdings(connection, ["P1"]) == {("S1:principal", "P1"): HOLDING}


async def test_what_is_saved_anew_is_changed_in_every_field(database: Database) -> None:
    district = District("370202", "市南", "Shi Nan", 3)
    school = School(
        "S1", "370203", "一小", SchoolKind.SENIOR, Ownership.PRIVATE, 1, 1, "", None, None, zone="Asia/Urumqi"
    )
    point = replace(POINT, kind=PointKind.OFFICE)
    device = Device("D1", "S2", "西门", 90)
    person = Person("P1", "王小强", "119")
    post = Post("S1:principal", PostKind.SCHOOL_DUTY, "值班", district="370203")
    async with database.transaction() as connection:
        await save_city(connection)
        await registry.save_districts(connection, [district, District("370203", "市北区", "Shibei", 2)])
        await registry.save_groups(connection, [EducationGroup("G1", "集团")])
        await registry.save_schools(connection, [school])
        await registry.save_points(connection, [point, Point("S2", PointKind.GATEHOUSE, "西门")])
        await registry.save_devices(connection, [device])
        await registry.save_people(connection, [person])
        await registry.save_posts(connection, [post])
        await registry.save_holdings(connection, [replace(HOLDING, rank=1)])
    async with database.connection() as connection:
        assert [one.code for one in await registry.list_districts(connection)] == ["370203", "370202"]
        assert (await registry.list_districts(connection))[1] == district
        assert (await registry.find_groups(connection, ["G1"]))["G1"].name == "集团"
        assert (await registry.find_schools(connection, ["S1"]))["S1"] == school
        assert (await registry.find_points(connection, ["S1"]))["S1", "东门"] == point
        assert (await registry.find_devices(connection, ["D1"]))["D1"] == device
        assert (await registry.find_people(connection, ["P1"]))["P1"] == person
        assert (await registry.find_posts(connection, ["S1:principal"]))["S1:principal"] == post
        assert (await registry.find_holdings(connection, ["P1"]))["S1:principal", "P1"].rank == 1


async def take_impatiently(database: Database, turn: Turn) -> None:
    async with database.transaction() as connection:
        await connection.execute("set local lock_timeout = '50ms'")
        await turn(connection)


@pytest.mark.parametrize("turn", [registry.take_import_turn, registry.take_school_items_turn])
async def test_a_turn_lasts_until_its_transaction_ends(database: Database, turn: Turn) -> None:
    async with database.transaction() as first:
        await turn(first)
        with pytest.raises(StorageUnavailable, match="LockNotAvailable"):
            await take_impatiently(database, turn)
    async with database.transaction() as third:
        await turn(third)


async def test_imports_and_the_boards_news_do_not_wait_for_each_other(database: Database) -> None:
    async with database.transaction() as first, database.transaction() as second:
        await registry.take_import_turn(first)
        await asyncio.wait_for(registry.take_school_items_turn(second), 60)


async def test_a_rehearsal_sees_what_it_wrote_and_keeps_nothing(database: Database) -> None:
    async with registry.rehearse(database) as connection:
        await save_city(connection)
        assert await registry.list_districts(connection) == [DISTRICT]
    async with database.connection() as connection:
        assert await registry.list_districts(connection) == []


async def rehearse_and_fail(database: Database) -> None:
    async with registry.rehearse(database) as connection:
        await save_city(connection)
        raise UnknownReference("on purpose")


async def test_a_rehearsal_that_fails_keeps_nothing_and_says_why(database: Database) -> None:
    with pytest.raises(UnknownReference):
        await rehearse_and_fail(database)
    async with database.connection() as connection:
        assert await registry.list_districts(connection) == []
