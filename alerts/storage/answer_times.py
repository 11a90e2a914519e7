"""Answer times on disk: counted from the log a span at a time, summed up by day's index."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from alerts.domain.answer_times import AnswerTimes, By
from alerts.domain.presses import Mode
from alerts.storage.database import Connection
from alerts.storage.records import read_records
from alerts.storage.statements import read_statements

_SQL = read_statements("answer_times")


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which answer times are asked for: days inclusive; `before` is how long an untaken incident must be open."""

    mode: Mode
    first: date
    last: date
    before: datetime
    district: str | None = None
    school: str | None = None


async def take_span(connection: Connection, after: int, last: int) -> None:
    """Counts what the log says after a position up to a last one; a span that was counted before changes nothing."""
    await connection.execute(_SQL["take_openings"], after, last)
    await connection.execute(_SQL["take_moves"], after, last)


async def forget_answer_times(connection: Connection, reader: str) -> None:
    """Empties the table and sets its reader to the log's beginning, in the caller's transaction."""
    await connection.execute(_SQL["rewind"], reader)
    await connection.execute(_SQL["forget"])


async def read_reader_position(connection: Connection, reader: str) -> int:
    """How far a reader of the log is; 0 when there is none of that name."""
    position: int | None = await connection.fetchval(_SQL["read_position"], reader)
    return position or 0


async def summarise(
    connection: Connection, wanted: Wanted, by: By | None, *, after: str | None = None, limit: int = 1
) -> list[AnswerTimes]:
    """Groups in the order of their keys, from the one after `after` on; without `by` one group of all, or none."""
    rows = await connection.fetch(
        _SQL["summarise"],
        wanted.mode,
        wanted.first,
        wanted.last,
        wanted.before,
        by,
        wanted.district,
        wanted.school,
        after,
        limit,
    )
    return read_records(rows, AnswerTimes)
