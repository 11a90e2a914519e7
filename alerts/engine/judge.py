"""The judge: the cycles that compute for long. They turn in a process of their own, so that no step waits for them."""

from __future__ import annotations

import asyncio

import structlog

from alerts.compliance.loading import KnownDuties
from alerts.engine.breaches import escalate_breaches
from alerts.engine.closing import amend_due, close_due
from alerts.engine.compliance import ComplianceJudge, follow_log
from alerts.engine.coverage import lint_stale_schools
from alerts.engine.cycles import start_cycles
from alerts.engine.exports import make_export_due
from alerts.engine.rosters import turn_rosters
from alerts.storage.database import Database

_log = structlog.get_logger()
_JUDGE_SECONDS = 0.25  # a breach is on the board within a second of its evidence
_LINT_SECONDS = 5.0  # so that changes which come together are looked at together
_CLOSE_SECONDS = 5.0
_ROSTER_SECONDS = 1.0
_EXPORT_SECONDS = 1.0
_BREACH_SECONDS = 600.0


class Judge:
    """Judges compliance, closes days, carries rosters on and proves the coming week. Several may run at once."""

    def __init__(self, database: Database, name: str) -> None:
        self._database = database
        self._name = name
        self._compliance = ComplianceJudge(database)
        self._closing_duties = KnownDuties(database)

    async def run(self) -> None:
        """Runs until it is cancelled."""
        _log.info("engine.judge.started", name=self._name)
        cycles = {
            "compliance": self._judge,
            "closing": self._close_days,
            "breaches": self._escalate_breaches,
            "rosters": self._keep_rosters,
            "coverage": self._lint,
            "exports": self._make_exports,
        }
        async with asyncio.TaskGroup() as tasks:
            start_cycles(tasks, cycles)

    async def _judge(self) -> float:
        while await follow_log(self._database):
            pass
        while await self._compliance.judge_due():
            pass
        return await self._compliance.read_seconds_to_rest(_JUDGE_SECONDS)

    async def _close_days(self) -> float:
        while await close_due(self._database, self._closing_duties.find):
            pass
        while await amend_due(self._database, self._closing_duties.find):
            pass
        return _CLOSE_SECONDS

    async def _escalate_breaches(self) -> float:
        await escalate_breaches(self._database)
        return _BREACH_SECONDS

    async def _keep_rosters(self) -> float:
        await turn_rosters(self._database)
        return _ROSTER_SECONDS

    async def _lint(self) -> float:
        await lint_stale_schools(self._database)
        return _LINT_SECONDS

    async def _make_exports(self) -> float:
        while await make_export_due(self._database):
            pass
        return _EXPORT_SECONDS
