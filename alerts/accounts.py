"""Who may come in, as what, and for which place: people's accounts and programs' tokens."""

from __future__ import annotations

import asyncio
from dataclasses import replace

from alerts.domain.rights import Role, misplaced
from alerts.domain.sign_ins import SignInChange
from alerts.messages.sign_ins import tell_change
from alerts.passwords import check_password, digest_token, hash_password
from alerts.storage import accounts as storage
from alerts.storage.accounts import Account
from alerts.storage.database import Connection, Database
from alerts.storage.log import Entry, append_log


class AccountRefused(Exception):
    """An account that cannot be; `str()` says why, and `field` of what."""

    def __init__(self, why: str, field: str = "role") -> None:
        super().__init__(why)
        self.field = field


class NoSuchAccount(Exception):
    """There is no account, or token, of that name."""


async def save_account(
    database: Database,
    account: Account,
    password: str | None,
    by: str,
    *,
    needs_password: bool = True,
    own_password: bool = False,
    address: str = "",
) -> bool:
    """Makes or changes an account, and says so in the log. Without a password the one before stays; a new one, another
    role or another place ends all sessions. A password that somebody else chose is a first one, unless the owner chose
    it all the same; whoever had one before is told. `address` is where it was asked for, empty at the terminal. Where
    people sign in by a provider, too, a new account needs none. Returns whether it is new. Raises AccountRefused and
    PasswordRefused."""
    _require_place(account)
    if password is not None:
        await check_password(database, account, password)
    password_hash = None if password is None else await asyncio.to_thread(hash_password, password)
    async with database.transaction() as connection:
        now = await database.read_now(connection)
        await _require_known(connection, account)
        await require_no_program(connection, account.name)
        before = await storage.find_account(connection, account.name)
        if needs_password and password_hash is None and before is None:
            raise AccountRefused("a new account needs a password", "password")
        if before is not None and before[0].role is Role.ADMINISTRATOR and account.role is not Role.ADMINISTRATOR:
            await _require_another_administrator(connection, account.name)
        first = not own_password and by != account.name
        await storage.save_account(connection, account, password_hash, now, first=first)
        if before is not None and (password_hash or replace(before[0], display_name=account.display_name) != account):
            await storage.end_sessions_of(connection, account.name)
        if before is not None and password_hash is not None:
            await tell_change(connection, now, account.name, SignInChange.PASSWORD, by, address)
        said = {"role": account.role, **_say_place(account)}
        await append_log(connection, now, [Entry(f"person:{by}", f"account:{account.name}", "account.saved", said)])
    return before is None


async def knows_account(database: Database, name: str) -> bool:
    """Whether there is an account of that name."""
    async with database.connection() as connection:
        return await storage.find_account(connection, name) is not None


async def save_token(database: Database, program: Account, token: str, by: str) -> None:
    """Makes or replaces a program's token, and says so in the log. Raises AccountRefused."""
    _require_place(program)
    async with database.transaction() as connection:
        now = await database.read_now(connection)
        await _require_known(connection, program)
        if await storage.find_account(connection, program.name) is not None:
            raise AccountRefused(f"{program.name} is a person's account: another name is needed", "name")
        await storage.save_token(connection, program, digest_token(token), by, now)
        said = {"rights": sorted(program.scopes), **_say_place(program)}
        await append_log(connection, now, [Entry(f"person:{by}", f"token:{program.name}", "token.saved", said)])


async def remove_account(database: Database, name: str, by: str) -> None:
    """Ends an account with its sessions, and says so in the log. Raises NoSuchAccount, and AccountRefused for the last
    administrator."""
    async with database.transaction() as connection:
        found = await storage.find_account(connection, name)
        if found is not None and found[0].role is Role.ADMINISTRATOR:
            await _require_another_administrator(connection, name)
        if not await storage.remove_account(connection, name):
            raise NoSuchAccount(f"there is no account {name}")
        now = await database.read_now(connection)
        await append_log(connection, now, [Entry(f"person:{by}", f"account:{name}", "account.removed", {})])


async def remove_token(database: Database, name: str, by: str) -> None:
    """Ends a program's token, and says so in the log. Raises NoSuchAccount."""
    async with database.transaction() as connection:
        if not await storage.remove_token(connection, name):
            raise NoSuchAccount(f"there is no token {name}")
        now = await database.read_now(connection)
        await append_log(connection, now, [Entry(f"person:{by}", f"token:{name}", "token.removed", {})])


async def find_token(database: Database, token: str) -> Account | None:
    """Which program is behind an API token."""
    async with database.connection() as connection:
        return await storage.find_token(connection, digest_token(token))


def _require_place(account: Account) -> None:
    """Raises AccountRefused when nobody of this role can stand for this place."""
    if account.district is not None and account.school is not None:
        raise AccountRefused("a school or a district, not both: a school's district is known")
    if (why := misplaced(account.role, account.place)) is not None:
        raise AccountRefused(why)


async def require_no_program(connection: Connection, name: str) -> None:
    """Raises AccountRefused for a person's name that a program has: what people and programs did, asked for and were
    answered is kept by their names."""
    if await storage.is_program(connection, name):
        raise AccountRefused(f"{name} is a program's token: another name is needed", "name")


async def _require_another_administrator(connection: Connection, name: str) -> None:
    if not await storage.count_other_administrators(connection, name):
        raise AccountRefused(f"{name} is the last administrator: make another one first")


async def _require_known(connection: Connection, account: Account) -> None:
    if not await storage.knows_place(connection, account.place):
        raise AccountRefused(
            f"there is no {account.place.level} {account.school or account.district}", account.place.level
        )


def _say_place(account: Account) -> dict[str, str]:
    said = {"district": account.district, "school": account.school}
    return {name: code for name, code in said.items() if code is not None}
