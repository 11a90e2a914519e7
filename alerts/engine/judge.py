"""The judge: the cycles that compute for long. They turn in a process of their own, so that no step waits for them."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from functools import partial

import structlog

from alerts.compliance.loading import KnownDuties
from alerts.compliance.retention import drop_next_day, drop_old_quarantine
from alerts.domain.retention import Kept
from alerts.engine.breaches import escalate_breaches
from alerts.engine.closing import amend_due, close_due
from alerts.engine.compliance import ComplianceJudge, follow_log
from alerts.engine.coverage import lint_stale_schools
from alerts.engine.cycles import start_cycles
from alerts.engine.exports import make_export_due
from alerts.engine.giving_way import let_calls_pass, work_until_done
from alerts.engine.rosters import turn_rosters
from alerts.incidents.showings import forget_old_showings
from alerts.replay import keep_keyframe, thin_keyframes
from alerts.storage.database import Database

_log = structlog.get_logger()
_JUDGE_SECONDS = 0.25  # a breach is on the board within a second of its evidence
_DEAFNESS_SECONDS = 5.0
_LINT_SECONDS = 5.0  # so that changes which come together are looked at together
_LINT_WAITS_SECONDS = 0.5
_CLOSE_SECONDS = 5.0
_CLOSING_FIRST_SECONDS = 120.0  # a day of the whole city is closed in half of that
_ROSTER_SECONDS = 1.0
_EXPORT_SECONDS = 1.0
_BREACH_SECONDS = 600.0
_RETENTION_SECONDS = 600.0
_KEYFRAME_SECONDS = 10.0
_LONGEST_REST_SECONDS = 10.0  # so that compliance goes on slowly while nobody escalates at all


class Judge:
    """Judges compliance, closes days, carries rosters on, proves the coming week, and lets go of what is old.

    Several may run at once.
    """

    def __init__(self, database: Database, name: str, kept: Kept) -> None:
        self._database = database
        self._name = name
        self._kept = kept
        self._compliance = ComplianceJudge(database)
        self._closing_duties = KnownDuties(database)
        self._closing_first_until = 0.0

    async def run(self) -> None:
        """Runs until it is cancelled."""
        _log.info("engine.judge.started", name=self._name)
        cycles = {
            "compliance": self._judge,
            "deafness": self._mark_deafness,
            "closing": self._close_days,
            "breaches": self._escalate_breaches,
            "rosters": self._keep_rosters,
            "coverage": self._lint,
            "exports": self._make_exports,
            "retention": self._let_go,
            "keyframes": self._keep_keyframes,
        }
        async with asyncio.TaskGroup() as tasks:
            start_cycles(tasks, cycles)

    async def _until_done(self, work: Callable[[], Awaitable[object]]) -> None:
        await work_until_done(self._database, work, _LONGEST_REST_SECONDS)

    async def _judge(self) -> float:
        if await self._compliance.has_work():
            await self._until_done(partial(follow_log, self._database))
            await self._until_done(self._judge_due)
        return _JUDGE_SECONDS

    async def _mark_deafness(self) -> float:
        await self._compliance.mark_deafness()
        return _DEAFNESS_SECONDS

    async def _judge_due(self) -> int:
        """What concerns all schools waits for a day that is being closed, but not for a month of them: side by side,
        each would take as long as both."""
        return await self._compliance.judge_due(wide=not self._closes_a_day)

    @property
    def _closes_a_day(self) -> bool:
        return time.monotonic() < self._closing_first_until

    async def _close_days(self) -> float:
        self._closing_first_until = time.monotonic() + _CLOSING_FIRST_SECONDS
        try:
            await self._until_done(partial(close_due, self._database, self._closing_duties.find))
        finally:
            self._closing_first_until = 0.0
        await self._until_done(partial(amend_due, self._database, self._closing_duties.find))
        return _CLOSE_SECONDS

    async def _escalate_breaches(self) -> float:
        await let_calls_pass(self._database, _LONGEST_REST_SECONDS)
        await escalate_breaches(self._database)
        return _BREACH_SECONDS

    async def _keep_rosters(self) -> float:
        await let_calls_pass(self._database, _LONGEST_REST_SECONDS)
        await turn_rosters(self._database)
        return _ROSTER_SECONDS

    async def _lint(self) -> float:
        if self._closes_a_day:
            return _LINT_WAITS_SECONDS
        await let_calls_pass(self._database, _LONGEST_REST_SECONDS)
        await lint_stale_schools(self._database)
        return _LINT_SECONDS

    async def _make_exports(self) -> float:
        await self._until_done(partial(make_export_due, self._database))
        return _EXPORT_SECONDS

    async def _keep_keyframes(self) -> float:
        await let_calls_pass(self._database, _LONGEST_REST_SECONDS)
        await keep_keyframe(self._database)
        return _KEYFRAME_SECONDS

    async def _let_go(self) -> float:
        await self._until_done(partial(drop_next_day, self._database, self._kept))
        await self._until_done(partial(drop_old_quarantine, self._database, self._kept))
        await self._until_done(partial(thin_keyframes, self._database))
        await self._until_done(partial(forget_old_showings, self._database))
        return _RETENTION_SECONDS
