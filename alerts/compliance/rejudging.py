"""A day judged again by the rules and the numbers of today: what its figure would be. Nothing of it is kept."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import date, datetime
from typing import NamedTuple
from zoneinfo import ZoneInfo

from alerts.compliance.figures import Figures, Split, sum_up_figures
from alerts.compliance.judging import read_parameters
from alerts.compliance.loading import FindCityDuties, KnownDuties, batch_schools, load_days
from alerts.compliance.retention import need_evidence
from alerts.domain.compliance.catalogue import RULES, judge_day
from alerts.domain.compliance.headline import LETTER_OF
from alerts.domain.compliance.school_day import SchoolDay
from alerts.domain.compliance.terms import Parameter
from alerts.domain.policies import DEFAULT_ZONE
from alerts.storage.database import Connection, Database
from alerts.storage.figures import JudgedSchool, list_key_names, list_standing_places
from alerts.storage.school_days import SchoolRow, list_schools

_BATCH = 200
_CODES = tuple(rule.code for rule in RULES)
OnProgress = Callable[[int, int], None]
_Numbers = Mapping[str, Sequence[Parameter]]


class _Asked(NamedTuple):
    """Which day, by the numbers of which day, and how far anything is known."""

    on: date
    numbers_of: date
    now: datetime
    find_city_duties: FindCityDuties


async def rejudge_figures(
    database: Database, on: date, split: Split, on_progress: OnProgress = lambda done, total: None
) -> Figures:
    """What a day would come to by today's rules and numbers."""
    judged = await rejudge_day(database, on, on_progress=on_progress)
    async with database.connection() as connection:
        names = {(name.split, name.code): name for name in await list_key_names(connection)}
    return sum_up_figures(judged, split, names, on=on)


async def rejudge_day(
    database: Database,
    on: date,
    numbers_of: date | None = None,
    on_progress: OnProgress = lambda done, total: None,
) -> list[JudgedSchool]:
    """What every school's day would come to by the numbers of another day, today's when left out.

    Raises EvidenceGone.
    """
    async with database.connection() as connection:
        await need_evidence(connection, on)
        now = await database.read_now(connection)
        schools = await list_schools(connection)
        places = {place.school: place for place in await list_standing_places(connection, now)}
    today = now.astimezone(ZoneInfo(DEFAULT_ZONE)).date()
    asked = _Asked(on, numbers_of or today, now, KnownDuties(database).find)
    found: list[JudgedSchool] = []
    with _looking_for_no_garbage():
        for first in range(0, len(schools), _BATCH):
            async with database.transaction(isolation="repeatable_read") as connection:
                days, numbers = await _load(connection, schools[first : first + _BATCH], asked)
            found += [
                replace(places[school], on_date=on, version=None, judged_at=now, rules=_CODES, verdicts=said)
                for school, said in await asyncio.to_thread(_judge, days, numbers)
            ]
            on_progress(len(found), len(schools))
    return found


@contextmanager
def _looking_for_no_garbage() -> Iterator[None]:
    """Millions of values are made, and none refers to itself: to look for such takes a tenth of the time."""
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


async def _load(
    connection: Connection, schools: Sequence[SchoolRow], asked: _Asked
) -> tuple[list[SchoolDay], _Numbers]:
    """Days, and the numbers by which to judge them: those of another day are told to hold on this one."""
    parameters = await read_parameters(connection, asked.numbers_of)
    numbers = {
        rule: [replace(one, valid_from=min(one.valid_from, asked.on), valid_until=None) for one in its]
        for rule, its in parameters.items()
    }
    batches = batch_schools(schools, asked.on, asked.now)
    return [day for batch in batches for day in await load_days(connection, batch, asked.find_city_duties)], numbers


def _judge(days: Sequence[SchoolDay], numbers: _Numbers) -> list[tuple[str, str]]:
    """A letter a rule, by school."""
    found = []
    for day in days:
        judgements = judge_day(day, numbers)
        found.append((day.school, "".join([LETTER_OF[judgements[code].verdict] for code in _CODES])))
    return found
