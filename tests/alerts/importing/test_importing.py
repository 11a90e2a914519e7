"""Files into the registry: what lands, what is refused and why, what changes, and what the log and the boards see."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import aclosing
from pathlib import Path
from typing import Any

import msgspec
import pytest

from alerts.domain.board import Link, SchoolItem
from alerts.domain.chain import LogRow
from alerts.domain.registry import (
    Device,
    District,
    EducationGroup,
    Holding,
    Ownership,
    Person,
    Point,
    PointKind,
    PostKind,
    School,
    SchoolKind,
)
from alerts.feed import changes_of, read_snapshot
from alerts.importing import BadRow, Counts, FileUnreadable, ImportReport, import_file, import_sources, open_source
from alerts.storage.database import Database
from alerts.storage.log import read_log_after, read_log_head
from alerts.storage.registry import (
    find_devices,
    find_groups,
    find_holdings,
    find_people,
    find_points,
    find_posts,
    find_schools,
    list_districts,
)
from simulators.city.generator import generate_city
from simulators.city.tables import write_tables
from tests.alerts.story import Story

SCHOOLS = (
    "code,name,district,district_name,district_name_en,kind,ownership,students,boarders,address,latitude,longitude,"
    "group,group_name,head_school,zone\n"
)
FIRST = "A1,青岛第一小学,370202,市南区,Shinan,小学,公办,1200,0,文登路1号,36.06,120.38,,,,\n"
SECOND = "A2,青岛第二中学,370203,市北区,,初中,公办,1800,300,,,,,,,Asia/Shanghai\n"
DEVICES = "code,school,point,point_kind,interval_seconds\n"
PEOPLE = "code,name,phone,post,school,district,rank\n"

Bring = Callable[..., Awaitable[ImportReport]]


@pytest.fixture
def bring(database: Database, tmp_path: Path) -> Bring:
    """Writes a file and imports it."""

    async def write_and_import(text: str, *, dry_run: bool = False, name: str = "some.csv") -> ImportReport:
        path = tmp_path / name
        path.write_text(text, encoding="utf-8")
        return await import_file(database, path, dry_run=dry_run, by="wang")

    return write_and_import


def reasons(report: ImportReport) -> list[tuple[int, str | None, str]]:
    return [(row.line, problem.column, problem.reason) for row in report.bad_rows for problem in row.problems]


async def read_log(database: Database) -> list[LogRow]:
    async with database.connection() as connection:
        return await read_log_after(connection, 0, 1000)


async def schools_of(database: Database, *codes: str) -> dict[str, School]:
    async with database.connection() as connection:
        return await find_schools(connection, codes)


async def replay(before: dict[str, SchoolItem], database: Database, after: int) -> dict[str, SchoolItem]:
    """A board's schools, and what the log said since."""
    async with database.connection() as connection:
        rows = await read_log_after(connection, after, 1000)
    items = dict(before)
    for row in rows:
        for change in changes_of(row):
            if change.kind == "school":
                item = msgspec.json.decode(change.item, type=SchoolItem)
                items[item.code] = item
    return items


async def test_schools_land_with_their_districts_and_groups(database: Database, bring: Bring) -> None:
    branch = "A3,青岛第一小学东校区,370202,,,小学,民办,600,,,,,G1,第一教育集团,A1,\n"
    report = await bring(SCHOOLS + FIRST + SECOND + branch)
    assert report.counts == {"schools": Counts(new=3), "districts": Counts(new=2), "groups": Counts(new=1)}
    assert (report.rows, report.refused, report.bad_rows) == (3, 0, ())
    schools = await schools_of(database, "A1", "A3")
    primary, public = SchoolKind.PRIMARY, Ownership.PUBLIC
    first = School("A1", "370202", "青岛第一小学", primary, public, 1200, 0, "文登路1号", 36.06, 120.38)
    assert schools["A1"] == first
    assert (schools["A3"].group, schools["A3"].head_school, schools["A3"].boarders) == ("G1", "A1", 0)
    async with database.connection() as connection:
        assert await list_districts(connection) == [
            District("370202", "市南区", "Shinan", 1),
            District("370203", "市北区", "市北区", 2),
        ]
        assert await find_groups(connection, ["G1"]) == {"G1": EducationGroup("G1", "第一教育集团")}


