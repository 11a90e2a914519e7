"""Days that are over: closed into records that never change, and amended by what comes in late."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from alerts.compliance.judging import read_parameters
from alerts.compliance.loading import (
    Batch,
    FindCityDuties,
    Messages,
    batch_schools,
    digest_days,
    list_messages,
    load_days,
)
from alerts.domain.compliance.catalogue import RULES, judge_day
from alerts.domain.compliance.digests import NOTHING, Digest
from alerts.domain.compliance.headline import LETTER_OF, VERDICT_OF, judge_groups
from alerts.domain.compliance.school_day import SchoolDay
from alerts.domain.compliance.terms import Parameter, resolve_terms
from alerts.storage.closing import (
    FigureRow,
    KnownDay,
    NewDay,
    insert_days,
    list_newest_days,
    replace_figures,
)
from alerts.storage.compliance import drop_stale_of_day
from alerts.storage.database import Connection
from alerts.storage.figures import JudgedSchool, list_day_places
from alerts.storage.school_days import Seen, add_seen, list_schools

_CODES = tuple(rule.code for rule in RULES)


@dataclass(frozen=True, slots=True)
class Amended:
    """A day of a school that is otherwise than it was recorded: which rules changed, and why it was looked at again."""

    school: str
    on: date
    version: int
    reason: str
    evidence_rows: int
    changed: tuple[str, ...]


async def close_days(
    connection: Connection, schools: Sequence[str], on: date, now: datetime, find_city_duties: FindCityDuties | None
) -> None:
    """Closes a day of these schools, whose turn the caller has. What came in of it until now is not late."""
    await drop_stale_of_day(connection, schools, on)
    for batch in batch_schools(await list_schools(connection, schools), on, now):
        days, records = await _judge(connection, batch, find_city_duties)
        await insert_days(connection, records, now)
        await _keep_seen(connection, batch.on, days)


async def amend_days(
    connection: Connection, schools: Sequence[str], on: date, now: datetime, find_city_duties: FindCityDuties | None
) -> list[Amended]:
    """Looks at a closed day of these schools again, whose turn the caller has, by the numbers that were in force on it.
    A day on which nothing is otherwise keeps its newest version."""
    amended: list[Amended] = []
    for batch in batch_schools(await list_schools(connection, schools), on, now):
        known = await list_newest_days(connection, on, batch.codes)
        days, records = await _judge(connection, batch, find_city_duties)
        new = [_amend(record, known[record.school]) for record in records if record.school in known]
        changed = [one for one in new if one is not None]
        await insert_days(connection, changed, now)
        await _keep_seen(connection, batch.on, days)
        amended += [_tell(one, known[one.school]) for one in changed]
    return amended


async def sum_up_day(connection: Connection, on: date) -> None:
    """Writes down what a day came to, by district."""
    await replace_figures(connection, on, count_figures(await list_day_places(connection, on)))


async def _judge(
    connection: Connection, batch: Batch, find_city_duties: FindCityDuties | None
) -> tuple[list[SchoolDay], list[NewDay]]:
    parameters = await read_parameters(connection, batch.on)
    messages = await list_messages(connection, batch)
    days = await load_days(connection, batch, find_city_duties, messages)
    return days, await asyncio.to_thread(_record_all, batch, days, parameters, messages)


def _record_all(
    batch: Batch,
    days: Iterable[SchoolDay],
    parameters: Mapping[str, Iterable[Parameter]],
    messages: Messages,
) -> list[NewDay]:
    """Work for a thread: a press goes on meanwhile in its own."""
    digests = digest_days(batch, messages)
    return [_record(day, parameters, digests.get(day.school, NOTHING)) for day in days]


def _record(day: SchoolDay, parameters: Mapping[str, Iterable[Parameter]], digest: Digest) -> NewDay:
    judgements = judge_day(day, parameters)
    used = {
        number
        for rule in RULES
        if (its := parameters.get(rule.code))
        for number in resolve_terms(rule.defaults, its, day.school, day.on).used
    }
    letters = "".join(LETTER_OF[judgements[code].verdict] for code in _CODES)
    return NewDay(day.on, day.school, 0, _CODES, letters, tuple(sorted(used)), judgements, digest.rows, digest.hash)


def _amend(record: NewDay, known: KnownDay) -> NewDay | None:
    more = record.evidence_rows - known.evidence_rows
    if record.evidence_hash == known.evidence_hash and record.judgements == known.judgements:
        return None
    reason = f"迟到的证据 {more} 条 late evidence: {more}" if more else "事后登记 recorded afterwards"
    return NewDay(
        record.on_date,
        record.school,
        known.version + 1,
        record.rules,
        record.verdicts,
        record.parameters,
        record.judgements,
        record.evidence_rows,
        record.evidence_hash,
        reason,
    )


def _tell(record: NewDay, known: KnownDay) -> Amended:
    before = dict(zip(known.rules, known.verdicts, strict=True))
    changed = tuple(
        rule for rule, letter in zip(record.rules, record.verdicts, strict=True) if before.get(rule) != letter
    )
    return Amended(record.school, record.on_date, record.version, record.reason, record.evidence_rows, changed)


async def _keep_seen(connection: Connection, on: date, days: Iterable[SchoolDay]) -> None:
    """Who checked in where, of what counts."""
    last: dict[tuple[str, str, str], datetime] = {}
    for day in days:
        for event in day.check_ins:
            if event.counts and event.at >= day.starts_at:
                last[day.school, event.post, event.person] = event.at
    seen = [Seen(school, post, person, at) for (school, post, person), at in last.items()]
    if seen:
        await add_seen(connection, seen, on)


def count_figures(schools: Iterable[JudgedSchool]) -> list[FigureRow]:
    """What the schools of each district came to, rule by rule, and by hundreds and teams."""
    counts: dict[tuple[str, str], Counter[str]] = {}
    for school in schools:
        said = [(rule, VERDICT_OF[letter].value) for rule, letter in zip(school.rules, school.verdicts, strict=True)]
        groups = judge_groups(school.rules, school.verdicts).items()
        for rule, verdict in (*said, *((group.value, verdict.value) for group, verdict in groups)):
            counts.setdefault((school.district, rule), Counter())[verdict] += 1
    return [
        FigureRow(
            district=district,
            rule=rule,
            met=verdicts.get("met", 0),
            not_met=verdicts.get("not_met", 0),
            unknown=verdicts.get("unknown", 0),
            declared=verdicts.get("declared", 0),
            not_applicable=verdicts.get("not_applicable", 0),
        )
        for (district, rule), verdicts in counts.items()
    ]
