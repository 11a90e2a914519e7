"""Writes down on whose screens incidents stood: many at once, one row of the log an incident."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import groupby

import msgspec

from alerts.domain.chain import LogRow
from alerts.domain.showings import Showing
from alerts.storage import showings as storage
from alerts.storage.database import Database
from alerts.storage.log import Entry, append_log
from alerts.storage.showings import SaidShowing

SHOWN = "incident.shown"
_FORGOTTEN_AT_A_TIME = 5_000


class _Told(msgspec.Struct):
    screens: list[Showing] = []


_read_told = msgspec.json.Decoder(_Told).decode


async def keep_showings(database: Database, said: Sequence[SaidShowing]) -> int:
    """Keeps what screens say, as far as it is new. Returns how much was."""
    async with database.transaction() as connection:
        now = await database.read_now(connection)
        kept = await storage.keep_showings(connection, said, now)
        if kept:
            kept.sort(key=lambda one: (one.incident, one.shown_at, one.session))
            entries = [_tell(incident, list(own)) for incident, own in groupby(kept, key=lambda one: one.incident)]
            await append_log(connection, now, entries)
    return len(kept)


async def forget_old_showings(database: Database) -> int:
    """One transaction: forgets some of what was noted of incidents that were closed long ago. Returns how many."""
    async with database.transaction() as connection:
        return await storage.forget_showings(connection, await database.read_now(connection), _FORGOTTEN_AT_A_TIME)


def list_showings(rows: Iterable[LogRow]) -> list[Showing]:
    """On whose screens an incident stood, by the rows of its log, the first one first; what was told of a screen later
    is truer."""
    newest = {
        (one.round, one.state, one.session, one.screen): one
        for row in rows
        if row.kind == SHOWN
        for one in _read_told(row.body).screens
    }
    return sorted(newest.values(), key=lambda one: (one.shown_at, one.session, one.screen))


def _tell(incident: int, showings: list[Showing]) -> Entry:
    return Entry("dashboard", f"incident:{incident}", SHOWN, {"screens": showings})
