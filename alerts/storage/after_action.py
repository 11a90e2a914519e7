"""Rows of the log that an after-action report is made of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from alerts.domain.chain import LogRow
from alerts.domain.presses import Mode
from alerts.storage.database import Connection
from alerts.storage.statements import read_statements

_SQL = read_statements("after_action")


@dataclass(frozen=True, slots=True)
class RowHash:
    """A row of the log by its position, with its hash."""

    position: int
    at: datetime
    hash: bytes


async def read_rows(connection: Connection, subjects: Sequence[str], after: int, last: int, limit: int) -> list[LogRow]:
    """Rows of these subjects after a position up to a last one."""
    return [LogRow(**row) for row in await connection.fetch(_SQL["read_rows"], subjects, after, last, limit)]


async def list_window_incidents(
    connection: Connection,
    first: int,
    last: int,
    mode: Mode,
    district: str | None,
    school: str | None,
    starts_at: datetime,
    ends_at: datetime,
) -> list[int]:
    """Incidents of a window's mode, and live ones, that opened at its places while it was open."""
    rows = await connection.fetch(
        _SQL["list_window_incidents"], first, last, mode, district, school, starts_at, ends_at
    )
    return [row["incident"] for row in rows]


async def read_row_hash(connection: Connection, position: int) -> RowHash | None:
    """The row at a position; None when the log does not reach it."""
    row = await connection.fetchrow(_SQL["read_row"], position)
    return None if row is None else RowHash(**row)


async def read_zone(connection: Connection, school: str) -> str | None:
    """The zone of a school's clock."""
    zone: str | None = await connection.fetchval(_SQL["read_zone"], school)
    return zone