async def test_devices_land_with_their_points(database: Database, bring: Bring) -> None:
    await bring(SCHOOLS + FIRST)
    report = await bring(DEVICES + "D1,A1,东门,门卫室,30\nD2,A1,东门,gatehouse,\nD3,A1,监控室,监控室,60\n")
    assert report.counts == {"devices": Counts(new=3), "points": Counts(new=2)}
    async with database.connection() as connection:
        assert await find_devices(connection, ["D1", "D2"]) == {
            "D1": Device("D1", "A1", "东门", 30),
            "D2": Device("D2", "A1", "东门", 60),
        }
        assert set((await find_points(connection, ["A1"])).values()) == {
            Point("A1", PointKind.GATEHOUSE, "东门"),
            Point("A1", PointKind.CONTROL_ROOM, "监控室"),
        }


async def test_people_land_with_their_posts_a_line_a_holding(database: Database, bring: Bring) -> None:
    await bring(SCHOOLS + FIRST + "K1,海军幼儿园,370202,,,幼儿园,公办,90,,,,,,,,\n")
    report = await bring(
        PEOPLE
        + "P1,王强,13800000001,学校值班,A1,,2\nP1,王强,,校长,A1,370202,\nP2,李敏,,校长,K1,,\n"
        + "P3,赵刚,110,110接警,,,\nP4,孙丽,,区督导,,370202,\nP4,孙丽,,局长,,,\n"
    )
    assert report.refused == 0
    assert report.counts == {"holdings": Counts(new=6), "people": Counts(new=4), "posts": Counts(new=6)}
    async with database.connection() as connection:
        posts = await find_posts(
            connection,
            ["A1:school_duty", "A1:principal", "K1:principal", "city:police_link", "370202:supervisor"],
        )
        assert {code: (post.name, post.school, post.district) for code, post in posts.items()} == {
            "A1:school_duty": ("青岛第一小学值班岗", "A1", None),
            "A1:principal": ("青岛第一小学校长", "A1", None),
            "K1:principal": ("海军幼儿园园长", "K1", None),
            "city:police_link": ("110接警台", None, None),
            "370202:supervisor": ("市南区督导", None, "370202"),
        }
        assert posts["city:police_link"].kind is PostKind.POLICE_LINK
        assert await find_people(connection, ["P1"]) == {"P1": Person("P1", "王强", "13800000001")}
        assert set((await find_holdings(connection, ["P1"])).values()) == {
            Holding("A1:school_duty", "P1", 2),
            Holding("A1:principal", "P1", 1),
        }


async def test_the_planner_knows_the_registry_as_soon_as_it_has_landed(database: Database, bring: Bring) -> None:
    assert (await bring(SCHOOLS + "S1,第一小学,370202,市南区,,primary,public,900,0,,,,,,,\n")).counts
    async with database.connection() as connection:
        guessed = await connection.fetchval("select reltuples from pg_class where relname = 'school'")
    assert guessed == 1, "never looked at, it says -1"


async def test_importing_the_same_files_again_changes_nothing_and_logs_nothing(
    database: Database, bring: Bring
) -> None:
    files = [
        SCHOOLS + FIRST + SECOND + "A3,东校区,370202,,,小学,公办,600,,,36.1,120.123456789,G1,第一集团,A1,\n",
        DEVICES + "D1,A1,东门,门卫室,30\nD2,A2,东门,门卫室,\n",
        PEOPLE + "P1,王强,,学校值班,A1,,2\nP1,王强,13800000001,校长,A1,,\n",
    ]
    first = [await bring(text) for text in files]
    before = await read_log(database)
    again = [await bring(text) for text in files]
    assert await read_log(database) == before
    for old, new in zip(first, again, strict=True):
        assert new.counts == {sort: Counts(unchanged=counts.new) for sort, counts in old.counts.items()}


