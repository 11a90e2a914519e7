"""The newest changes, kept once for all boards: what each board is sent is a place in here, never a copy."""

from __future__ import annotations

from dataclasses import dataclass

from dashboard.live.cursors import Cursor


@dataclass(frozen=True, slots=True)
class _Held:
    at: Cursor
    frame: bytes


class Ring:
    """Framed changes in the order of the log. Each has a number; the oldest are forgotten beyond either limit.

    `first` is the number of the oldest change that is still held, `after` the number that the next one will get.
    """

    def __init__(self, start: Cursor, *, limit_changes: int, limit_bytes: int) -> None:
        self._held: list[_Held | None] = [None] * limit_changes
        self._limit_bytes = limit_bytes
        self._bytes = 0
        self._known_after = start  # whoever knows less than this can only get a snapshot
        self.head = start
        self.first = 0
        self.after = 0

    def append(self, at: Cursor, frame: bytes) -> None:
        """Takes one change; `at` is where it stands in the log."""
        if at < self.head:
            raise ValueError(f"the change at {at} comes after the head {self.head}")
        if self.after - self.first == len(self._held):
            self._forget()
        self._held[self.after % len(self._held)] = _Held(at, frame)
        self.after += 1
        self._bytes += len(frame)
        self.head = Cursor(at.position, at.index + 1)
        while self._bytes > self._limit_bytes:
            self._forget()

    def move_head(self, head: Cursor) -> None:
        """Records that the log was read up to `head`, changes or not."""
        self.head = max(self.head, head)

    def find(self, cursor: Cursor) -> int | None:
        """The number of the first change after what `cursor` knows; None when that cannot be told any more, or yet."""
        if not self._known_after <= cursor <= self.head:
            return None
        low, high = self.first, self.after
        while low < high:
            middle = (low + high) // 2
            if self._get(middle).at < cursor:
                low = middle + 1
            else:
                high = middle
        return low

    def read(self, number: int, limit_bytes: int) -> tuple[bytes, int]:
        """Frames from `number` on, joined, at least one and then as many as fit; and the number after them."""
        frames = [self._get(number).frame]
        size = len(frames[0])
        number += 1
        while number < self.after and size + len(frame := self._get(number).frame) <= limit_bytes:
            frames.append(frame)
            size += len(frame)
            number += 1
        return b"".join(frames), number

    def _get(self, number: int) -> _Held:
        held = self._held[number % len(self._held)]
        if held is None or not self.first <= number < self.after:
            raise LookupError(f"change {number} is not held: {self.first} to {self.after}")
        return held

    def _forget(self) -> None:
        oldest = self._get(self.first)
        self._held[self.first % len(self._held)] = None
        self._bytes -= len(oldest.frame)
        self._known_after = Cursor(oldest.at.position, oldest.at.index + 1)
        self.first += 1
