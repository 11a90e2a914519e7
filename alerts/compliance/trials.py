"""A number of a rule tried on the last days before it is set: which schools would come out otherwise."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncGenerator, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import NamedTuple

from alerts.compliance.judging import read_parameters
from alerts.compliance.loading import KnownDuties, batch_schools, load_days
from alerts.compliance.places import need_school, read_day
from alerts.compliance.retention import list_gone_schools
from alerts.domain.compliance.catalogue import BY_CODE, judge_day
from alerts.domain.compliance.headline import LETTER_OF, VerdictCount, count_letters
from alerts.domain.compliance.numbers import Wanted, check_parameter
from alerts.domain.compliance.rules import Rule
from alerts.domain.compliance.school_day import SchoolDay
from alerts.domain.compliance.terms import Parameter, resolve_terms
from alerts.domain.compliance.verdicts import Judgement
from alerts.storage.database import Database
from alerts.storage.figures import JudgedSchool, list_closed_days, list_standing_places
from alerts.storage.school_days import SchoolRow, list_schools

TRIED_DAYS = 30
_LOOKED_BACK = timedelta(days=366)  # days that are not closed are passed over
_BATCH = 100
_LAST = 1 << 62  # of one level and day the number with the greatest id counts


@dataclass(frozen=True, slots=True)
class Progress:
    """How many days of schools were judged, of how many."""

    done: int
    total: int


@dataclass(frozen=True, slots=True)
class TriedDay:
    """What a rule comes to on a closed day by the numbers of that day (`before`), and with the tried one in its place
    (`after`); `flips` are the schools that come out otherwise."""

    on: date
    before: VerdictCount
    after: VerdictCount
    flips: int


@dataclass(frozen=True, slots=True)
class Flip:
    """A school that would have come out otherwise on so many `days`; `on` is the last of them, with both judgements."""

    school: str
    name: str
    district: str
    zone: str
    days: int
    on: date
    before: Judgement
    after: Judgement


@dataclass(frozen=True, slots=True)
class NumberTrial:
    """What a number does to the days on which it was tried, the first one first; `flips` are the most days first."""

    schools: int
    days: tuple[TriedDay, ...]
    flips: tuple[Flip, ...]


class _Both(NamedTuple):
    """A school's day judged twice."""

    school: str
    before: Judgement
    after: Judgement


@dataclass(slots=True)
class Trial:
    """A number that fits, with the days and schools on which it will be tried."""

    database: Database
    wanted: Wanted
    now: datetime
    days: Sequence[date]
    schools: Sequence[SchoolRow]
    places: Mapping[str, JudgedSchool]
    _flipped: dict[str, list[tuple[date, _Both]]] = field(default_factory=dict)

    async def run(self) -> AsyncGenerator[Progress | NumberTrial, None]:
        """Judges day after day, tells how far it is, and last what came of it. It can be left at any time."""
        tried: list[TriedDay] = []
        total = len(self.days) * len(self.schools)
        done = 0
        for on in self.days:
            duties, letters = KnownDuties(self.database), Counter[tuple[str, str]]()
            for first in range(0, len(self.schools), _BATCH):
                schools = self.schools[first : first + _BATCH]
                for both in await self._judge(on, schools, duties):
                    letters[LETTER_OF[both.before.verdict], LETTER_OF[both.after.verdict]] += 1
                    if both.before.verdict is not both.after.verdict:
                        self._flipped.setdefault(both.school, []).append((on, both))
                done += len(schools)
                yield Progress(done, total)
            tried.append(_sum_up(on, letters))
        yield NumberTrial(len(self.schools), tuple(tried), self._list_flips())

    async def _judge(self, on: date, schools: Sequence[SchoolRow], duties: KnownDuties) -> list[_Both]:
        rule = BY_CODE[self.wanted.rule]
        async with self.database.transaction(isolation="repeatable_read") as connection:
            standing = (await read_parameters(connection, on)).get(rule.code, [])
            batches = batch_schools(schools, on, self.now, rule.inputs)
            days = [day for batch in batches for day in await load_days(connection, batch, duties.find)]
        return await asyncio.to_thread(_judge_twice, days, rule, standing, self.wanted)

    def _list_flips(self) -> tuple[Flip, ...]:
        zones = {school.code: school.zone for school in self.schools}
        found = []
        for school, flips in self._flipped.items():
            place, (on, both) = self.places[school], flips[-1]
            found.append(
                Flip(school, place.school_name, place.district, zones[school], len(flips), on, both.before, both.after)
            )
        return tuple(sorted(found, key=lambda one: (-one.days, one.school)))


async def prepare_trial(database: Database, wanted: Wanted) -> Trial:
    """Everything that must be known before a number is tried on the last closed days whose evidence is still there.
    Raises ParameterInvalid and NoSuchSchool."""
    check_parameter(wanted)
    async with database.transaction(isolation="repeatable_read") as connection:
        now = await database.read_now(connection)
        if wanted.school is not None:
            await need_school(connection, wanted.school)
        today = read_day(now)
        closed = [day.on_date for day in await list_closed_days(connection, today - _LOOKED_BACK, today)]
        schools = await list_schools(connection, None if wanted.school is None else [wanted.school])
        places = {place.school: place for place in await list_standing_places(connection, now)}
        codes = [school.code for school in schools]
        days = [on for on in closed[-TRIED_DAYS:] if not await list_gone_schools(connection, on, codes)]
    return Trial(database, wanted, now, days, schools, places)


def _judge_twice(days: Iterable[SchoolDay], rule: Rule, standing: Sequence[Parameter], wanted: Wanted) -> list[_Both]:
    """Work for a thread. Where a narrower level has its own number, the tried one changes nothing."""
    found = []
    for day in days:
        tried = Parameter(
            _LAST, rule.code, wanted.name, wanted.level, wanted.value, wanted.source, day.on, None, wanted.school
        )
        with_it = [*standing, tried]
        before = judge_day(day, {rule.code: standing}, [rule])[rule.code]
        used = resolve_terms(rule.defaults, with_it, day.school, day.on).used
        after = judge_day(day, {rule.code: with_it}, [rule])[rule.code] if _LAST in used else before
        found.append(_Both(day.school, before, after))
    return found


def _sum_up(on: date, letters: Mapping[tuple[str, str], int]) -> TriedDay:
    before = "".join(one * count for (one, _), count in letters.items())
    after = "".join(other * count for (_, other), count in letters.items())
    flips = sum(count for (one, other), count in letters.items() if one != other)
    return TriedDay(on, count_letters(before), count_letters(after), flips)
