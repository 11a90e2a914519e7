"""How the first administrator comes in: by a link that works once, printed where the service is started. There is no
password that everybody knows."""

from __future__ import annotations

import asyncio
import secrets
from datetime import timedelta

from alerts.accounts import require_no_program
from alerts.domain.rights import Role
from alerts.passwords import check_password, digest_token, hash_password
from alerts.storage import accounts as storage
from alerts.storage.accounts import Account
from alerts.storage.database import Database
from alerts.storage.log import Entry, append_log

LASTS = timedelta(hours=24)


class LinkUsed(Exception):
    """The link is not the newest one, is too old, or somebody administers already."""


async def invite_first_administrator(database: Database) -> str | None:
    """The token of a new link, which ends the one before; None when somebody administers already."""
    token = secrets.token_urlsafe(32)
    async with database.transaction() as connection:
        if await storage.has_administrator(connection):
            return None
        now = await database.read_now(connection)
        await storage.save_first_link(connection, digest_token(token), now + LASTS)
    return token


async def holds_link(database: Database, token: str) -> bool:
    """Whether the link still makes the first administrator."""
    async with database.transaction() as connection:
        return await storage.holds_first_link(connection, digest_token(token), await database.read_now(connection))


async def become_first_administrator(
    database: Database, token: str, name: str, display_name: str, password: str
) -> None:
    """Makes the account, uses the link up, and says so in the log. Raises LinkUsed, AccountRefused and
    PasswordRefused."""
    account = Account(name, display_name, Role.ADMINISTRATOR)
    if not await holds_link(database, token):
        raise LinkUsed("this link no longer opens anything")
    await check_password(database, account, password)
    password_hash = await asyncio.to_thread(hash_password, password)
    async with database.transaction() as connection:
        now = await database.read_now(connection)
        if not await storage.holds_first_link(connection, digest_token(token), now):
            raise LinkUsed("this link no longer opens anything")
        await require_no_program(connection, name)
        await storage.save_account(connection, account, password_hash, now)
        await storage.end_sessions_of(connection, name)
        await storage.forget_first_link(connection)
        said = {"role": account.role, "first": True}
        await append_log(connection, now, [Entry(f"person:{name}", f"account:{name}", "account.saved", said)])
