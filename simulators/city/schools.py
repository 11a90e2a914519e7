"""How many schools of which kind and size, where they stand, and which of them form education groups."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, replace
from heapq import nsmallest
from random import Random

from alerts.domain.registry import EducationGroup, Ownership, School, SchoolKind
from simulators.chance import make_random
from simulators.city.names import SchoolNames
from simulators.city.places import AREAS, Area, Locality
from simulators.city.shares import divide, interleave

CITY_SCHOOLS = 3_488  # the real city's schools, students and education groups, by its public statistics
CITY_STUDENTS = 1_780_000
CITY_GROUPS = 65

# By the national mix, 55 % kindergartens.
KIND_COUNTS = {
    SchoolKind.KINDERGARTEN: 1_918,
    SchoolKind.PRIMARY: 790,
    SchoolKind.JUNIOR: 262,
    SchoolKind.NINE_YEAR: 250,
    SchoolKind.SENIOR: 110,
    SchoolKind.VOCATIONAL: 80,
    SchoolKind.TWELVE_YEAR: 60,
    SchoolKind.SPECIAL: 18,
}
# Ours: shares of private schools, the middle of school sizes, and how far sizes spread around it.
PRIVATE_SHARES = {
    SchoolKind.KINDERGARTEN: 0.55,
    SchoolKind.PRIMARY: 0.04,
    SchoolKind.JUNIOR: 0.08,
    SchoolKind.NINE_YEAR: 0.15,
    SchoolKind.SENIOR: 0.2,
    SchoolKind.VOCATIONAL: 0.35,
    SchoolKind.TWELVE_YEAR: 0.85,
    SchoolKind.SPECIAL: 0.05,
}
MIDDLE_SIZES = {
    SchoolKind.KINDERGARTEN: 180,
    SchoolKind.PRIMARY: 700,
    SchoolKind.JUNIOR: 850,
    SchoolKind.NINE_YEAR: 1_200,
    SchoolKind.SENIOR: 1_500,
    SchoolKind.VOCATIONAL: 1_400,
    SchoolKind.TWELVE_YEAR: 1_900,
    SchoolKind.SPECIAL: 110,
}
SIZE_SPREAD = 0.4
RURAL_SIZE = 0.6
SMALLEST_SCHOOL = 12

UPPER_KINDS = frozenset({SchoolKind.SENIOR, SchoolKind.VOCATIONAL, SchoolKind.TWELVE_YEAR})
GROUPED_KINDS = frozenset({SchoolKind.PRIMARY, SchoolKind.JUNIOR, SchoolKind.NINE_YEAR})
BRANCHES_LEAST, BRANCHES_MOST = 2, 5


@dataclass(frozen=True, slots=True)
class Boarding:
    """How many schools of a kind take boarders, and which part of their students then boards."""

    schools: float
    least: float
    most: float


BOARDING_IN_TOWN = {
    SchoolKind.SENIOR: Boarding(0.8, 0.2, 0.6),
    SchoolKind.VOCATIONAL: Boarding(0.95, 0.5, 0.9),
    SchoolKind.TWELVE_YEAR: Boarding(0.7, 0.15, 0.5),
    SchoolKind.SPECIAL: Boarding(0.5, 0.3, 0.6),
}
BOARDING_IN_THE_COUNTRY = {
    **BOARDING_IN_TOWN,
    SchoolKind.SENIOR: Boarding(1.0, 0.5, 0.95),
    SchoolKind.JUNIOR: Boarding(0.6, 0.15, 0.6),
    SchoolKind.NINE_YEAR: Boarding(0.25, 0.1, 0.3),
}


@dataclass(frozen=True, slots=True)
class _Site:
    """Where a school is to be founded, and how large in relation to the others."""

    kind: SchoolKind
    ownership: Ownership
    area: Area
    locality: Locality
    size: float


def found_schools(count: int, seed: int) -> tuple[School, ...]:
    """The schools of a city of that size, by code; their students add up to the real city's in proportion."""
    random = make_random(seed, "schools")
    names = SchoolNames(make_random(seed, "names"))
    sites = _choose_sites(count, random)
    total = round(CITY_STUDENTS * count / CITY_SCHOOLS)
    students = divide(total, {index: site.size for index, site in enumerate(sites)}, at_least=SMALLEST_SCHOOL)
    numbers: Counter[str] = Counter()
    schools = []
    for index, site in enumerate(sites):
        numbers[site.area.code] += 1
        code = f"QD{site.area.code[-2:]}{numbers[site.area.code]:04d}"
        schools.append(_found_school(code, site, students[index], names, random))
    return tuple(schools)


