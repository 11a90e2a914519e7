"""Orders for the whole city: proposed by one person, and done when another one with the same right confirms. What is
done, its order and its rows of the log are one transaction."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import msgspec

from alerts.domain.orders import (
    RIGHTS,
    OrderKind,
    OrderRefused,
    OrderState,
    require_proposer,
    require_second,
)
from alerts.domain.rights import RIGHTS as RIGHTS_OF_ROLES
from alerts.domain.rights import Level, Right
from alerts.orders.wishes import KINDS, Wish, fulfil
from alerts.storage import accounts
from alerts.storage import orders as storage
from alerts.storage.accounts import Account
from alerts.storage.database import Connection, Database
from alerts.storage.log import Entry, append_log
from alerts.storage.orders import Confirmer, Order


@dataclass(frozen=True, slots=True)
class PendingOrder(Order):
    """One that waits, with the accounts of other people that may confirm it."""

    confirmers: tuple[Confirmer, ...] = ()


async def propose(database: Database, wanted: Wish, by: Account, lasts: timedelta) -> Order:
    """Keeps what somebody wants for the whole city until another person confirms it, and says so in the log. It is
    tried first, and undone: nobody confirms what cannot be. Raises what `fulfil` does."""
    async with database.transaction() as connection:
        now = await database.read_now(connection)
        order = _make(wanted, by, now, now + lasts)
        trial = connection.transaction()
        await trial.start()
        try:
            await fulfil(connection, order.kind, order.body, by.name, now)
        finally:
            await trial.rollback()
        order = replace(order, id=await storage.insert_order(connection, order))
        said = {"order": order.kind, "body": order.body, "expires_at": order.expires_at}
        await append_log(connection, now, [_entry(by.name, order.id, "order.proposed", said)])
    return order


async def confirm(database: Database, id_: int, kind: OrderKind, by: str) -> Order:
    """Does what another person proposed, and says so in the log. Raises OrderRefused and what `fulfil` does."""
    async with database.transaction() as connection:
        now = await database.read_now(connection)
        order = await _lock(connection, id_, kind)
        same_person = await storage.is_same_person(connection, order.proposed_by, by)
        require_second(order.state, order.expires_at, now, same_person=same_person)
        await _require_still_allowed(connection, order)
        made = await fulfil(connection, kind, order.body, order.proposed_by, now)
        order = replace(order, state=OrderState.CONFIRMED, settled_by=by, settled_at=now, made=made)
        await storage.settle_order(connection, order)
        said = {"order": kind, "proposed_by": order.proposed_by, "made": made}
        await append_log(connection, now, [_entry(by, id_, "order.confirmed", said)])
    return order


async def withdraw(database: Database, id_: int, kind: OrderKind, by: str) -> Order:
    """Takes back what one proposed oneself, and says so in the log. Raises OrderRefused."""
    async with database.transaction() as connection:
        now = await database.read_now(connection)
        order = await _lock(connection, id_, kind)
        require_proposer(order.state, order.proposed_by, order.expires_at, by, now)
        order = replace(order, state=OrderState.WITHDRAWN, settled_by=by, settled_at=now)
        await storage.settle_order(connection, order)
        await append_log(connection, now, [_entry(by, id_, "order.withdrawn", {"order": kind})])
    return order


async def do_alone(database: Database, wanted: Wish, by: Account, reason: str) -> Order:
    """Does at once what reaches the whole city, because there is nobody else and no time: the log says why, and so is
    every administrator told. Raises what `fulfil` does."""
    async with database.transaction() as connection:
        now = await database.read_now(connection)
        order = _make(wanted, by, now, now)
        made = await fulfil(connection, order.kind, order.body, by.name, now)
        order = replace(order, state=OrderState.ALONE, settled_by=by.name, settled_at=now, reason=reason, made=made)
        order = replace(order, id=await storage.insert_order(connection, order))
        said = {"order": order.kind, "body": order.body, "reason": reason, "made": made}
        await append_log(connection, now, [_entry(by.name, order.id, "order.done_alone", said)])
    return order


async def list_orders(database: Database, rights: Collection[Right]) -> list[PendingOrder]:
    """What waits for a second person with one of these rights."""
    async with database.connection() as connection:
        pending = await storage.list_pending(connection, await database.read_now(connection))
        return [await _add_confirmers(connection, one) for one in pending if RIGHTS[one.kind] in rights]


async def list_unseen(database: Database, account: str) -> list[Order]:
    """What others did alone, of which this administrator does not know yet."""
    async with database.connection() as connection:
        return await storage.list_unseen(connection, account)


async def note_seen(database: Database, id_: int, account: str) -> None:
    """Takes note that an administrator knows of what somebody did alone, and says so in the log. Raises
    OrderRefused."""
    async with database.transaction() as connection:
        now = await database.read_now(connection)
        if not await storage.note_seen(connection, id_, account, now):
            raise OrderRefused("no-such-order", "nothing of that number was done alone, or you know of it already")
        await append_log(connection, now, [_entry(account, id_, "order.seen", {})])


def _make(wanted: Wish, by: Account, now: datetime, expires_at: datetime) -> Order:
    body = msgspec.json.decode(msgspec.json.encode(wanted))
    return Order(0, KINDS[type(wanted)], body, OrderState.PENDING, by.name, by.display_name, now, expires_at)


async def _require_still_allowed(connection: Connection, order: Order) -> None:
    """What somebody proposed who was shut out since is nobody's to confirm. Raises OrderRefused."""
    found = await accounts.find_account(connection, order.proposed_by)
    person = None if found is None else found[0]
    if person is None and await accounts.is_program(connection, order.proposed_by):
        return
    if person is None or RIGHTS[order.kind] not in person.rights or person.place.level is not Level.CITY:
        raise OrderRefused("order-over", f"{order.proposed_by} may not propose it any more")


async def _add_confirmers(connection: Connection, order: Order) -> PendingOrder:
    roles = [role for role, rights in RIGHTS_OF_ROLES.items() if RIGHTS[order.kind] in rights]
    found = await storage.list_confirmers(connection, roles, order.proposed_by)
    return PendingOrder(**asdict(order), confirmers=tuple(found))


async def _lock(connection: Connection, id_: int, kind: OrderKind) -> Order:
    order = await storage.lock_order(connection, id_)
    if order is None or order.kind is not kind:
        raise OrderRefused("no-such-order", f"there is no such order {id_}")
    return order


def _entry(by: str, id_: int, kind: str, body: dict[str, Any]) -> Entry:
    return Entry(f"person:{by}", f"order:{id_}", kind, body)
