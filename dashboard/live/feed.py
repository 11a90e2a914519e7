"""Follows the log and keeps every board up to date with what its place holds."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from datetime import datetime

from alerts.domain.chain import LogRow
from alerts.domain.rights import Place
from alerts.feed import Change, changes_of
from dashboard.live.cursors import Cursor, after_row, read_cursor, write_cursor
from dashboard.live.districts import Districts
from dashboard.live.frames import FRAME_BYTES, encode_change, encode_tick
from dashboard.live.readers import Reader, Wire
from dashboard.live.ring import Ring, Rings
from dashboard.metrics import BOARDS, CHANGES, FEED_POSITION, RESYNCS

HELD_CHANGES = 10_000  # a board that was away can resume for this long ...
HELD_BYTES = 16_777_216  # ... or this much
UNHURRIED = frozenset({"compliance.judged", "delivery.delivered", "delivery.handed_over"})
"""Rows that nobody waits for: thousands when a city is judged for the first time, dozens of each incident."""
_SAVED = frozenset({"account.saved", "token.saved"})  # rows after which somebody may stand for another place


class Feed:
    """The changes of the log from `position` on, and the boards that are shown them, each those of its place.

    `history` names the log (see `write_cursor`); `districts` says of every school where it is.
    """

    def __init__(
        self,
        history: str,
        position: int,
        districts: Mapping[str, str],
        *,
        held_changes: int = HELD_CHANGES,
        held_bytes: int = HELD_BYTES,
    ) -> None:
        self._history = history
        self._districts = Districts(districts)
        self._rings = Rings(after_row(position), limit_changes=held_changes, limit_bytes=held_bytes)
        self._readers: set[Reader] = set()
        self._readers_of: dict[Ring, set[Reader]] = {}
        self._saved: dict[str, Cursor] = {}
        self._unsent: dict[Ring, int] = {}
        self._unsent_bytes = 0
        self._sent_unhurried = False
        self._moved = asyncio.Event()

    @property
    def position(self) -> int:
        """The last row of the log that was taken."""
        return self._rings.head.position - 1

    def take(self, rows: Iterable[LogRow]) -> None:
        """Takes the next rows of the log: encodes each change once, and writes it to the boards that it concerns.

        What costs is each write to thousands of boards, hardly what is in it. So of changes that nobody waits for the
        first goes out at once, and those after it with the next one that somebody waits for, or by `send_unhurried`: an
        alarm never finds the boards being told of a thousand schools one by one. The order stays that of the log.
        """
        hurried = False
        for row in rows:
            size = self._take_row(row)
            hurried = hurried or (size > 0 and row.kind not in UNHURRIED)
            self._unsent_bytes += size
            if self._unsent_bytes >= FRAME_BYTES:
                self._send()
        if hurried or not self._sent_unhurried:
            self._sent_unhurried = self._sent_unhurried or (bool(self._unsent) and not hurried)
            self._send()
        FEED_POSITION.set(self.position)
        self._moved.set()
        self._moved = asyncio.Event()

    def send_unhurried(self) -> None:
        """Tells the boards what has waited for company."""
        self._sent_unhurried = bool(self._unsent)
        self._send()

    def tick(self, at: datetime, *, presses: bool, engine: bool) -> None:
        """Tells every board that is up to date that it is."""
        self.send_unhurried()
        frame = encode_tick(write_cursor(self._history, self._rings.head), at, presses=presses, engine=engine)
        for reader in self._readers:
            reader.tick(frame)

    def join(self, wire: Wire, since: str | None, place: Place, account: str) -> Reader:
        """A new board of somebody who stands for a place; `account` is what the log calls their account. It goes on
        after the cursor `since`, and wants a snapshot when that cannot be."""
        ring = self._rings.of(place)
        reader = Reader(wire, ring, account)
        self._readers.add(reader)
        self._readers_of.setdefault(ring, set()).add(reader)
        BOARDS.set(len(self._readers))
        cursor = None if since is None else read_cursor(self._history, since)
        if cursor is not None and cursor < self._saved.get(account, cursor):
            cursor = None  # it may be what they knew of another place
        number = None if cursor is None else self._rings.find(ring, cursor)
        if number is None:
            reader.wants_snapshot.set()
        else:
            reader.resume(number)
        return reader

    def leave(self, reader: Reader) -> None:
        """A board went away."""
        self._readers.discard(reader)
        BOARDS.set(len(self._readers))
        self._readers_of[reader.ring].discard(reader)
        if not self._readers_of[reader.ring]:
            del self._readers_of[reader.ring]
        RESYNCS.inc(reader.resyncs)

    def find(self, position: int, place: Place) -> int | None:
        """The number of a place's first change after `position`; None when it is not held any more."""
        return self._rings.find(self._rings.of(place), after_row(position))

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
            size += self._take_change(Cursor(row.position, index), change)
        if row.kind in _SAVED:
            self._saved[row.subject] = after_row(row.position)
            self._begin_anew(reader for reader in self._readers if reader.account == row.subject)
        self._rings.move_head(after_row(row.position))
        return size

    def _take_change(self, at: Cursor, change: Change) -> int:
        left = self._districts.settle(change.place) if change.kind == "school" else None
        rings = [self._rings.of(place) for place in self._districts.complete(change.place).holders]
        if left is not None:
            rings.append(self._rings.of(Place(left)))
        for ring in rings:
            self._unsent.setdefault(ring, ring.after)
        known = write_cursor(self._history, Cursor(at.position, at.index + 1))
        frame = encode_change(known, change.kind, change.item)
        self._rings.append(at, frame, rings)
        if left is not None:
            self._cut(rings[1:])
        CHANGES.labels(change.kind).inc()
        return len(frame)

    def _cut(self, rings: Iterable[Ring]) -> None:
        """A school moved to another district: what had happened there, the one must forget and the other learn."""
        for ring in rings:
            ring.cut(self._rings.head)
            self._begin_anew(self._readers_of.get(ring, ()))

    def _begin_anew(self, readers: Iterable[Reader]) -> None:
        for reader in list(readers):
            reader.begin_anew()

    def _send(self) -> None:
        unsent, self._unsent, self._unsent_bytes = self._unsent, {}, 0
        for ring, first in unsent.items():
            readers = list(self._readers_of.get(ring, ()))
            number = max(first, ring.first)
            while readers and number < ring.after:
                frames, after = ring.read(number, FRAME_BYTES)
                for reader in readers:
                    reader.offer(number, after, frames)
                number = after
