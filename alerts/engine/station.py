"""The courier to the monitoring station: one event after the other over one line, and a sign of life in between."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta

import structlog

from alerts.domain.contact_id import ContactId
from alerts.engine.metrics import DATABASE_UP, STATION_EVENTS
from alerts.outage import Outage
from alerts.police.link import LinkFailed
from alerts.police.terms import StationTerms, write_account
from alerts.storage.database import Database
from alerts.storage.errors import StorageUnavailable
from alerts.storage.station import LeasedEvent, claim_events, mark_acknowledged, mark_failed, read_next_event_due
from alerts.storage.waking import Waker

_log = structlog.get_logger()
_REST_SECONDS = 1.0
LEASE = timedelta(seconds=30)  # longer than the line's own time-outs, so that only a dead engine's lease ends
_FIRST_PAUSE_SECONDS = 2.0
_LONGEST_PAUSE_SECONDS = 60.0


class StationCourier:
    """Tells events in order, live ones first, each until it is acknowledged: maybe twice, never not at all."""

    def __init__(self, database: Database, terms: StationTerms) -> None:
        self._database = database
        self._line = terms.line
        self._prefix = terms.prefix
        self._supervision = terms.supervision
        self._alive_at: datetime | None = None
        self._down = False

    async def run(self, waker: Waker) -> None:
        """Tells what is due, for ever; holds on while the database is away."""
        outage = Outage()
        while True:
            try:
                while await self.carry_once():
                    pass
                await self.supervise_due()
                seconds = await self._read_seconds_to_rest()
                DATABASE_UP.labels("station").set(1)
            except StorageUnavailable as error:
                DATABASE_UP.labels("station").set(0)
                if outage.begin():
                    _log.warning("engine.database.lost", cycle="station", error=str(error))
                await asyncio.sleep(_REST_SECONDS)
                continue
            if (away_seconds := outage.end()) is not None:
                _log.info("engine.database.back", cycle="station", away_seconds=away_seconds)
            await waker.wait(max(0.0, seconds))

    async def carry_once(self) -> bool:
        """Tells the next event that is due; False when there is none."""
        async with self._database.transaction() as connection:
            now = await self._database.read_now(connection)
            claimed = await claim_events(connection, now, 1, LEASE)
        for event in claimed:
            try:
                await self._line.report(self._write(event), event.sequence, now)
            except LinkFailed as error:
                await self._note_failed(event, str(error))
            else:
                await self._note_acknowledged(event)
        return bool(claimed)

    async def supervise_due(self) -> None:
        """Shows the station that we are alive when nothing else did for the agreed time."""
        async with self._database.connection() as connection:
            now = await self._database.read_now(connection)
        if self._alive_at is not None and now - self._alive_at < self._supervision:
            return
        try:
            await self._line.supervise(now)
        except LinkFailed as error:
            self._say_down(str(error))
        else:
            self._say_up()
        self._alive_at = now  # after a failure, too: it is tried at the same pace

    def _write(self, event: LeasedEvent) -> ContactId:
        return ContactId(write_account(self._prefix, event.account), event.qualifier, event.code)

    async def _note_acknowledged(self, event: LeasedEvent) -> None:
        async with self._database.transaction() as connection:
            now = await self._database.read_now(connection)
            await mark_acknowledged(connection, event.id, now)
        self._alive_at = now
        self._say_up()
        STATION_EVENTS.labels("acknowledged").inc()
        _log.info("engine.station.acknowledged", incident=event.incident, code=event.code, sequence=event.sequence)

    async def _note_failed(self, event: LeasedEvent, reason: str) -> None:
        pause = min(_FIRST_PAUSE_SECONDS * 2 ** min(event.attempts - 1, 10), _LONGEST_PAUSE_SECONDS)
        async with self._database.transaction() as connection:
            now = await self._database.read_now(connection)
            await mark_failed(connection, event.id, now + timedelta(seconds=pause), reason)
        self._say_down(reason)
        STATION_EVENTS.labels("failed").inc()

    def _say_down(self, reason: str) -> None:
        if not self._down:
            _log.error("engine.station.lost", reason=reason)
        self._down = True

    def _say_up(self) -> None:
        if self._down:
            _log.info("engine.station.back")
        self._down = False

    async def _read_seconds_to_rest(self) -> float:
        async with self._database.connection() as connection:
            next_at = await read_next_event_due(connection)
            now = await self._database.read_now(connection)
        return _REST_SECONDS if next_at is None else min(_REST_SECONDS, (next_at - now).total_seconds())
