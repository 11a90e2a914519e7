"""What was told already of the screens on which incidents stand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from alerts.domain.incidents import State
from alerts.domain.showings import MOST_SCREENS, TAKEN_FOR, Screen, Showing
from alerts.storage.database import Connection
from alerts.storage.records import read_records, write_rows
from alerts.storage.statements import read_statements

_SQL = read_statements("showings")


@dataclass(frozen=True, slots=True)
class SaidShowing:
    """What the screen of a session says; `digest` is of the session's token."""

    incident: int
    round: int
    state: State
    digest: bytes
    screen: Screen
    shown_at: datetime
    seen_at: datetime | None


async def keep_showings(connection: Connection, said: Sequence[SaidShowing], now: datetime) -> list[Showing]:
    """Notes what is new of it, and returns that. What is not true of the account's place, or too late, is passed
    over."""
    rows = await connection.fetch(_SQL["keep"], write_rows(said), MOST_SCREENS, now - TAKEN_FOR)
    return read_records(rows, Showing)


async def forget_showings(connection: Connection, now: datetime, limit: int) -> int:
    """Forgets some of what was noted of incidents that were closed long ago. Returns how many."""
    done: str = await connection.execute(_SQL["forget"], now - TAKEN_FOR, limit)
    return int(done.rpartition(" ")[2])
