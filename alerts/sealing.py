"""Bringing what is sealed in the database up to the first key: what lay plain, and what an older key sealed."""

from __future__ import annotations

from dataclasses import dataclass

from alerts.storage.database import Database
from alerts.storage.seals import Seal, SealedAway
from alerts.storage.second_factors import list_secrets, replace_secret


@dataclass(frozen=True, slots=True)
class Sealed:
    """How many secrets of second factors there are: sealed anew, kept `plain` for there is no key, and `locked`, which
    no key that is set opens."""

    sealed: int = 0
    plain: int = 0
    locked: int = 0


async def seal_secrets(database: Database) -> Sealed:
    """Seals every secret of a second factor by the first key that has not been; without a key it only counts."""
    async with database.transaction() as connection:
        kept = await list_secrets(connection)
        sealed = locked = plain = 0
        for account, secret in kept.items():
            newer = _renew(database.seal, secret)
            if newer is None:
                locked += 1
            elif newer != secret:
                await replace_secret(connection, account, newer)
                sealed += 1
            elif not database.seal.seals:
                plain += 1
    return Sealed(sealed, plain, locked)


def _renew(seal: Seal, secret: str) -> str | None:
    """The secret as it should be kept; None when no key opens it."""
    if seal.is_newest(secret):
        return secret
    try:
        plain = seal.open(secret)
    except SealedAway:
        return None
    return seal.close(plain)
