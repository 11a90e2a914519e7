"""What a station says of a case, in an answer or by itself, and how it signs what it says by itself."""

from __future__ import annotations

import hmac
from datetime import UTC, datetime, timedelta
from typing import Annotated

import msgspec

from alerts.domain.handover import Report
from alerts.domain.police import HandoverState

SIGNED_FOR = timedelta(minutes=5)  # a signature older, or further ahead, is not taken

_Short = Annotated[str, msgspec.Meta(max_length=200)]
_Long = Annotated[str, msgspec.Meta(max_length=2000)]


class StatusWords(msgspec.Struct, frozen=True):
    """A station's words; `at` is when it happened there, now when it is left out."""

    state: _Short
    at: datetime | None = None
    number: _Short | None = None
    officer: _Short | None = None
    unit: _Short | None = None
    reason: _Long | None = None
    disposition: _Long | None = None

    def texts(self) -> list[str]:
        """All that is free text."""
        said = (self.number, self.officer, self.unit, self.reason, self.disposition)
        return [text for text in said if text is not None]


class SignatureWrong(Exception):
    """It was not signed by who knows the secret, or too long ago; the message says which."""


def read_status(words: StatusWords, state: HandoverState) -> Report:
    """The report that a station's words are."""
    at = words.at
    return Report(
        state=state,
        at=at.replace(tzinfo=UTC) if at is not None and at.tzinfo is None else at,
        number=words.number,
        officer=words.officer,
        unit=words.unit,
        reason=words.reason,
        disposition=words.disposition,
    )


def sign(secret: str, stamp: str, body: bytes) -> str:
    """The signature of a body sent at `stamp` (seconds since 1970): HMAC-SHA256 over both, in hexadecimal."""
    return hmac.new(secret.encode(), f"{stamp}.".encode() + body, "sha256").hexdigest()


def check_signature(secret: str, stamp: str, signature: str, body: bytes, now: datetime) -> None:
    """Raises SignatureWrong."""
    if not stamp.isascii() or not stamp.isdecimal() or len(stamp) > 12:
        raise SignatureWrong("the time of signing is seconds since 1970")
    if not hmac.compare_digest(signature.encode(), sign(secret, stamp, body).encode()):
        raise SignatureWrong("the signature does not fit")
    if abs(now - datetime.fromtimestamp(int(stamp), UTC)) > SIGNED_FOR:
        raise SignatureWrong(
            f"it was signed more than {SIGNED_FOR.total_seconds():.0f} s away from now: look at the clock"
        )
