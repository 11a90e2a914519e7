"""The headline: met, not met, unknown of N, at T, under the rules of that day; by district, kind, ownership, group.

A school counts for a group of rules (the two hundreds, the three teams …) as `headline.judge_group` says.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from itertools import groupby
from operator import attrgetter
from typing import NamedTuple

from alerts.domain.compliance.catalogue import RULES
from alerts.domain.compliance.columns import NOT_JUDGED, count_column, decide, fill_up, stand_side_by_side
from alerts.domain.compliance.headline import VERDICT_OF, VerdictCount, arrange
from alerts.domain.compliance.rules import Group
from alerts.domain.compliance.verdicts import Judgement, Verdict
from alerts.storage.database import Connection
from alerts.storage.figures import (
    JudgedSchool,
    KeyName,
    SchoolsAlike,
    count_day,
    count_standing,
    list_day_versions,
    list_key_names,
    list_school_verdicts,
    read_school_day,
)


class Split(StrEnum):
    """By what schools are told apart."""

    CITY = "city"
    DISTRICT = "district"
    KIND = "kind"
    OWNERSHIP = "ownership"
    GROUP = "group"


@dataclass(frozen=True, slots=True)
class FigureLine:
    """The schools of one district, kind, ownership or education group. `groups` count schools by what each group of
    rules came to, `rules` by single rules."""

    key: str
    name: str
    name_en: str
    schools: int
    groups: Mapping[Group, VerdictCount]
    rules: Mapping[str, VerdictCount]


@dataclass(frozen=True, slots=True)
class Figures:
    """What stands now (`closed` false), or was recorded of a closed day; `at` is when its last school was judged. A
    school that was not judged counts, and is unknown."""

    on: date | None
    at: datetime | None
    closed: bool
    split: Split
    city: FigureLine
    lines: tuple[FigureLine, ...]


@dataclass(frozen=True, slots=True)
class RuleVerdict:
    """A rule at a school, with its reasons and what it rests on. `since` is when the verdict became what it is, None
    for a closed day."""

    rule: str
    verdict: Verdict
    judgement: Judgement
    since: datetime | None = None


@dataclass(frozen=True, slots=True)
class Amendment:
    """A version of a closed day: 0 closed it, each later one has the reason of its amendment."""

    version: int
    closed_at: datetime
    reason: str
    evidence_rows: int
    evidence_hash: str


@dataclass(frozen=True, slots=True)
class SchoolVerdicts:
    """Every rule at a school, now (`version` None) or as recorded of a closed day, with the day's versions."""

    school: str
    on: date
    at: datetime
    version: int | None
    verdicts: tuple[RuleVerdict, ...]
    amendments: tuple[Amendment, ...] = ()


async def read_figures(
    connection: Connection,
    now: datetime,
    split: Split = Split.DISTRICT,
    *,
    on: date | None = None,
    district: str | None = None,
    known_at: datetime | None = None,
) -> Figures:
    """The figures now, or those recorded of a day; with `known_at`, as they stood then, before later amendments."""
    if on is None:
        alike = await count_standing(connection, now, split, district)
    else:
        alike = await count_day(connection, on, split, district, known_at)
    names = {(name.split, name.code): name for name in await list_key_names(connection)}
    return _sum_up(alike, split, names, closed=on is not None, on=on)


def sum_up_figures(
    judged: Sequence[JudgedSchool], split: Split, names: Mapping[tuple[str, str], KeyName], *, on: date
) -> Figures:
    """Figures of schools that were judged otherwise than they are kept."""
    alike = [SchoolsAlike(_KEYS[split](one), one.rules, 1, one.verdicts, one.on_date, one.judged_at) for one in judged]
    return _sum_up(alike, split, names, closed=True, on=on)


