"""Writes down on whose screens incidents stood: many at once, one row of the log an incident."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

from alerts.domain.showings import Showing
from alerts.storage import showings as storage
from alerts.storage.database import Database
from alerts.storage.log import Entry, append_log
from alerts.storage.showings import SaidShowing


async def keep_showings(database: Database, said: Sequence[SaidShowing]) -> int:
    """Keeps what screens say, as far as it is new. Returns how much was."""
    async with database.transaction() as connection:
        kept = await storage.keep_showings(connection, said)
        if kept:
            kept.sort(key=lambda one: (one.incident, one.shown_at, one.session))
            entries = [_tell(incident, list(own)) for incident, own in groupby(kept, key=lambda one: one.incident)]
            await append_log(connection, await database.read_now(connection), entries)
    return len(kept)


def _tell(incident: int, showings: list[Showing]) -> Entry:
    return Entry("dashboard", f"incident:{incident}", "incident.shown", {"screens": showings})
