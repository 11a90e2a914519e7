"""One hash over a day's raw messages, as docs/compliance.md gives it to whoever computes it again."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from hashlib import sha256

import msgspec

Message = tuple[str, str, str, date, datetime | None, datetime, bytes]
"""Device, channel, identity, the date under which it is filed, when it says it happened, when it came, payload."""


@dataclass(frozen=True, slots=True)
class Digest:
    """How many raw messages a day has, and the hash over them."""

    rows: int
    hash: bytes


NOTHING = Digest(0, b"")
_write_json = msgspec.json.Encoder().encode


def digest_messages(messages: Iterable[Message]) -> Digest:
    """The hash over messages, which come in any order; of none it is empty."""
    hashes = [
        sha256(
            b"%b\n%b\n%b\n%b\n%b\n%b"
            % (
                device.encode(),
                channel.encode(),
                identity.encode(),
                write_instant(occurred_at),
                write_instant(received_at),
                payload,
            )
        ).digest()
        for device, channel, identity, _, occurred_at, received_at, payload in sorted(messages, key=_place)
    ]
    return Digest(len(hashes), sha256(b"".join(hashes)).digest()) if hashes else NOTHING


def write_instant(at: datetime | None) -> bytes:
    """An instant of UTC as PostgreSQL writes it: a fraction of a second without zeros at its end, or none."""
    if at is None:
        return b""
    said = _write_json(at)  # "2026-11-23T12:00:00.500000Z", in a third of the time of `str`
    time = said[12:-2].rstrip(b"0") if at.microsecond else said[12:-2]
    return b"%b %b+00" % (said[1:11], time)


def _place(message: Message) -> tuple[str, str, str, date]:
    """Its key: no two messages have the same. PostgreSQL sorts as Python does, by code points."""
    return message[:4]