async def test_what_changed_is_told_apart_from_what_is_new_and_what_is_not(database: Database, bring: Bring) -> None:
    await bring(SCHOOLS + FIRST + SECOND)
    third = "A3,青岛第三小学,370202,,,小学,公办,1,,,,,,,,\n"
    report = await bring(SCHOOLS + FIRST.replace("1200", "1250").replace("市南区", "市南") + SECOND + third)
    assert report.counts["schools"] == Counts(new=1, changed=1, unchanged=1)
    assert report.counts["districts"] == Counts(changed=1, unchanged=1)


async def test_two_names_for_one_district_in_a_file_are_a_contradiction(database: Database, bring: Bring) -> None:
    report = await bring(SCHOOLS + FIRST + FIRST.replace("A1", "A3").replace("市南区", "市南"))
    assert reasons(report) == [
        (3, "district_name", "“市南” contradicts line 2, where the district 370202 has “市南区”")
    ]


async def test_a_device_that_moves_and_a_person_with_a_new_number_are_changes(database: Database, bring: Bring) -> None:
    await bring(SCHOOLS + FIRST + SECOND)
    await bring(DEVICES + "D1,A1,东门,门卫室,30\n")
    await bring(PEOPLE + "P1,王强,110,校长,A1,,\n")
    moved = await bring(DEVICES + "D1,A2,东门,走廊,30\n")
    renumbered = await bring(PEOPLE + "P1,王强,119,校长,A1,,2\n")
    assert moved.counts == {"devices": Counts(changed=1), "points": Counts(new=1)}
    assert renumbered.counts == {
        "holdings": Counts(changed=1),
        "people": Counts(changed=1),
        "posts": Counts(unchanged=1),
    }


async def test_a_column_that_the_file_does_not_have_leaves_what_is_registered(database: Database, bring: Bring) -> None:
    await bring(SCHOOLS + FIRST.replace(",,,,\n", ",G1,集团,,\n"))
    await bring(DEVICES + "D1,A1,东门,门卫室,30\n")
    await bring(PEOPLE + "P1,王强,110,校长,A1,,5\n")
    before = await schools_of(database, "A1")
    short = [
        "code,name,district,kind,ownership,students\nA1,青岛第一小学,370202,小学,公办,1200\n",
        "code,school,point,point_kind\nD1,A1,东门,门卫室\n",
        "code,name,post,school\nP1,王强,校长,A1\n",
    ]
    for text in short:
        report = await bring(text)
        assert all(counts == Counts(unchanged=1) for sort, counts in report.counts.items() if sort != "groups")
    assert await schools_of(database, "A1") == before


async def test_an_empty_cell_clears_what_is_registered_but_not_a_name_or_a_number(
    database: Database, bring: Bring
) -> None:
    await bring(SCHOOLS + FIRST.replace(",,,,\n", ",G1,集团,,\n"))
    await bring(PEOPLE + "P1,王强,110,校长,A1,,5\n")
    await bring(SCHOOLS + "A1,青岛第一小学,370202,,,小学,公办,1200,,,,,,,,\n")
    await bring(PEOPLE + "P1,王强,,校长,A1,,\n")
    school = (await schools_of(database, "A1"))["A1"]
    assert (school.address, school.latitude, school.group) == ("", None, None)
    async with database.connection() as connection:
        assert (await list_districts(connection))[0] == District("370202", "市南区", "Shinan", 1)
        assert (await find_people(connection, ["P1"]))["P1"].phone == "110"
        assert (await find_holdings(connection, ["P1"]))["A1:principal", "P1"].rank == 1


async def test_good_rows_land_beside_bad_ones_and_every_problem_is_named(database: Database, bring: Bring) -> None:
    report = await bring(
        SCHOOLS
        + FIRST
        + "A 2,,370299,,,大学,公办,10,20,,36,,G9,,A9,\n"
        + FIRST
        + "A4,四小,370202,,,小学,公办,1,,,,,,没有代码的集团,,\n"
    )
    assert (report.rows, report.refused) == (4, 3)
    assert report.counts["schools"] == Counts(new=1)
    assert [(line, column) for line, column, _ in reasons(report)] == [
        *((3, column) for column in ("code", "name", "kind", "district_name", "group_name", "boarders", "longitude")),
        (3, "head_school"),
        (4, "code"),
        (5, "group"),
    ]
    assert reasons(report)[-2][2] == "the school A1 stands in line 2 already"
    assert set(await schools_of(database, "A1", "A4")) == {"A1"}


