"""Hand-overs between shifts on disk, and what is open at a place."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import TypeVar

import asyncpg
import msgspec

from alerts.domain.rights import Place
from alerts.domain.shift_handovers import (
    AHEAD,
    LISTED,
    Open,
    OpenItem,
    OpenKind,
    ShiftHandover,
    ShiftHandoverHead,
)
from alerts.storage.database import Connection
from alerts.storage.records import read_records, write_document
from alerts.storage.statements import read_statements

T = TypeVar("T")
_SQL = read_statements("shift_handovers")
_INSTANTS: Mapping[OpenKind, int] = {OpenKind.BREACH: 1, OpenKind.HAZARD: 1, OpenKind.WINDOW: 2}  # that a kind asks for
_DOCUMENTS = ("counts", "items")


async def read_open(connection: Connection, place: Place, now: datetime) -> Open:
    """What is open at a place now."""
    counts: dict[OpenKind, int] = {}
    items: list[OpenItem] = []
    asked = (place.district, place.school, LISTED, now, now + AHEAD)
    for kind in OpenKind:
        rows = await connection.fetch(_SQL[f"open_{kind}"], *asked[: 3 + _INSTANTS.get(kind, 0)])
        counts[kind] = rows[0]["total"] if rows else 0
        items += read_records(rows, OpenItem)
    return Open(counts, tuple(items))


async def insert_shift_handover(connection: Connection, row: ShiftHandover) -> int:
    """Stores a hand-over (its `id` is not looked at) and returns its id."""
    signed = (row.district, row.school, row.handed_at, row.handed_by, row.handed_by_name, row.remark)
    documents = write_document(row.counts), write_document(row.items)
    id_: int = await connection.fetchval(_SQL["insert"], *signed, *documents)
    return id_


async def find_shift_handover(connection: Connection, id_: int) -> ShiftHandover | None:
    """One hand-over."""
    row = await connection.fetchrow(_SQL["find"], id_)
    return None if row is None else _read(row, ShiftHandover)


async def lock_shift_handover(connection: Connection, id_: int) -> ShiftHandover | None:
    """One hand-over, held until the transaction ends."""
    await connection.execute(_SQL["lock"], id_)
    return await find_shift_handover(connection, id_)


async def receive_shift_handover(connection: Connection, row: ShiftHandover) -> None:
    """Somebody signed for it."""
    signed = (row.received_at, row.received_by, row.received_by_name, row.received_remark)
    await connection.execute(_SQL["receive"], row.id, *signed)


async def list_shift_handovers(
    connection: Connection, place: Place, *, whole: bool, waiting_only: bool, before: int | None, limit: int
) -> list[ShiftHandoverHead]:
    """A desk's hand-overs, the newest first; with `whole` also those of all desks in its place."""
    statement = _SQL["list_within" if whole else "list_of_desk"]
    rows = await connection.fetch(statement, place.district, place.school, waiting_only, before, limit)
    return [_read(row, ShiftHandoverHead) for row in rows]


def _read(row: asyncpg.Record, type_: type[T]) -> T:
    documents = {name: msgspec.json.decode(row[name]) for name in _DOCUMENTS if name in row}
    return msgspec.convert(dict(row) | documents, type_)
