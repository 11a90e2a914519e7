"""One-tap links: whoever holds one may answer one message, for one person, with one action, for a short time."""

from __future__ import annotations

import base64
import hmac
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import msgspec

from alerts.domain.answering import AnswerAction

__all__ = ["LASTS", "AnswerAction", "AnswerLink", "LinkExpired", "LinkInvalid", "LinkSigner"]

LASTS = timedelta(hours=2)  # an incident that nobody answered for longer has rung again many times, with newer links
_SIGNATURE_BYTES = 16


@dataclass(frozen=True, slots=True)
class AnswerLink:
    """What a link's token says: which message it answers (and so which person and incident), how, and until when."""

    delivery: int
    action: AnswerAction
    expires_at: datetime


class LinkInvalid(ValueError):
    """The token is not one of ours, or was changed."""


class LinkExpired(ValueError):
    """The link was good once."""


class LinkSigner:
    """Writes and reads tokens, signed with HMAC-SHA256 by a key that all processes share."""

    def __init__(self, key: bytes) -> None:
        self._key = key

    def write(self, link: AnswerLink) -> str:
        """The token of a link."""
        said = msgspec.msgpack.encode((link.delivery, link.action, int(link.expires_at.timestamp())))
        return base64.urlsafe_b64encode(said + self._sign(said)).rstrip(b"=").decode()

    def read(self, token: str, now: datetime) -> AnswerLink:
        """What a token says. Raises LinkInvalid and LinkExpired."""
        try:
            raw = base64.b64decode(token + "=" * (-len(token) % 4), altchars=b"-_", validate=True)
        except ValueError as error:
            raise LinkInvalid("not a token") from error
        said, signature = raw[:-_SIGNATURE_BYTES], raw[-_SIGNATURE_BYTES:]
        if not said or not hmac.compare_digest(signature, self._sign(said)):
            raise LinkInvalid("not signed by this service")
        delivery, action, expires = msgspec.msgpack.decode(said, type=tuple[int, AnswerAction, int])
        link = AnswerLink(delivery, action, datetime.fromtimestamp(expires, UTC))
        if now >= link.expires_at:
            raise LinkExpired("the link has expired")
        return link

    def _sign(self, said: bytes) -> bytes:
        return hmac.digest(self._key, said, "sha256")[:_SIGNATURE_BYTES]