async def test_a_head_school_may_come_later_in_the_file_or_be_registered_or_be_the_school_itself(
    database: Database, bring: Bring
) -> None:
    await bring(SCHOOLS + FIRST)
    rows = [
        f"B{n},分校{n},370202,,,小学,公办,10,,,,,G1,集团,{head},\n"
        for n, head in enumerate(["B3", "A1", "B2", "B5", "B4", "B6"], start=1)
    ]
    report = await bring(SCHOOLS + "".join(rows))
    assert report.counts["schools"] == Counts(new=6)
    schools = await schools_of(database, *(f"B{n}" for n in range(1, 7)))
    assert [schools[f"B{n}"].head_school for n in range(1, 7)] == ["B3", "A1", "B2", "B5", "B4", None]


async def test_a_school_whose_head_school_is_refused_is_refused_with_it(database: Database, bring: Bring) -> None:
    report = await bring(
        SCHOOLS
        + "B1,分校,370202,市南区,,小学,公办,10,,,,,,,B2,\n"
        + "B2,分校,370202,,,小学,公办,10,,,,,,,B3,\n"
        + "B3,总校,370202,,,大学,公办,10,,,,,,,,\n"
        + "B4,分校,370202,,,小学,公办,10,,,,,,,B9,\n"
        + "B5,好学校,370202,,,小学,公办,10,,,,,,,,\n"
    )
    assert [(line, column) for line, column, _ in reasons(report)] == [
        (2, "head_school"),
        (3, "head_school"),
        (4, "kind"),
        (5, "head_school"),
    ]
    assert reasons(report)[0][2] == "the school B2 is refused, see line 3"
    assert reasons(report)[3][2] == "there is no school B9, neither registered nor in this file"
    assert set(await schools_of(database, "B1", "B2", "B3", "B4", "B5")) == {"B5"}


async def test_a_device_needs_a_registered_school_and_one_kind_a_point(database: Database, bring: Bring) -> None:
    await bring(SCHOOLS + FIRST)
    report = await bring(DEVICES + "D1,A9,东门,门卫室,\nD2,A1,东门,门卫室,\nD3,A1,东门,走廊,\nD2,A1,西门,门卫室,\n")
    assert reasons(report) == [
        (2, "school", "there is no school A9: import the schools first"),
        (4, "point_kind", "“corridor” contradicts line 3, where “东门” of the school A1 has “gatehouse”"),
        (5, "code", "the device D2 stands in line 3 already"),
    ]
    assert report.counts == {"devices": Counts(new=1), "points": Counts(new=1)}


async def test_a_post_names_the_place_that_it_belongs_to_and_no_other(database: Database, bring: Bring) -> None:
    await bring(SCHOOLS + FIRST + SECOND)
    report = await bring(
        PEOPLE
        + "P1,王,,校长,,,\nP1,王,,校长,A9,,\nP1,王,,校长,A1,370203,\nP1,王,,区督导,,,\nP1,王,,区督导,A1,370202,\n"
        + "P1,王,,局长,,370202,\nP1,王,,校长,A1,370202,\nP1,王,,校长,A1,,2\nP1,汪,,校长,A2,,\n"
    )
    assert reasons(report) == [
        (2, "school", "is needed for the post 校长"),
        (3, "school", "there is no school A9: import the schools first"),
        (4, "district", "the school A1 belongs to the district 370202"),
        (5, "district", "is needed for the post 区督导"),
        (6, "school", "must be empty for the post 区督导, which belongs to no school"),
        (7, "district", "must be empty for the post 局长, which is the city's"),
        (8, "code", "the person P1 in the post 校长 of A1 stands in line 4 already"),
        (9, "code", "the person P1 in the post 校长 of A1 stands in line 4 already"),
        (10, "name", "“汪” contradicts line 2, where the person P1 has “王”"),
    ]


