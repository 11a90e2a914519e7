"""Who looks at which incident right now."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from alerts.storage.database import Connection
from alerts.storage.records import read_records
from alerts.storage.statements import read_statements

_SQL = read_statements("watchers")

WATCHER_LASTS = timedelta(seconds=10)  # a page says every 4 s that it is there: one word may be lost
_MOST = 20


class Doing(StrEnum):
    """What somebody does at an incident's page."""

    LOOKING = "looking"
    WRITING = "writing"


@dataclass(frozen=True, slots=True)
class Watcher:
    """Somebody who looks at an incident, since when, and whether they write a note."""

    name: str
    doing: Doing
    since: datetime


async def watch_incident(
    connection: Connection, incident: int, account: str, name: str, doing: Doing, now: datetime
) -> list[Watcher]:
    """Somebody is at an incident; returns who else is."""
    rows = await connection.fetch(_SQL["watch"], incident, account, name, doing, now, WATCHER_LASTS, _MOST)
    return read_records(rows, Watcher)


async def leave_incident(connection: Connection, incident: int, account: str) -> None:
    """Somebody is not there any more."""
    await connection.execute(_SQL["leave"], incident, account)


async def forget_watchers(connection: Connection, before: datetime) -> None:
    """Forgets who went without a word."""
    await connection.execute(_SQL["forget"], before)
