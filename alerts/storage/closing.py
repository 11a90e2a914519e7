"""Days that are over: closed once, amended when something comes in late, never changed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import date, datetime

import msgspec

from alerts.domain.compliance.digests import Digest
from alerts.domain.compliance.verdicts import Judgement
from alerts.storage.compliance import LateDay
from alerts.storage.database import Connection
from alerts.storage.records import read_records, write_document, write_rows
from alerts.storage.statements import read_statements

_SQL = read_statements("closing")


@dataclass(frozen=True, slots=True)
class NewDay:
    """A version of a school's day."""

    on_date: date
    school: str
    version: int
    rules: tuple[str, ...]
    verdicts: str
    parameters: tuple[int, ...]
    judgements: Mapping[str, Judgement]
    evidence_rows: int
    evidence_hash: bytes
    reason: str = ""


_HEAD = tuple(one.name for one in fields(NewDay) if one.name != "judgements")


@dataclass(frozen=True, slots=True)
class KnownDay:
    """The newest version of a school's day."""

    school: str
    version: int
    rules: tuple[str, ...]
    verdicts: str
    evidence_rows: int
    evidence_hash: bytes
    judgements: dict[str, Judgement]


@dataclass(frozen=True, slots=True)
class FigureRow:
    """How many schools of a district have which verdict of a rule, or of a hundred or team."""

    district: str
    rule: str
    met: int
    not_met: int
    unknown: int
    declared: int
    not_applicable: int


async def begin_closing(connection: Connection, today: date) -> None:
    """Says which day is the first to be closed; once."""
    await connection.execute(_SQL["begin"], today)


async def claim_closing(connection: Connection) -> date | None:
    """The day that is to be closed next; None when there is none, or another engine is at it."""
    on: date | None = await connection.fetchval(_SQL["claim"])
    return on


async def list_open_schools(connection: Connection, on: date, over_before: datetime, limit: int) -> list[str]:
    """Schools that have not closed a day which was over before an instant; their turn is taken."""
    rows = await connection.fetch(_SQL["list_open_schools"], on, over_before, limit)
    return [row["school"] for row in rows]


async def count_open_schools(connection: Connection, on: date) -> int:
    """How many schools have not closed a day."""
    count: int = await connection.fetchval(_SQL["count_open_schools"], on)
    return count


async def lock_schools(connection: Connection, schools: Sequence[str]) -> None:
    """Takes the turn of these schools."""
    await connection.fetch(_SQL["lock_schools"], schools)


async def ensure_school_day_partition(connection: Connection, on: date) -> None:
    """Makes the partition of a day's month when it is missing."""
    await connection.execute(_SQL["ensure_partition"], on)


async def insert_days(connection: Connection, days: Sequence[NewDay], now: datetime) -> None:
    """Keeps versions of days for good."""
    heads = [{name: getattr(day, name) for name in _HEAD} for day in days]
    judgements = [write_document(day.judgements) for day in days]
    await connection.execute(_SQL["insert_days"], write_rows(heads), judgements, now)


async def digest_day(connection: Connection, on: date) -> Digest:
    """The hash over what a day says of all schools, and how many they are."""
    row = await connection.fetchrow(_SQL["digest_day"], on)
    return Digest(row["schools"], row["hash"] or b"") if row else Digest(0, b"")


async def end_day(connection: Connection, on: date, now: datetime, schools: int) -> None:
    """The whole city has closed a day."""
    await connection.execute(_SQL["end_day"], on, now, schools)


async def replace_figures(connection: Connection, on: date, rows: Sequence[FigureRow]) -> None:
    """Writes down what a day came to."""
    await connection.execute(_SQL["forget_figures"], on)
    await connection.execute(_SQL["insert_figures"], write_rows(rows), on)


async def claim_late_days(
    connection: Connection, quiet_since: datetime, waiting_since: datetime, limit: int
) -> list[LateDay]:
    """Days to be amended: nothing more came for a while, or the first of it has waited for long."""
    return read_records(await connection.fetch(_SQL["claim_late"], quiet_since, waiting_since, limit), LateDay)


async def forget_late_days(connection: Connection, on: date, schools: Sequence[str]) -> None:
    """These were amended."""
    await connection.execute(_SQL["forget_late"], on, schools)


async def list_newest_days(connection: Connection, on: date, schools: Sequence[str]) -> dict[str, KnownDay]:
    """The newest version of these schools' day."""
    rows = await connection.fetch(_SQL["list_newest"], on, schools)
    return {
        row["school"]: msgspec.convert({**row, "judgements": msgspec.json.decode(row["judgements"])}, KnownDay)
        for row in rows
    }