async def test_a_dry_run_says_what_would_happen_and_keeps_nothing(database: Database, bring: Bring) -> None:
    await bring(SCHOOLS + FIRST)
    before = await read_snapshot(database)
    text = SCHOOLS + FIRST.replace("1200", "1300") + SECOND + "A3,,370202,,,小学,公办,1,,,,,,,,\n"
    rehearsed = await bring(text, dry_run=True)
    after = await read_snapshot(database)
    assert (after.position, after.schools, after.districts) == (before.position, before.schools, before.districts)
    done = await bring(text)
    assert (
        rehearsed.counts
        == done.counts
        == {
            "schools": Counts(new=1, changed=1),
            "districts": Counts(new=1, unchanged=1),
            "groups": Counts(),
        }
    )
    assert rehearsed.bad_rows == done.bad_rows
    assert (rehearsed.dry_run, done.dry_run) == (True, False)


@pytest.mark.parametrize("dry_run", [True, False])
async def test_several_files_are_taken_schools_first_whatever_their_order(
    database: Database, tmp_path: Path, dry_run: bool
) -> None:
    texts = {
        "1-people.csv": PEOPLE + "P1,王强,,校长,A1,,\n",
        "2-devices.csv": DEVICES + "D1,A1,东门,门卫室,\n",
        "3-schools.csv": SCHOOLS + FIRST,
    }
    for name, text in texts.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    sources = [open_source(tmp_path / name) for name in texts]
    reports = [report async for report in import_sources(database, sources, dry_run=dry_run, by="wang")]
    assert [(report.file, report.refused) for report in reports] == [
        ("3-schools.csv", 0),
        ("2-devices.csv", 0),
        ("1-people.csv", 0),
    ]
    assert len(await read_log(database)) == (0 if dry_run else 3)


async def test_the_log_tells_who_imported_which_file_and_what_came_of_it(database: Database, bring: Bring) -> None:
    report = await bring(SCHOOLS + FIRST + SECOND + SECOND, name="青岛.csv")
    (row,) = await read_log(database)
    body: dict[str, Any] = msgspec.json.decode(row.body)
    schools = body.pop("schools")
    assert (row.actor, row.subject, row.kind) == ("person:wang", "registry:schools", "registry.imported")
    assert body == {
        "file": "青岛.csv",
        "sha256": report.sha256,
        "rows": 3,
        "refused": 1,
        "counts": {
            "schools": {"new": 2, "changed": 0, "unchanged": 0},
            "districts": {"new": 2, "changed": 0, "unchanged": 0},
            "groups": {"new": 0, "changed": 0, "unchanged": 0},
        },
        "part": 1,
        "parts": 1,
    }
    assert [item["code"] for item in schools] == ["A1", "A2"]


async def test_a_file_of_many_schools_is_several_log_rows_and_boards_that_replay_them_see_all(
    database: Database, bring: Bring
) -> None:
    before = await read_snapshot(database)
    await bring(SCHOOLS + FIRST + "".join(f"B{n},学校{n},370202,,,小学,公办,{n},,,,,,,,\n" for n in range(2500)))
    rows = await read_log(database)
    bodies = [msgspec.json.decode(row.body) for row in rows]
    assert [(body["part"], body["parts"], len(body["schools"])) for body in bodies] == [
        *((part, 9, 300) for part in range(1, 9)),
        (9, 9, 101),
    ]
    after = await read_snapshot(database)
    assert await replay({}, database, before.position) == {item.code: item for item in after.schools}


async def test_new_and_moved_devices_show_on_a_board_that_replays_the_log(database: Database, bring: Bring) -> None:
    await bring(SCHOOLS + FIRST + SECOND)
    await bring(DEVICES + "D1,A1,东门,门卫室,\nD2,A1,东门,门卫室,\n")
    async with database.connection() as connection:
        await connection.execute("insert into device_status (device, link) values ('D1', $1)", Link.ONLINE)
    before = await read_snapshot(database)
    await bring(DEVICES + "D1,A2,东门,门卫室,\nD2,A1,东门,门卫室,\nD3,A2,东门,门卫室,\n")
    after = {item.code: item for item in (await read_snapshot(database)).schools}
    assert await replay({item.code: item for item in before.schools}, database, before.position) == after
    assert [(after[code].online, after[code].never) for code in ("A1", "A2")] == [(0, 1), (1, 1)]


