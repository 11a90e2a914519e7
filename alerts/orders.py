"""Orders for the whole city: proposed by one person, and done when another one with the same right confirms. What is
done, its order and its rows of the log are one transaction."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any

import msgspec

from alerts.compliance.schedules import close_exception, put_exception
from alerts.domain.orders import (
    RIGHTS,
    TOGETHER,
    OrderKind,
    OrderRefused,
    OrderState,
    require_proposer,
    require_second,
    tells_city,
)
from alerts.domain.rights import Level
from alerts.messages.notices import list_told, put_notice
from alerts.storage import accounts
from alerts.storage import orders as storage
from alerts.storage.accounts import Account
from alerts.storage.database import Connection, Database
from alerts.storage.log import Entry, append_log
from alerts.storage.notices import Audience
from alerts.storage.orders import Order
from alerts.storage.schedules import ExceptionRow


@dataclass(frozen=True, slots=True)
class NoticeOrder:
    """A notice to the whole city."""

    title: str
    text: str
    audience: Audience


@dataclass(frozen=True, slots=True)
class ExceptionEnd:
    """Days of the whole city that shall be as always again from today on."""

    exception: ExceptionRow


Wanted = NoticeOrder | ExceptionRow | ExceptionEnd


async def send_to_part(database: Database, wanted: NoticeOrder, by: str) -> int | None:
    """Sends a notice at once that does not reach the whole city, and returns its id. None, with nothing done, when it
    does, or nearly, by itself or together with what the same one sent lately. Raises NoticeInvalid."""
    async with database.transaction() as connection:
        now = await database.read_now(connection)
        await storage.take_turn(connection, by)
        if await _tells_city(connection, wanted.audience, by, now):
            return None
        return await put_notice(connection, wanted.title, wanted.text, wanted.audience, by, now)


async def save_for_part(database: Database, wanted: ExceptionRow, by: str) -> ExceptionRow | None:
    """Says that days of a part of the city are otherwise. None, with nothing done, when they are of the whole city, or
    nearly, by themselves or together with what the same one said of the same days lately. Raises ScheduleInvalid."""
    async with database.transaction() as connection:
        now = await database.read_now(connection)
        await storage.take_turn(connection, by)
        covered = await storage.count_covered(connection, wanted, by, now - TOGETHER)
        if tells_city(covered.told, covered.everybody):
            return None
        return await put_exception(connection, wanted, by, now)


async def _tells_city(connection: Connection, audience: Audience, by: str, now: datetime) -> bool:
    if audience.city:
        return True
    told = await list_told(connection, audience) | await storage.list_told_lately(connection, by, now - TOGETHER)
    everybody = await list_told(connection, Audience(city=True))
    return tells_city(len(told & everybody), len(everybody))


async def propose(database: Database, wanted: Wanted, by: Account, lasts: timedelta) -> Order:
    """Keeps what somebody wants for the whole city until another person confirms it, and says so in the log. It is
    tried first, and undone: nobody confirms what cannot be. Raises NoticeInvalid and ScheduleInvalid."""
    async with database.transaction() as connection:
        now = await database.read_now(connection)
        order = _make(wanted, by, now, now + lasts)
        trial = connection.transaction()
        await trial.start()
        try:
            await _ACTS[order.kind](connection, order.body, by.name, now)
        finally:
            await trial.rollback()
        order = replace(order, id=await storage.insert_order(connection, order))
        said = {"order": order.kind, "body": order.body, "expires_at": order.expires_at}
        await append_log(connection, now, [_entry(by.name, order.id, "order.proposed", said)])
    return order


async def confirm(database: Database, id_: int, kind: OrderKind, by: str) -> Order:
    """Does what another person proposed, and says so in the log. Raises OrderRefused, NoticeInvalid and
    ScheduleInvalid."""
    async with database.transaction() as connection:
        now = await database.read_now(connection)
        order = await _lock(connection, id_, kind)
        require_second(order.state, order.proposed_by, order.expires_at, by, now)
        await _require_still_allowed(connection, order)
        made = await _ACTS[kind](connection, order.body, order.proposed_by, now)
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


async def send_alone(database: Database, wanted: NoticeOrder, by: Account, reason: str) -> Order:
    """Sends a notice to the whole city at once, because there is nobody else and no time: the log says why, and so is
    every administrator told. Raises NoticeInvalid."""
    async with database.transaction() as connection:
        now = await database.read_now(connection)
        order = _make(wanted, by, now, now)
        made = await _ACTS[order.kind](connection, order.body, by.name, now)
        order = replace(order, state=OrderState.ALONE, settled_by=by.name, settled_at=now, reason=reason, made=made)
        order = replace(order, id=await storage.insert_order(connection, order))
        said = {"order": order.kind, "body": order.body, "reason": reason, "made": made}
        await append_log(connection, now, [_entry(by.name, order.id, "order.done_alone", said)])
    return order


async def list_orders(database: Database) -> list[Order]:
    """What waits for a second person."""
    async with database.connection() as connection:
        return await storage.list_pending(connection, await database.read_now(connection))


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


async def _send_notice(connection: Connection, body: dict[str, Any], by: str, now: datetime) -> int:
    wanted = msgspec.convert(body, NoticeOrder)
    return await put_notice(connection, wanted.title, wanted.text, wanted.audience, by, now)


async def _save_exception(connection: Connection, body: dict[str, Any], by: str, now: datetime) -> int:
    return (await put_exception(connection, msgspec.convert(body, ExceptionRow), by, now)).id


async def _end_exception(connection: Connection, body: dict[str, Any], by: str, now: datetime) -> int:
    ended = msgspec.convert(body, ExceptionEnd).exception.id
    await close_exception(connection, ended, by, now)
    return ended


_ACTS: Mapping[OrderKind, Callable[[Connection, dict[str, Any], str, datetime], Awaitable[int]]] = MappingProxyType(
    {
        OrderKind.NOTICE: _send_notice,
        OrderKind.DAY_EXCEPTION: _save_exception,
        OrderKind.DAY_EXCEPTION_END: _end_exception,
    }
)


_KINDS: Mapping[type[Wanted], OrderKind] = MappingProxyType(
    {
        NoticeOrder: OrderKind.NOTICE,
        ExceptionRow: OrderKind.DAY_EXCEPTION,
        ExceptionEnd: OrderKind.DAY_EXCEPTION_END,
    }
)


def _make(wanted: Wanted, by: Account, now: datetime, expires_at: datetime) -> Order:
    body = msgspec.json.decode(msgspec.json.encode(wanted))
    return Order(0, _KINDS[type(wanted)], body, OrderState.PENDING, by.name, by.display_name, now, expires_at)


async def _require_still_allowed(connection: Connection, order: Order) -> None:
    """What somebody proposed who was shut out since is nobody's to confirm. Raises OrderRefused."""
    found = await accounts.find_account(connection, order.proposed_by)
    person = None if found is None else found[0]
    if person is None and await accounts.is_program(connection, order.proposed_by):
        return
    if person is None or RIGHTS[order.kind] not in person.rights or person.place.level is not Level.CITY:
        raise OrderRefused("order-over", f"{order.proposed_by} may not propose it any more")


async def _lock(connection: Connection, id_: int, kind: OrderKind) -> Order:
    order = await storage.lock_order(connection, id_)
    if order is None or order.kind is not kind:
        raise OrderRefused("no-such-order", f"there is no such order {id_}")
    return order


def _entry(by: str, id_: int, kind: str, body: dict[str, Any]) -> Entry:
    return Entry(f"person:{by}", f"order:{id_}", kind, body)
