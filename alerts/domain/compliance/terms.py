"""The numbers of a rule: defaults with their sources, and what a level of government put in their place, from when on.

A number is never a constant in a rule: it has a level, a source and days from and until which it holds, so that a past
day is judged by what was in force then.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from functools import lru_cache


class Level(StrEnum):
    """Who sets a number; a narrower level counts before a wider one."""

    NATIONAL = "national"
    PROVINCE = "province"
    CITY = "city"
    SCHOOL = "school"


_NARROWNESS = {level: place for place, level in enumerate(Level)}


class Standing(StrEnum):
    """How sure the source of a default is: read in a public source, known from memory and to be checked, or our own."""

    CONFIRMED = "confirmed"
    FROM_MEMORY = "from_memory"
    OURS = "ours"


class Unit(StrEnum):
    """What a number counts."""

    PEOPLE = "people"
    STUDENTS = "students"
    TIMES = "times"
    PIECES = "pieces"
    DEVICES = "devices"
    SECONDS = "seconds"
    MINUTES = "minutes"
    HOURS = "hours"
    DAYS = "days"
    MONTHS = "months"
    PERCENT = "percent"
    PER_MILLE = "per_mille"
    CENTIMETRES = "centimetres"


@dataclass(frozen=True, slots=True)
class Default:
    """A number as it counts when nobody set another one."""

    value: float
    unit: Unit
    source: str
    standing: Standing


@dataclass(frozen=True, slots=True)
class Parameter:
    """A number that a level set. `school` goes with the level SCHOOL alone; `valid_until` is its last day."""

    id: int
    rule: str
    name: str
    level: Level
    value: float
    source: str
    valid_from: date
    valid_until: date | None = None
    school: str | None = None

    def holds(self, school: str, on: date) -> bool:
        """Whether it counts for a school on a day."""
        here = self.school in (None, school)
        return here and self.valid_from <= on and (self.valid_until is None or on <= self.valid_until)


@dataclass(frozen=True, slots=True)
class Terms:
    """The numbers that count for one school on one day; `used` are the parameters among them, the others defaults."""

    values: Mapping[str, float]
    used: tuple[int, ...] = ()

    def number(self, name: str) -> float:
        """A number as it is."""
        return self.values[name]

    def count(self, name: str) -> int:
        """A number of things."""
        return round(self.values[name])

    def length(self, name: str) -> timedelta:
        """A number of seconds, minutes, hours or days as a length of time; its name ends in the unit."""
        return _measure(name, self.values[name])


@lru_cache(maxsize=1000)
def _measure(name: str, value: float) -> timedelta:
    return timedelta(**{name.rpartition("_")[2]: value})


def resolve_terms(defaults: Mapping[str, Default], parameters: Iterable[Parameter], school: str, on: date) -> Terms:
    """The numbers of one rule: of each the narrowest level's, and of one level the one that began last."""
    chosen: dict[str, Parameter] = {}
    for one in parameters:
        if one.name in defaults and one.holds(school, on):
            rival = chosen.get(one.name)
            if rival is None or _precedence(one) > _precedence(rival):
                chosen[one.name] = one
    values = {name: chosen[name].value if name in chosen else default.value for name, default in defaults.items()}
    return Terms(values, tuple(sorted(one.id for one in chosen.values())))


def _precedence(parameter: Parameter) -> tuple[int, date, int]:
    return _NARROWNESS[parameter.level], parameter.valid_from, parameter.id
