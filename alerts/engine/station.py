"""The courier to the monitoring station: one event after the other over one line, and a sign of life in between."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta

import structlog

from alerts.domain.blackouts import group_held
from alerts.domain.contact_id import ContactId, EventCode
from alerts.domain.station import SILENCES_GATHER, tell_silences
from alerts.engine.metrics import DATABASE_UP, STATION_EVENTS
from alerts.outage import Outage
from alerts.police.link import LinkFailed
from alerts.police.terms import StationTerms, write_account
from alerts.storage.database import Connection, Database
from alerts.storage.errors import StorageUnavailable
from alerts.storage.registry import take_school_items_turn
from alerts.storage.station import (
    LeasedEvent,
    claim_events,
    list_held_silences,
    mark_acknowledged,
    mark_failed,
    number_account,
    number_zones,
    queue_periodic_test,
    queue_troubles,
    read_next_event_due,
    read_zone,
    take_account,
)
from alerts.storage.waking import Waker

_log = structlog.get_logger()
_REST_SECONDS = 1.0
LEASE = timedelta(seconds=30)  # longer than the line's own time-outs, so that only a dead engine's lease ends
_FIRST_PAUSE_SECONDS = 2.0
_LONGEST_PAUSE_SECONDS = 60.0


class StationCourier:
    """Tells events in order, live incidents first and devices' troubles last, each until it is acknowledged: maybe
    twice, never not at all."""

    def __init__(self, database: Database, terms: StationTerms) -> None:
        self._database = database
        self._line = terms.line
        self._prefix = terms.prefix
        self._supervision = terms.supervision
        self._test_every = terms.test_every
        self._alive_at: datetime | None = None
        self._down = False

    async def run(self, waker: Waker) -> None:
        """Tells what is due, for ever; holds on while the database is away."""
        outage = Outage()
        while True:
            try:
                while await self.carry_once():
                    pass
                await self.test_due()
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
            told = [(event, await self._write(connection, event)) for event in claimed]
        for event, contact_id in told:
            try:
                await self._line.report(contact_id, event.sequence, now)
            except LinkFailed as error:
                await self._note_failed(event, str(error))
            else:
                await self._note_acknowledged(event)
        return bool(claimed)

    async def test_due(self) -> None:
        """Queues a test of the line when it is time for one."""
        async with self._database.transaction() as connection:
            now = await self._database.read_now(connection)
            await queue_periodic_test(connection, EventCode.PERIODIC_TEST, now, self._test_every)

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

    async def _write(self, connection: Connection, event: LeasedEvent) -> ContactId:
        account = zone = 0  # of no school, of no device
        if event.school is not None:
            await number_account(connection, event.school)
            account = await take_account(connection, event.school)
            zone = await _find_zone(connection, event.school, event)
        return ContactId(write_account(self._prefix, account), event.qualifier, event.code, zone=zone)

    async def _note_acknowledged(self, event: LeasedEvent) -> None:
        async with self._database.transaction() as connection:
            now = await self._database.read_now(connection)
            await mark_acknowledged(connection, event.id, now)
        self._alive_at = now
        self._say_up()
        STATION_EVENTS.labels("acknowledged").inc()
        _log.info(
            "engine.station.acknowledged",
            incident=event.incident,
            device=event.device,
            code=event.code,
            sequence=event.sequence,
        )

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


async def _find_zone(connection: Connection, school: str, event: LeasedEvent) -> int:
    if event.device is None or event.code == EventCode.CANCEL:  # with a cancel, the field is for a person's number
        return 0
    await number_zones(connection, school)
    return await read_zone(connection, school, event.device) or 0


async def tell_silences_due(database: Database) -> int:
    """Tells the station of devices that fell silent, once they have gathered: many at once as one event. Returns how
    many devices that were."""
    async with database.transaction() as connection:
        now = await database.read_now(connection)
        if not await list_held_silences(connection, now - SILENCES_GATHER):
            return 0
        await take_school_items_turn(connection)  # supervision takes it too: nobody comes back in between
        held = await list_held_silences(connection, now - SILENCES_GATHER)
        schools = {one.device: one.school for one in held}
        await queue_troubles(connection, tell_silences(group_held(held), schools), now)
    return len(held)
