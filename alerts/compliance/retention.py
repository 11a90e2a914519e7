"""Raw evidence goes when it is old, and holds keep what a case needs. Both are in the log."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from alerts.compliance.places import need_school, read_day
from alerts.domain.retention import Hold, HoldInvalid, Kept, check_hold, check_reason, decide_fate
from alerts.staff.calendars import CITY_ZONE
from alerts.storage import retention as storage
from alerts.storage.database import Connection, Database
from alerts.storage.log import Entry, append_log
from alerts.storage.retention import HoldRow

_AT_A_TIME = 5_000


class NoSuchHold(LookupError):
    """There is no hold of that number, or it was lifted."""


@dataclass(frozen=True, slots=True)
class HoldOutlook:
    """What a hold would find: how many of its days have gone at that place, whole or in part, and the first and the
    last of them."""

    days: int
    gone_days: int
    gone_first: date | None
    gone_last: date | None


@dataclass(frozen=True, slots=True)
class Retention:
    """What goes when: for how many days evidence and what could not be read are kept, and which are the oldest days
    that are still whole today without a hold."""

    today: date
    evidence_days: int
    evidence_since: date
    quarantine_days: int
    quarantine_since: date


class EvidenceGone(LookupError):
    """The raw evidence of a day went when it was old: only what was recorded of the day is left."""


async def place_hold(database: Database, hold: Hold, reason: str, by: str) -> HoldRow:
    """Keeps evidence from going; what went before does not come back. Raises HoldInvalid and NoSuchSchool."""
    check_hold(hold)
    check_reason(reason)
    async with database.transaction() as connection:
        now = await database.read_now(connection)
        await _need_place(connection, hold)
        row = await storage.place_hold(connection, hold, reason.strip(), now, by)
        await _tell(connection, now, row, by, "hold.placed")
    return row


async def lift_hold(database: Database, id_: int, reason: str, by: str) -> HoldRow:
    """Lets evidence go when it is old. Raises HoldInvalid and NoSuchHold."""
    check_reason(reason)
    async with database.transaction() as connection:
        now = await database.read_now(connection)
        row = await storage.lift_hold(connection, id_, reason.strip(), now, by)
        if row is None:
            raise NoSuchHold(f"there is no hold {id_}, or it was lifted")
        await _tell(connection, now, row, by, "hold.lifted")
    return row


async def foresee_hold(database: Database, hold: Hold) -> HoldOutlook:
    """What a hold would find. Raises HoldInvalid and NoSuchSchool."""
    check_hold(hold)
    async with database.connection() as connection:
        await _need_place(connection, hold)
        gone = await storage.sum_up_gone(connection, hold)
    return HoldOutlook((hold.until - hold.since).days + 1, gone.days, gone.first, gone.last)


async def read_retention(database: Database, kept: Kept) -> Retention:
    """What goes when."""
    async with database.connection() as connection:
        today = read_day(await database.read_now(connection))
    return Retention(
        today,
        kept.evidence_days,
        kept.first_whole_day(today),
        kept.quarantine_days,
        kept.first_quarantine_day(today),
    )


async def _need_place(connection: Connection, hold: Hold) -> None:
    if hold.school is not None:
        await need_school(connection, hold.school)
    if hold.district is not None and not await storage.has_district(connection, hold.district):
        raise HoldInvalid(f"district: there is no district {hold.district}")


async def _tell(connection: Connection, now: datetime, row: HoldRow, by: str, kind: str) -> None:
    subject = f"school:{row.school}" if row.school else f"district:{row.district}" if row.district else "city"
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
