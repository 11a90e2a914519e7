"""What keeps the live feed of one process going: it follows the log and ticks."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import structlog

from alerts.domain.chain import LogRow
from alerts.feed import follow, read_snapshot
from alerts.health import Health, read_health
from alerts.outage import Outage
from alerts.storage.database import Database
from alerts.storage.errors import StorageUnavailable
from alerts.storage.log import read_log_after, read_log_head
from alerts.storage.registry import read_school_districts
from dashboard.live.feed import Feed
from dashboard.live.snapshots import Snapshots
from dashboard.metrics import FEED_DELAY

TICK_SECONDS = 1.0  # contract, "The live feed": at least every 2 s
UNHURRIED_SECONDS = 0.3  # a breach is on the boards within a second of its evidence, and judging takes its part of that
HEARD_SECONDS = 3.0  # the follower hears from the database each second; after this long it counts as deaf
BACKFILL_ROWS = 10_000  # of the log are taken at the start, so that boards resume after a restart in a storm, too
RETRY_SECONDS = 1.0

log = structlog.get_logger()


class Live:
    """The live feed: `feed` and `snapshots` are there as soon as the database was reached for the first time."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._started = asyncio.Event()
        self._heard_at = 0.0
        self._clock: tuple[datetime, float] | None = None
        self._health: tuple[Health, float] | None = None
        self._health_outage = Outage()
        self.feed: Feed
        self.snapshots: Snapshots

    async def started(self) -> None:
        """Waits until boards can be served."""
        await self._started.wait()

    @property
    def is_heard(self) -> bool:
        """Whether the follower heard from the database just now."""
        return self._started.is_set() and time.monotonic() - self._heard_at < HEARD_SECONDS

    async def follow_log(self) -> None:
        """Takes the log into the feed, for ever."""
        start, head = await self._find_start()
        async for rows in follow(self._database, start):
            self._heard_at = time.monotonic()
            if rows:
                self.feed.take(rows)
                self._note_delay(rows)
            if not self._started.is_set() and self.feed.position >= head:
                self._started.set()
                log.info("dashboard.feed.started", position=self.feed.position)

    async def send_ticks(self) -> None:
        """Tells the boards each second what they can rely on, for ever."""
        await self._started.wait()
        next_at = time.monotonic()
        while True:
            await self.read_health()
            health = self._recall_health()
            self.feed.tick(self.read_clock(), presses=health.press_lane, engine=health.engine)
            next_at = max(next_at + TICK_SECONDS, time.monotonic())
            await asyncio.sleep(next_at - time.monotonic())

    async def send_unhurried(self) -> None:
        """Lets nothing wait for company for long, for ever."""
        await self._started.wait()
        while True:
            await asyncio.sleep(UNHURRIED_SECONDS)
            self.feed.send_unhurried()

    async def read_health(self) -> Health | None:
        """Whether presses are taken in and escalated; None when the database does not answer within a tick."""
        try:
            async with asyncio.timeout(TICK_SECONDS * 0.8):
                async with self._database.connection() as connection:
                    self._clock = await self._database.read_now(connection), time.monotonic()
                health = await read_health(self._database)
        except (StorageUnavailable, TimeoutError) as error:
            if self._health_outage.begin():
                log.warning("dashboard.health.unknown", error=str(error) or type(error).__name__)
            return None
        if (away_seconds := self._health_outage.end()) is not None:
            log.info("dashboard.health.known", away_seconds=away_seconds)
        self._health = health, time.monotonic()
        return health

    def _recall_health(self) -> Health:
        """The newest answer. One that is late is no alarm yet; after a while, what is not known is not relied on."""
        if self._health is None or not self.is_heard or time.monotonic() - self._health[1] > HEARD_SECONDS:
            return Health(press_lane=False, engine=False)
        return self._health[0]

    async def _find_start(self) -> tuple[int, int]:
        """Where the follower starts, and the head of the log now; the feed begins there."""
        while True:
            try:
                async with self._database.connection() as connection:
                    head = (await read_log_head(connection)).position
                    first = await read_log_after(connection, 0, 1)
                    districts = await read_school_districts(connection)
            except StorageUnavailable as error:
                log.warning("dashboard.database.away", error=str(error))
                await asyncio.sleep(RETRY_SECONDS)
                continue
            start = max(head - BACKFILL_ROWS, first[0].position - 1 if first else 0)
            self.feed = Feed(first[0].hash.hex()[:8] if first else "0", start, districts)
            self.snapshots = Snapshots(lambda: read_snapshot(self._database), self.feed)
            return start, head

    def read_clock(self) -> datetime:
        """The database's time, carried on by our own clock while the database is away."""
        if self._clock is None:
            return datetime.now(UTC)
        at, read_at = self._clock
        return at + timedelta(seconds=time.monotonic() - read_at)

    def _note_delay(self, rows: Sequence[LogRow]) -> None:
        now = self.read_clock()
        for row in rows:
            FEED_DELAY.observe(max((now - row.at).total_seconds(), 0.0))
