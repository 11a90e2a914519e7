"""The cycle of rosters: duty is carried on 35 days ahead, codes whose time is up are wiped, and a year whose holidays
nobody knows is told of before it begins."""

from __future__ import annotations

from datetime import timedelta

import structlog

from alerts.staff.calendars import list_warnings
from alerts.staff.duty import materialise
from alerts.staff.people import wipe_expired_codes
from alerts.storage.calendars import claim_warning
from alerts.storage.database import Database
from alerts.storage.log import Entry, append_log
from alerts.storage.rosters import claim_due_rosters

_log = structlog.get_logger()
_BATCH = 50
_WARN_AGAIN = timedelta(days=1)


async def turn_rosters(database: Database) -> None:
    """All that is due now."""
    while await extend_duty_due(database):
        pass
    while await wipe_expired_codes(database):
        pass
    await warn_of_unknown_years(database)


async def extend_duty_due(database: Database) -> int:
    """Carries on the duty of rosters whose time has come; one transaction. Engines that run side by side share the
    work. Returns how many rosters it were."""
    async with database.transaction() as connection:
        now = await database.read_now(connection)
        placed = await claim_due_rosters(connection, now, _BATCH)
        if not placed:
            return 0
        holes = await materialise(connection, placed, now)
        posts = [one.post for one in placed]
        await append_log(
            connection, now, [Entry("engine", "rosters", "duty.extended", {"posts": posts, "holes": holes})]
        )
    _log.info("engine.duty.extended", rosters=len(posts), holes=holes)
    return len(posts)


async def warn_of_unknown_years(database: Database) -> tuple[int, ...]:
    """Says once a day, from 1 November on, that nobody knows the coming year's holidays; all year, that nobody knows
    this one's. Returns the years that it told of."""
    async with database.transaction() as connection:
        now = await database.read_now(connection)
        if not await claim_warning(connection, now, now + _WARN_AGAIN):
            return ()
        unknown = await list_warnings(connection, now)
    for one in unknown:
        _log.error("engine.calendar.unknown", year=one.year, advice=one.advice)
    return tuple(one.year for one in unknown)
