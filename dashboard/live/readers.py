"""One board's place in the feed."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from typing import Protocol

from dashboard.live.frames import FRAME_BYTES, RESYNC
from dashboard.live.ring import Ring

_LOST = -1  # before anything that a ring can hold


class Wire(Protocol):
    """A board's connection, as far as the feed uses it."""

    on_drained: Callable[[], None] | None

    @property
    def takes_frames(self) -> bool:
        """Whether it is open and its buffer is below the limit."""
        ...

    def write_frames(self, frames: bytes) -> None:
        """Writes whole frames, now or as soon as the board reads; never waits."""
        ...


class Reader:
    """Sends one board what it lacks of its ring, as fast as that board reads and never faster.

    It holds no queue of its own: `_next` is the number of the next change in the ring. A board that falls behind the
    ring is told `resync` and asks for a snapshot by `wants_snapshot`; the others do not notice.
    While the wire takes frames, the board lacks nothing but what the feed has not offered yet, or waits for a snapshot:
    `pump` sees to that.
    """

    def __init__(self, wire: Wire, ring: Ring, account: str) -> None:
        self._wire = wire
        self.ring = ring
        self.account = account
        self._snapshot: deque[bytes] = deque()
        self._next: int | None = None
        self.wants_snapshot = asyncio.Event()
        self.resyncs = 0
        wire.on_drained = self.pump

    def begin(self, snapshot: tuple[bytes, ...], number: int) -> None:
        """Sends a snapshot and then the changes from `number` on."""
        self.wants_snapshot.clear()
        self._snapshot.extend(snapshot)
        self.resume(number)

    def resume(self, number: int) -> None:
        """Sends the changes from `number` on."""
        self._next = number
        self.pump()

    def begin_anew(self) -> None:
        """What the board knows is not true of its place any more: it needs a snapshot."""
        if self._next is not None:
            self._next = _LOST
            self.pump()

    def offer(self, first: int, after: int, frames: bytes) -> None:
        """New changes for all boards of its place: one write for a board that is up to date."""
        if self._next == first and self._wire.takes_frames:
            self._wire.write_frames(frames)
            self._next = after
        else:
            self.pump()

    def tick(self, frame: bytes) -> None:
        """A tick says that everything before its cursor was sent, so it is only for a board that is up to date."""
        if self._next == self.ring.after and self._wire.takes_frames:
            self._wire.write_frames(frame)

    def tell(self, frame: bytes) -> bool:
        """A message that stands beside the changes, for a board that has its snapshot and reads; else False."""
        if self._next is None or not self._wire.takes_frames:
            return False
        self._wire.write_frames(frame)
        return True

    def pump(self) -> None:
        """Sends what is lacking until the board has all, or its wire is full."""
        while self._wire.takes_frames:
            if self._snapshot:
                self._wire.write_frames(self._snapshot.popleft())
            elif self._next is None or self._next == self.ring.after:
                return
            elif self._next < self.ring.first:
                self._resync()
            else:
                frames, self._next = self.ring.read(self._next, FRAME_BYTES)
                self._wire.write_frames(frames)

    def _resync(self) -> None:
        self._wire.write_frames(RESYNC)
        self._next = None
        self.resyncs += 1
        self.wants_snapshot.set()
