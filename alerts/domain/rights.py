"""What people and programs may do, and where."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType


class Right(StrEnum):
    """One kind of thing that somebody may do."""

    SEE = "see"  # the board: schools, devices, presses, incidents, people on duty, compliance
    PRESS = "press"  # the soft button
    HANDLE = "handle"  # incidents: take, answer, write down, close; their tasks and outputs; 110 by telephone
    REPORT = "report"  # evidence: check-ins and their points, declared facts, hazards and how they were mended
    INSPECT = "inspect"  # visits to schools, and who must mend a hazard by when
    STAFF = "staff"  # people, how they are reached, certificates, leave, rosters, days of a school that differ
    PRACTISE = "practise"  # windows for tests and drills, receipts of the test month
    NOTIFY = "notify"  # notices to many
    GOVERN = "govern"  # policies, plans, rules' numbers, calendars, channels, limits of 110, holds of evidence
    ADMIT = "admit"  # accounts, tokens, devices' credentials: who may come in, as what, for which place
    AUDIT = "audit"  # the log, and what came in and could not be read


class Role(StrEnum):
    """Who somebody is. The first three stand in a school, the fourth for a district, the next two for the city."""

    GUARD = "guard"
    DUTY_LEADER = "duty_leader"
    PRINCIPAL = "principal"
    DISTRICT_DESK = "district_desk"
    CITY_DESK = "city_desk"
    ADMINISTRATOR = "administrator"
    AUDITOR = "auditor"
    INTEGRATION = "integration"  # a program: its rights are its token's


class Level(StrEnum):
    """How large a place is."""

    SCHOOL = "school"
    DISTRICT = "district"
    CITY = "city"


_AT_SCHOOL = frozenset({Right.SEE, Right.PRESS, Right.HANDLE, Right.REPORT})
_LEADING = _AT_SCHOOL | {Right.STAFF, Right.PRACTISE}
_AT_DESK = _LEADING | {Right.INSPECT}

RIGHTS: Mapping[Role, frozenset[Right]] = MappingProxyType(
    {
        Role.GUARD: _AT_SCHOOL,
        Role.DUTY_LEADER: _LEADING,
        Role.PRINCIPAL: _LEADING,
        Role.DISTRICT_DESK: _AT_DESK,
        Role.CITY_DESK: _AT_DESK | {Right.NOTIFY, Right.AUDIT},
        Role.ADMINISTRATOR: frozenset({Right.SEE, Right.AUDIT, Right.STAFF, Right.GOVERN, Right.ADMIT}),
        Role.AUDITOR: frozenset({Right.SEE, Right.AUDIT}),
        Role.INTEGRATION: frozenset(),
    }
)
LEVELS: Mapping[Role, frozenset[Level]] = MappingProxyType(
    {
        Role.GUARD: frozenset({Level.SCHOOL}),
        Role.DUTY_LEADER: frozenset({Level.SCHOOL}),
        Role.PRINCIPAL: frozenset({Level.SCHOOL}),
        Role.DISTRICT_DESK: frozenset({Level.DISTRICT}),
        Role.CITY_DESK: frozenset({Level.CITY}),
        Role.ADMINISTRATOR: frozenset({Level.CITY}),
        Role.AUDITOR: frozenset({Level.CITY, Level.DISTRICT}),
        Role.INTEGRATION: frozenset(Level),
    }
)


@dataclass(frozen=True, slots=True)
class Place:
    """Where something is, or whom somebody stands for: a school with its district, a district, or, with neither, the
    whole city. A school's code says all about a caller; its district is known where a thing was looked up."""

    district: str | None = None
    school: str | None = None

    @property
    def level(self) -> Level:
        """How large it is."""
        if self.school is not None:
            return Level.SCHOOL
        return Level.CITY if self.district is None else Level.DISTRICT

    def holds(self, other: Place) -> bool:
        """Whether the other place is this one, or lies in it. What lies nowhere is the whole city's alone."""
        if self.school is not None:
            return other.school == self.school
        return self.district is None or other.district == self.district

    @property
    def holders(self) -> tuple[Place, ...]:
        """Every place that holds this one, as callers stand for them: the city, its district, its school."""
        district = () if self.district is None else (Place(self.district),)
        school = () if self.school is None else (Place(school=self.school),)
        return (CITY, *district, *school)


CITY = Place()


def misplaced(role: Role, place: Place) -> str | None:
    """Why nobody of this role can stand for this place; None when they can."""
    allowed = LEVELS[role]
    if place.level in allowed:
        return None
    return f"the role {role} stands for a {' or a '.join(sorted(allowed))}, not for a {place.level}"
