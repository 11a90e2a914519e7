"""Signing in, and what of it lasts."""

from __future__ import annotations

import asyncio
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from alerts.accounts import NoSuchAccount
from alerts.domain.passwords import Weakness
from alerts.domain.sign_ins import SignInChange
from alerts.messages.sign_ins import tell_change
from alerts.passwords import (
    PasswordRefused,
    check_password,
    digest_token,
    hash_password,
    renew_hash,
    verify_password,
)
from alerts.second_factors import require_code
from alerts.storage import accounts as storage
from alerts.storage.accounts import Account, Origin, SessionRow
from alerts.storage.database import Connection, Database
from alerts.storage.log import Entry, append_log

_UNKNOWN = Origin()
PROOF_LASTS = timedelta(minutes=10)
SEEN_EVERY = timedelta(minutes=5)  # no oftener is it written down that a session is in use


class NoSuchSession(Exception):
    """Nobody of that name has such a session."""


@dataclass(frozen=True, slots=True)
class Session:
    """A signed-in person; `token` goes into the cookie and nowhere else."""

    token: str
    account: Account
    expires_at: datetime


async def sign_in(
    database: Database,
    name: str,
    password: str,
    lasts: timedelta,
    origin: Origin = _UNKNOWN,
    code: str | None = None,
) -> Session | None:
    """A new session, or None when name and password do not fit; both cost the same work. Whoever has a second factor
    shows its code, too. Raises CodeNeeded and CodeWrong."""
    account = await find_by_password(database, name, password)
    if account is None:
        return None
    token = secrets.token_urlsafe(32)
    async with database.transaction() as connection:
        await require_code(database, connection, account.name, code)
        now = await database.read_now(connection)
        await storage.start_session(connection, digest_token(token), account.name, now, now + lasts, origin)
        await append_log(connection, now, [Entry(f"person:{name}", f"account:{name}", "session.started", {})])
    return Session(token, account, now + lasts)


async def find_by_password(database: Database, name: str, password: str) -> Account | None:
    """Whose name and password these are; None when they do not fit, which costs the same work."""
    async with database.connection() as connection:
        account, known_hash = await storage.find_account(connection, name) or (None, None)
    if not await asyncio.to_thread(verify_password, known_hash, password):
        return None
    if known_hash and (better := await asyncio.to_thread(renew_hash, known_hash, password)):
        async with database.connection() as connection:
            await storage.change_password_hash(connection, name, better)
    return account


async def list_sessions(database: Database, account: str, token: str) -> list[SessionRow]:
    """Where somebody is signed in, the newest first; `token` is what they show now."""
    async with database.connection() as connection:
        return await storage.list_sessions(
            connection, account, await database.read_now(connection), digest_token(token)
        )


async def revoke_session(database: Database, account: str, id_: int) -> None:
    """Ends one of somebody's own sessions, and says so in the log. Raises NoSuchSession."""
    async with database.transaction() as connection:
        if not await storage.end_session_of(connection, account, id_):
            raise NoSuchSession(f"you have no session {id_}")
        now = await database.read_now(connection)
        await append_log(
            connection, now, [Entry(f"person:{account}", f"account:{account}", "session.revoked", {"session": id_})]
        )


async def revoke_other_sessions(database: Database, account: str, token: str) -> int:
    """Ends all of somebody's own sessions but the one of this token, and says so in the log. Returns how many."""
    async with database.transaction() as connection:
        return await _end_others(database, connection, account, token)


async def change_own_password(
    database: Database, account: Account, old: str, new: str, token: str, address: str = ""
) -> bool:
    """Keeps another password for somebody who knows the one before; their other sessions end, they are told, and the
    log says so.
    Returns whether they knew it. Raises PasswordRefused, for the one before, too."""
    await check_password(database, account, new)
    if await find_by_password(database, account.name, old) is None:
        return False
    if new == old:
        raise PasswordRefused(Weakness.SAME)
    password_hash = await asyncio.to_thread(hash_password, new)
    async with database.transaction() as connection:
        now = await database.read_now(connection)
        await storage.choose_password_hash(connection, account.name, password_hash)
        subject = f"account:{account.name}"
        await append_log(connection, now, [Entry(f"person:{account.name}", subject, "account.password_changed", {})])
        await _end_others(database, connection, account.name, token)
        await tell_change(connection, now, account.name, SignInChange.PASSWORD, account.name, address)
    return True


async def end_sessions_of(database: Database, name: str, by: str) -> int:
    """Signs somebody out everywhere, and says so in the log. Returns how many sessions ended. Raises NoSuchAccount."""
    async with database.transaction() as connection:
        if await storage.find_account(connection, name) is None:
            raise NoSuchAccount(f"there is no account {name}")
        ended = await storage.end_sessions_of(connection, name)
        now = await database.read_now(connection)
        said = {"sessions": ended}
        await append_log(connection, now, [Entry(f"person:{by}", f"account:{name}", "account.sessions_ended", said)])
    return ended


async def find_session(database: Database, token: str) -> Account | None:
    """Who is behind a session's token, while it lasts. That it is in use is written down every few minutes."""
    async with database.connection() as connection:
        now = await database.read_now(connection)
        return await storage.find_session(connection, digest_token(token), now, now - SEEN_EVERY)


async def is_proved(database: Database, token: str) -> bool:
    """Whether the owner of a session showed lately who they are, and not only that they found a screen unlocked."""
    async with database.connection() as connection:
        since = await database.read_now(connection) - PROOF_LASTS
        return await storage.is_proved(connection, digest_token(token), since)


async def prove_again(database: Database, account: str, token: str, password: str, code: str | None) -> bool:
    """Takes note that the owner of a session showed once more who they are. Returns whether the password is theirs.
    Raises CodeNeeded and CodeWrong."""
    if await find_by_password(database, account, password) is None:
        return False
    async with database.transaction() as connection:
        await require_code(database, connection, account, code)
        await storage.note_proof(connection, digest_token(token), await database.read_now(connection))
    return True


async def end_session(database: Database, token: str) -> None:
    """Signs out."""
    async with database.connection() as connection:
        await storage.end_session(connection, digest_token(token))


async def _end_others(database: Database, connection: Connection, account: str, token: str) -> int:
    ended = await storage.end_other_sessions_of(connection, account, digest_token(token))
    now = await database.read_now(connection)
    entry = Entry(f"person:{account}", f"account:{account}", "session.others_revoked", {"sessions": ended})
    await append_log(connection, now, [entry])
    return ended
