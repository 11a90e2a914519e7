"""Answer times: counted from the log as it grows, so that a question costs its days and not the history."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from alerts.domain.answer_times import IN_TIME, AnswerTimes, By, check_period
from alerts.domain.presses import Mode
from alerts.storage import answer_times as storage
from alerts.storage.answer_times import Wanted, forget_answer_times, read_reader_position, take_span
from alerts.storage.database import Database
from alerts.storage.log import claim_reader, move_reader, read_log_head

READER = "answer_times"
_SPAN = 20_000  # rows of the log in one transaction
_NOBODY = AnswerTimes("", "", 0, 0, 0, 0, None, None, None, None, None, None)


@dataclass(frozen=True, slots=True)
class AnswerTimesFound:
    """Answer times of a period: of all, and a page of groups. `position` is the row up to which the log is counted."""

    overall: AnswerTimes
    groups: list[AnswerTimes]
    position: int


async def count_answer_times(database: Database) -> int:
    """One cycle, one transaction: counts the next span of the log. Returns how many rows it read; 0 when all is."""
    async with database.transaction() as connection:
        position = await claim_reader(connection, READER)
        if position is None:
            return 0
        last = min((await read_log_head(connection)).position, position + _SPAN)
        if last > position:
            await take_span(connection, position, last)
            await move_reader(connection, READER, last)
    return last - position


async def recount_answer_times(database: Database) -> None:
    """Forgets all and counts the whole log anew."""
    async with database.transaction() as connection:
        await forget_answer_times(connection, READER)
    while await count_answer_times(database):
        pass


async def find_answer_times(
    database: Database,
    first: date,
    last: date,
    by: By,
    *,
    mode: Mode = Mode.LIVE,
    district: str | None = None,
    school: str | None = None,
    after: str | None = None,
    limit: int = 100,
) -> AnswerTimesFound:
    """Answer times of the days from `first` to `last`. Raises PeriodInvalid."""
    check_period(first, last)
    async with database.transaction(isolation="repeatable_read") as connection:
        now = await database.read_now(connection)
        wanted = Wanted(mode, first, last, now - IN_TIME, district, school)
        overall = await storage.summarise(connection, wanted, None)
        groups = await storage.summarise(connection, wanted, by, after=after, limit=limit)
        position = await read_reader_position(connection, READER)
    return AnswerTimesFound(overall[0] if overall else _NOBODY, groups, position)
