"""One engine: its cycles as named tasks. When one of them dies the process ends, and its supervisor starts it again.

None of them computes for long: what does has a process of its own (`alerts/engine/judge.py`).
"""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from functools import partial

import structlog

from alerts.channels.channel import Channel
from alerts.domain.device_history import BATTERY_AT_MOST_EVERY, BATTERY_KEPT, BATTERY_STEP_PERCENT
from alerts.engine.cycles import RETRY_SECONDS, start_cycles
from alerts.engine.delivery import Courier
from alerts.engine.escalation import escalate_due, read_seconds_to_rest
from alerts.engine.giving_way import work_until_done
from alerts.engine.hazards import escalate_hazards_due
from alerts.engine.outputs import watch_outputs_due
from alerts.engine.police import PoliceCourier
from alerts.engine.police_watch import read_seconds_to_next_late, watch_handovers_due
from alerts.engine.practice import close_proved_tests, prove_tests
from alerts.engine.reaching import follow_up_overdue
from alerts.engine.station import StationCourier, tell_silences_due
from alerts.engine.supervision import supervise_devices
from alerts.engine.tasks import attend_tasks_due, read_seconds_to_next_task
from alerts.health import FRESH, report_engine
from alerts.messages.composing import Composer
from alerts.messages.providers import settle_strays
from alerts.police.terms import PoliceTerms, StationTerms
from alerts.reports.answer_times import count_answer_times
from alerts.storage.accounts import delete_expired
from alerts.storage.check_points import forget_codes
from alerts.storage.closing import ensure_school_day_partition
from alerts.storage.database import Database
from alerts.storage.deliveries import NOTIFY_CHANNEL, list_channel_codes, read_next_unconfirmed, switch_channel
from alerts.storage.device_history import forget_battery, keep_battery
from alerts.storage.errors import StorageUnavailable
from alerts.storage.evidence import ensure_evidence_partition
from alerts.storage.exports import delete_expired_exports
from alerts.storage.handovers import NOTIFY_CHANNEL as HANDOVERS_QUEUED
from alerts.storage.school_days import forget_seen
from alerts.storage.waking import Waker

_log = structlog.get_logger()
_REST_SECONDS = 1.0
_COUNT_SECONDS = 5.0
_HOUSEKEEPING_SECONDS = 600.0
_CARDS_REST_SECONDS = 2.0  # the first cards of an incident are due after a minute
_HAZARD_SECONDS = 10.0  # their deadlines are days
_KEYS_LAST = timedelta(hours=24)
_NEXT_MONTH = timedelta(days=10)
_SEEN_LASTS = timedelta(days=40)  # no rule asks of check-ins of more than 31 days before
_CODES_LAST = timedelta(hours=1)  # check-in codes that were used; they ran out long before


