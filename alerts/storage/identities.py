"""Identities at a provider that are tied to people's accounts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from alerts.storage.accounts import Account
from alerts.storage.database import Connection
from alerts.storage.records import read_record
from alerts.storage.statements import read_statements

_SQL = read_statements("identities")


@dataclass(frozen=True, slots=True)
class Identity:
    """Who somebody is at a provider: both together never mean anybody else."""

    issuer: str
    subject: str


@dataclass(frozen=True, slots=True)
class Proofs:
    """By what somebody can show who they are: a password, their identity at the provider, or either."""

    password: bool = False
    provider: bool = False


async def read_proofs(connection: Connection, account: str, issuer: str | None) -> Proofs:
    """By what an account's owner can show who they are; a program has neither."""
    row = await connection.fetchrow(_SQL["read_proofs"], account, issuer)
    return Proofs() if row is None else read_record(row, Proofs)


async def tie_identity(connection: Connection, identity: Identity, account: str, by: str, now: datetime) -> None:
    """Lets an identity sign in as an account, and the one before no more."""
    await connection.execute(_SQL["tie_identity"], identity.issuer, identity.subject, account, by, now)


async def find_tied(connection: Connection, identity: Identity) -> Account | None:
    """As whom an identity may sign in."""
    row = await connection.fetchrow(_SQL["find_tied"], identity.issuer, identity.subject)
    return None if row is None else read_record(row, Account)


async def find_identity(connection: Connection, issuer: str, account: str) -> str | None:
    """By which identity an account may sign in."""
    subject: str | None = await connection.fetchval(_SQL["find_identity"], issuer, account)
    return subject


async def untie_identity(connection: Connection, issuer: str, account: str) -> str | None:
    """Lets an account's identity sign in no more. Returns which it was."""
    subject: str | None = await connection.fetchval(_SQL["untie_identity"], issuer, account)
    return subject
