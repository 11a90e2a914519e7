"""What is kept of secrets: argon2id hashes of passwords, SHA-256 digests of tokens. Neither can be read back."""

from __future__ import annotations

import asyncio
import hashlib
import secrets
from collections.abc import Mapping
from functools import cache
from types import MappingProxyType

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from alerts.domain.passwords import LONGEST, SHORTEST, Weakness, find_weakness
from alerts.storage.accounts import Account, name_place
from alerts.storage.database import Database

_HASHER = PasswordHasher()  # argon2id with the library's RFC 9106 low-memory profile


_EASILY = "this password is guessed easily"
_REASONS: Mapping[Weakness, str] = MappingProxyType(
    {
        Weakness.SHORT: f"a password needs at least {SHORTEST} characters",
        Weakness.LONG: f"a password has at most {LONGEST} characters",
        Weakness.OWN: f"{_EASILY}: it is made of your name, or of words of this place",
        Weakness.COMMON: f"{_EASILY}: it is a known password, or made of few common words; take more words",
        Weakness.KEYS: f"{_EASILY}: it is a row of keys",
        Weakness.REPEATED: f"{_EASILY}: it repeats or counts on",
        Weakness.DATED: f"{_EASILY}: it is made of dates or years",
        Weakness.SAME: "this is the password that you have: choose another one",
    }
)


class PasswordRefused(Exception):
    """A password that nobody may have; `str()` says why."""

    def __init__(self, weakness: Weakness) -> None:
        super().__init__(_REASONS[weakness])
        self.weakness = weakness


async def check_password(database: Database, account: Account, password: str) -> None:
    """Raises PasswordRefused for a password that this person may not have."""
    async with database.connection() as connection:
        place = await name_place(connection, account.place)
    own = (account.name, account.display_name, account.district, account.school, place)
    weakness = await asyncio.to_thread(find_weakness, password, [word for word in own if word])
    if weakness is not None:
        raise PasswordRefused(weakness)


def hash_password(password: str) -> str:
    """What is kept of a password. Work on purpose: not in the event loop."""
    return _HASHER.hash(password)


def verify_password(password_hash: str | None, password: str) -> bool:
    """Whether it is the password of this hash; None is nobody's, and costs the same work, which is done on purpose: not
    in the event loop."""
    try:
        return _HASHER.verify(password_hash or _hash_of_nobody(), password) and password_hash is not None
    except (VerificationError, InvalidHashError):
        return False


def renew_hash(password_hash: str, password: str) -> str | None:
    """A better hash of the same password; None when the one that there is is good."""
    return _HASHER.hash(password) if _HASHER.check_needs_rehash(password_hash) else None


def digest_token(token: str) -> bytes:
    """What is kept of a token. Tokens are long and random: a fast digest is enough, and lets the index find them."""
    return hashlib.sha256(token.encode()).digest()


@cache
def _hash_of_nobody() -> str:
    """An unknown name costs as much work as a known one."""
    return _HASHER.hash(secrets.token_hex(16))
