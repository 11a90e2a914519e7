"""Where devices hang in a school: the places that the rules ask for first, then corridors and offices."""

from __future__ import annotations

import heapq
from collections import Counter
from dataclasses import dataclass

from alerts.domain.registry import Device, DeviceRole, Output, Point, PointKind, School, SchoolKind
from simulators.city.schools import CITY_SCHOOLS

CITY_DEVICES = 10_000  # design load: alarm devices and sensors together, everything that speaks
BOARDERS_TO_A_DORMITORY = 400
SECOND_GATE_STUDENTS = 2_000
KINDERGARTEN_CONTROL_ROOM_STUDENTS = 300

LETTERS = {
    PointKind.GATEHOUSE: "G",
    PointKind.CONTROL_ROOM: "C",
    PointKind.CORRIDOR: "H",
    PointKind.DORMITORY: "D",
    PointKind.OFFICE: "O",
    PointKind.OTHER: "X",
}
OUTPUTS = {
    PointKind.GATEHOUSE: (Output.LOCK, Output.SIREN, Output.STROBE),
    PointKind.CONTROL_ROOM: (Output.VOICE,),
}
SENSORS = {"S": DeviceRole.GATE, "V": DeviceRole.VISITOR_TERMINAL, "R": DeviceRole.POST_READER}
"""What a watched school has beside its alarm devices, all at the first gatehouse, by the letter in their codes."""
WATCHED_SCHOOLS = 36
_FLOORS = ("一层", "二层", "三层", "四层")


@dataclass(slots=True)
class _Fitting:
    """The places of one school so far."""

    school: School
    points: list[Point]

    def add(self, kind: PointKind, name: str) -> None:
        self.points.append(Point(self.school.code, kind, name))

    def add_extra(self) -> None:
        """One more place beyond what the rules ask for: the head's office, then corridors floor by floor."""
        if not any(point.kind is PointKind.OFFICE for point in self.points):
            self.add(PointKind.OFFICE, "园长室" if self.school.kind is SchoolKind.KINDERGARTEN else "校长室")
            return
        building, floor = divmod(sum(point.kind is PointKind.CORRIDOR for point in self.points), len(_FLOORS))
        self.add(PointKind.CORRIDOR, f"{building + 1}号楼{_FLOORS[floor]}走廊")

    @property
    def need(self) -> tuple[float, str]:
        """Sorts the school with most students to a place first."""
        return -self.school.students / len(self.points), self.school.code


def choose_watched(schools: tuple[School, ...], many: int) -> tuple[School, ...]:
    """So many schools that have sensors too, evenly through the city; all of them when there are not as many."""
    if many >= len(schools):
        return schools
    return tuple(schools[place * len(schools) // many] for place in range(many))


def equip_schools(schools: tuple[School, ...], watched: int = 0) -> tuple[tuple[Point, ...], tuple[Device, ...]]:
    """Points with one alarm device each, and the sensors of so many watched schools; together as many devices as the
    design load has for so many schools, or a few more."""
    fittings = [_fit_required(school) for school in schools]
    sensors = {school.code for school in choose_watched(schools, watched)}
    wanted = round(CITY_DEVICES * len(schools) / CITY_SCHOOLS) - len(sensors) * len(SENSORS)
    wanted -= sum(len(fitting.points) for fitting in fittings)
    queue = [(fitting.need, index) for index, fitting in enumerate(fittings)]
    heapq.heapify(queue)
    for _ in range(wanted):
        _, index = queue[0]
        fittings[index].add_extra()
        heapq.heapreplace(queue, (fittings[index].need, index))
    points = tuple(point for fitting in fittings for point in fitting.points)
    devices = [device for fitting in fittings for device in _hang_devices(fitting)]
    devices += [sensor for fitting in fittings if fitting.school.code in sensors for sensor in _hang_sensors(fitting)]
    return points, tuple(devices)


def _fit_required(school: School) -> _Fitting:
    """Rule A1: one at the gatehouse, in the control room and in each duty room of a dormitory."""
    fitting = _Fitting(school, [])
    fitting.add(PointKind.GATEHOUSE, "正门门卫室")
    if school.students >= SECOND_GATE_STUDENTS:
        fitting.add(PointKind.GATEHOUSE, "后门门卫室")
    if school.kind is not SchoolKind.KINDERGARTEN or school.students >= KINDERGARTEN_CONTROL_ROOM_STUDENTS:
        fitting.add(PointKind.CONTROL_ROOM, "监控室")
    for number in range(1, -(-school.boarders // BOARDERS_TO_A_DORMITORY) + 1):
        fitting.add(PointKind.DORMITORY, f"{number}号宿舍楼值班室")
    return fitting


def _hang_devices(fitting: _Fitting) -> list[Device]:
    """Codes like QD020137-G1: the school, a letter for the kind of place, a number."""
    numbers: Counter[PointKind] = Counter()
    devices = []
    for point in fitting.points:
        numbers[point.kind] += 1
        code = f"{fitting.school.code}-{LETTERS[point.kind]}{numbers[point.kind]}"
        devices.append(Device(code, fitting.school.code, point.name, outputs=OUTPUTS.get(point.kind, ())))
    return devices


def _hang_sensors(fitting: _Fitting) -> list[Device]:
    school, gatehouse = fitting.school.code, fitting.points[0].name
    return [Device(f"{school}-{letter}1", school, gatehouse, role=role) for letter, role in SENSORS.items()]
