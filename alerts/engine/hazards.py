"""The cycle of hazards: one that nobody mended in time becomes overdue, once, and is told of in the log."""

from __future__ import annotations

import structlog

from alerts.domain.compliance.rules import Input
from alerts.storage.database import Database
from alerts.storage.hazards import claim_overdue
from alerts.storage.log import Entry, append_log
from alerts.storage.stale import mark_stale

_log = structlog.get_logger()
_BATCH = 200


async def escalate_hazards_due(database: Database) -> int:
    """One cycle, one transaction: hazards whose deadline has passed are overdue from now on. Returns how many."""
    async with database.transaction() as connection:
        now = await database.read_now(connection)
        overdue = await claim_overdue(connection, now, _BATCH)
        if not overdue:
            return 0
        await mark_stale(connection, Input.HAZARDS, [one.school for one in overdue])
        entries = [Entry("engine", f"school:{one.school}", "hazard.overdue", {"hazard": one}) for one in overdue]
        await append_log(connection, now, entries)
    for one in overdue:
        _log.warning("engine.hazard.overdue", hazard=one.id, school=one.school, owner=one.owner)
    return len(overdue)
