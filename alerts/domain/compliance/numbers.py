"""What a number of a rule may be, before a level of government puts it in force."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from math import isfinite
from types import MappingProxyType

from alerts.domain.compliance.catalogue import BY_CODE
from alerts.domain.compliance.terms import Level, Unit

LONGEST_SOURCE = 200
_EARLIEST, _LATEST = date(2000, 1, 1), date(2200, 1, 1)


class ParameterInvalid(ValueError):
    """A number that cannot be put in force; the message says what to mend."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """Between what a number of a unit makes sense, and whether it must be whole."""

    smallest: float
    largest: float
    whole: bool = False


BOUNDS: Mapping[Unit, Bounds] = MappingProxyType(
    {
        Unit.PEOPLE: Bounds(0, 1000, whole=True),
        Unit.STUDENTS: Bounds(1, 100_000, whole=True),
        Unit.TIMES: Bounds(0, 1000, whole=True),
        Unit.PIECES: Bounds(0, 1000, whole=True),
        Unit.DEVICES: Bounds(0, 1000, whole=True),
        Unit.SECONDS: Bounds(0, 86_400),
        Unit.MINUTES: Bounds(0, 1440),
        Unit.HOURS: Bounds(0, 744),
        Unit.DAYS: Bounds(0, 3660),
        Unit.MONTHS: Bounds(1, 120),
        Unit.PERCENT: Bounds(0, 100),
        Unit.PER_MILLE: Bounds(0, 1000),
        Unit.CENTIMETRES: Bounds(0, 2000),
    }
)


@dataclass(frozen=True, slots=True)
class Wanted:
    """A number that somebody wants in force: of which rule, at which level, from when on, and who says so."""

    rule: str
    name: str
    level: Level
    value: float
    source: str
    valid_from: date
    valid_until: date | None = None
    school: str | None = None


def check_parameter(wanted: Wanted) -> None:
    """Whether it fits the catalogue and makes sense. Raises ParameterInvalid."""
    rule = BY_CODE.get(wanted.rule)
    if rule is None:
        raise ParameterInvalid(f"rule: there is no rule {wanted.rule}; the rules are {', '.join(BY_CODE)}")
    if wanted.name not in rule.defaults:
        numbers = ", ".join(rule.defaults) or "none"
        raise ParameterInvalid(f"name: {wanted.rule} has no number {wanted.name}; it has {numbers}")
    unit = rule.defaults[wanted.name].unit
    bounds = BOUNDS[unit]
    said = f"{bounds.smallest:g} and {bounds.largest:g} {unit}"
    if not isfinite(wanted.value) or not bounds.smallest <= wanted.value <= bounds.largest:
        raise ParameterInvalid(f"value: {wanted.value:g} makes no sense here: it must be between {said}")
    if bounds.whole and wanted.value != round(wanted.value):
        raise ParameterInvalid(f"value: {wanted.value:g} must be a whole number: it counts {unit}")
    if (wanted.level is Level.SCHOOL) is not (wanted.school is not None):
        raise ParameterInvalid("school: the level school needs one, and no other level may name one")
    if not 1 <= len(wanted.source.strip()) <= LONGEST_SOURCE:
        raise ParameterInvalid(f"source: say in 1 to {LONGEST_SOURCE} characters which document says so")
    if not _EARLIEST <= wanted.valid_from <= _LATEST:
        raise ParameterInvalid("valid_from: must be between the years 2000 and 2200")
    if wanted.valid_until is not None and not wanted.valid_from <= wanted.valid_until <= _LATEST:
        raise ParameterInvalid(f"valid_until: {wanted.valid_until} is before {wanted.valid_from}, or beyond 2200")
