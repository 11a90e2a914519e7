"""Breaches that are overdue or come back are told on: to those who supervise the district, once each."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime

import structlog

from alerts.compliance.judging import read_parameters
from alerts.domain.compliance.breaches import BREACH, read_breach_terms
from alerts.engine.supervisors import tell_supervisors
from alerts.storage.compliance import Escalation, claim_escalations, note_escalations
from alerts.storage.database import Connection, Database
from alerts.storage.log import Entry, append_log

_log = structlog.get_logger()
_BATCH = 50_000  # all that are due: a district is told once of many, and not many times


async def escalate_breaches(database: Database) -> int:
    """One cycle, one transaction. Returns how many breaches were told on.

    Where nobody can be told the log says so, and the breach stays marked on every board.
    """
    async with database.transaction() as connection:
        now = await database.read_now(connection)
        terms = read_breach_terms(await read_parameters(connection, now.date()), BREACH, "", now.date())
        due = await claim_escalations(connection, now, terms.count("repeat_times"), _BATCH)
        if not due:
            return 0
        by_district: dict[str, list[Escalation]] = defaultdict(list)
        for one in due:
            by_district[one.district].append(one)
        entries = [entry for district in by_district.items() for entry in await _tell(connection, *district, now)]
        await note_escalations(connection, [one.id for one in due], now)
        await append_log(connection, now, entries)
    _log.info("engine.breaches.escalated", breaches=len(due), districts=len(by_district))
    return len(due)


async def _tell(connection: Connection, district: str, due: Sequence[Escalation], now: datetime) -> list[Entry]:
    title = f"安全规定逾期或反复不达标 Overdue or repeated: {len(due)}"
    told = await tell_supervisors(connection, district, title, [_write(one) for one in due], now)
    return told.write(f"district:{district}", "breach.escalated", {"breaches": [one.id for one in due]})


def _write(one: Escalation) -> str:
    return f"{one.school_name} {one.rule}" + (f" ×{one.repeats + 1}" if one.repeats else "")
