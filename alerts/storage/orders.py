"""Orders for the whole city on disk."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import asyncpg
import msgspec

from alerts.domain.orders import OrderKind, OrderState
from alerts.storage.database import Connection
from alerts.storage.records import read_record, write_document
from alerts.storage.schedules import ExceptionRow
from alerts.storage.statements import read_statements

_SQL = read_statements("orders")


@dataclass(frozen=True, slots=True)
class Order:
    """What somebody proposed for the whole city, or did alone. `body` is what was asked for, `made` the number of the
    notice or exception that it became."""

    id: int
    kind: OrderKind
    body: dict[str, Any]
    state: OrderState
    proposed_by: str
    proposed_by_name: str
    proposed_at: datetime
    expires_at: datetime
    settled_by: str | None = None
    settled_at: datetime | None = None
    reason: str | None = None
    made: int | None = None


@dataclass(frozen=True, slots=True)
class Covered:
    """How many schools days are otherwise for, and how many there are."""

    told: int
    everybody: int


async def take_turn(connection: Connection, by: str) -> None:
    """What one person asks for is looked at one after the other: ten requests at once do not pass each other."""
    await connection.execute(_SQL["take_turn"], by)


async def list_told_lately(connection: Connection, by: str, since: datetime) -> set[str]:
    """The people whom somebody's notices since then were meant for, but not those that two people sent, or that every
    administrator was told of."""
    return {row["person"] for row in await connection.fetch(_SQL["list_told_lately"], by, since)}


async def count_covered(connection: Connection, wanted: ExceptionRow, by: str, since: datetime) -> Covered:
    """For how many schools days would be otherwise by what is wanted, together with what the same one said since then
    of any of the same days in the same way."""
    days = (wanted.kind, wanted.first_on, wanted.last_on)
    rows = await connection.fetch(_SQL["count_covered"], wanted.district, wanted.school, *days, by, since)
    return read_record(rows[0], Covered)


async def insert_order(connection: Connection, order: Order) -> int:
    """Stores an order (its `id` is not looked at) and returns its id."""
    proposed = (order.proposed_by, order.proposed_by_name, order.proposed_at, order.expires_at)
    settled = (order.settled_by, order.settled_at, order.reason, order.made)
    id_: int = await connection.fetchval(
        _SQL["insert"], order.kind, write_document(order.body), order.state, *proposed, *settled
    )
    return id_


async def lock_order(connection: Connection, id_: int) -> Order | None:
    """One order, held until the transaction ends."""
    row = await connection.fetchrow(_SQL["lock"], id_)
    return None if row is None else _read(row)


async def settle_order(connection: Connection, order: Order) -> None:
    """It was confirmed or withdrawn."""
    await connection.execute(_SQL["settle"], order.id, order.state, order.settled_by, order.settled_at, order.made)


async def list_pending(connection: Connection, now: datetime) -> list[Order]:
    """What waits for a second person, the oldest first."""
    return [_read(row) for row in await connection.fetch(_SQL["list_pending"], now)]


async def list_unseen(connection: Connection, account: str) -> list[Order]:
    """What others did alone and this account was not told of yet, the oldest first."""
    return [_read(row) for row in await connection.fetch(_SQL["list_unseen"], account)]


async def note_seen(connection: Connection, id_: int, account: str, now: datetime) -> bool:
    """An administrator was told of what somebody did alone. False: there is no such order, or they were told before."""
    return await connection.fetchval(_SQL["note_seen"], id_, account, now) is not None


def _read(row: asyncpg.Record) -> Order:
    return msgspec.convert(dict(row) | {"body": msgspec.json.decode(row["body"])}, Order)
