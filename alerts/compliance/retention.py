"""Raw evidence goes when it is old, and holds keep what a case needs. Both are in the log."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, time, timedelta

from alerts.compliance.places import need_school, read_day
from alerts.domain.retention import Hold, Kept, check_hold, decide_fate
from alerts.staff.calendars import CITY_ZONE
from alerts.storage import retention as storage
from alerts.storage.database import Connection, Database
from alerts.storage.log import Entry, append_log
from alerts.storage.retention import HoldRow

_AT_A_TIME = 5_000


class NoSuchHold(LookupError):
    """There is no hold of that number, or it was lifted."""


class EvidenceGone(LookupError):
    """The raw evidence of a day went when it was old: only what was recorded of the day is left."""


async def place_hold(database: Database, hold: Hold, reason: str, by: str) -> HoldRow:
    """Keeps evidence from going. Raises HoldInvalid and NoSuchSchool."""
    check_hold(hold, reason)
    async with database.transaction() as connection:
        now = await database.read_now(connection)
        if hold.school is not None:
            await need_school(connection, hold.school)
        row = await storage.place_hold(connection, hold, reason.strip(), now, by)
        await _tell(connection, now, row, by, "hold.placed")
    return row


async def lift_hold(database: Database, id_: int, by: str) -> HoldRow:
    """Lets evidence go when it is old. Raises NoSuchHold."""
    async with database.transaction() as connection:
        now = await database.read_now(connection)
        row = await storage.lift_hold(connection, id_, now, by)
        if row is None:
            raise NoSuchHold(f"there is no hold {id_}, or it was lifted")
        await _tell(connection, now, row, by, "hold.lifted")
    return row


async def _tell(connection: Connection, now: datetime, row: HoldRow, by: str, kind: str) -> None:
    subject = "city" if row.school is None else f"school:{row.school}"
    await append_log(connection, now, [Entry(f"person:{by}", subject, kind, {"hold": row})])


async def drop_next_day(database: Database, kept: Kept) -> date | None:
    """One transaction: the oldest day that may go loses its evidence, and the log says so. None: there is none, or
    others are reading, and it is to be tried again later."""
    async with database.transaction() as connection:
        now = await database.read_now(connection)
        first_kept = kept.first_evidence_day(read_day(now))
        holds = await storage.list_standing_holds(connection, first_kept)
        for day in await storage.list_old_days(connection, first_kept):
            fate = decide_fate(day.on_date, first_kept, holds)
            if fate.stays or (day.gone and not day.stray and fate.held.issuperset(day.held)):
                continue
            rows = await storage.drop_day(connection, day.on_date, fate.held, now)
            if rows is None:
                return None
            if rows == 0 and day.gone:  # what strayed in is held
                continue
            body = {"on": day.on_date, "rows": rows, "held": sorted(fate.held)}
            await append_log(connection, now, [Entry("engine", f"day:{day.on_date}", "evidence.dropped", body)])
            return day.on_date
    return None


async def drop_old_quarantine(database: Database, kept: Kept) -> int:
    """One transaction: some of what could not be read and is old goes. Returns how many; nobody holds them."""
    async with database.transaction() as connection:
        today = read_day(await database.read_now(connection))
        before = datetime.combine(kept.first_quarantine_day(today), time(), CITY_ZONE)
        return await storage.drop_quarantine(connection, before, _AT_A_TIME)


async def list_gone_schools(connection: Connection, on: date, schools: Iterable[str]) -> set[str]:
    """Those of these schools of whose day some raw evidence has gone."""
    gone = await storage.list_gone_days(connection, *_lies_under(on))
    return {school for school in schools if any(school not in day.held for day in gone)}


async def need_evidence(connection: Connection, on: date) -> None:
    """Raises EvidenceGone when of a day of schools only its record is left."""
    gone = await storage.list_gone_days(connection, *_lies_under(on))
    if gone:
        raise EvidenceGone(
            f"the raw evidence of {on} went on {read_day(gone[0].gone_at)}: what was recorded of the day is there, but "
            f"it cannot be judged again"
        )


def _lies_under(on: date) -> tuple[date, date]:
    """The days of UTC in which a day of schools begins and ends."""
    return on - timedelta(days=1), on
