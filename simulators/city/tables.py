"""The city as CSV files, headed as the importer reads them (`python -m alerts import`)."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator
from datetime import time
from importlib.resources import files
from pathlib import Path

from alerts.domain.compliance.schedule import Hours
from alerts.domain.registry import City
from simulators.city.contacts import list_methods
from simulators.compliance.hours import TERMS, write_timetables

Row = tuple[str | int | float | None, ...]

SCHOOLS_HEADER = (
    "code", "name", "district", "district_name", "district_name_en", "kind", "ownership", "students", "boarders",
    "address", "latitude", "longitude", "group", "group_name", "head_school", "zone",
)  # fmt: skip
DEVICES_HEADER = ("code", "school", "point", "point_kind", "interval_seconds", "outputs", "role")
RESPONSIBILITIES_HEADER = (
    "plan", "plan_name", "plan_name_en", "kinds", "valid_from", "number", "phase", "text", "text_en", "post",
    "training", "sample",
)  # fmt: skip
TIMETABLES_HEADER = (
    "school_kind", "school", "weekdays", "arrivals", "dismissals", "lessons", "closes", "lights_out", "valid_from",
)  # fmt: skip
TERMS_HEADER = ("term", "first_on", "last_on")
SAMPLE = files("simulators.city").joinpath("responsibilities.csv")
"""135 responsibilities in four plans. They are invented, and each says so: the city's own text is nowhere public."""
PEOPLE_HEADER = ("code", "name", "phone", "post", "school", "district", "rank", "methods", "verified")
_VOUCHER = "模拟城市 simulated city"


def count_rows(city: City) -> int:
    """How many rows `write_tables` writes."""
    files = list_responsibilities(), list_timetables(), list_terms()
    return len(city.schools) + len(city.devices) + len(city.holdings) + sum(len(list(rows)) for rows in files)


def write_tables(city: City, folder: Path, on_row: Callable[[], object] = lambda: None) -> tuple[Path, ...]:
    """Write schools, devices, people, responsibilities, timetables and terms as CSV in UTF-8; return their paths in the
    order of import.

    Makes the folder and replaces what is there. Raises OSError.
    """
    folder.mkdir(parents=True, exist_ok=True)
    tables = (
        ("schools.csv", SCHOOLS_HEADER, list_schools(city)),
        ("devices.csv", DEVICES_HEADER, list_devices(city)),
        ("people.csv", PEOPLE_HEADER, list_people(city)),
        ("responsibilities.csv", RESPONSIBILITIES_HEADER, list_responsibilities()),
        ("timetables.csv", TIMETABLES_HEADER, list_timetables()),
        ("terms.csv", TERMS_HEADER, list_terms()),
    )
    for name, header, rows in tables:
        with (folder / name).open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(header)
            for row in rows:
                writer.writerow(row)
                on_row()
    return tuple(folder / name for name, _, _ in tables)


def list_schools(city: City) -> Iterator[Row]:
    """Rows under SCHOOLS_HEADER."""
    districts = {district.code: district for district in city.districts}
    groups = {group.code: group.name for group in city.groups}
    for school in city.schools:
        district = districts[school.district]
        yield (
            school.code, school.name, district.code, district.name, district.name_en, school.kind, school.ownership,
            school.students, school.boarders, school.address, school.latitude, school.longitude, school.group,
            school.group and groups[school.group], school.head_school, school.zone,
        )  # fmt: skip


def list_devices(city: City) -> Iterator[Row]:
    """Rows under DEVICES_HEADER."""
    kinds = {(point.school, point.name): point.kind for point in city.points}
    for device in city.devices:
        kind = kinds[device.school, device.point]
        outputs = ";".join(device.outputs)
        yield device.code, device.school, device.point, kind, device.interval_seconds, outputs, device.role


def list_people(city: City) -> Iterator[Row]:
    """Rows under PEOPLE_HEADER, one for each post that somebody holds."""
    people = {person.code: person for person in city.people}
    posts = {post.code: post for post in city.posts}
    numbers = {school.code: number for number, school in enumerate(city.schools)}
    for holding in city.holdings:
        person, post = people[holding.person], posts[holding.post]
        methods = "; ".join(list_methods(person, post, holding, numbers.get(post.school or "")))
        yield (
            person.code, person.name, person.phone, post.kind, post.school, post.district, holding.rank, methods,
            _VOUCHER,
        )  # fmt: skip


def list_responsibilities() -> Iterator[Row]:
    """Rows under RESPONSIBILITIES_HEADER: the invented sample, as it is shipped."""
    rows = csv.reader(SAMPLE.read_text(encoding="utf-8").splitlines())
    next(rows)
    for row in rows:
        yield tuple(row)


def list_timetables() -> Iterator[Row]:
    """Rows under TIMETABLES_HEADER: one for each kind of school, invented."""
    for one in write_timetables():
        yield (
            one.school_kind, one.school, f"{one.weekdays[0]}-{one.weekdays[-1]}", _write_hours(one.arrivals),
            _write_hours(one.dismissals), _write_hours(one.lessons), _write_time(one.closes),
            _write_time(one.lights_out), one.valid_from.isoformat(),
        )  # fmt: skip


def list_terms() -> Iterator[Row]:
    """Rows under TERMS_HEADER, invented."""
    for one in TERMS:
        yield one.name, one.first.isoformat(), one.last.isoformat()


def _write_time(at: time | None) -> str | None:
    return None if at is None else f"{at:%H:%M}"


def _write_hours(hours: tuple[Hours, ...]) -> str:
    return "; ".join(f"{one.starts:%H:%M}-{one.ends:%H:%M}" for one in hours)
