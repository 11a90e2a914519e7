"""The whole city from two numbers: how many schools, and a seed."""

from __future__ import annotations

from alerts.domain.registry import City, District
from simulators.city.equipment import choose_watched, equip_schools
from simulators.city.people import staff_city
from simulators.city.places import AREAS
from simulators.city.schools import CITY_SCHOOLS, form_groups, found_schools

MOST_SCHOOLS = 50_000  # the largest district then fills the four digits in its school codes


def generate_city(schools: int = CITY_SCHOOLS, seed: int = 1, watched: int = 0) -> City:
    """A registry of that many schools, always the same for the same numbers. Takes about a second at full size.

    So many of the schools are `watched`: they have sensors at the gate, a visitor terminal and a reader of check-ins.

    Raises ValueError for less than one school or more than MOST_SCHOOLS.
    """
    if not 1 <= schools <= MOST_SCHOOLS:
        raise ValueError(f"a city has 1 to {MOST_SCHOOLS} schools, not {schools}")
    districts = tuple(
        District(area.code, area.name, area.name_en, position) for position, area in enumerate(AREAS, start=1)
    )
    groups, members = form_groups(found_schools(schools, seed), seed)
    points, devices = equip_schools(members, watched)
    staff = staff_city(districts, members, seed, choose_watched(members, watched) if watched else ())
    return City(
        districts=districts,
        groups=groups,
        schools=members,
        points=points,
        devices=devices,
        people=tuple(staff.people),
        posts=tuple(staff.posts),
        holdings=tuple(staff.holdings),
    )
