"""Rosters: the rules by which people take turns at a post. `alerts.domain.duty` works out who is there when.

A roster is shifts. A shift has hours on the wall clock of the school, days of the week, the kind of day that it is for,
and turns: groups of people who follow each other every so many days. One that ends at or before the hour at which it
starts ends the next day.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum

from alerts.domain.calendars import Day

_CLOCK = re.compile(r"([01][0-9]|2[0-3]):[0-5][0-9]")
_EVERY_DAY = (1, 2, 3, 4, 5, 6, 7)
_MOST_SHIFTS = 50
_MOST_TURNS = 366
_MOST_PEOPLE = 50
_LONGEST_NAME = 60
_LONGEST_HANDOVER_MINUTES = 120
_LONGEST_TURN_DAYS = 366
LONGEST_OVERRIDE = timedelta(days=366)


class DayFilter(StrEnum):
    """On which days a shift is worked; a make-up workday is a workday, a holiday in the week is none."""

    ANY = "any"
    WORKDAY = "workday"
    HOLIDAY = "holiday"


class OverrideKind(StrEnum):
    """What an override does: puts somebody in the place of others, or beside them, or leaves the place empty."""

    REPLACE = "replace"
    ADD = "add"
    NOBODY = "nobody"


@dataclass(frozen=True, slots=True)
class Shift:
    """A shift. `starts` and `ends` are HH:MM on the school's wall clock, `weekdays` 1 (Monday) to 7, those on which it
    starts. From the day `since` on each turn has `turn_days` days, then the next one follows; all people of a turn are
    on duty together."""

    name: str
    starts: str
    ends: str
    turns: tuple[tuple[str, ...], ...]
    since: date
    turn_days: int = 1
    weekdays: tuple[int, ...] = _EVERY_DAY
    days: DayFilter = DayFilter.ANY

    def is_worked_on(self, day: Day) -> bool:
        """Whether the shift starts on a day."""
        if day.on < self.since or day.on.isoweekday() not in self.weekdays:
            return False
        return self.days is DayFilter.ANY or self.days.value == day.kind.value

    def people_on(self, on: date) -> tuple[str, ...]:
        """Whose turn it is."""
        return self.turns[(on - self.since).days // self.turn_days % len(self.turns)]


@dataclass(frozen=True, slots=True)
class Roster:
    """A post's shifts. People come `handover_minutes` before their shift begins. `around_the_clock`: somebody must
    always be there, so a time without anybody is a hole."""

    shifts: tuple[Shift, ...] = ()
    handover_minutes: int = 0
    around_the_clock: bool = False

    @property
    def people(self) -> frozenset[str]:
        """Everybody whom it names."""
        return frozenset(person for shift in self.shifts for turn in shift.turns for person in turn)


@dataclass(frozen=True, slots=True)
class Override:
    """What people decided for a time. `instead_of` is the only one whom it touches (None: everybody who is on duty).
    The halves of a swap bear the same number."""

    id: int
    kind: OverrideKind
    starts_at: datetime
    ends_at: datetime
    person: str | None
    instead_of: str | None = None
    swap: int | None = None


class RosterInvalid(ValueError):
    """A roster, override or swap that cannot be; the message says what to mend."""


def read_clock(text: str) -> time:
    """HH:MM as a time of day. Raises RosterInvalid."""
    if not _CLOCK.fullmatch(text):
        raise RosterInvalid(f"“{text}” is no time of day: write it as 08:00, midnight as 00:00")
    return time.fromisoformat(text)


def check_roster(roster: Roster) -> None:
    """Raises RosterInvalid with a sentence that says what to mend."""
    if len(roster.shifts) > _MOST_SHIFTS:
        raise RosterInvalid(f"a roster has at most {_MOST_SHIFTS} shifts")
    if not 0 <= roster.handover_minutes <= _LONGEST_HANDOVER_MINUTES:
        raise RosterInvalid(f"handover_minutes must be between 0 and {_LONGEST_HANDOVER_MINUTES}")
    names = [shift.name for shift in roster.shifts]
    if len(set(names)) != len(names):
        raise RosterInvalid("two shifts have the same name")
    for shift in roster.shifts:
        try:
            _check_shift(shift)
        except RosterInvalid as error:
            raise RosterInvalid(f"shift “{shift.name}”: {error}") from error


def _check_shift(shift: Shift) -> None:
    if not shift.name.strip() or len(shift.name) > _LONGEST_NAME or not shift.name.isprintable():
        raise RosterInvalid(f"a shift needs a name of at most {_LONGEST_NAME} characters on one line")
    read_clock(shift.starts), read_clock(shift.ends)
    if not shift.weekdays or len(set(shift.weekdays)) != len(shift.weekdays):
        raise RosterInvalid("name each of its days of the week once, at least one")
    if not set(shift.weekdays) <= set(_EVERY_DAY):
        raise RosterInvalid("days of the week are 1 (Monday) to 7 (Sunday)")
    if not 1 <= shift.turn_days <= _LONGEST_TURN_DAYS:
        raise RosterInvalid(f"turn_days must be between 1 and {_LONGEST_TURN_DAYS}")
    if not 1 <= len(shift.turns) <= _MOST_TURNS:
        raise RosterInvalid(f"it needs between 1 and {_MOST_TURNS} turns")
    for number, turn in enumerate(shift.turns, start=1):
        if not 1 <= len(turn) <= _MOST_PEOPLE:
            raise RosterInvalid(f"turn {number} needs between 1 and {_MOST_PEOPLE} people")
        if len(set(turn)) != len(turn):
            raise RosterInvalid(f"turn {number} names somebody twice")


def check_override(override: Override) -> None:
    """Raises RosterInvalid with a sentence that says what to mend."""
    if not timedelta() < override.ends_at - override.starts_at <= LONGEST_OVERRIDE:
        raise RosterInvalid(f"it must end after it starts, within {LONGEST_OVERRIDE.days} days")
    if (override.person is None) != (override.kind is OverrideKind.NOBODY):
        raise RosterInvalid("`replace` and `add` name the person who comes, `nobody` names none")
    if override.kind is OverrideKind.ADD and override.instead_of is not None:
        raise RosterInvalid("`add` puts somebody beside the others: leave instead_of out, or use `replace`")
    if override.person is not None and override.person == override.instead_of:
        raise RosterInvalid("nobody can stand in for themselves")