class Engine:
    """Escalates, delivers and supervises. `name` tells engines apart that run side by side."""

    def __init__(
        self,
        database: Database,
        channels: Sequence[Channel],
        name: str,
        public_url: str | None = None,
        police: PoliceTerms | None = None,
    ) -> None:
        self._database = database
        self._channels = channels
        self._name = name
        self._public_url = public_url
        self._police = police or PoliceTerms()
        self._composer: Composer
        self._since = datetime.now(UTC)
        self._turned_at = -math.inf

    async def run(self) -> None:
        """Runs until it is cancelled."""
        await self._prepare()
        _log.info("engine.run.started", name=self._name, channels=[channel.code for channel in self._channels])
        cycles = {
            "escalation": self._escalate,
            "reaching": self._follow_up,
            "receipts": self._settle_receipts,
            "supervision": self._supervise,
            "tasks": self._attend_tasks,
            "handovers": self._watch_handovers,
            "outputs": self._watch_outputs,
            "practice": self._practise,
            "answer_times": self._count,
            "hazards": self._watch_hazards,
            "pulse": self._pulse,
            "housekeeping": self._keep_house,
        }
        async with asyncio.TaskGroup() as tasks:
            start_cycles(tasks, cycles)
            for channel in self._channels:
                tasks.create_task(self._carry(channel), name=f"engine.courier.{channel.code}")
            tasks.create_task(self._hand_over(), name="engine.courier.police")
            if self._police.station:
                tasks.create_task(self._tell_station(self._police.station), name="engine.courier.station")

    async def _prepare(self) -> None:
        """Waits for the database, and says which channels steps may use from now on."""
        while True:
            try:
                self._composer = await Composer.open(self._database, self._public_url)
                async with self._database.transaction() as connection:
                    configured = {channel.code: channel for channel in self._channels}
                    for code in await list_channel_codes(connection):
                        found = configured.get(code)
                        confirms = found is not None and found.confirms
                        await switch_channel(connection, code, on=found is not None, confirms=confirms)
                await PoliceCourier(self._database, self._police).prepare()
            except StorageUnavailable as error:
                _log.warning("engine.database.awaited", error=str(error))
                await asyncio.sleep(RETRY_SECONDS)
            else:
                return

    async def _escalate(self) -> float:
        while await escalate_due(self._database):
            self._turned_at = time.monotonic()
        self._turned_at = time.monotonic()
        return await read_seconds_to_rest(self._database, _REST_SECONDS)

    async def _follow_up(self) -> float:
        while await follow_up_overdue(self._database):
            pass
        async with self._database.connection() as connection:
            next_at = await read_next_unconfirmed(connection)
            now = await self._database.read_now(connection)
        return _REST_SECONDS if next_at is None else max(0.0, min(_REST_SECONDS, (next_at - now).total_seconds()))

    async def _attend_tasks(self) -> float:
        await work_until_done(self._database, partial(attend_tasks_due, self._database), _CARDS_REST_SECONDS)
        return await read_seconds_to_next_task(self._database, _REST_SECONDS)

    async def _settle_receipts(self) -> float:
        await settle_strays(self._database)
        return _REST_SECONDS

    async def _watch_handovers(self) -> float:
        while await watch_handovers_due(self._database):
            pass
        return await read_seconds_to_next_late(self._database, _REST_SECONDS)

    async def _watch_outputs(self) -> float:
        while await watch_outputs_due(self._database):
            pass
        return _REST_SECONDS

    async def _pulse(self) -> float:
        """Says that escalation turns; an engine whose cycle hangs falls silent, and `/readyz` with it."""
        if time.monotonic() - self._turned_at < FRESH.total_seconds():
            await report_engine(self._database, self._name, "escalation", self._since)
        return _REST_SECONDS

    async def _practise(self) -> float:
        """Writes down how far tests came, and closes those that are proved."""
        await work_until_done(self._database, partial(prove_tests, self._database), _CARDS_REST_SECONDS)
        await work_until_done(self._database, partial(close_proved_tests, self._database), _CARDS_REST_SECONDS)
        return _REST_SECONDS

    async def _count(self) -> float:
        await work_until_done(self._database, partial(count_answer_times, self._database), _COUNT_SECONDS)
        return _COUNT_SECONDS

    async def _supervise(self) -> float:
        await supervise_devices(self._database)
        await tell_silences_due(self._database)
        return _REST_SECONDS

    async def _watch_hazards(self) -> float:
        while await escalate_hazards_due(self._database):
            pass
        return _HAZARD_SECONDS

    async def _keep_house(self) -> float:
        """Makes the coming days' partitions, keeps what batteries are, and forgets what has expired."""
        async with self._database.transaction() as connection:
            now = await self._database.read_now(connection)
            for days in range(-1, 3):
                await ensure_evidence_partition(connection, (now + timedelta(days=days)).date())
            await ensure_school_day_partition(connection, (now + _NEXT_MONTH).date())
            await forget_seen(connection, (now - _SEEN_LASTS).date())
            await delete_expired(connection, now, now - _KEYS_LAST)
            await forget_codes(connection, now - _CODES_LAST)
            await delete_expired_exports(connection, now)
        async with self._database.transaction() as connection:  # every device is looked at: nothing waits for that
            await keep_battery(connection, now, BATTERY_STEP_PERCENT, BATTERY_AT_MOST_EVERY)
            await forget_battery(connection, now - BATTERY_KEPT)
        return _HOUSEKEEPING_SECONDS

    async def _carry(self, channel: Channel) -> None:
        async with Waker.listening(self._database, NOTIFY_CHANNEL) as bell:
            await Courier(self._database, channel, self._composer).run(bell)

    async def _hand_over(self) -> None:
        async with Waker.listening(self._database, HANDOVERS_QUEUED) as bell:
            await PoliceCourier(self._database, self._police).run(bell)

    async def _tell_station(self, station: StationTerms) -> None:
        async with Waker.listening(self._database, HANDOVERS_QUEUED) as bell:
            await StationCourier(self._database, station).run(bell)
