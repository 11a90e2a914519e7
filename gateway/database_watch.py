"""Whether the database takes what is stored, as all lanes of a gateway see it together."""

from datetime import UTC, datetime

import structlog

from alerts.outage import Outage
from gateway.metrics import DATABASE_SINCE, DATABASE_UP

_log = structlog.get_logger()


class DatabaseWatch:
    """Says once that the database went away and once that it is back, however many lanes hit it."""

    def __init__(self) -> None:
        self._outage = Outage()
        self._storing_since = datetime.now(UTC)
        DATABASE_UP.set(1)
        DATABASE_SINCE.set_to_current_time()

    @property
    def away(self) -> bool:
        """Whether the last attempt to store failed because the database is away."""
        return self._outage.lasts

    @property
    def storing_since(self) -> datetime:
        """Since when what is heard can be stored, too. While the database is away: now, should it take the next."""
        return datetime.now(UTC) if self.away else self._storing_since

    def note_away(self, lane: str, error: Exception) -> None:
        """An attempt to store failed because the database is away."""
        if self._outage.begin():
            DATABASE_UP.set(0)
            DATABASE_SINCE.set_to_current_time()
            _log.warning("gateway.database.lost", lane=lane, reason=f"{error}")

    def note_up(self) -> None:
        """Something was stored."""
        if (away_seconds := self._outage.end()) is not None:
            self._storing_since = datetime.now(UTC)
            DATABASE_UP.set(1)
            DATABASE_SINCE.set_to_current_time()
            _log.info("gateway.database.back", away_seconds=away_seconds)
