"""Judging schools anew: the rules whose inputs changed or whose deadline has passed, and all of them on a new day."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from alerts.compliance.breaches import keep_breaches
from alerts.compliance.loading import Batch, FindCityDuties, batch_schools, load_days
from alerts.domain.compliance.catalogue import BY_CODE, RULES, judge_day
from alerts.domain.compliance.headline import LETTER_OF, sum_up
from alerts.domain.compliance.rules import Rule
from alerts.domain.compliance.school_day import SchoolDay
from alerts.domain.compliance.terms import Parameter
from alerts.domain.compliance.verdicts import Judgement, Verdict
from alerts.storage.compliance import (
    LateDay,
    Mark,
    NewVerdict,
    StandingVerdict,
    Turn,
    drop_rules,
    end_turns,
    list_verdicts,
    queue_late_days,
    save_verdicts,
    take_stale,
)
from alerts.storage.database import Connection
from alerts.storage.log import Entry
from alerts.storage.school_days import list_parameters, list_schools
from alerts.storage.stale import EVERYTHING

_CODES = tuple(BY_CODE)


@dataclass(frozen=True, slots=True)
class Judged:
    """What a rule makes of a school's present day, and what stood before."""

    day: SchoolDay
    rule: Rule
    judgement: Judgement
    before: StandingVerdict | None

    @property
    def changed(self) -> bool:
        """Whether it is another verdict than before."""
        return self.before is None or self.before.verdict is not self.judgement.verdict

    def since(self) -> datetime:
        """Since when it is as it is."""
        return self.day.now if self.changed or self.before is None else self.before.since


async def read_parameters(connection: Connection, on: date) -> dict[str, list[Parameter]]:
    """The numbers that were set and hold on a day, by rule."""
    found: dict[str, list[Parameter]] = defaultdict(list)
    for one in await list_parameters(connection, on):
        found[one.rule].append(one)
    return found


async def judge_schools(
    connection: Connection, codes: Sequence[str], now: datetime, find_city_duties: FindCityDuties | None = None
) -> list[Entry]:
    """Judges claimed schools and returns what is to be told to the log, in which it must be the caller's last."""
    marks = await take_stale(connection, codes)
    schools = await list_schools(connection, codes)
    standing = _by_school(await list_verdicts(connection, codes))
    entries: list[Entry] = []
    for batch in batch_schools(schools, None, now):
        wanted = {
            school.code: choose_rules(batch.on, now, standing[school.code], _of_school(marks, school.code))
            for school in batch.schools
        }
        entries += await _judge_batch(connection, batch, wanted, standing, find_city_duties)
        await _queue_late(connection, batch, marks, now)
    return entries


def choose_rules(
    on: date, now: datetime, standing: Mapping[str, StandingVerdict], marks: Iterable[Mark]
) -> tuple[Rule, ...]:
    """Rules whose inputs changed or whose deadline is over; all of them where none stands yet, or another day does."""
    changed = {mark.input for mark in marks if mark.on_date in (None, on)}
    if EVERYTHING in changed:
        return RULES

    def is_due(rule: Rule) -> bool:
        stands = standing.get(rule.code)
        if stands is None or stands.on_date != on or not rule.inputs.isdisjoint(changed):
            return True
        return stands.look_again_at is not None and stands.look_again_at < now

    return tuple(rule for rule in RULES if is_due(rule))


async def _judge_batch(
    connection: Connection,
    batch: Batch,
    wanted: Mapping[str, tuple[Rule, ...]],
    standing: Mapping[str, Mapping[str, StandingVerdict]],
    find_city_duties: FindCityDuties | None,
) -> list[Entry]:
    looked_at = frozenset(input_ for rules in wanted.values() for rule in rules for input_ in rule.inputs)
    asked = Batch([one for one in batch.schools if wanted[one.code]], batch.on, batch.zone, batch.now, looked_at)
    parameters = await read_parameters(connection, batch.on)
    days = await load_days(connection, asked, find_city_duties) if asked.schools else []
    judged = await asyncio.to_thread(_judge_days, days, parameters, wanted, standing)
    await save_verdicts(connection, [_write(one) for one in judged], batch.now)
    await drop_rules(connection, batch.codes, _CODES)
    ends_at = batch.span[1]
    await end_turns(connection, [Turn(code, batch.on, ends_at) for code in batch.codes], batch.now)
    entries = _tell(judged, standing)
    return entries + await keep_breaches(connection, judged, parameters, batch.now)


def _judge_days(
    days: Iterable[SchoolDay],
    parameters: Mapping[str, Iterable[Parameter]],
    wanted: Mapping[str, tuple[Rule, ...]],
    standing: Mapping[str, Mapping[str, StandingVerdict]],
) -> list[Judged]:
    """Work for a thread: escalation goes on meanwhile in its own."""
    return [
        Judged(day, BY_CODE[code], judgement, standing[day.school].get(code))
        for day in days
        for code, judgement in judge_day(day, parameters, wanted[day.school]).items()
    ]


def _write(one: Judged) -> NewVerdict:
    return NewVerdict(
        school=one.day.school,
        rule=one.rule.code,
        on_date=one.day.on,
        verdict=one.judgement.verdict,
        since=one.since(),
        judgement=one.judgement,
        look_again_at=one.judgement.look_again_at,
    )


def _tell(judged: Sequence[Judged], standing: Mapping[str, Mapping[str, StandingVerdict]]) -> list[Entry]:
    """A row of the log for each school of which a verdict changed or a new day began: the changed rules, and how the
    school stands now, for boards."""
    by_school: dict[str, list[Judged]] = defaultdict(list)
    for one in judged:
        by_school[one.day.school].append(one)
    entries = []
    for school, its in by_school.items():
        changed = [one for one in its if one.changed]
        if changed or any(one.before and one.before.on_date != one.day.on for one in its):
            entries.append(_tell_school(school, its, changed, standing[school]))
    return entries


def _tell_school(
    school: str, judged: Sequence[Judged], changed: Sequence[Judged], before: Mapping[str, StandingVerdict]
) -> Entry:
    on = judged[0].day.on
    verdicts: dict[str, Verdict] = {code: stands.verdict for code, stands in before.items()}
    verdicts |= {one.rule.code: one.judgement.verdict for one in judged}
    letters = "".join(LETTER_OF[verdicts.get(code, Verdict.UNKNOWN)] for code in _CODES)
    body = {
        "school": school,
        "on": on,
        "changed": [
            {
                "rule": one.rule.code,
                "verdict": one.judgement.verdict,
                "since": one.since(),
                "reasons": list(dict.fromkeys(reason.code for reason in one.judgement.reasons)),
            }
            for one in changed
        ],
        "compliance": [sum_up(school, on, _CODES, letters)],
    }
    return Entry("engine", f"school:{school}", "compliance.judged", body)


async def _queue_late(connection: Connection, batch: Batch, marks: Sequence[Mark], now: datetime) -> None:
    """What came in of a day before this one amends that day, if it is closed."""
    late = {
        LateDay(mark.school, mark.on_date)
        for mark in marks
        if mark.on_date is not None and mark.on_date < batch.on and mark.school in batch.codes
    }
    if late:
        await queue_late_days(connection, late, now)


def _by_school(rows: Iterable[StandingVerdict]) -> dict[str, dict[str, StandingVerdict]]:
    found: dict[str, dict[str, StandingVerdict]] = defaultdict(dict)
    for row in rows:
        found[row.school][row.rule] = row
    return found


def _of_school(marks: Iterable[Mark], school: str) -> list[Mark]:
    return [mark for mark in marks if mark.school == school]
