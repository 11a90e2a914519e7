"""A school as its day is played: its sensors, who stands where, and the points of its patrols."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import dist
from zoneinfo import ZoneInfo

from alerts.domain.compliance.events import PatrolPoint
from alerts.domain.compliance.schedule import Place
from alerts.domain.registry import City, DeviceRole, PostKind, School
from simulators.chance import make_random

KEY_POINTS = ("教学楼", "食堂", "操场", "配电室", "围墙西段", "后门")


@dataclass(frozen=True, slots=True)
class Campus:
    """One gate with a contact, one visitor terminal, one reader of check-ins; people by their codes."""

    school: School
    guards: tuple[str, ...]
    teachers: tuple[str, ...]
    points: tuple[PatrolPoint, ...]

    @property
    def gate(self) -> str:
        """The sensor at the gate."""
        return f"{self.school.code}-S1"

    @property
    def terminal(self) -> str:
        """The visitor terminal."""
        return f"{self.school.code}-V1"

    @property
    def reader(self) -> str:
        """The reader at the gatehouse; guards carry it on patrol."""
        return f"{self.school.code}-R1"

    @property
    def gatehouse(self) -> str:
        """The guards' post."""
        return f"{self.school.code}:{PostKind.GUARD}"

    @property
    def crossing(self) -> str:
        """The post at the crossing before the gate (护学岗)."""
        return f"{self.school.code}:{PostKind.CROSSING_POST}"

    @property
    def place(self) -> Place:
        """Whose day it is."""
        return Place(self.school.code, self.school.district, self.school.kind, ZoneInfo(self.school.zone))

    def measure_next(self, point: PatrolPoint) -> float:
        """The way from a point to the next one of the round, in metres."""
        there = self.points[(self.points.index(point) + 1) % len(self.points)]
        assert None not in (point.x_metres, point.y_metres, there.x_metres, there.y_metres)
        return dist((point.x_metres, point.y_metres), (there.x_metres, there.y_metres))  # type: ignore[arg-type]


def lay_out(school: School, guards: Sequence[str], teachers: Sequence[str], seed: int) -> Campus:
    """The campus of a school; where its points are, comes from the seed. Two points are never nearer than 40 m."""
    random = make_random(seed, f"{school.code}/points")
    points = tuple(
        PatrolPoint(
            f"{school.code}:p{number}", 60.0 * number + random.uniform(-10, 10), random.uniform(0, 120), key=True
        )
        for number in range(1, len(KEY_POINTS) + 1)
    )
    return Campus(school, tuple(guards), tuple(teachers), points)


def lay_out_city(city: City, seed: int) -> tuple[Campus, ...]:
    """The campuses of a city that have a sensor at their gate, with their people."""
    people: dict[str, list[str]] = {}
    for holding in city.holdings:
        people.setdefault(holding.post, []).append(holding.person)
    watched = {device.school for device in city.devices if device.role is DeviceRole.GATE}
    return tuple(
        lay_out(
            school,
            people[f"{school.code}:{PostKind.GUARD}"],
            people.get(f"{school.code}:{PostKind.CROSSING_POST}", []),
            seed,
        )
        for school in city.schools
        if school.code in watched
    )
