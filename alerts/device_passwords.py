"""Passwords of devices: made here, and hashed as brokers compare them."""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
import secrets

import bcrypt

_PASSWORD_BYTES = 15  # 120 random bits in 24 letters and digits, which somebody may have to type

# A device's password is random and long, so its strength is its own and not the hash's. The hash must be cheap: after a
# power cut 10,000 devices sign in within 30 s, at 1 ms each here and at 100 ms each with the usual cost of 11.
BCRYPT_COST = 4
BCRYPT_LIMIT_BYTES = 72
PBKDF2_ITERATIONS = 101  # what mosquitto_passwd 2.0 uses
PBKDF2_SALT_BYTES = 12
PBKDF2_KEY_BYTES = 64


class PasswordTooLong(ValueError):
    """A password is longer than what bcrypt compares."""


def make_password() -> str:
    """A password of a device, which nobody chooses."""
    return base64.b32encode(secrets.token_bytes(_PASSWORD_BYTES)).decode().lower()


def hash_for_nats(password: str) -> str:
    """A bcrypt hash in the `$2a$` form. Raises PasswordTooLong beyond bcrypt's 72 bytes."""
    secret = password.encode()
    if len(secret) > BCRYPT_LIMIT_BYTES:
        raise PasswordTooLong(f"a password has {len(secret)} bytes; NATS compares no more than {BCRYPT_LIMIT_BYTES}")
    return bcrypt.hashpw(secret, bcrypt.gensalt(BCRYPT_COST, prefix=b"2a")).decode()


def hash_for_mosquitto(password: str) -> str:
    """A hash in the `$7$` form of Mosquitto's password file: PBKDF2 with SHA-512, iterations, salt and key."""
    salt = os.urandom(PBKDF2_SALT_BYTES)
    return _write_pbkdf2(PBKDF2_ITERATIONS, salt, _derive(password, salt, PBKDF2_ITERATIONS))


def verify_pbkdf2(kept: str, password: str) -> bool:
    """Whether it is the password of a hash in that form."""
    _, _, iterations, salt, _ = kept.split("$")
    decoded = base64.b64decode(salt)
    again = _write_pbkdf2(int(iterations), decoded, _derive(password, decoded, int(iterations)))
    return hmac.compare_digest(kept.encode(), again.encode())


def _derive(password: str, salt: bytes, iterations: int) -> bytes:
    return hashlib.pbkdf2_hmac("sha512", password.encode(), salt, iterations, PBKDF2_KEY_BYTES)


def _write_pbkdf2(iterations: int, salt: bytes, key: bytes) -> str:
    return f"$7${iterations}${base64.b64encode(salt).decode()}${base64.b64encode(key).decode()}"
