"""Follows the log and keeps every board up to date."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from datetime import datetime

from alerts.domain.chain import LogRow
from alerts.feed import changes_of
from dashboard.live.cursors import Cursor, after_row, read_cursor, write_cursor
from dashboard.live.frames import FRAME_BYTES, encode_change, encode_tick
from dashboard.live.readers import Reader, Wire
from dashboard.live.ring import Ring
from dashboard.metrics import BOARDS, CHANGES, FEED_POSITION, RESYNCS

HELD_CHANGES = 10_000  # a board that was away can resume for this long ...
HELD_BYTES = 16_777_216  # ... or this much


class Feed:
    """The changes of the log from `position` on, and the boards that are shown them.

    `history` names the log (see `write_cursor`).
    """

    def __init__(
        self, history: str, position: int, *, held_changes: int = HELD_CHANGES, held_bytes: int = HELD_BYTES
    ) -> None:
        self._history = history
        self._ring = Ring(after_row(position), limit_changes=held_changes, limit_bytes=held_bytes)
        self._readers: set[Reader] = set()
        self._moved = asyncio.Event()

    @property
    def position(self) -> int:
        """The last row of the log that was taken."""
        return self._ring.head.position - 1

    def take(self, rows: Iterable[LogRow]) -> None:
        """Takes the next rows of the log: encodes their changes once, and writes them to every board."""
        unsent = self._ring.after
        unsent_bytes = 0
        for row in rows:
            unsent_bytes += self._take_row(row)
            if unsent_bytes >= FRAME_BYTES:
                self._send(unsent)
                unsent, unsent_bytes = self._ring.after, 0
        self._send(unsent)
        FEED_POSITION.set(self.position)
        self._moved.set()
        self._moved = asyncio.Event()

    def tick(self, at: datetime, *, presses: bool, engine: bool) -> None:
        """Tells every board that is up to date that it is."""
        frame = encode_tick(write_cursor(self._history, self._ring.head), at, presses=presses, engine=engine)
        for reader in self._readers:
            reader.tick(frame)

    def join(self, wire: Wire, since: str | None) -> Reader:
        """A new board. It goes on after the cursor `since`, and wants a snapshot when that cannot be."""
        reader = Reader(wire, self._ring)
        self._readers.add(reader)
        BOARDS.set(len(self._readers))
        cursor = None if since is None else read_cursor(self._history, since)
        number = None if cursor is None else self._ring.find(cursor)
        if number is None:
            reader.wants_snapshot.set()
        else:
            reader.resume(number)
        return reader

    def leave(self, reader: Reader) -> None:
        """A board went away."""
        self._readers.discard(reader)
        BOARDS.set(len(self._readers))
        RESYNCS.inc(reader.resyncs)

    def find(self, position: int) -> int | None:
        """The number of the first change after `position`; None when it is not held any more."""
        return self._ring.find(after_row(position))

    def name_cursor(self, position: int) -> str:
        """The cursor of a snapshot at `position`."""
        return write_cursor(self._history, after_row(position))

    async def reach(self, position: int) -> None:
        """Waits until the log was taken up to `position`."""
        while self.position < position:
            await self._moved.wait()

    def _take_row(self, row: LogRow) -> int:
        size = 0
        for index, change in enumerate(changes_of(row)):
            known = write_cursor(self._history, Cursor(row.position, index + 1))
            frame = encode_change(known, change.kind, change.item)
            self._ring.append(Cursor(row.position, index), frame)
            CHANGES.labels(change.kind).inc()
            size += len(frame)
        self._ring.move_head(after_row(row.position))
        return size

    def _send(self, number: int) -> None:
        number = max(number, self._ring.first)
        readers: Sequence[Reader] = list(self._readers)
        while number < self._ring.after:
            frames, after = self._ring.read(number, FRAME_BYTES)
            for reader in readers:
                reader.offer(number, after, frames)
            number = after
