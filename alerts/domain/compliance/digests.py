"""One hash over a day's raw messages, as docs/compliance.md gives it to whoever computes it again."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from hashlib import sha256

Message = tuple[str, str, str, date, datetime | None, datetime, bytes]
"""Device, channel, identity, the date under which it is filed, when it says it happened, when it came, payload."""


@dataclass(frozen=True, slots=True)
class Digest:
    """How many raw messages a day has, and the hash over them."""

    rows: int
    hash: bytes


NOTHING = Digest(0, b"")


def digest_messages(messages: Iterable[Message]) -> Digest:
    """The hash over messages, which come in any order; of none it is empty."""
    hashes = [
        sha256(
            f"{device}\n{channel}\n{identity}\n{write_instant(occurred_at)}\n{write_instant(received_at)}\n".encode()
            + payload
        ).digest()
        for device, channel, identity, _, occurred_at, received_at, payload in sorted(messages, key=_place)
    ]
    return Digest(len(hashes), sha256(b"".join(hashes)).digest()) if hashes else NOTHING


def write_instant(at: datetime | None) -> str:
    """An instant as PostgreSQL writes it in UTC: a fraction of a second without zeros at its end, or none."""
    if at is None:
        return ""
    said = str(at if at.tzinfo is UTC else at.astimezone(UTC))[:-6]
    return f"{said.rstrip('0') if at.microsecond else said}+00"


def _place(message: Message) -> tuple[str, str, str, date]:
    """Its key: no two messages have the same. PostgreSQL sorts as Python does, by code points."""
    return message[:4]