def _sum_up(
    alike: Iterable[SchoolsAlike],
    split: Split,
    names: Mapping[tuple[str, str], KeyName],
    *,
    closed: bool,
    on: date | None,
) -> Figures:
    """A closed day counts by the rules that it was judged by; of the present one, what was not judged is unknown."""
    ordered = sorted(alike, key=attrgetter("key"))
    columns = _lay_out(ordered, closed=closed)
    lines, first = [], 0
    for key, its in groupby(ordered, key=attrgetter("key")):
        end = first + sum(one.schools for one in its)
        lines.append(_count(key, names.get((split, key)), columns, first, end))
        first = end
    order = {code: number for number, (of, code) in enumerate(names) if of == split}
    return Figures(
        on=on or max((one.on_date for one in ordered if one.on_date), default=None),
        at=max((one.judged_at for one in ordered if one.judged_at), default=None),
        closed=closed,
        split=split,
        city=_count("city", None, columns, 0, first),
        lines=tuple(sorted(lines, key=lambda line: (order.get(line.key, len(order)), line.key))),
    )


async def read_school_verdicts(
    connection: Connection, school: str, on: date | None = None, version: int | None = None
) -> SchoolVerdicts | None:
    """Every rule at a school; None when it was never judged, or that day is not closed."""
    if on is None:
        return await _read_standing(connection, school)
    day = await read_school_day(connection, on, school, version)
    if day is None:
        return None
    versions = await list_day_versions(connection, on, school)
    verdicts = tuple(
        RuleVerdict(rule, VERDICT_OF[letter], day.judgements[rule])
        for rule, letter in zip(day.rules, day.verdicts, strict=True)
    )
    amendments = tuple(
        Amendment(one.version, one.closed_at, one.reason, one.evidence_rows, one.evidence_hash) for one in versions
    )
    return SchoolVerdicts(school, on, day.closed_at, day.version, verdicts, amendments)


async def _read_standing(connection: Connection, school: str) -> SchoolVerdicts | None:
    found = {one.rule: one for one in await list_school_verdicts(connection, school)}
    if not found:
        return None
    ordered = [found[rule.code] for rule in RULES if rule.code in found]
    return SchoolVerdicts(
        school=school,
        on=max(one.on_date for one in found.values()),
        at=max(one.judged_at for one in found.values()),
        version=None,
        verdicts=tuple(RuleVerdict(one.rule, one.verdict, one.judgement, one.since) for one in ordered),
    )


_KEYS: Mapping[Split, Callable[[JudgedSchool], str]] = {
    Split.CITY: lambda _: "city",
    Split.DISTRICT: lambda school: school.district,
    Split.KIND: lambda school: school.kind,
    Split.OWNERSHIP: lambda school: school.ownership,
    Split.GROUP: lambda school: school.group or "",
}
_CODES = tuple(rule.code for rule in RULES)
_PLACES = {group: [place for place, rule in enumerate(RULES) if rule.group is group] for group in Group}


class _Columns(NamedTuple):
    """What schools came to, a letter each, by every rule of the catalogue and by every group."""

    rules: Mapping[str, bytes]
    groups: Mapping[Group, bytes]


def _lay_out(alike: Sequence[SchoolsAlike], *, closed: bool) -> _Columns:
    judged = stand_side_by_side("".join(map(_line_up, alike)), len(_CODES))
    filled = [fill_up(column) for column in judged]
    counting, schools = judged if closed else filled, sum(one.schools for one in alike)
    groups = {group: decide([counting[place] for place in places], schools) for group, places in _PLACES.items()}
    return _Columns(dict(zip(_CODES, filled, strict=True)), groups)


def _line_up(alike: SchoolsAlike) -> str:
    """The verdicts of each school in the order of the catalogue."""
    if alike.rules == _CODES:
        return alike.verdicts
    if not alike.rules:
        return NOT_JUDGED * len(_CODES) * alike.schools
    lines = (
        alike.verdicts[place : place + len(alike.rules)] for place in range(0, len(alike.verdicts), len(alike.rules))
    )
    return "".join(arrange(alike.rules, line, _CODES, NOT_JUDGED) for line in lines)


def _count(key: str, name: KeyName | None, columns: _Columns, first: int, end: int) -> FigureLine:
    """The schools from one place until before another."""
    return FigureLine(
        key=key,
        name=name.name if name else key,
        name_en=name.name_en if name else key,
        schools=end - first,
        groups={group: count_column(column, first, end) for group, column in columns.groups.items()},
        rules={code: count_column(column, first, end) for code, column in columns.rules.items()},
    )
