"""The newest changes, kept once for all boards: what each board is sent is a place in here, never a copy."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable
from dataclasses import dataclass
from weakref import WeakValueDictionary

from alerts.domain.rights import CITY, Place
from dashboard.live.cursors import Cursor


@dataclass(frozen=True, slots=True, eq=False)
class Held:
    """A framed change, where it stands in the log, and the rings that it is in."""

    at: Cursor
    frame: bytes
    rings: tuple[Ring, ...]


class Ring:
    """The changes of one place that are still held, framed, in the order of the log. Each has a number here.

    `first` is the number of the oldest one, `after` the number that the next one will get.
    """

    __slots__ = ("__weakref__", "_held", "after", "first", "known_after")

    def __init__(self, known_after: Cursor) -> None:
        self._held: dict[int, Held] = {}
        self.known_after = known_after  # whoever knows less than this can only get a snapshot
        self.first = 0
        self.after = 0

    def cut(self, known_after: Cursor) -> None:
        """Forgets everything: whoever knows less than `known_after` can only get a snapshot."""
        self._held.clear()
        self.first = self.after
        self.known_after = known_after

    def find(self, cursor: Cursor) -> int:
        """The number of the first change after what `cursor` knows."""
        return self.first + bisect_left(range(self.first, self.after), cursor, key=lambda number: self.get(number).at)

    def read(self, number: int, limit_bytes: int) -> tuple[bytes, int]:
        """Frames from `number` on, joined, at least one and then as many as fit; and the number after them."""
        frames = [self.get(number).frame]
        size = len(frames[0])
        number += 1
        while number < self.after and size + len(frame := self.get(number).frame) <= limit_bytes:
            frames.append(frame)
            size += len(frame)
            number += 1
        return b"".join(frames), number

    def append(self, change: Held) -> None:
        """Takes one change."""
        self._held[self.after] = change
        self.after += 1

    def forget(self, change: Held) -> None:
        """Lets its oldest change go; one that a cut took is gone already."""
        if self._held.get(self.first) is change:
            del self._held[self.first]
            self.first += 1

    def get(self, number: int) -> Held:
        """The change of that number."""
        held = self._held.get(number)
        if held is None:
            raise LookupError(f"change {number} is not held: {self.first} to {self.after}")
        return held


class Rings:
    """A ring for every place, and how far the log was read: `head`. Beyond a limit the oldest changes are forgotten.

    A change is held once and is in the rings of at most a few places. A ring is there as long as a change is in it or a
    board reads it: 4,000 boards at as many schools cost what happens at their schools, and nothing else.
    """

    def __init__(self, start: Cursor, *, limit_changes: int, limit_bytes: int) -> None:
        self._limit_changes = limit_changes
        self._limit_bytes = limit_bytes
        self._bytes = 0
        self._city = Ring(start)
        self._rings: WeakValueDictionary[Place, Ring] = WeakValueDictionary({CITY: self._city})
        self.head = start

    def of(self, place: Place) -> Ring:
        """The ring of what a place holds; `place` is one of `Place.holders`."""
        ring = self._rings.get(place)
        if ring is None:
            ring = self._rings[place] = Ring(self._city.known_after)
        return ring

    def append(self, at: Cursor, frame: bytes, rings: Iterable[Ring]) -> None:
        """Takes one change into its rings, the city's among them; `at` is where it stands in the log."""
        if at < self.head:
            raise ValueError(f"the change at {at} comes after the head {self.head}")
        change = Held(at, frame, tuple(rings))
        for ring in change.rings:
            ring.append(change)
        self._bytes += len(frame)
        self.head = Cursor(at.position, at.index + 1)
        while self._city.after - self._city.first > self._limit_changes or self._bytes > self._limit_bytes:
            self._forget()

    def move_head(self, head: Cursor) -> None:
        """Records that the log was read up to `head`, changes or not."""
        self.head = max(self.head, head)

    def find(self, ring: Ring, cursor: Cursor) -> int | None:
        """The number in a ring of the first change after what `cursor` knows; None when that cannot be told any more,
        or yet."""
        if not max(self._city.known_after, ring.known_after) <= cursor <= self.head:
            return None
        return ring.find(cursor)

    def _forget(self) -> None:
        oldest = self._city.get(self._city.first)
        for ring in oldest.rings:
            ring.forget(oldest)
        self._bytes -= len(oldest.frame)
        self._city.known_after = Cursor(oldest.at.position, oldest.at.index + 1)
