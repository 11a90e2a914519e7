"""Couriers: each leases the messages of its channel from the outbox, sends them, and marks what became of them."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog

from alerts.channels.channel import Channel, ChannelRefused, Handed
from alerts.domain.incidents import Incident
from alerts.engine.metrics import DATABASE_UP, MESSAGES
from alerts.engine.throttling import claim_allowed
from alerts.incidents.escalating import count_reached, delivery_entry
from alerts.messages.composing import Composer, Subject, read_subjects
from alerts.messages.providers import method_entry
from alerts.outage import Outage
from alerts.storage.channels import MethodChange, note_failures, note_successes
from alerts.storage.database import Connection, Database
from alerts.storage.deliveries import (
    LeasedDelivery,
    Refusal,
    SentDelivery,
    mark_refused,
    mark_sent,
    queue_next_of_notices,
    read_next_delivery_due,
)
from alerts.storage.errors import StorageUnavailable
from alerts.storage.incidents import lock_incidents
from alerts.storage.log import Entry, append_log
from alerts.storage.waking import Waker

_log = structlog.get_logger()
_REST_SECONDS = 1.0
LEASE = timedelta(seconds=30)  # longer than any channel's own time-out, so that only a dead engine's lease ends
_FIRST_RETRY_SECONDS = 2.0
_LONGEST_RETRY_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class _Sent:
    delivery: LeasedDelivery
    handed: Handed | None
    refused: ChannelRefused | None


class Courier:
    """Carries the messages of one channel, several at a time; a slow channel holds up neither another channel nor,
    with half of its hands kept free for them, live messages behind those of a test."""

    def __init__(self, database: Database, channel: Channel, composer: Composer, hands: int = 200) -> None:
        self._database = database
        self._composer = composer
        self._channel = channel
        self._cycle = f"delivery.{channel.code}"
        self._hands = hands
        self._busy: dict[asyncio.Task[_Sent], LeasedDelivery] = {}
        self._pause_seconds: float | None = None  # until the throttle lets the next message through that is not live

    async def run(self, waker: Waker) -> None:
        """Claims, sends and marks, for ever; holds on while the database is away."""
        outage = Outage()
        while True:
            try:
                await self.carry_once()
                seconds = await self._read_seconds_to_rest()
                DATABASE_UP.labels(self._cycle).set(1)
            except StorageUnavailable as error:
                DATABASE_UP.labels(self._cycle).set(0)
                if outage.begin():
                    _log.warning("engine.database.lost", cycle=self._cycle, error=str(error))
                # Not `_rest`: what came through meanwhile and cannot be marked would end each rest at once.
                await asyncio.sleep(_REST_SECONDS)
                continue
            if (away_seconds := outage.end()) is not None:
                _log.info("engine.database.back", cycle=self._cycle, away_seconds=away_seconds)
            await self._rest(waker, seconds)

    async def carry_once(self) -> int:
        """Takes up what is due and marks what is done. Returns how many messages are on their way."""
        await self._mark_done()
        free = self._hands - len(self._busy)
        if free:
            for delivery, running in await self._claim(free):
                task = asyncio.create_task(self._send(delivery, running), name=f"delivery.{delivery.id}")
                self._busy[task] = delivery
        return len(self._busy)

    async def finish(self) -> None:
        """Waits for what is on its way and marks it."""
        if self._busy:
            await asyncio.wait(self._busy)
        await self._mark_done()

    def _only_live(self) -> bool:
        return sum(not one.live for one in self._busy.values()) >= self._hands // 2

    async def _claim(self, free: int) -> list[tuple[LeasedDelivery, Subject]]:
        async with self._database.transaction() as connection:
            now = await self._database.read_now(connection)
            claimed = await claim_allowed(
                connection, self._channel.code, now, min(free, self._hands // 2), LEASE, only_live=self._only_live()
            )
            subjects = await read_subjects(connection, claimed.leased) if claimed.leased else {}
        self._pause_seconds = claimed.pause_seconds
        return [(one, subjects[one.id]) for one in claimed.leased]

    async def _read_seconds_to_rest(self) -> float:
        if len(self._busy) >= self._hands:
            return _REST_SECONDS
        only_live = self._only_live() or self._pause_seconds is not None
        longest = min(_REST_SECONDS, self._pause_seconds or _REST_SECONDS)
        async with self._database.connection() as connection:
            next_at = await read_next_delivery_due(connection, self._channel.code, only_live=only_live)
            now = await self._database.read_now(connection)
        return longest if next_at is None else min(longest, (next_at - now).total_seconds())

    async def _rest(self, waker: Waker, seconds: float) -> None:
        """Until new messages are queued, something is due, or a message came through."""
        bell = asyncio.create_task(waker.wait(max(0.0, seconds)))
        await asyncio.wait({bell, *self._busy}, return_when=asyncio.FIRST_COMPLETED)
        bell.cancel()

    async def _send(self, delivery: LeasedDelivery, subject: Subject) -> _Sent:
        message = self._composer.compose(delivery, subject)
        try:
            handed = await self._channel.send(message)
        except ChannelRefused as refused:
            MESSAGES.labels(delivery.channel, "refused").inc()
            _log.warning(
                "channel.message.refused", incident=delivery.incident, person=delivery.person, reason=str(refused)
            )
            return _Sent(delivery, None, refused)
        MESSAGES.labels(delivery.channel, "handed_over" if self._channel.confirms else "delivered").inc()
        return _Sent(delivery, handed, None)

    async def _mark_done(self) -> None:
        done = [task for task in self._busy if task.done()]
        if done:
            await _mark(self._database, self._channel, [task.result() for task in done])
            for task in done:
                del self._busy[task]


async def _mark(database: Database, channel: Channel, sent: Sequence[_Sent]) -> None:
    """Results, the incidents' counts of people reached, and the log, in one transaction."""
    async with database.transaction() as connection:
        running = await lock_incidents(connection, sorted({one.delivery.incident or 0 for one in sent}))
        now = await database.read_now(connection)
        taken = [
            SentDelivery(one.delivery.id, one.handed.provider_id, channel.confirms)
            for one in sent
            if one.handed is not None
        ]
        if taken:
            await mark_sent(connection, taken, now)
        refusals = [
            Refusal(one.delivery.id, now + _pause(one.delivery, one.refused), str(one.refused), one.refused.final)
            for one in sent
            if one.refused is not None
        ]
        if refusals:
            await mark_refused(connection, refusals, now)
        changed = await _note_methods(connection, channel, sent, now)
        counted = await count_reached(connection, running)
        entries = [
            entry
            for one in sent
            if (entry := _entry(one, counted.get(one.delivery.incident or 0), confirms=channel.confirms)) is not None
        ]
        entries += [method_entry(one) for one in changed]
        if entries:
            await append_log(connection, now, entries)


