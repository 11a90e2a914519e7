"""What boards say of what stands on their screens: gathered, and written in batches, however many boards there are."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta

import structlog

from alerts.domain.incidents import State
from alerts.domain.showings import Screen
from alerts.incidents.showings import keep_showings
from alerts.outage import Outage
from alerts.storage.database import Database
from alerts.storage.errors import StorageUnavailable
from alerts.storage.showings import SaidShowing
from dashboard.live.messages import ShownItem
from dashboard.metrics import SHOWINGS

STORE_SECONDS = 2.0
MOST_WAITING = 20_000  # while the database is away; what screens say beyond it is not kept
BATCH = 2_000
_LONGEST_AGO_MS = 10_000

log = structlog.get_logger()

_Key = tuple[int, int, State, bytes, Screen]


class Showings:
    """What the boards of this process said and is not written down yet."""

    def __init__(self, database: Database, read_clock: Callable[[], datetime]) -> None:
        self._database = database
        self._read_clock = read_clock
        self._waiting: dict[_Key, SaidShowing] = {}
        self._outage = Outage()
        self._turn = 0

    @property
    def turn(self) -> int:
        """How many batches were made: what a board may say is counted from one to the next."""
        return self._turn

    def add(self, digest: bytes, items: list[ShownItem]) -> None:
        """Takes what a board of a session says."""
        now = self._read_clock()
        for item in items:
            key = (item.incident, item.round, item.state, digest, item.screen)
            if key not in self._waiting and len(self._waiting) >= MOST_WAITING:
                SHOWINGS.labels("dropped").inc()
                continue
            seen_at = None if item.seen_ago is None else _before(now, item.seen_ago)
            before = self._waiting.get(key)
            shown_at = _before(now, item.ago) if before is None else before.shown_at
            self._waiting[key] = SaidShowing(
                item.incident,
                item.round,
                item.state,
                digest,
                item.screen,
                shown_at,
                seen_at if before is None or before.seen_at is None else before.seen_at,
            )

    async def store_for_ever(self) -> None:
        """Writes down what was said, each few seconds."""
        while True:
            await asyncio.sleep(STORE_SECONDS)
            await self.store()

    async def store(self) -> None:
        """Writes down what was said until now; while the database is away it waits."""
        self._turn += 1
        while self._waiting:
            batch = {key: self._waiting[key] for key in list(self._waiting)[:BATCH]}
            try:
                kept = await keep_showings(self._database, list(batch.values()))
            except StorageUnavailable as error:
                if self._outage.begin():
                    log.warning("dashboard.showings.waiting", error=str(error))
                return
            self._outage.end()
            SHOWINGS.labels("kept").inc(kept)
            for key, said in batch.items():
                if self._waiting.get(key) is said:  # else somebody touched something meanwhile
                    del self._waiting[key]


def _before(now: datetime, ago_ms: int) -> datetime:
    return now - timedelta(milliseconds=min(ago_ms, _LONGEST_AGO_MS))
