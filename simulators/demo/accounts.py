"""Who can sign in at the demo's board: one person of each kind that sees another board."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from alerts.domain.registry import City
from alerts.domain.rights import Role


@dataclass(frozen=True, slots=True)
class DemoAccount:
    """A person who signs in, and what the demo says of them."""

    name: str
    display_name: str
    role: Role
    about: str
    district: str | None = None
    school: str | None = None

    def words(self) -> list[str]:
        """What `python -m alerts account add` is told. Whoever looks at the demo chose its password."""
        words = [self.name, "--role", self.role, "--display-name", self.display_name, "--own-password"]
        for option, value in (("--district", self.district), ("--school", self.school)):
            words += [] if value is None else [option, value]
        return words


def list_accounts(city: City) -> Sequence[DemoAccount]:
    """The demo's people; who stands for a place stands for that of the first school."""
    school = city.schools[0]
    return (
        DemoAccount("desk", "值班员", Role.CITY_DESK, "the city's desk: takes presses"),
        DemoAccount("district", "区值班员", Role.DISTRICT_DESK, f"the desk of {school.district}", school.district),
        DemoAccount("guard", "门卫", Role.GUARD, f"a guard of {school.code}", school=school.code),
        DemoAccount("admin", "管理员", Role.ADMINISTRATOR, "policies, plans, rules, people"),
        DemoAccount("auditor", "督查员", Role.AUDITOR, "sees all, changes nothing"),
    )
