"""Signing in by the operator's own provider: only as the account that an administrator tied an identity to. No account
is made, and no role given, by what a provider says."""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta

from alerts.accounts import AccountRefused, NoSuchAccount
from alerts.domain.sign_ins import SignInChange
from alerts.messages.sign_ins import tell_change
from alerts.passwords import digest_token
from alerts.second_factors import require_code
from alerts.sessions import Session
from alerts.storage import accounts
from alerts.storage import identities as storage
from alerts.storage.accounts import Account, Origin
from alerts.storage.database import Connection, Database
from alerts.storage.identities import Identity, Proofs
from alerts.storage.log import Entry, append_log


class NotTied(Exception):
    """No account is tied to this identity, or another one than was asked for."""


async def tie(database: Database, identity: Identity, account: str, by: str, address: str = "") -> None:
    """Lets an identity sign in as an account, in the place of the one before, tells its owner, and says so in the log.
    Raises NoSuchAccount, and AccountRefused for an identity that is somebody else's."""
    async with database.transaction() as connection:
        await _require_account(connection, account)
        tied = await storage.find_tied(connection, identity)
        if tied is not None and tied.name != account:
            raise AccountRefused(f"this identity is tied to {tied.name} already", "subject")
        before = await storage.find_identity(connection, identity.issuer, account)
        if before == identity.subject:
            return
        now = await database.read_now(connection)
        await storage.tie_identity(connection, identity, account, by, now)
        if before is not None:
            await accounts.end_sessions_of(connection, account)
        await _say(connection, now, by, account, "account.identity_tied", identity)
        await tell_change(connection, now, account, SignInChange.IDENTITY_TIED, by, address)


async def untie(database: Database, issuer: str, account: str, by: str, address: str = "") -> None:
    """Lets an account's identity sign in no more, tells its owner, and says so in the log; its sessions end. Raises
    NoSuchAccount and NotTied."""
    async with database.transaction() as connection:
        await _require_account(connection, account)
        subject = await storage.untie_identity(connection, issuer, account)
        if subject is None:
            raise NotTied(f"no identity is tied to {account}")
        await accounts.end_sessions_of(connection, account)
        now = await database.read_now(connection)
        await _say(connection, now, by, account, "account.identity_untied", Identity(issuer, subject))
        await tell_change(connection, now, account, SignInChange.IDENTITY_UNTIED, by, address)


async def sign_in_by(
    database: Database, identity: Identity, lasts: timedelta, origin: Origin, code: str | None = None
) -> Session:
    """A new session of the account that an identity is tied to. Whoever has a second factor here shows its code, too.
    Raises NotTied, CodeNeeded and CodeWrong."""
    token = secrets.token_urlsafe(32)
    async with database.transaction() as connection:
        account = await _find(connection, identity)
        await require_code(database, connection, account.name, code)
        now = await database.read_now(connection)
        key, until = digest_token(token), now + lasts
        await accounts.start_session(connection, key, account.name, now, until, origin, by_provider=True)
        said = {"issuer": identity.issuer}
        who = Entry(f"person:{account.name}", f"account:{account.name}", "session.started", said)
        await append_log(connection, now, [who])
    return Session(token, account, until)


async def prove_by(database: Database, identity: Identity, session: bytes, code: str | None = None) -> Account:
    """Takes note that the owner of a session, by its token's digest, showed once more who they are. Raises NotTied when
    it is not their identity, CodeNeeded and CodeWrong."""
    async with database.transaction() as connection:
        account = await _find(connection, identity)
        now = await database.read_now(connection)
        owner = await accounts.find_session(connection, session, now, now)
        if owner is None or owner.name != account.name:
            raise NotTied("this identity is not that of who is signed in")
        await require_code(database, connection, account.name, code)
        await accounts.note_proof(connection, session, now)
    return account


async def read_proofs(database: Database, account: str, issuer: str | None) -> Proofs:
    """By what somebody can show who they are."""
    async with database.connection() as connection:
        return await storage.read_proofs(connection, account, issuer)


async def _find(connection: Connection, identity: Identity) -> Account:
    account = await storage.find_tied(connection, identity)
    if account is None:
        raise NotTied("no account is tied to this identity")
    return account


async def _require_account(connection: Connection, account: str) -> None:
    if await accounts.find_account(connection, account) is None:
        raise NoSuchAccount(f"there is no account {account}")


async def _say(connection: Connection, now: datetime, by: str, account: str, kind: str, identity: Identity) -> None:
    said = {"issuer": identity.issuer, "subject": identity.subject}
    await append_log(connection, now, [Entry(f"person:{by}", f"account:{account}", kind, said)])
