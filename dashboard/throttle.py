"""Slows down whoever guesses passwords. Only sign-in is throttled: presses never are, nor anybody who is signed in."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, field

WINDOW_SECONDS = 300.0
FAILURES_BY_NAME = 5  # of one name from one address within the window
FAILURES_BY_ADDRESS = 100  # of all names from one address; a whole control room can stand behind one
KEPT_KEYS = 10_000


@dataclass(slots=True)
class Throttle:
    """Counts failed attempts to sign in, by name and address and by address. `now` is a monotonic clock's seconds."""

    _failures: OrderedDict[tuple[str, ...], list[float]] = field(default_factory=OrderedDict)

    def seconds_to_wait(self, name: str, address: str, now: float) -> float:
        """How long the next attempt must wait; 0 when it need not."""
        return max(
            self._seconds_of((name, address), FAILURES_BY_NAME, now),
            self._seconds_of((address,), FAILURES_BY_ADDRESS, now),
        )

    def note_failure(self, name: str, address: str, now: float) -> None:
        """An attempt failed."""
        self._count((name, address), FAILURES_BY_NAME, now)
        self._count((address,), FAILURES_BY_ADDRESS, now)
        while len(self._failures) > KEPT_KEYS:
            self._failures.popitem(last=False)

    def forget(self, name: str, address: str) -> None:
        """An attempt succeeded: what went before was a typing mistake."""
        self._failures.pop((name, address), None)

    def _count(self, key: tuple[str, ...], limit: int, now: float) -> None:
        self._failures[key] = [*self._failures.get(key, []), now][-limit:]
        self._failures.move_to_end(key)

    def _seconds_of(self, key: tuple[str, ...], limit: int, now: float) -> float:
        failures = self._failures.get(key, [])
        return max(failures[0] + WINDOW_SECONDS - now, 0.0) if len(failures) >= limit else 0.0
