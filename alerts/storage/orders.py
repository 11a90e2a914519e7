"""Orders for the whole city on disk."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import asyncpg
import msgspec

from alerts.domain.orders import OrderKind, OrderState
from alerts.domain.presses import Mode
from alerts.domain.rights import Place, Role
from alerts.storage.database import Connection
from alerts.storage.records import read_record, read_records, write_document
from alerts.storage.schedules import ExceptionRow
from alerts.storage.statements import read_statements

_SQL = read_statements("orders")


@dataclass(frozen=True, slots=True)
class Order:
    """What somebody proposed for the whole city, or did alone. `body` is what was asked for, `made` the number of the
    notice, exception, policy or number of a rule that it became."""

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
class Confirmer:
    """Whose account may confirm an order."""

    name: str
    display_name: str


@dataclass(frozen=True, slots=True)
class Covered:
    """How many schools some places have together, and how many there are."""

    told: int
    everybody: int


async def take_turn(connection: Connection, whose: str) -> None:
    """What one person asks for is looked at one after the other, and so is what is done of one kind: ten requests at
    once do not pass each other."""
    await connection.execute(_SQL["take_turn"], whose)


async def list_told_lately(connection: Connection, by: str, since: datetime) -> set[str]:
    """The people whom somebody's notices since then were meant for, but not those that two people sent, or that every
    administrator was told of."""
    return {row["person"] for row in await connection.fetch(_SQL["list_told_lately"], by, since)}


async def list_days_lately(connection: Connection, wanted: ExceptionRow, by: str, since: datetime) -> list[Place]:
    """Places for which the same one said since then that any of the same days are otherwise in the same way. Here and
    below: what was an order is left out."""
    days = (wanted.kind, wanted.first_on, wanted.last_on)
    return read_records(await connection.fetch(_SQL["list_days_lately"], *days, by, since), Place)


async def list_rules_lately(connection: Connection, mode: Mode, by: str, since: datetime) -> list[Place]:
    """Places for which somebody saved policies of a mode since then."""
    return read_records(await connection.fetch(_SQL["list_rules_lately"], mode, by, since), Place)


async def list_numbers_lately(connection: Connection, rule: str, name: str, by: str, since: datetime) -> list[Place]:
    """Places for which somebody set a number of a rule since then."""
    return read_records(await connection.fetch(_SQL["list_numbers_lately"], rule, name, by, since), Place)


async def count_covered(connection: Connection, places: Sequence[Place]) -> Covered:
    """How many schools these places have together."""
    said = ([one.district for one in places], [one.school for one in places])
    return read_record((await connection.fetch(_SQL["count_covered"], *said))[0], Covered)


async def is_same_person(connection: Connection, proposed_by: str, account: str) -> bool:
    """Whether an account is of the person who proposed, by an account or a program."""
    return bool(await connection.fetchval(_SQL["is_same_person"], proposed_by, account))


async def list_confirmers(connection: Connection, roles: Collection[Role], proposed_by: str) -> list[Confirmer]:
    """Who has one of these roles for the whole city and is another person."""
    return read_records(await connection.fetch(_SQL["list_confirmers"], roles, proposed_by), Confirmer)


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
