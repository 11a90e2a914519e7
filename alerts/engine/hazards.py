"""The cycle of hazards: one that nobody mended in time becomes overdue, once, and is told on."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime

import structlog

from alerts.domain.compliance.rules import Input
from alerts.domain.registry import School
from alerts.engine.supervisors import tell_supervisors
from alerts.storage.database import Connection, Database
from alerts.storage.hazards import HazardRow, claim_overdue
from alerts.storage.log import Entry, append_log
from alerts.storage.registry import find_schools
from alerts.storage.stale import mark_stale

_log = structlog.get_logger()
_BATCH = 200


async def escalate_hazards_due(database: Database) -> int:
    """One cycle, one transaction: hazards whose deadline has passed are overdue from now on. Returns how many.

    Those who supervise the district and the hazards' owners are told, in one notice of all of them. Where nobody can be
    told the log says so, and the hazard stays marked on every board.
    """
    async with database.transaction() as connection:
        now = await database.read_now(connection)
        overdue = await claim_overdue(connection, now, _BATCH)
        if not overdue:
            return 0
        schools = await find_schools(connection, sorted({one.school for one in overdue}))
        by_district: dict[str, list[HazardRow]] = defaultdict(list)
        for one in overdue:
            by_district[schools[one.school].district].append(one)
        await mark_stale(connection, Input.HAZARDS, list(schools))
        entries = [Entry("engine", f"school:{one.school}", "hazard.overdue", {"hazard": one}) for one in overdue]
        for district, due in by_district.items():
            entries += await _tell(connection, district, due, schools, now)
        await append_log(connection, now, entries)
    for one in overdue:
        _log.warning("engine.hazard.overdue", hazard=one.id, school=one.school, owner=one.owner)
    return len(overdue)


async def _tell(
    connection: Connection, district: str, due: Sequence[HazardRow], schools: Mapping[str, School], now: datetime
) -> list[Entry]:
    title = f"隐患逾期未整改 Hazards overdue: {len(due)}"
    lines = [f"{schools[one.school].name} {one.title}" for one in due]
    owners = [one.owner for one in due if one.owner is not None]
    told = await tell_supervisors(connection, district, title, lines, now, owners)
    return told.write(f"district:{district}", "hazard.escalated", {"hazards": [one.id for one in due]})
