"""The simulated city: its figures, its rules, and that it is always the same city."""

import csv
import math
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alerts.domain.registry import City, Ownership, PointKind, PostKind, SchoolKind
from alerts.importing.contact_cells import read_contacts
from alerts.importing.tables import DEVICES, PEOPLE, RESPONSIBILITIES, SCHOOLS
from simulators.city.generator import MOST_SCHOOLS, generate_city
from simulators.city.names import write_ordinal
from simulators.city.places import AREAS, KILOMETRES_PER_DEGREE
from simulators.city.schools import form_groups, found_schools
from simulators.city.shares import divide, interleave
from simulators.city.tables import (
    DEVICES_HEADER,
    PEOPLE_HEADER,
    RESPONSIBILITIES_HEADER,
    SCHOOLS_HEADER,
    count_rows,
    write_tables,
)

CODE_SIGNS = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-")
SIZES = st.integers(1, 300)
SEEDS = st.integers(0, 2**32)


@pytest.fixture(scope="module")
def city() -> City:
    """The city at its real size."""
    return generate_city()


def test_the_whole_city_has_the_figures_of_the_real_one(city: City):
    assert len(city.schools) == 3_488
    assert sum(school.students for school in city.schools) == 1_780_000
    assert len(city.devices) == 10_000
    assert len(city.groups) == 65
    assert [district.name for district in city.districts] == [
        "市南区", "市北区", "李沧区", "崂山区", "黄岛区", "城阳区", "即墨区", "胶州市", "平度市", "莱西市",
    ]  # fmt: skip
    kinds = Counter(school.kind for school in city.schools)
    assert kinds.keys() == set(SchoolKind)
    assert kinds[SchoolKind.KINDERGARTEN] / 3_488 == pytest.approx(0.55, abs=0.001)


def test_every_district_has_its_share_of_every_common_kind(city: City):
    for area in AREAS:
        inside = [school for school in city.schools if school.district == area.code]
        assert len(inside) == pytest.approx(area.schools, abs=2)
        kindergartens = sum(school.kind is SchoolKind.KINDERGARTEN for school in inside)
        assert kindergartens / len(inside) == pytest.approx(0.55, abs=0.02)


def test_every_school_stands_close_to_a_locality_of_its_own_district_and_of_no_other(city: City):
    for school in city.schools:
        assert school.latitude is not None
        assert school.longitude is not None
        around = {area.code for area in AREAS if any(is_within(place, school) for place in area.localities)}
        assert around == {school.district}, school


def is_within(place: object, school: object) -> bool:
    north = (school.latitude - place.latitude) * KILOMETRES_PER_DEGREE
    east = (school.longitude - place.longitude) * KILOMETRES_PER_DEGREE * math.cos(math.radians(place.latitude))
    return math.hypot(north, east) <= place.radius_kilometres + 0.01


@given(schools=SIZES, seed=SEEDS)
@settings(max_examples=40, deadline=None)
def test_a_city_of_any_size_is_whole_and_always_the_same(schools: int, seed: int):
    city = generate_city(schools, seed)
    assert city == generate_city(schools, seed)
    assert len(city.schools) == schools
    assert sum(school.students for school in city.schools) == round(1_780_000 * schools / 3_488)
    check_rules(city)


def test_the_whole_city_keeps_every_rule(city: City):
    check_rules(city)


def check_rules(city: City) -> None:
    for codes in (
        [district.code for district in city.districts],
        [school.code for school in city.schools],
        [device.code for device in city.devices],
        [person.code for person in city.people],
        [group.code for group in city.groups],
    ):
        assert len(codes) == len(set(codes))
        assert all(1 <= len(code) <= 64 and CODE_SIGNS.issuperset(code) for code in codes)
    assert len({school.name for school in city.schools}) == len(city.schools)
    assert len({person.phone for person in city.people}) == len(city.people)
    assert all(person.phone.startswith("+999") for person in city.people)
    check_devices(city)
    check_posts(city)
    check_groups(city)


def check_devices(city: City) -> None:
    points = {(point.school, point.name): point.kind for point in city.points}
    assert len(points) == len(city.points)
    places = Counter((device.school, points[device.school, device.point]) for device in city.devices)
    for school in city.schools:
        assert places[school.code, PointKind.GATEHOUSE] >= 1
        assert (places[school.code, PointKind.DORMITORY] > 0) == (school.boarders > 0)
        assert 0 <= school.boarders <= school.students


def check_posts(city: City) -> None:
    assert len({post.code for post in city.posts}) == len(city.posts)
    held = {holding.post for holding in city.holdings}
    assert held == {post.code for post in city.posts}
    expected = Counter({
        PostKind.SCHOOL_DUTY: len(city.schools), PostKind.PRINCIPAL: len(city.schools),
        PostKind.GUARD: len(city.schools),
        PostKind.DISTRICT_DESK: 10, PostKind.SUPERVISOR: 10,
        PostKind.CITY_DESK: 1, PostKind.POLICE_LINK: 1, PostKind.HEAD_OF_BUREAU: 1,
    })  # fmt: skip
    assert Counter(post.kind for post in city.posts) == expected


