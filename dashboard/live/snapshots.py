"""Snapshots of the board: read once, encoded once, shared by all boards that come in the same moment."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from alerts.domain.board import Snapshot
from dashboard.live.feed import Feed
from dashboard.live.frames import encode_snapshot, split_deflated, split_plain
from dashboard.metrics import SNAPSHOT_BYTES, SNAPSHOTS

KEPT_SECONDS = 5.0  # an older one is as true together with the changes after it, but then those are more to send


@dataclass(frozen=True, slots=True)
class FramedSnapshot:
    """A snapshot at one position of the log, as frames for boards that inflate and for those that do not."""

    position: int
    plain: tuple[bytes, ...]
    deflated: tuple[bytes, ...]


class Snapshots:
    """Hands out framed snapshots together with the number of the change that follows them in the feed."""

    def __init__(self, read_snapshot: Callable[[], Awaitable[Snapshot]], feed: Feed) -> None:
        self._read_snapshot = read_snapshot
        self._feed = feed
        self._kept: FramedSnapshot | None = None
        self._kept_until = 0.0
        self._reading = asyncio.Lock()

    async def take(self) -> tuple[FramedSnapshot, int]:
        """A snapshot that is new enough. Raises StorageUnavailable while none can be read.

        The number is only good until the caller awaits something.
        """
        while True:
            async with self._reading:
                if self._kept is None or time.monotonic() > self._kept_until:
                    self._kept = await self._make()
                    self._kept_until = time.monotonic() + KEPT_SECONDS
            number = self._feed.find(self._kept.position)
            if number is not None:
                return self._kept, number
            self._kept_until = 0.0

    async def _make(self) -> FramedSnapshot:
        snapshot = await self._read_snapshot()
        message = encode_snapshot(self._feed.name_cursor(snapshot.position), snapshot)
        plain = split_plain(message)
        deflated = await asyncio.to_thread(split_deflated, message)
        SNAPSHOTS.inc()
        SNAPSHOT_BYTES.labels("plain").set(sum(map(len, plain)))
        SNAPSHOT_BYTES.labels("deflated").set(sum(map(len, deflated)))
        await self._feed.reach(snapshot.position)
        return FramedSnapshot(snapshot.position, plain, deflated)