async def test_only_the_first_thousand_bad_rows_are_listed_and_all_are_counted(
    database: Database, bring: Bring
) -> None:
    report = await bring(DEVICES + "".join(f"D{n},A1,东门,门卫室,\n" for n in range(2300)))
    assert (report.rows, report.refused, len(report.bad_rows)) == (2300, 2300, 1000)
    assert isinstance(report.bad_rows[0], BadRow)
    assert [row.line for row in report.bad_rows] == list(range(2, 1002))


async def test_rows_that_refer_to_each_other_across_batches_land(database: Database, bring: Bring) -> None:
    branches = "".join(f"B{n},分校{n},370202,市南区,,小学,公办,1,,,,,G1,集团,HEAD,\n" for n in range(2100))
    report = await bring(SCHOOLS + branches + "HEAD,总校,370202,,,小学,公办,1,,,,,G1,,,\n")
    assert report.counts == {"schools": Counts(new=2101), "districts": Counts(new=1), "groups": Counts(new=1)}


async def test_a_simulated_city_lands_whole(database: Database, tmp_path: Path) -> None:
    city = generate_city(schools=60, seed=7, watched=5)
    sources = [open_source(path) for path in write_tables(city, tmp_path)]
    reports = [report async for report in import_sources(database, sources, by="wang")]
    assert [report.bad_rows for report in reports] == [()] * 6
    assert reports[3].counts == {"responsibilities": Counts(new=135), "plans": Counts(new=4)}
    assert await schools_of(database, *(school.code for school in city.schools)) == {
        school.code: school for school in city.schools
    }
    async with database.connection() as connection:
        districts = await list_districts(connection)
        assert {(one.code, one.name, one.name_en) for one in districts} == {
            (one.code, one.name, one.name_en) for one in city.districts
        }
        assert await find_devices(connection, [device.code for device in city.devices]) == {
            device.code: device for device in city.devices
        }
        assert await find_people(connection, [person.code for person in city.people]) == {
            person.code: person for person in city.people
        }


async def test_two_imports_of_one_file_at_once_land_it_once(database: Database, tmp_path: Path) -> None:
    path = tmp_path / "some.csv"
    path.write_text(SCHOOLS + FIRST, encoding="utf-8")
    reports = await asyncio.gather(*(import_file(database, path, by=name) for name in ("wang", "li")))
    assert sorted(report.counts["schools"].new for report in reports) == [0, 1]
    assert len(await read_log(database)) == 1


async def test_a_press_does_not_wait_for_an_import_that_holds_its_school(story: Story, tmp_path: Path) -> None:
    path = tmp_path / "some.csv"
    path.write_text("code,name,district,kind,ownership,students\nS1,改名小学,370202,小学,公办,901\n", encoding="utf-8")
    async with aclosing(import_sources(story.database, [open_source(path)], dry_run=True, by="wang")) as reports:
        assert (await anext(reports)).counts["schools"] == Counts(changed=1)
        receipt = await asyncio.wait_for(story.press("S1-G1"), 60)
        assert (await story.incident(receipt.incident)).school_name == "第一小学"


async def test_a_file_that_changes_halfway_leaves_nothing_behind(database: Database, tmp_path: Path) -> None:
    path = tmp_path / "some.csv"
    path.write_text(SCHOOLS + FIRST, encoding="utf-8")
    source = open_source(path)
    path.write_text(SCHOOLS + FIRST + SECOND, encoding="utf-8")
    with pytest.raises(FileUnreadable, match="was changed"):
        _ = [report async for report in import_sources(database, [source], by="wang")]
    assert await schools_of(database, "A1", "A2") == {}
    async with database.connection() as connection:
        assert (await read_log_head(connection)).position == 0


async def test_progress_goes_through_the_lines_to_the_end(database: Database, tmp_path: Path) -> None:
    path = tmp_path / "some.csv"
    path.write_text(SCHOOLS + FIRST + "".join(f"B{n},x,370202,,,小学,公办,1,,,,,,,,\n" for n in range(1500)), "utf-8")
    seen: list[int] = []
    await import_file(database, path, by="wang", progress=lambda source, line: seen.append(line))
    assert seen == [1001, 1502, 1503]
