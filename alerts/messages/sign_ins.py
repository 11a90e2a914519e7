"""Telling people that something of how they sign in was changed: in the page, and by every way by which the person
behind the account is reached, so that whoever holds one of those ways cannot keep it quiet."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from alerts.channels.texts import CITY_ZONE
from alerts.domain.sign_ins import TITLE, SignInChange, ToldChange, write_change
from alerts.storage import sign_ins as storage
from alerts.storage.database import Connection, Database
from alerts.storage.deliveries import QueuedDelivery, list_methods, queue_deliveries
from alerts.storage.notices import Notice, NoticeKind, insert_notice
from alerts.storage.sign_ins import ChangeRow

SIGN_IN = "sign_in"
_SHOWN = 20


@dataclass(frozen=True, slots=True)
class SignInChanges:
    """What was changed lately of how somebody signs in, the newest first, and whom to call about it."""

    items: tuple[ChangeRow, ...]
    call: tuple[str, ...]


async def tell_change(
    connection: Connection,
    now: datetime,
    account: str,
    change: SignInChange,
    by: str,
    address: str = "",
    *,
    person: str | None = None,
) -> None:
    """Tells an account's owner what was changed, by whom (an account, or somebody at the terminal) and from which
    address, empty at the terminal; in the transaction that changes it. `person` is told in the place of the owner."""
    owner, actor = await storage.find_owner(connection, account), await storage.find_owner(connection, by)
    by_name = by if actor is None else actor.display_name
    await storage.insert_change(connection, account, ChangeRow(0, change, now, by, by_name, address, None))
    told = person or (owner.person if owner else None)
    if told is not None:
        call = await _list_calls(connection, account, by)
        text = write_change(ToldChange(account, change, now, by_name, by == account, address, call), CITY_ZONE)
        await _queue(connection, now, told, Notice(0, NoticeKind.SIGN_IN, TITLE, text, by, now))


async def list_changes(database: Database, account: str) -> SignInChanges:
    """What was changed lately of how somebody signs in."""
    async with database.connection() as connection:
        rows = await storage.list_changes(connection, account, _SHOWN)
        return SignInChanges(tuple(rows), await _list_calls(connection, account))


async def count_unseen(database: Database, account: str) -> int:
    """Of how many changes an account's owner does not know yet."""
    async with database.connection() as connection:
        return await storage.count_unseen(connection, account)


async def note_seen(database: Database, account: str, up_to: int) -> None:
    """Takes note that an account's owner knows of all changes up to this one."""
    async with database.connection() as connection:
        await storage.note_seen(connection, account, up_to, await database.read_now(connection))


async def _list_calls(connection: Connection, *but: str) -> tuple[str, ...]:
    helpers = await storage.list_helpers(connection, but)
    return tuple(f"{one.name} {one.phone}".strip() for one in helpers)


async def _queue(connection: Connection, now: datetime, person: str, notice: Notice) -> None:
    methods = (await list_methods(connection, [person])).get(person, [])
    if not methods:
        return
    number = await insert_notice(connection, notice)
    rows = [
        QueuedDelivery(
            incident=None,
            person=person,
            post_kind=None,
            channel=one.channel,
            live=False,
            now=now,
            due_at=now,
            reason=SIGN_IN,
            address=one.address,
            notice=number,
        )
        for one in methods
    ]
    await queue_deliveries(connection, rows)
