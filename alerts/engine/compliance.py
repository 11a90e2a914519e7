"""The judge: schools of which something changed, or whose deadline has passed, are judged at once."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType

import structlog

from alerts.compliance.judging import judge_schools
from alerts.compliance.loading import KnownDuties
from alerts.domain.compliance.rules import Input
from alerts.engine.metrics import COMPLIANCE_JUDGED, COMPLIANCE_WAITING
from alerts.storage.compliance import (
    READER,
    NewMark,
    add_marks,
    add_schools,
    claim_turns,
    list_log_marks,
    read_outlook,
    spread_stale,
)
from alerts.storage.database import Database
from alerts.storage.log import append_log, claim_reader, move_reader, read_log_head
from alerts.storage.pulses import mark_deaf, read_deaf_since
from alerts.storage.stale import EVERYTHING

_log = structlog.get_logger()
_BATCH = 25  # so few that a breach elsewhere need not wait for long
_SPAN = 5000  # rows of the log in one transaction

# Which inputs a row of the log changes, by the first word of its kind. What people declare of compliance itself leaves
# its own marks, and so does evidence.
AREAS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "press": (Input.PRESSES, Input.INCIDENTS, Input.DRILLS, Input.DEVICES),
        "incident": (Input.INCIDENTS, Input.DRILLS),
        "handover": (Input.INCIDENTS,),
        "delivery": (Input.INCIDENTS,),
        "device": (Input.DEVICES,),
        "test": (Input.DEVICES, Input.DRILLS),
        "window": (Input.DEVICES, Input.DRILLS),
        "task": (Input.DRILLS, Input.PLANS),
        "plan": (Input.PLANS,),
        "training": (Input.PLANS,),
        "roster": (Input.ROSTERS,),
        "override": (Input.ROSTERS,),
        "duty": (Input.ROSTERS,),
        "leave": (Input.ROSTERS, Input.PLANS),
        "deputies": (Input.PLANS,),
        "method": (Input.STAFF, Input.ROSTERS, Input.PLANS),
        "contact": (Input.STAFF, Input.ROSTERS, Input.PLANS),
        "certificate": (Input.STAFF, Input.PLANS),
        "calendar": (Input.SCHEDULE,),
        "police": (Input.INCIDENTS,),
        "registry": (EVERYTHING,),
    }
)


async def follow_log(database: Database) -> int:
    """One cycle, one transaction: marks the schools that the next span of the log concerns. Returns how many rows were
    read; 0 when all are, or another engine is at it."""
    async with database.transaction() as connection:
        position = await claim_reader(connection, READER)
        if position is None:
            return 0
        last = min((await read_log_head(connection)).position, position + _SPAN)
        if last == position:
            return 0
        told = await list_log_marks(connection, position, last, sorted(AREAS))
        await add_marks(connection, {NewMark(one.school, input_) for one in told for input_ in AREAS[one.area]})
        await move_reader(connection, READER, last)
    return last - position


class ComplianceJudge:
    """Judges schools in batches, one transaction each."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._duties = KnownDuties(database)
        self._deaf_since: datetime | None = None

    async def mark_deafness(self) -> None:
        """Once nobody hears devices for long, every school is to be judged anew: what stood on sensors is unknown. When
        somebody hears them again, that marks the schools itself (alerts/storage/pulses.py)."""
        async with self._database.transaction() as connection:
            now = await self._database.read_now(connection)
            since = await read_deaf_since(connection, now)
            if since is not None and since != self._deaf_since:
                await mark_deaf(connection, since, now)
                _log.warning("engine.compliance.deaf", since=since.isoformat())
        self._deaf_since = since

    async def judge_due(self, *, wide: bool = True) -> int:
        """One cycle; what concerns all schools is left to wait unless `wide`. Returns how many schools were judged; 0
        when none is due, or other engines have them."""
        async with self._database.transaction() as connection:
            await add_schools(connection)
            await spread_stale(connection)
            now = await self._database.read_now(connection)
            codes = await claim_turns(connection, now, _BATCH, wide=wide)
            if not codes:
                return 0
            entries = await judge_schools(connection, codes, now, self._duties.find)
            if entries:
                await append_log(connection, now, entries)
        COMPLIANCE_JUDGED.inc(len(codes))
        if entries:
            _log.info("engine.compliance.judged", schools=len(codes), told=len(entries))
        return len(codes)

    async def has_work(self) -> bool:
        """Whether there is anything to judge, by one question: it is asked often, and mostly there is nothing."""
        async with self._database.connection() as connection:
            outlook = await read_outlook(connection, await self._database.read_now(connection))
        COMPLIANCE_WAITING.set(outlook.waiting)
        return outlook.due