async def _note_methods(
    connection: Connection, channel: Channel, sent: Sequence[_Sent], now: datetime
) -> list[MethodChange]:
    """Counts methods that failed for a fault of their own, and tries others for notices that failed for good."""
    final = [one for one in sent if one.refused is not None and one.refused.final]
    if notices := [one.delivery.id for one in final if one.delivery.notice is not None]:
        await queue_next_of_notices(connection, notices, now)
    faulty = [one.delivery.id for one in final if one.refused and one.refused.address_fault]
    taken = [] if channel.confirms else [one.delivery.id for one in sent if one.handed is not None]
    failed = await note_failures(connection, faulty, now) if faulty else []
    return failed + (await note_successes(connection, taken) if taken else [])


def _pause(delivery: LeasedDelivery, refused: ChannelRefused) -> timedelta:
    """2, 4, 8 … 60 s, or the provider's own wish up to that."""
    doubled = _FIRST_RETRY_SECONDS * 2 ** min(delivery.attempts - 1, 10)
    return timedelta(seconds=min(refused.retry_after_seconds or doubled, _LONGEST_RETRY_SECONDS))


def _entry(sent: _Sent, incident: Incident | None, *, confirms: bool) -> Entry | None:
    """What became of a message to somebody about an incident is news, and so are its first failure and its last; tries
    in between are counted on its row. Notices are counted, not told one by one."""
    delivery, refused = sent.delivery, sent.refused
    if incident is None or (refused is not None and delivery.attempts > 1 and not refused.final):
        return None
    taken = "delivery.handed_over" if confirms else "delivery.delivered"
    return delivery_entry(
        "engine",
        taken if refused is None else "delivery.failed",
        incident,
        delivery,
        error=None if refused is None else str(refused),
    )
