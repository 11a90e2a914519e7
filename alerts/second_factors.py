"""A second factor: who has one shows a code beside their password, from a program on their telephone."""

from __future__ import annotations

import base64
import secrets
from datetime import datetime

import pyotp

from alerts.accounts import NoSuchAccount
from alerts.domain.second_factors import RECOVERY_CODES, clean_code, find_step, part_code
from alerts.domain.sign_ins import SignInChange
from alerts.messages.sign_ins import tell_change
from alerts.passwords import digest_token
from alerts.storage import accounts
from alerts.storage import second_factors as storage
from alerts.storage.database import Connection, Database
from alerts.storage.log import Entry, append_log
from alerts.storage.second_factors import FactorState

_CODE_BYTES = 15  # 120 random bits: a fast digest is enough


class CodeNeeded(Exception):
    """The password is right, and a code is needed beside it."""


class CodeWrong(Exception):
    """The code is not of this moment, was used already, or is none."""


class FactorOn(Exception):
    """There is a second factor already: it must be switched off first."""


class NoSuchFactor(Exception):
    """There is no second factor to confirm or to switch off."""


async def read_state(database: Database, account: str) -> FactorState:
    """Whether somebody has a second factor."""
    async with database.connection() as connection:
        return await storage.read_state(connection, account)


async def has_second_factor(database: Database, account: str) -> bool:
    """Whether somebody has a second factor."""
    async with database.connection() as connection:
        return await storage.has_second_factor(connection, account)


async def begin(database: Database, account: str) -> str:
    """A new secret for somebody's telephone, which counts once they have shown a code. Raises FactorOn."""
    secret = pyotp.random_base32()
    async with database.transaction() as connection:
        kept = database.seal.close(secret)
        if not await storage.save_secret(connection, account, kept, await database.read_now(connection)):
            raise FactorOn("your second factor is on already")
    return secret


async def confirm(database: Database, account: str, code: str, address: str = "") -> list[str]:
    """Switches the second factor on for who shows the first code, tells them, and says so in the log. Returns codes for
    a bad day, told this once. Raises NoSuchFactor, FactorOn, CodeWrong and SealedAway."""
    async with database.transaction() as connection:
        now = await database.read_now(connection)
        found = await storage.find_second_factor(connection, account)
        if found is None:
            raise NoSuchFactor("ask for a secret first")
        if found.confirmed_at is not None:
            raise FactorOn("your second factor is on already")
        step = find_step(database.seal.open(found.secret), clean_code(code), now)
        if step is None or not await storage.use_step(connection, account, step):
            raise CodeWrong("this is not the code of the moment: is the clock of your telephone right?")
        await storage.confirm(connection, account, now)
        codes = [base64.b32encode(secrets.token_bytes(_CODE_BYTES)).decode().lower() for _ in range(RECOVERY_CODES)]
        await storage.save_recovery_codes(connection, account, [digest_token(one) for one in codes])
        await append_log(
            connection, now, [Entry(f"person:{account}", f"account:{account}", "account.second_factor_on", {})]
        )
        await tell_change(connection, now, account, SignInChange.FACTOR_ON, account, address)
    return [part_code(one) for one in codes]


async def switch_off(database: Database, account: str, by: str, address: str = "") -> None:
    """Takes somebody's second factor away, tells them, and says so in the log; when it was somebody else, their
    sessions end. Raises NoSuchFactor and NoSuchAccount."""
    async with database.transaction() as connection:
        if await accounts.find_account(connection, account) is None:
            raise NoSuchAccount(f"there is no account {account}")
        if not await storage.remove_second_factor(connection, account):
            raise NoSuchFactor(f"{account} has no second factor")
        if by != account:
            await accounts.end_sessions_of(connection, account)
        now = await database.read_now(connection)
        entry = Entry(f"person:{by}", f"account:{account}", "account.second_factor_off", {})
        await append_log(connection, now, [entry])
        await tell_change(connection, now, account, SignInChange.FACTOR_OFF, by, address)


async def require_code(database: Database, connection: Connection, account: str, code: str | None) -> None:
    """Uses up a code of somebody who has a second factor. Without the key over their secret only codes for a bad day
    are good. Raises CodeNeeded, CodeWrong and SealedAway."""
    found = await storage.find_second_factor(connection, account)
    if found is None or found.confirmed_at is None:
        return
    if not code:
        raise CodeNeeded("a code of your second factor is needed, too")
    said, now = clean_code(code), await database.read_now(connection)
    if await storage.use_recovery_code(connection, account, digest_token(said)):
        await _say_used(connection, now, account)
        return
    step = find_step(database.seal.open(found.secret), said, now)
    if step is None or not await storage.use_step(connection, account, step):
        raise CodeWrong("the code is wrong, or was used already")


async def _say_used(connection: Connection, now: datetime, account: str) -> None:
    await append_log(
        connection, now, [Entry(f"person:{account}", f"account:{account}", "account.recovery_code_used", {})]
    )
