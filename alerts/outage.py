"""A loss that is said once when it begins and once when it ends, however often it is noticed between."""

from __future__ import annotations

import time


class Outage:
    """Whether something that is needed is away, and since when. Callers notice it; this knows whether it is news."""

    def __init__(self) -> None:
        self._since: float | None = None

    @property
    def lasts(self) -> bool:
        """Whether it is away."""
        return self._since is not None

    def begin(self) -> bool:
        """Notes that it is away. True when that is news."""
        if self._since is not None:
            return False
        self._since = time.monotonic()
        return True

    def end(self) -> float | None:
        """Notes that it is there. The seconds that it was away when that is news, else None."""
        if self._since is None:
            return None
        away_seconds = round(time.monotonic() - self._since, 3)
        self._since = None
        return away_seconds