def check_groups(city: City) -> None:
    schools = {school.code: school for school in city.schools}
    for group in city.groups:
        members = [school for school in city.schools if school.group == group.code]
        (head,) = [school for school in members if school.head_school is None]
        assert len(members) >= 2
        assert all(member.head_school == head.code for member in members if member is not head)
        assert {(member.kind, member.district, member.ownership) for member in members} == {
            (head.kind, head.district, Ownership.PUBLIC)
        }
    assert all(school.group or school.head_school is None for school in schools.values())


def test_another_seed_is_another_city():
    assert generate_city(50, 1) != generate_city(50, 2)


@pytest.mark.parametrize("count", [0, -1, MOST_SCHOOLS + 1])
def test_a_size_that_no_city_has_is_refused(count: int):
    with pytest.raises(ValueError, match="a city has 1 to"):
        generate_city(count)


def test_the_largest_city_still_has_school_codes_of_the_same_length():
    _, schools = form_groups(found_schools(MOST_SCHOOLS, 1), 1)  # without the people and devices, which take long
    assert {len(school.code) for school in schools} == {8}
    assert len({school.name for school in schools}) == MOST_SCHOOLS


def test_the_csv_files_have_every_column_of_the_importer_and_every_row(tmp_path: Path):
    assert (SCHOOLS.header, DEVICES.header) == (SCHOOLS_HEADER, DEVICES_HEADER)
    assert PEOPLE.header[: len(PEOPLE_HEADER)] == PEOPLE_HEADER, "what a file does not say stays as it is"
    city = generate_city(100, 7)
    written: list[None] = []
    paths = write_tables(city, tmp_path / "new" / "folder", lambda: written.append(None))
    assert [path.stem for path in paths] == [
        "schools", "devices", "people", "responsibilities", "timetables", "terms",
    ]  # fmt: skip
    assert len(written) == count_rows(city) == sum(len(read(path)) for path in paths)
    school = read(paths[0])[0]
    assert school["code"] == city.schools[0].code
    assert school["kind"] == city.schools[0].kind.value
    assert {row["school"] for row in read(paths[1])} == {school.code for school in city.schools}


def test_everybody_has_sms_and_a_call_those_at_desks_mail_and_some_on_duty_a_robot_and_no_address_is_anybodys(
    tmp_path: Path,
):
    city = generate_city(100, 7)
    ways: dict[str, set[tuple[str, ...]]] = {}
    for row in read(write_tables(city, tmp_path)[2]):
        methods = read_contacts(row["methods"])
        ways.setdefault(row["post"], set()).add(tuple(one.channel for one in methods))
        assert all(one.address.startswith("+999") for one in methods[:2])
        assert all(one.address.endswith("@campus.example") for one in methods if one.channel == "mail")
    usual = ("sms", "voice")
    assert ways["guard"] == ways["police_link"] == {usual}
    for post in ("principal", "district_desk", "supervisor", "city_desk", "head_of_bureau"):
        assert ways[post] == {(*usual, "mail")}
    assert ways["school_duty"] == {usual, *((*usual, robot) for robot in ("dingtalk", "wecom", "feishu"))}


def test_the_sample_of_responsibilities_is_135_invented_ones_and_says_so_in_each_of_them(tmp_path: Path):
    rows = read(write_tables(generate_city(1), tmp_path)[3])
    assert set(rows[0]) == set(RESPONSIBILITIES_HEADER) <= set(RESPONSIBILITIES.header)
    assert [int(row["number"]) for row in rows] == list(range(1, 136))
    assert len({row["text"] for row in rows}) == len({row["text_en"] for row in rows}) == 135
    for row in rows:
        assert row["sample"] == "yes"
        assert row["text"].startswith("【示例】")
        assert row["text_en"].startswith("[Sample] ")
        assert "虚构" in row["plan_name"]
        assert "invented" in row["plan_name_en"]


def read(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@given(total=st.integers(0, 10_000), weights=st.lists(st.floats(0.1, 1e6), min_size=1, max_size=30))
def test_shares_add_up_and_stay_next_to_what_is_fair(total: int, weights: list[float]):
    shares = divide(total, dict(enumerate(weights)))
    assert sum(shares.values()) == total
    assert all(abs(shares[part] - total * weight / sum(weights)) < 1.001 for part, weight in enumerate(weights))


def test_what_cannot_be_divided_is_refused():
    with pytest.raises(ValueError, match="cannot be divided"):
        divide(3, {"a": 1, "b": 1}, at_least=2)


def test_interleaving_gives_every_run_the_shares_of_the_whole():
    order = interleave({"a": 30, "b": 60, "c": 10})
    assert Counter(order) == {"a": 30, "b": 60, "c": 10}
    assert Counter(order[:10]) == {"a": 3, "b": 6, "c": 1}


@pytest.mark.parametrize(
    ("number", "written"), [(1, "一"), (10, "十"), (12, "十二"), (20, "二十"), (35, "三十五"), (100, "100")]
)
def test_ordinals_are_written_in_chinese(number: int, written: str):
    assert write_ordinal(number) == written
