"""The rhythm of a city's days, as stories: who presses and why, what falls silent, what breaks. Pure, from a seed."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from heapq import merge
from random import Random

from alerts.domain.registry import City, DeviceRole, PointKind
from simulators.chance import make_random

DAY_SECONDS = 86_400.0

# How busy each hour is in relation to the others: arrival, noon and dismissal stand out, nights are quiet.
HOURS = (
    0.05, 0.05, 0.05, 0.05, 0.05, 0.2, 0.8, 2.5, 2.2, 1.5, 1.5, 2.0,
    2.0, 1.6, 1.5, 1.8, 2.6, 2.4, 1.2, 0.8, 0.6, 0.4, 0.2, 0.1,
)  # fmt: skip

# Ours: faults a day among ten thousand devices.
FAULTS_PER_DAY = {"silence": 60.0, "lost line": 90.0, "lost mains": 40.0, "tamper": 6.0, "worn battery": 15.0}
FAULTS_DEVICES = 10_000


class Deed(StrEnum):
    """What a device does, or what is done to it."""

    PRESS = "press"
    CANCEL = "cancel"
    FALL_SILENT = "fall silent"
    SPEAK = "speak"
    LOSE_LINE = "lose line"
    REGAIN_LINE = "regain line"
    LOSE_MAINS = "lose mains"
    REGAIN_MAINS = "regain mains"
    OPEN_TAMPER = "open tamper"
    CLOSE_TAMPER = "close tamper"
    SET_BATTERY = "set battery"


@dataclass(frozen=True, slots=True)
class Step:
    """One deed of a story, so many seconds after its beginning; a press may say kind and mode."""

    after_seconds: float
    device: str
    deed: Deed
    kind: str | None = None
    mode: str | None = None
    percent: int | None = None


@dataclass(frozen=True, slots=True)
class Story:
    """What happens at one school, from `at_seconds` of the simulated time on; its steps take real time."""

    at_seconds: float
    name: str
    school: str
    steps: tuple[Step, ...]


Teller = Callable[["Cast", Random], tuple[Step, ...]]


@dataclass(frozen=True, slots=True)
class Cast:
    """The devices of one school by where they hang; there is always one at the gatehouse."""

    school: str
    devices: tuple[tuple[str, PointKind], ...]

    def choose(self, random: Random, *preferred: PointKind) -> str:
        """A device at one of the preferred places, or any."""
        fitting = [code for code, kind in self.devices if kind in preferred]
        return random.choice(fitting or [code for code, _ in self.devices])


def list_casts(city: City) -> tuple[Cast, ...]:
    """The schools of a city with their alarm devices; nobody presses a sensor."""
    kinds = {(point.school, point.name): point.kind for point in city.points}
    devices: dict[str, list[tuple[str, PointKind]]] = {school.code: [] for school in city.schools}
    for device in city.devices:
        if device.role is DeviceRole.ALARM:
            devices[device.school].append((device.code, kinds[device.school, device.point]))
    return tuple(Cast(school, tuple(hung)) for school, hung in devices.items())


def tell_stories(
    casts: tuple[Cast, ...],
    seed: int,
    *,
    presses_per_day: float,
    start_hour: float = 8.0,
    openings_seconds: tuple[float, ...] = (),
) -> Iterator[Story]:
    """Stories without end in the order of their beginnings, always the same for the same arguments.

    `presses_per_day` counts beginnings of press stories in the whole city. The simulated clock starts at
    `start_hour`; at each of `openings_seconds` one more press story begins, so that somebody watching sees one soon.
    """
    devices = sum(len(cast.devices) for cast in casts)
    rates = {fault: rate * devices / FAULTS_DEVICES for fault, rate in FAULTS_PER_DAY.items()}
    faults = (
        _tell(name, casts, make_random(seed, name), _arrive(make_random(seed, f"{name} at"), rate, start_hour))
        for name, rate in rates.items()
    )
    presses = _arrive(make_random(seed, "presses at"), presses_per_day, start_hour)
    return merge(
        _tell_presses(casts, make_random(seed, "openings"), iter(sorted(openings_seconds))),
        _tell_presses(casts, make_random(seed, "presses"), presses),
        *faults,
        key=lambda story: story.at_seconds,
    )


def _arrive(random: Random, per_day: float, start_hour: float) -> Iterator[float]:
    """Instants in seconds, so many a day on average, by chance and by the hour of the day."""
    if per_day <= 0:
        return
    busiest = max(HOURS)
    per_second = per_day / DAY_SECONDS * busiest / (sum(HOURS) / len(HOURS))
    at = 0.0
    while True:
        at += random.expovariate(per_second)
        hour = int(start_hour + at / 3600) % 24
        if random.random() * busiest < HOURS[hour]:
            yield at


def _tell(name: str, casts: tuple[Cast, ...], random: Random, instants: Iterator[float]) -> Iterator[Story]:
    for at in instants:
        cast = random.choice(casts)
        yield Story(at, name, cast.school, _FAULTS[name](cast, random))


def _tell_presses(casts: tuple[Cast, ...], random: Random, instants: Iterator[float]) -> Iterator[Story]:
    names, weights = list(_PRESSES), [share for share, _ in _PRESSES.values()]
    for at in instants:
        cast = random.choice(casts)
        (name,) = random.choices(names, weights)
        _, teller = _PRESSES[name]
        yield Story(at, name, cast.school, teller(cast, random))


def _test(cast: Cast, random: Random) -> tuple[Step, ...]:
    """The guard tries the button; without an announced window the service takes it for real."""
    return (Step(0.0, cast.choose(random, PointKind.GATEHOUSE), Deed.PRESS, mode="test"),)


def _accident(cast: Cast, random: Random) -> tuple[Step, ...]:
    """Somebody leans on the button, and mostly says so a little later."""
    device = cast.choose(random, PointKind.GATEHOUSE, PointKind.CONTROL_ROOM, PointKind.OFFICE)
    press = Step(0.0, device, Deed.PRESS)
    return (press, Step(random.uniform(4.0, 25.0), device, Deed.CANCEL)) if random.random() < 0.8 else (press,)


def _play(cast: Cast, random: Random) -> tuple[Step, ...]:
    """Children press the shiny thing in the corridor, more than once."""
    device = cast.choose(random, PointKind.CORRIDOR, PointKind.DORMITORY)
    times = sorted(random.uniform(0.0, 10.0) for _ in range(random.randint(1, 4)))
    return tuple(Step(after, device, Deed.PRESS) for after in (0.0, *times))


def _drill(cast: Cast, random: Random) -> tuple[Step, ...]:
    """An exercise with two buttons."""
    first, second = cast.choose(random, PointKind.CORRIDOR), cast.choose(random, PointKind.GATEHOUSE)
    kind = random.choice(("intruder", "fire"))
    later = random.uniform(10.0, 40.0)
    return Step(0.0, first, Deed.PRESS, kind, "drill"), Step(later, second, Deed.PRESS, kind, "drill")


def _emergency(cast: Cast, random: Random) -> tuple[Step, ...]:
    """The real thing: pressed again and again, often at a second place."""
    (kind,) = random.choices(("medical", "violence", "intruder", "panic", "fire"), (30, 25, 20, 15, 10))
    first, second = cast.choose(random), cast.choose(random, PointKind.GATEHOUSE)
    times = [0.0, *(random.uniform(1.0, 8.0) for _ in range(random.randint(0, 3)))]
    steps = [Step(after, first, Deed.PRESS, kind) for after in sorted(times)]
    if random.random() < 0.6:
        steps.append(Step(random.uniform(8.0, 30.0), second, Deed.PRESS, kind))
    return tuple(steps)


def _silence(cast: Cast, random: Random) -> tuple[Step, ...]:
    """Stuck firmware: the line stands, nothing is said, until somebody restarts it."""
    device, seconds = cast.choose(random), _last(random, 120, 1_800)
    return Step(0.0, device, Deed.FALL_SILENT), Step(seconds, device, Deed.SPEAK)


def _lost_line(cast: Cast, random: Random) -> tuple[Step, ...]:
    """A dug-up cable or a router without power."""
    device, seconds = cast.choose(random), _last(random, 20, 1_200)
    return Step(0.0, device, Deed.LOSE_LINE), Step(seconds, device, Deed.REGAIN_LINE)


def _lost_mains(cast: Cast, random: Random) -> tuple[Step, ...]:
    """A power cut: the battery drains by five percent every 200 s, and is full again some time after."""
    device, seconds = cast.choose(random), _last(random, 180, 2_400)
    drain = [
        Step(200.0 * step, device, Deed.SET_BATTERY, percent=100 - 5 * step)
        for step in range(1, int(seconds / 200) + 1)
    ]
    return (
        Step(0.0, device, Deed.LOSE_MAINS),
        *drain,
        Step(seconds, device, Deed.REGAIN_MAINS),
        Step(seconds + 300.0, device, Deed.SET_BATTERY, percent=100),
    )


def _tamper(cast: Cast, random: Random) -> tuple[Step, ...]:
    """Somebody opens the case, and closes it."""
    device, seconds = cast.choose(random), _last(random, 60, 900)
    return Step(0.0, device, Deed.OPEN_TAMPER), Step(seconds, device, Deed.CLOSE_TAMPER)


def _worn_battery(cast: Cast, random: Random) -> tuple[Step, ...]:
    """A battery that no longer holds, until it is replaced."""
    device, seconds = cast.choose(random), _last(random, 900, 7_200)
    low = Step(0.0, device, Deed.SET_BATTERY, percent=random.randint(4, 19))
    return low, Step(seconds, device, Deed.SET_BATTERY, percent=100)


def _last(random: Random, least_seconds: float, most_seconds: float) -> float:
    """How long a fault lasts: short ones are as common as long ones on a logarithmic scale."""
    return math.exp(random.uniform(math.log(least_seconds), math.log(most_seconds)))


# Ours: mostly tests and accidents, a few real.
_PRESSES: Mapping[str, tuple[float, Teller]] = {
    "test": (0.42, _test),
    "accident": (0.28, _accident),
    "pupil play": (0.12, _play),
    "drill": (0.06, _drill),
    "emergency": (0.12, _emergency),
}
_FAULTS: Mapping[str, Teller] = {
    "silence": _silence,
    "lost line": _lost_line,
    "lost mains": _lost_mains,
    "tamper": _tamper,
    "worn battery": _worn_battery,
}
