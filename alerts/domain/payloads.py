"""Payloads of the contract: one UTF-8 JSON object of at most 4 KiB, times RFC 3339 with an offset."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import msgspec

LIMIT_BYTES = 4096
KEPT_BYTES = 65_536  # of a payload beyond the limit this much is kept as it came, beside its true size
_EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)
_LATEST = datetime(2200, 1, 1, tzinfo=UTC)


class NotReadable(Exception):
    """A payload that is not one JSON object; `reason` is `not_json` or `not_object`."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def read_object(payload: bytes) -> tuple[Mapping[str, Any], bool]:
    """The payload's fields, and whether it is larger than the contract allows. An empty payload is an empty object."""
    too_large = len(payload) > LIMIT_BYTES
    if not payload:
        return {}, False
    try:
        value = msgspec.json.decode(payload)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise NotReadable("not_json") from error
    if not isinstance(value, dict):
        raise NotReadable("not_object")
    return value, too_large


def read_instant(said: Any) -> datetime | None:
    """An aware UTC instant between 2000 and 2200, or None when `said` is not one."""
    if not isinstance(said, str):
        return None
    try:
        instant = msgspec.convert(said, datetime)
        if instant.tzinfo is None:
            return None
        instant = instant.astimezone(UTC)
    except (msgspec.ValidationError, OverflowError, ValueError):
        return None
    return instant if _EARLIEST <= instant <= _LATEST else None


def said_text(said: Any) -> str:
    """What a device said, as text that a database takes: at most 500 characters, no NUL."""
    text = said if isinstance(said, str) else msgspec.json.encode(said).decode()
    return text.replace("\0", "�")[:500]


def kept(payload: bytes) -> bytes:
    """As much of a payload as is stored."""
    return payload[:KEPT_BYTES]
