"""On whose screens incidents stood, on disk."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from alerts.domain.incidents import State
from alerts.domain.showings import MOST_SCREENS, Screen, Showing
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


async def keep_showings(connection: Connection, said: Sequence[SaidShowing]) -> list[Showing]:
    """Keeps what is new of it, and returns that. What is not true of the account's place is passed over."""
    return read_records(await connection.fetch(_SQL["keep"], write_rows(said), MOST_SCREENS), Showing)


async def list_showings(connection: Connection, incident: int) -> list[Showing]:
    """On whose screens an incident stood, the first one first."""
    return read_records(await connection.fetch(_SQL["list_of_incident"], incident, MOST_SCREENS), Showing)
