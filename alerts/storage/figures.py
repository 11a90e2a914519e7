"""Verdicts of now and of closed days, as figures are made of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from typing import Any, TypeVar

import asyncpg
import msgspec

from alerts.domain.compliance.verdicts import Judgement, Verdict
from alerts.domain.registry import Ownership, SchoolKind
from alerts.storage.database import Connection
from alerts.storage.records import read_records
from alerts.storage.statements import read_statements

_SQL = read_statements("figures")
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class JudgedSchool:
    """A school and a letter a rule; none when it was not judged. `version` is None for what stands now; `judged_at` is
    then when it was judged, else when that version was closed."""

    school: str
    school_name: str
    district: str
    kind: SchoolKind
    ownership: Ownership
    group: str | None
    on_date: date | None
    version: int | None
    judged_at: datetime | None
    rules: tuple[str, ...]
    verdicts: str


@dataclass(frozen=True, slots=True)
class SchoolsAlike:
    """Schools of one district, kind, ownership or group (`key`) judged by the same rules: their `verdicts` stand
    one after another, a letter a rule. `rules` are empty where they were not judged."""

    key: str
    rules: tuple[str, ...]
    schools: int
    verdicts: str
    on_date: date | None
    judged_at: datetime | None


@dataclass(frozen=True, slots=True)
class KeyName:
    """What a district or an education group is called."""

    split: str
    code: str
    name: str
    name_en: str
    position: int


@dataclass(frozen=True, slots=True)
class StandingRule:
    """What stands of one rule at a school, since when."""

    rule: str
    on_date: date
    verdict: Verdict
    since: datetime
    judged_at: datetime
    judgement: Judgement
    look_again_at: datetime | None


@dataclass(frozen=True, slots=True)
class ClosedSchoolDay:
    """A version of a school's closed day, whole."""

    on_date: date
    school: str
    version: int
    closed_at: datetime
    rules: tuple[str, ...]
    verdicts: str
    parameters: tuple[int, ...]
    judgements: dict[str, Judgement]
    evidence_rows: int
    evidence_hash: str
    reason: str


@dataclass(frozen=True, slots=True)
class DayVersion:
    """That a school's day was closed, or amended and why."""

    version: int
    closed_at: datetime
    reason: str
    evidence_rows: int
    evidence_hash: str


@dataclass(frozen=True, slots=True)
class BreachItem:
    """A rule that was not met, from when it was seen until it was met again; `repeats` counts those of the same rule at
    the school in the 30 days before."""

    id: int
    school: str
    school_name: str
    district: str
    zone: str
    rule: str
    on_date: date
    opened_at: datetime
    due_at: datetime
    owner: str | None
    owner_name: str | None
    owner_post: str | None
    repeats: int
    escalated_at: datetime | None
    closed_at: datetime | None
    judgement: Judgement
    proof: Judgement | None


@dataclass(frozen=True, slots=True)
class TrendPoint:
    """How many schools had which verdict of a rule on a day."""

    on_date: date
    rule: str
    met: int
    not_met: int
    unknown: int
    declared: int
    not_applicable: int


@dataclass(frozen=True, slots=True)
class ClosedDay:
    """A day that is closed for the whole city, and where the log was then."""

    on_date: date
    closed_at: datetime
    schools: int
    position: int


async def list_standing_places(
    connection: Connection, now: datetime, district: str | None = None
) -> list[JudgedSchool]:
    """What stands now at every school. What was judged on another day does not stand any more."""
    rows = await connection.fetch(_SQL["list_standing_places"], now, district)
    return [_read_judged(row) for row in rows]


async def list_day_places(
    connection: Connection, on: date, district: str | None = None, known_at: datetime | None = None
) -> list[JudgedSchool]:
    """What was recorded of a closed day, in the newest version or in the one that stood at an instant."""
    rows = await connection.fetch(_SQL["list_day_places"], on, district, known_at)
    return [_read_judged(row) for row in rows]


async def count_standing(
    connection: Connection, now: datetime, split: str, district: str | None = None
) -> list[SchoolsAlike]:
    """What stands now, by what schools are told apart by. What was judged on another day does not stand any more."""
    return [_read_alike(row) for row in await connection.fetch(_SQL["count_standing"], now, district, split)]


async def count_day(
    connection: Connection, on: date, split: str, district: str | None = None, known_at: datetime | None = None
) -> list[SchoolsAlike]:
    """What was recorded of a closed day, in the newest version or in the one that stood at an instant."""
    return [_read_alike(row) for row in await connection.fetch(_SQL["count_day"], on, district, split, known_at)]


async def list_key_names(connection: Connection) -> list[KeyName]:
    """Districts in the city's order, and education groups."""
    return read_records(await connection.fetch(_SQL["name_keys"]), KeyName)


async def list_school_verdicts(connection: Connection, school: str) -> list[StandingRule]:
    """Every rule as it stands at a school."""
    return [_read(row, StandingRule) for row in await connection.fetch(_SQL["list_school_verdicts"], school)]


async def read_school_day(
    connection: Connection, on: date, school: str, version: int | None = None
) -> ClosedSchoolDay | None:
    """A school's closed day, None when it is not closed."""
    row = await connection.fetchrow(_SQL["read_school_day"], on, school, version)
    return None if row is None else _read(row, ClosedSchoolDay)


async def list_day_versions(connection: Connection, on: date, school: str) -> list[DayVersion]:
    """The versions of a school's day, the first one first."""
    return [_read(row, DayVersion) for row in await connection.fetch(_SQL["list_versions"], on, school)]


async def list_breaches(
    connection: Connection,
    *,
    school: str | None = None,
    district: str | None = None,
    rule: str | None = None,
    is_open: bool | None = None,
    escalated: bool | None = None,
    after: int | None = None,
    limit: int = 100,
) -> list[BreachItem]:
    """A page of breaches, the newest first; `after` is the last one's id of the page before."""
    rows = await connection.fetch(_SQL["list_breaches"], school, district, rule, is_open, escalated, after, limit)
    return [_read(row, BreachItem) for row in rows]


async def list_trend(
    connection: Connection, first: date, last: date, district: str | None = None, rules: Sequence[str] | None = None
) -> list[TrendPoint]:
    """The closed days between two, by rule."""
    return read_records(await connection.fetch(_SQL["list_trend"], first, last, district, rules), TrendPoint)


async def list_closed_days(connection: Connection, first: date, last: date) -> list[ClosedDay]:
    """Days between two that are closed."""
    return read_records(await connection.fetch(_SQL["list_closed_days"], first, last), ClosedDay)


def _read(row: asyncpg.Record, type_: type[T]) -> T:
    """A record whose judgements are JSON and whose hash is bytes."""
    fields: dict[str, Any] = dict(row)
    for name in ("judgement", "judgements", "proof"):
        if fields.get(name) is not None:
            fields[name] = msgspec.json.decode(fields[name])
    if "evidence_hash" in fields:
        fields["evidence_hash"] = fields["evidence_hash"].hex()
    return msgspec.convert(fields, type_)


def _read_alike(row: asyncpg.Record) -> SchoolsAlike:
    return msgspec.convert(dict(row) | {"rules": split_codes(row["rules"])}, SchoolsAlike)


def _read_judged(row: asyncpg.Record) -> JudgedSchool:
    """Nearly all schools were judged by the same rules: their codes come as one text, which is read once."""
    return msgspec.convert(dict(row) | {"rules": split_codes(row["rules"])}, JudgedSchool)


@lru_cache(maxsize=256)
def split_codes(text: str) -> tuple[str, ...]:
    """The codes of rules that a statement tells in one text."""
    return tuple(text.split())
