"""Blackouts on disk, and the counts by which one is known."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

from alerts.domain.blackouts import BURST, LATE, OVERDUE, TOGETHER, Blackout, Missing
from alerts.storage.database import Connection
from alerts.storage.records import read_records, write_rows
from alerts.storage.statements import read_statements

_SQL = read_statements("blackouts")


async def list_open_blackouts(connection: Connection, now: datetime, ids: Collection[int]) -> list[Blackout]:
    """Those that may take devices in or end, and those of `ids`, as far as they are open."""
    return read_records(await connection.fetch(_SQL["list_open"], now, list(ids)), Blackout)


async def list_missing(connection: Connection, now: datetime, listening_since: datetime | None) -> list[Missing]:
    """Who was lost lately or is late, by school. With nobody listening no device is late."""
    rows = await connection.fetch(
        _SQL["list_missing"], now, listening_since or now, now - TOGETHER, now - BURST, OVERDUE, LATE
    )
    return read_records(rows, Missing)


async def count_heard(connection: Connection, since: datetime | None, scopes: Collection[str]) -> dict[str, int]:
    """Devices that are there, of these wholes; those heard after `since`, if it is given."""
    schools = [scope.removeprefix("school:") for scope in scopes if scope.startswith("school:")]
    districts = [scope.removeprefix("district:") for scope in scopes if scope.startswith("district:")]
    rows = await connection.fetch(_SQL["count_heard"], since, schools, districts, "city" in scopes)
    return {row["scope"]: row["devices"] for row in rows}


async def open_blackouts(
    connection: Connection, scopes: Collection[str], now: datetime, joins_until: datetime
) -> list[Blackout]:
    """Begins blackouts of these wholes; one that is open goes on, and takes devices in again."""
    return read_records(await connection.fetch(_SQL["open"], list(scopes), now, joins_until), Blackout)


async def take_in_lost(connection: Connection, blackout: Blackout, lost_since: datetime) -> None:
    """Devices of its whole that were lost since then belong to the blackout, unless another open one has them."""
    await connection.execute(_SQL["take_in"], blackout.id, blackout.scope, lost_since)


async def count_lost(connection: Connection, ids: Collection[int]) -> dict[int, tuple[int, int]]:
    """Of blackouts: how many devices, and how many of them are not back."""
    rows = await connection.fetch(_SQL["count_lost"], list(ids))
    return {row["blackout"]: (row["devices"], row["lost"]) for row in rows}


async def save_blackouts(connection: Connection, blackouts: Sequence[Blackout]) -> None:
    """Writes when their next rows are due, since when most are back, and that they ended."""
    if blackouts:
        await connection.execute(_SQL["save"], write_rows(blackouts))
