"""Which days are worked: the national calendar with its make-up workdays, and the city's, districts' and schools' own
days over it.

The national days are those of the package `chinesecalendar`, which knows a year only once its holidays were announced.
A year that it does not know is a named error; whoever has to go on all the same asks `look_up`, which assumes weekends
to be the only days off and says so.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from functools import lru_cache
from types import MappingProxyType

import chinese_calendar  # type: ignore[import-untyped]
from chinese_calendar.constants import Holiday  # type: ignore[import-untyped]

_SATURDAY = 5
_WARN_FROM_MONTH = 11  # the next year's holidays are usually announced by then
_NAMES = {holiday.value: holiday.chinese for holiday in Holiday}


class DayKind(StrEnum):
    """Whether a day is worked."""

    WORKDAY = "workday"
    HOLIDAY = "holiday"


class DayOrigin(StrEnum):
    """Who says so. `assumed`: nobody does; weekends are taken for days off, and all others for workdays."""

    NATIONAL = "national"
    CITY = "city"
    DISTRICT = "district"
    SCHOOL = "school"
    ASSUMED = "assumed"


@dataclass(frozen=True, slots=True)
class Day:
    """A day, worked or not. `name` is that of the holiday, also on the workday that makes up for it; often empty."""

    on: date
    kind: DayKind
    name: str
    origin: DayOrigin


class YearUnknown(LookupError):
    """Nobody told the service which days of a year are holidays; the message says what to do."""

    def __init__(self, year: int) -> None:
        super().__init__(
            f"the holidays and make-up workdays of {year} are not known: upgrade the package `chinesecalendar` to a "
            f"version that has {year}, or enter that year's days for the city and declare the year complete; until "
            f"then only weekends count as days off in {year}, and duty that rests on it is marked `assumed`"
        )
        self.year = year


@dataclass(frozen=True, slots=True)
class Calendar:
    """The days of one place: `own` are entered days, the narrowest scope having won; of `complete_years` people entered
    every day that is off or made up."""

    own: Mapping[date, Day] = field(default_factory=lambda: MappingProxyType({}))
    complete_years: frozenset[int] = frozenset()

    def find(self, on: date) -> Day:
        """What a day is. Raises YearUnknown."""
        entered = self.own.get(on)
        if entered:
            return entered
        if on.year in self.complete_years:
            return _weekly(on, DayOrigin.CITY)
        return find_national_day(on)

    def look_up(self, on: date) -> Day:
        """What a day is, or must be taken for while nobody knows."""
        try:
            return self.find(on)
        except YearUnknown:
            return _weekly(on, DayOrigin.ASSUMED)


@lru_cache(maxsize=4096)  # each roster asks for the same few weeks
def find_national_day(on: date) -> Day:
    """What a day is in the whole country. Raises YearUnknown."""
    try:
        off, name = chinese_calendar.get_holiday_detail(on)
    except NotImplementedError as error:
        raise YearUnknown(on.year) from error
    kind = DayKind.HOLIDAY if off else DayKind.WORKDAY
    return Day(on, kind, _NAMES.get(name, name) if name else "", DayOrigin.NATIONAL)


def is_year_known(year: int) -> bool:
    """Whether the national calendar has a year."""
    try:
        find_national_day(date(year, 1, 1))
    except YearUnknown:
        return False
    return True


def list_unknown_years(today: date, complete_years: Collection[int]) -> tuple[int, ...]:
    """The years to warn of: this one, and from 1 November on the next, when neither the national calendar nor people
    know them."""
    years = [today.year, today.year + 1] if today.month >= _WARN_FROM_MONTH else [today.year]
    return tuple(year for year in years if year not in complete_years and not is_year_known(year))


def _weekly(on: date, origin: DayOrigin) -> Day:
    kind = DayKind.HOLIDAY if on.weekday() >= _SATURDAY else DayKind.WORKDAY
    return Day(on, kind, "", origin)
