"""Whose accounts are, and what was changed of how people sign in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from alerts.domain.sign_ins import SignInChange
from alerts.storage.database import Connection
from alerts.storage.records import read_record, read_records
from alerts.storage.statements import read_statements

_SQL = read_statements("sign_ins")


@dataclass(frozen=True, slots=True)
class Owner:
    """Whose account it is: what others read, and the person of the registry, if that is known."""

    display_name: str
    person: str | None


@dataclass(frozen=True, slots=True)
class Helper:
    """Somebody who administers, to be telephoned."""

    name: str
    phone: str


@dataclass(frozen=True, slots=True)
class ChangeRow:
    """What was changed of how somebody signs in: by whom, and from where; `address` is empty at the terminal where the
    service runs. `seen_at` is when the account's owner said that they know."""

    id: int
    change: SignInChange
    at: datetime
    by: str
    by_name: str
    address: str
    seen_at: datetime | None


async def find_owner(connection: Connection, account: str) -> Owner | None:
    """Whose account it is; None when there is no such account."""
    row = await connection.fetchrow(_SQL["find_owner"], account)
    return None if row is None else read_record(row, Owner)


async def set_person(connection: Connection, account: str, person: str | None) -> None:
    """Whose account it is from now on."""
    await connection.execute(_SQL["set_person"], account, person)


async def is_person(connection: Connection, code: str) -> bool:
    """Whether the registry has a person of that code."""
    return bool(await connection.fetchval(_SQL["is_person"], code))


async def insert_change(connection: Connection, account: str, row: ChangeRow) -> None:
    """Keeps what was changed (its `id` is not looked at)."""
    await connection.execute(_SQL["insert"], account, row.change, row.at, row.by, row.by_name, row.address)


async def list_changes(connection: Connection, account: str, limit: int) -> list[ChangeRow]:
    """The last changes of an account, the newest first."""
    return read_records(await connection.fetch(_SQL["list"], account, limit), ChangeRow)


async def count_unseen(connection: Connection, account: str) -> int:
    """Of how many changes an account's owner does not know yet."""
    return int(await connection.fetchval(_SQL["count_unseen"], account))


async def note_seen(connection: Connection, account: str, up_to: int, now: datetime) -> None:
    """An account's owner knows of all up to this one."""
    await connection.execute(_SQL["note_seen"], account, up_to, now)


async def list_helpers(connection: Connection, but: Sequence[str]) -> list[Helper]:
    """Two people who administer, but not these accounts."""
    return read_records(await connection.fetch(_SQL["list_helpers"], but), Helper)
