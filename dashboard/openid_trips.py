"""What a browser keeps while its person is at the provider: signed by us, for minutes, in a cookie that no script
reads. So nothing is stored for whoever never comes back."""

from __future__ import annotations

import base64
import hmac
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeVar

import msgspec

from alerts.storage.identities import Identity

LASTS = timedelta(minutes=10)
_SIGNATURE_BYTES = 32

Kept = TypeVar("Kept", "Trip", "Arrival")


class TripOver(Exception):
    """It was not begun in this browser, or too long ago."""


@dataclass(frozen=True, slots=True)
class Trip:
    """A way to the provider and back: `state` shows that it was begun here, `nonce` that the answer is to it,
    `verifier` that who redeems the code sent for it. `session`: by its token's digest, whose owner shows once more who
    they are."""

    state: str
    nonce: str
    verifier: str
    begun_at: int
    session: bytes | None = None

    @classmethod
    def begin(cls, now: datetime, session: bytes | None = None) -> Trip:
        """A new one."""
        state, nonce, verifier = (secrets.token_urlsafe(32) for _ in range(3))
        return cls(state, nonce, verifier, int(now.timestamp()), session)

    def of(self, state: str) -> Trip:
        """This one, if it is that of a state. Raises TripOver."""
        if not hmac.compare_digest(self.state.encode(), state.encode()):
            raise TripOver("it is another way's")
        return self


@dataclass(frozen=True, slots=True)
class Arrival:
    """Who came back, and still has to show the code of their second factor here."""

    identity: Identity
    begun_at: int
    session: bytes | None


def seal(kept: Trip | Arrival, key: bytes) -> str:
    """What the browser keeps."""
    said = msgspec.msgpack.encode((type(kept).__name__, kept))
    return base64.urlsafe_b64encode(_sign(said, key) + said).rstrip(b"=").decode()


def unseal(text: str, key: bytes, kind: type[Kept], now: datetime) -> Kept:
    """What a browser kept. Raises TripOver."""
    try:
        raw = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
        signature, said = raw[:_SIGNATURE_BYTES], raw[_SIGNATURE_BYTES:]
        if not hmac.compare_digest(signature, _sign(said, key)):
            raise TripOver("it is not signed by us")
        name, kept = msgspec.msgpack.decode(said, type=tuple[str, msgspec.Raw])
        if name != kind.__name__:
            raise TripOver("it is kept for something else")
        found = msgspec.msgpack.decode(kept, type=kind)
    except ValueError as error:  # of base64 and of msgspec
        raise TripOver("it cannot be read") from error
    if not 0 <= now.timestamp() - found.begun_at < LASTS.total_seconds():
        raise TripOver("it began too long ago")
    return found


def _sign(said: bytes, key: bytes) -> bytes:
    return hmac.digest(key, b"openid trip" + said, "sha256")