def _choose_sites(count: int, random: Random) -> list[_Site]:
    """Sites in the order of districts. Small cities leave districts out, from ten schools on each has one."""
    areas = divide(count, {area: area.schools for area in AREAS}, at_least=1 if count >= len(AREAS) else 0)
    kinds = (kind for kind, many in divide(count, KIND_COUNTS).items() for _ in range(many))
    # Each kind takes a run of evenly spread districts, so that every district gets its share of every kind.
    sites = [_choose_site(kind, area, random) for kind, area in zip(kinds, interleave(areas), strict=True)]
    random.shuffle(sites)
    return sorted(sites, key=lambda site: site.area.code)


def _choose_site(kind: SchoolKind, area: Area, random: Random) -> _Site:
    """Upper schools stand where most people live, the others also in small towns, where they are smaller."""
    sharpness = 2.0 if kind in UPPER_KINDS else 1.0
    (locality,) = random.choices(area.localities, [place.weight**sharpness for place in area.localities])
    ownership = Ownership.PRIVATE if random.random() < PRIVATE_SHARES[kind] else Ownership.PUBLIC
    size = MIDDLE_SIZES[kind] * math.exp(random.gauss(0.0, SIZE_SPREAD))
    return _Site(kind, ownership, area, locality, size * (RURAL_SIZE if locality.is_rural else 1.0))


def _found_school(code: str, site: _Site, students: int, names: SchoolNames, random: Random) -> School:
    latitude, longitude = site.locality.choose_position(random)
    return School(
        code=code,
        district=site.area.code,
        name=names.name(site.kind, site.ownership, site.area, site.locality),
        kind=site.kind,
        ownership=site.ownership,
        students=students,
        boarders=_choose_boarders(site, students, random),
        address=f"青岛市{site.area.name}{site.locality.name}{names.choose_road()}{random.randint(1, 399)}号",
        latitude=latitude,
        longitude=longitude,
    )


def _choose_boarders(site: _Site, students: int, random: Random) -> int:
    habits = BOARDING_IN_THE_COUNTRY if site.locality.is_rural else BOARDING_IN_TOWN
    habit = habits.get(site.kind)
    if habit is None or random.random() >= habit.schools:
        return 0
    return round(students * random.uniform(habit.least, habit.most))


def form_groups(schools: tuple[School, ...], seed: int) -> tuple[tuple[EducationGroup, ...], tuple[School, ...]]:
    """Education groups of a head campus and its nearest branches, and all schools with their groups written in."""
    random = make_random(seed, "groups")
    wanted = round(CITY_GROUPS * len(schools) / CITY_SCHOOLS)
    able = [school for school in schools if _may_be_grouped(school)]
    free: dict[tuple[str, SchoolKind], dict[str, School]] = defaultdict(dict)
    for school in able:
        free[school.district, school.kind][school.code] = school
    heads = sorted(able, key=lambda school: (-school.students * random.uniform(0.3, 1.0), school.code))
    groups: list[EducationGroup] = []
    grouped: dict[str, School] = {}
    for head in heads:
        if len(groups) == wanted:
            break
        alike = free[head.district, head.kind]
        branches = _find_branches(head, alike, random.randint(BRANCHES_LEAST, BRANCHES_MOST))
        if head.code in alike and branches:
            group = EducationGroup(f"QDG{len(groups) + 1:02d}", f"{head.name}教育集团")
            groups.append(group)
            for member in _join_group(group, head, branches):
                grouped[member.code] = member
                del alike[member.code]
    return tuple(groups), tuple(grouped.get(school.code, school) for school in schools)


def _may_be_grouped(school: School) -> bool:
    return school.ownership is Ownership.PUBLIC and school.kind in GROUPED_KINDS


def _find_branches(head: School, alike: Mapping[str, School], many: int) -> list[School]:
    """The nearest of the schools of the same kind and district that belong to no group yet."""
    others = (school for school in alike.values() if school.code != head.code)
    return nsmallest(many, others, key=lambda school: (math.hypot(*_measure_offset(head, school)), school.code))


def _join_group(group: EducationGroup, head: School, branches: list[School]) -> list[School]:
    """The members with the group written in; a branch is called after the head and its side while that is free."""
    members = {head.name: replace(head, group=group.code)}
    for branch in branches:
        called = f"{head.name}（{_name_side(head, branch)}校区）"
        name = called if called not in members else branch.name
        members[name] = replace(branch, name=name, group=group.code, head_school=head.code)
    return list(members.values())


def _measure_offset(start: School, end: School) -> tuple[float, float]:
    """How far `end` lies north and east of `start`, in degrees of latitude."""
    (south, west), (north, east) = _locate(start), _locate(end)
    return north - south, (east - west) * math.cos(math.radians(south))


def _locate(school: School) -> tuple[float, float]:
    if school.latitude is None or school.longitude is None:
        raise ValueError(f"school {school.code} stands nowhere")
    return school.latitude, school.longitude


def _name_side(head: School, branch: School) -> str:
    north, east = _measure_offset(head, branch)
    if abs(north) > abs(east):
        return "北" if north > 0 else "南"
    return "东" if east > 0 else "西"
