"""Who can sign in at the demo's board: one person of each kind that sees another board."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from alerts.domain.registry import City, PostKind
from alerts.domain.rights import Role

ACCOUNTS_HEADER = ("name", "role", "display_name", "district", "school", "person")


@dataclass(frozen=True, slots=True)
class DemoAccount:
    """A person who signs in, and what the demo says of them."""

    name: str
    display_name: str
    role: Role
    about: str
    district: str | None = None
    school: str | None = None
    person: str | None = None

    def cells(self) -> tuple[str | None, ...]:
        """Its line of the list that `python -m alerts account import` is given, under ACCOUNTS_HEADER."""
        return self.name, self.role, self.display_name, self.district, self.school, self.person


def list_accounts(city: City) -> Sequence[DemoAccount]:
    """The demo's people; who stands for a place stands for that of the first school, and is who is called there first:
    their own browser may ring."""
    school = city.schools[0]
    desk = _find_person(city, PostKind.CITY_DESK)
    of_district = _find_person(city, PostKind.DISTRICT_DESK, district=school.district)
    guard = _find_person(city, PostKind.GUARD, school=school.code)
    takes = "the city's desk: takes presses"
    about = f"the desk of {school.district}"
    return (
        DemoAccount("desk", "值班员", Role.CITY_DESK, takes, person=desk),
        DemoAccount("district", "区值班员", Role.DISTRICT_DESK, about, school.district, person=of_district),
        DemoAccount("guard", "门卫", Role.GUARD, f"a guard of {school.code}", school=school.code, person=guard),
        DemoAccount("admin", "管理员", Role.ADMINISTRATOR, "policies, plans, rules, people"),
        DemoAccount("deputy", "副管理员", Role.ADMINISTRATOR, "confirms what admin proposes for the whole city"),
        DemoAccount("auditor", "督查员", Role.AUDITOR, "sees all, changes nothing"),
    )


def _find_person(city: City, kind: PostKind, district: str | None = None, school: str | None = None) -> str | None:
    """Who is called first at such a post there."""
    posts = {one.code for one in city.posts if (one.kind, one.district, one.school) == (kind, district, school)}
    held = [one for one in city.holdings if one.post in posts]
    return min(held, key=lambda one: one.rank).person if held else None
