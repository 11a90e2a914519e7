"""The cycle that watches what 110 owes: no answer in time rings the city desk, no patrol in time is noted."""

from __future__ import annotations

import structlog

from alerts.domain.handover import Overdue, judge_deadlines
from alerts.engine.metrics import HANDOVERS
from alerts.police.handovers import ring_city_desk, write_overdue_entry
from alerts.storage.database import Database
from alerts.storage.handovers import list_late_incidents, lock_handovers, read_next_late, save_handovers
from alerts.storage.incidents import lock_incidents
from alerts.storage.log import Entry, append_log

_log = structlog.get_logger()
_BATCH = 200


async def watch_handovers_due(database: Database) -> int:
    """One cycle, one transaction: hand-over, messages and log together. Returns how many were late."""
    async with database.transaction() as connection:
        now = await database.read_now(connection)
        late = await list_late_incidents(connection, now, _BATCH)
        if not late:
            return 0
        running = {one.incident.id: one for one in await lock_incidents(connection, late)}
        handovers = await lock_handovers(connection, sorted(running))
        judged = {incident: judge_deadlines(handover, now) for incident, handover in handovers.items()}
        judged = {incident: one for incident, one in judged.items() if one.late}
        rings = {incident: one.handover.rings for incident, one in judged.items() if one.rings}
        rung = await ring_city_desk(connection, [running[incident] for incident in sorted(rings)], rings, now)
        await save_handovers(connection, [one.handover for one in judged.values()])
        entries: list[Entry] = []
        for number, one in judged.items():
            incident, people = rung.get(number, (running[number].incident, []))
            entries += [write_overdue_entry(incident, one.handover, what, people) for what in one.late]
        if entries:
            await append_log(connection, now, entries)
    for number, one in judged.items():
        _say(number, one)
    return len(judged)


async def read_seconds_to_next_late(database: Database, longest: float) -> float:
    """How long until 110 is late with something, at most `longest`."""
    async with database.connection() as connection:
        next_at = await read_next_late(connection)
        now = await database.read_now(connection)
    return longest if next_at is None else max(0.0, min(longest, (next_at - now).total_seconds()))


def _say(incident: int, overdue: Overdue) -> None:
    for what in overdue.late:
        HANDOVERS.labels("handover.overdue").inc()
        _log.error("engine.handover.overdue", incident=incident, late=what, state=overdue.handover.state)
