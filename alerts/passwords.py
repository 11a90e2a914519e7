"""What is kept of secrets: argon2id hashes of passwords, SHA-256 digests of tokens. Neither can be read back."""

from __future__ import annotations

import hashlib
import secrets
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

SHORTEST_PASSWORD = 8  # characters
_HASHER = PasswordHasher()  # argon2id with the library's RFC 9106 low-memory profile


class PasswordRefused(Exception):
    """A password that nobody may have; `str()` says why."""


def check_password(password: str) -> None:
    """Raises PasswordRefused for a password that nobody may have."""
    if len(password) < SHORTEST_PASSWORD:
        raise PasswordRefused(f"a password needs at least {SHORTEST_PASSWORD} characters")


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
