"""The one log: audit trail, change feed and replay."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec

from alerts.domain.chain import Head, LogRow
from alerts.storage.database import Connection
from alerts.storage.statements import read_statements

_SQL = read_statements("log")
NOTIFY_CHANNEL = "campus_log"


@dataclass(frozen=True, slots=True)
class Entry:
    """What is to be written: who did what to which subject, with a body that msgspec can encode."""

    actor: str
    subject: str
    kind: str
    body: Any


async def append_log(connection: Connection, now: datetime, entries: Sequence[Entry]) -> int:
    """Writes entries and returns the last position. Must be the last statement of its transaction: it takes the
    writers' one lock, which is held until commit."""
    position: int = await connection.fetchval(
        _SQL["append"],
        now,
        [_one_line(entry.actor) for entry in entries],
        [_one_line(entry.subject) for entry in entries],
        [entry.kind for entry in entries],
        [msgspec.json.encode(entry.body).decode() for entry in entries],
    )
    return position


async def read_log_after(connection: Connection, position: int, limit: int) -> list[LogRow]:
    """Rows after `position` in order, at most `limit`."""
    return [LogRow(**row) for row in await connection.fetch(_SQL["read_after"], position, limit)]


@dataclass(frozen=True, slots=True)
class Happening:
    """What a row of the log tells of, without its body."""

    position: int
    at: datetime
    subject: str
    kind: str


async def read_log_kinds(connection: Connection, after: int, last: int, kinds: Sequence[str]) -> list[Happening]:
    """Rows of these kinds after a position up to a last one, in order."""
    return [Happening(**row) for row in await connection.fetch(_SQL["read_kinds"], after, last, kinds)]


async def read_log_of_subject(connection: Connection, subject: str, first: int, limit: int) -> list[LogRow]:
    """Rows of one subject from position `first` on."""
    return [LogRow(**row) for row in await connection.fetch(_SQL["read_of_subject"], subject, first, limit)]


async def read_log_head(connection: Connection) -> Head:
    """Where the log ends."""
    row = await connection.fetchrow(_SQL["read_head"])
    if row is None:
        raise LookupError("the log has no head row: the database was not migrated, or was tampered with")
    return Head(row["position"], row["hash"])


async def start_reader(connection: Connection, name: str) -> None:
    """Registers a reader of the log at today's head, once."""
    await connection.execute(_SQL["start_reader"], name)


async def claim_reader(connection: Connection, name: str) -> int | None:
    """The reader's position, its row locked for this transaction; None while another worker has it."""
    position: int | None = await connection.fetchval(_SQL["claim_reader"], name)
    return position


async def move_reader(connection: Connection, name: str, position: int) -> None:
    """Records that everything up to `position` is done."""
    await connection.execute(_SQL["move_reader"], name, position)


def _one_line(text: str) -> str:
    return text.replace("\n", " ")
