"""Two people at the same incident see each other: boards say which one they have open, and hear who else does.

Only what changes is work: it is gathered for a third of a second, encoded once an incident, and told to the boards that
have it open and to the other processes. Nothing of it is kept.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Collection
from datetime import datetime
from uuid import uuid4

import structlog

from alerts.outage import Outage
from alerts.storage.database import Connection, Database
from alerts.storage.errors import StorageUnavailable
from alerts.storage.waking import Waker
from alerts.storage.watchers import NOTIFY_CHANNEL, find_watched, hear_watchers, renew_process, say_watchers
from dashboard.live.company import Company, Seat
from dashboard.live.messages import Watching
from dashboard.metrics import WATCHING

GATHER_SECONDS = 0.3
RENEW_SECONDS = 5.0  # and as often it is looked whether incidents are where they were
PATIENCE_SECONDS = 5.0  # with the database; then boards are told that there may be more than they know of
TOLD_A_SECOND = 4_000  # boards; after a turn that told many, the next one waits: an alarm goes before

log = structlog.get_logger()


class Watchers:
    """Who is where, as the boards of this process say, and as other processes do."""

    def __init__(self, database: Database, read_clock: Callable[[], datetime]) -> None:
        self._database = database
        self._read_clock = read_clock
        self._process = uuid4()
        self._companies: dict[int, Company] = {}
        self._stirred: set[Company] = set()
        self._waker: Waker | None = None
        self._renew_at = 0.0
        self._outage = Outage()

    async def share_for_ever(self) -> None:
        """Tells what changes as it does."""
        async with Waker.listening(self._database, NOTIFY_CHANNEL) as waker:
            self._waker = waker
            while True:
                await waker.wait(RENEW_SECONDS)
                told = await self.share()
                await asyncio.sleep(max(GATHER_SECONDS, told / TOLD_A_SECOND))

    async def share(self) -> int:
        """Tells what changed since it was called last. Returns how many boards were told."""
        if not self._companies:
            return 0
        was_alone = self._outage.lasts
        stirred, self._stirred = self._stirred, set()
        try:
            async with asyncio.timeout(PATIENCE_SECONDS), self._database.connection() as connection:
                stirred |= await self._exchange(connection, stirred)
        except (StorageUnavailable, TimeoutError) as error:
            self._renew_at = 0.0
            self._stirred |= stirred
            if self._outage.begin():
                log.warning("dashboard.watchers.alone", error=str(error) or type(error).__name__)
        else:
            self._outage.end()
        return await self._tell(stirred if was_alone == self._outage.lasts else set(self._companies.values()))

    def take(self, seat: Seat, said: Watching) -> None:
        """Takes what a board says. What it says again is answered again."""
        if seat.company is not None and seat.company.incident != said.incident:
            self.leave(seat)
        if said.incident is None:
            return
        if seat.company is None:
            seat.company = self._companies.setdefault(said.incident, Company(said.incident))
            WATCHING.inc()
        seat.company.join(seat, said.doing, self._read_clock())
        seat.told = None
        self._stir(seat.company)

    def leave(self, seat: Seat) -> None:
        """The person has no incident open there any more, or the board went."""
        if seat.company is None:
            return
        seat.company.leave(seat)
        WATCHING.dec()
        self._stir(seat.company)
        seat.company = None

    def _stir(self, company: Company) -> None:
        self._stirred.add(company)
        if self._waker is not None:
            self._waker.ring()

    async def _exchange(self, connection: Connection, stirred: Collection[Company]) -> set[Company]:
        """Tells the other processes what is different here, and hears them. Returns where something else is."""
        companies = self._companies.copy()
        unsettled = [one for one in stirred if not one.is_found]
        if time.monotonic() >= self._renew_at:
            unsettled = list(companies.values())
            if await renew_process(connection, self._process, await self._database.read_now(connection)):
                for one in companies.values():
                    one.said = []
            self._renew_at = time.monotonic() + RENEW_SECONDS
        found = await find_watched(connection, [one.incident for one in unsettled]) if unsettled else {}
        settled = {one for one in unsettled if one.settle(found.get(one.incident))}
        await self._say(connection, companies.values())
        heard = await hear_watchers(connection, self._process, list(companies))
        return settled | {one for one in companies.values() if one.hear(heard.get(one.incident, []))}

    async def _say(self, connection: Connection, companies: Collection[Company]) -> None:
        unsaid = {one: one.here for one in companies if one.here != one.said}
        if unsaid:
            await say_watchers(connection, self._process, {one.incident: here for one, here in unsaid.items()})
        for one, here in unsaid.items():
            one.said = here
        for one in companies:
            if not one.seats and not one.said:
                del self._companies[one.incident]

    async def _tell(self, companies: Collection[Company]) -> int:
        total = 0
        for company in companies:
            told, waits = company.tell(whole=not self._outage.lasts)
            total += told
            if waits:
                self._stirred.add(company)
            await asyncio.sleep(0)  # what is urgent goes between
        return total
