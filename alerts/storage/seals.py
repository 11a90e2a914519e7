"""A seal over what lies in the database and must be read back: encrypted by a key from the environment, so that whoever
reads the database, or a backup of it, has not got it."""

from __future__ import annotations

from collections.abc import Sequence

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

_MARK = "sealed:"  # no secret begins so: they are base32


class SealedAway(Exception):
    """What was sealed cannot be read: none of the keys that are set opens it."""


class Seal:
    """Keys: the first seals, all of them open. Without one everything is kept as it is."""

    def __init__(self, keys: Sequence[str] = ()) -> None:
        self._keys = [Fernet(key) for key in keys]

    @staticmethod
    def make_key() -> str:
        """A new key."""
        return Fernet.generate_key().decode()

    @property
    def seals(self) -> bool:
        """Whether there is a key to seal by."""
        return bool(self._keys)

    def close(self, plain: str) -> str:
        """What is kept of something."""
        return _MARK + self._keys[0].encrypt(plain.encode()).decode() if self._keys else plain

    def open(self, kept: str) -> str:
        """What it was. Raises SealedAway."""
        if not kept.startswith(_MARK):
            return kept
        try:
            if not self._keys:
                raise SealedAway("CAMPUS_SECRET_KEYS is not set, and what is in the database was sealed by such a key")
            return MultiFernet(self._keys).decrypt(kept.removeprefix(_MARK)).decode()
        except InvalidToken as error:
            raise SealedAway("none of CAMPUS_SECRET_KEYS is the key by which it was sealed") from error

    def is_newest(self, kept: str) -> bool:
        """Whether it is sealed by the first key already."""
        if not self._keys or not kept.startswith(_MARK):
            return False
        try:
            self._keys[0].decrypt(kept.removeprefix(_MARK))
        except InvalidToken:
            return False
        return True
