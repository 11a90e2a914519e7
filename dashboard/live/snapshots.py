"""Snapshots of the board: read once for all boards that come in the same moment, encoded once for those of a place."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field

from alerts.domain.board import Snapshot, divide
from alerts.domain.rights import CITY, Place
from dashboard.live.feed import Feed
from dashboard.live.frames import encode_snapshot, split_deflated, split_plain
from dashboard.metrics import SNAPSHOT_BYTES, SNAPSHOTS

KEPT_SECONDS = 5.0  # an older one is as true together with the changes after it, but then those are more to send
DEFLATED_BYTES = 16_384  # a smaller message is not worth it: most schools' are 1 kB


@dataclass(frozen=True, slots=True)
class FramedSnapshot:
    """A snapshot at one position of the log, as frames for boards that inflate and for those that do not."""

    position: int
    plain: tuple[bytes, ...]
    deflated: tuple[bytes, ...]


@dataclass(eq=False)
class _Kept:
    """What was read, and what was made of it for the places that asked."""

    whole: Snapshot
    until: float
    parts: Mapping[Place, Snapshot] = field(default_factory=dict)
    framed: dict[Place, FramedSnapshot] = field(default_factory=dict)

    async def narrow(self, place: Place) -> Snapshot:
        """What a place is shown. One that came after the snapshot was read is in the changes after it."""
        if place == CITY:
            return self.whole
        if not self.parts:
            self.parts = await asyncio.to_thread(divide, self.whole)
        return self.parts.get(place) or Snapshot(self.whole.position, self.whole.at, (), (), ())


class Snapshots:
    """Hands out framed snapshots together with the number of the change that follows them in the feed."""

    def __init__(self, read_snapshot: Callable[[], Awaitable[Snapshot]], feed: Feed) -> None:
        self._read_snapshot = read_snapshot
        self._feed = feed
        self._kept: _Kept | None = None
        self._making = asyncio.Lock()

    async def take(self, place: Place) -> tuple[FramedSnapshot, int]:
        """A snapshot of a place that is new enough. Raises StorageUnavailable while none can be read.

        The number is only good until the caller awaits something.
        """
        while True:
            async with self._making:
                kept = self._kept
                if kept is None or time.monotonic() > kept.until:
                    kept = self._kept = await self._read()
                if place not in kept.framed:
                    kept.framed[place] = await self._frame(await kept.narrow(place), place)
            number = self._feed.find(kept.whole.position, place)
            if number is not None:
                return kept.framed[place], number
            kept.until = 0.0

    async def _read(self) -> _Kept:
        snapshot = await self._read_snapshot()
        SNAPSHOTS.inc()
        await self._feed.reach(snapshot.position)
        return _Kept(snapshot, time.monotonic() + KEPT_SECONDS)

    async def _frame(self, snapshot: Snapshot, place: Place) -> FramedSnapshot:
        message = encode_snapshot(self._feed.name_cursor(snapshot.position), snapshot)
        plain = deflated = split_plain(message)
        if len(message) >= DEFLATED_BYTES:
            deflated = await asyncio.to_thread(split_deflated, message)
        if place == CITY:
            SNAPSHOT_BYTES.labels("plain").set(sum(map(len, plain)))
            SNAPSHOT_BYTES.labels("deflated").set(sum(map(len, deflated)))
        return FramedSnapshot(snapshot.position, plain, deflated)
