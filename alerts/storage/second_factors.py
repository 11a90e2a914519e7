"""Second factors of people's accounts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from alerts.storage.database import Connection
from alerts.storage.records import read_record
from alerts.storage.statements import read_statements

_SQL = read_statements("second_factors")


@dataclass(frozen=True, slots=True)
class SecondFactor:
    """What codes follow from, as it is kept, and the last step of time whose code was shown."""

    secret: str
    confirmed_at: datetime | None
    last_step: int


@dataclass(frozen=True, slots=True)
class FactorState:
    """Since when somebody has a second factor, and how many codes for a bad day are left."""

    since: datetime | None = None
    codes_left: int = 0


async def find_second_factor(connection: Connection, account: str) -> SecondFactor | None:
    """Somebody's, confirmed or not."""
    row = await connection.fetchrow(_SQL["find_second_factor"], account)
    return None if row is None else read_record(row, SecondFactor)


async def read_state(connection: Connection, account: str) -> FactorState:
    """Whether somebody has one."""
    row = await connection.fetchrow(_SQL["read_state"], account)
    return FactorState() if row is None else read_record(row, FactorState)


async def has_second_factor(connection: Connection, account: str) -> bool:
    """Whether somebody has one."""
    return bool(await connection.fetchval(_SQL["has_second_factor"], account))


async def save_secret(connection: Connection, account: str, secret: str, now: datetime) -> bool:
    """Keeps a secret that is still to be confirmed. False: there is a confirmed one."""
    return await connection.fetchval(_SQL["save_secret"], account, secret, now) is not None


async def confirm(connection: Connection, account: str, now: datetime) -> None:
    """From now on it is asked for."""
    await connection.execute(_SQL["confirm"], account, now)


async def use_step(connection: Connection, account: str, step: int) -> bool:
    """Uses up the code of a step of time. False: it, or a later one, was used."""
    return await connection.fetchval(_SQL["use_step"], account, step) is not None


async def save_recovery_codes(connection: Connection, account: str, hashes: Sequence[bytes]) -> None:
    """Keeps digests of codes for a bad day."""
    await connection.execute(_SQL["save_recovery_codes"], account, hashes)


async def use_recovery_code(connection: Connection, account: str, code_hash: bytes) -> bool:
    """Uses up a code for a bad day. False: it is none, or was used."""
    return await connection.fetchval(_SQL["use_recovery_code"], account, code_hash) is not None


async def remove_second_factor(connection: Connection, account: str) -> bool:
    """Takes it away. False: there was none."""
    return await connection.fetchval(_SQL["remove_second_factor"], account) is not None


async def list_secrets(connection: Connection) -> dict[str, str]:
    """Everybody's secrets as they are kept, held until the transaction ends."""
    return {row["account"]: row["secret"] for row in await connection.fetch(_SQL["list_secrets"])}


async def replace_secret(connection: Connection, account: str, kept: str) -> None:
    """Keeps the same secret in another way."""
    await connection.execute(_SQL["replace_secret"], account, kept)
