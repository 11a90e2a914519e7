"""The closer: after midnight each school's day becomes a record that never changes; what comes in late amends it."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import structlog

from alerts.compliance.closing import amend_days, close_days, sum_up_day
from alerts.compliance.loading import FindCityDuties
from alerts.compliance.retention import list_gone_schools
from alerts.domain.compliance.schedule import midnight
from alerts.domain.policies import DEFAULT_ZONE
from alerts.storage.closing import (
    begin_closing,
    claim_closing,
    claim_late_days,
    count_open_schools,
    digest_day,
    end_day,
    ensure_school_day_partition,
    forget_late_days,
    list_open_schools,
    lock_schools,
)
from alerts.storage.database import Connection, Database
from alerts.storage.log import Entry, append_log

_log = structlog.get_logger()
GRACE = timedelta(minutes=30)  # ours: until then what is on its way from the evening belongs to the record
QUIET = timedelta(minutes=5)  # ours: a gateway that comes back is heard out before its day is amended
LONGEST_WAIT = timedelta(hours=1)
_BATCH = 50


async def close_due(database: Database, find_city_duties: FindCityDuties | None = None) -> int:
    """One cycle, one transaction: closes the day of some schools, or, when all have, that of the city. Returns how many
    schools; the city counts for one. 0: nothing is due, or another engine is at it."""
    async with database.transaction() as connection:
        now = await database.read_now(connection)
        await begin_closing(connection, now.astimezone(ZoneInfo(DEFAULT_ZONE)).date())
        on = await claim_closing(connection)
        if on is None or now < datetime.combine(on, time(10), UTC):  # nowhere on earth is it over earlier
            return 0
        await ensure_school_day_partition(connection, on)
        schools = await list_open_schools(connection, on, now - GRACE, _BATCH)
        if schools:
            await close_days(connection, schools, on, now, find_city_duties)
            return len(schools)
        if await count_open_schools(connection, on) or not _is_over_everywhere(on, now):
            return 0
        await _end_day(connection, on, now)
    return 1


async def amend_due(database: Database, find_city_duties: FindCityDuties | None = None) -> int:
    """One cycle, one transaction: amends some days of which something came in late. Returns how many were looked at. A
    day whose other evidence has gone stays as it was recorded: judged by the rest alone it would be unknown."""
    async with database.transaction() as connection:
        now = await database.read_now(connection)
        late = await claim_late_days(connection, now - QUIET, now - LONGEST_WAIT, _BATCH)
        if not late:
            return 0
        on = late[0].on_date  # one day at a time
        schools = sorted(one.school for one in late if one.on_date == on)
        await lock_schools(connection, schools)
        gone = await list_gone_schools(connection, on, schools)
        here = [school for school in schools if school not in gone]
        amended = await amend_days(connection, here, on, now, find_city_duties)
        await forget_late_days(connection, on, schools)
        if amended:
            await sum_up_day(connection, on)
        entries = [Entry("engine", f"school:{one.school}", "compliance.amended", one) for one in amended]
        entries += [Entry("engine", f"school:{school}", "compliance.too_late", {"on": on}) for school in sorted(gone)]
        if entries:
            await append_log(connection, now, entries)
    if amended:
        _log.info("engine.compliance.amended", on=str(on), schools=len(amended))
    return len(schools)


def _is_over_everywhere(on: date, now: datetime) -> bool:
    """A city without schools closes its days all the same, by the city's clock."""
    return now - GRACE >= midnight(on + timedelta(days=1), ZoneInfo(DEFAULT_ZONE))


async def _end_day(connection: Connection, on: date, now: datetime) -> None:
    await sum_up_day(connection, on)
    digest = await digest_day(connection, on)
    await end_day(connection, on, now, digest.rows)
    body = {"on": on, "schools": digest.rows, "hash": digest.hash.hex()}
    await append_log(connection, now, [Entry("engine", f"day:{on}", "compliance.day_closed", body)])
    _log.info("engine.compliance.day_closed", on=str(on), schools=digest.rows)
