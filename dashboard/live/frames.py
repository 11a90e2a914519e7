"""What goes over a board's WebSocket, as bytes that are the same for every board.

A server's frames are not masked, so a message needs one encoding however many boards there are.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec

from alerts.domain.board import Snapshot
from alerts.domain.watchers import MOST_WATCHERS, Watcher

FRAME_BYTES = 65_536  # a snapshot goes in pieces of this size, so that a ping or a close can pass between them
WINDOW_BITS = 15  # of the one compression that all boards share

_TEXT, _CONTINUATION = 0x1, 0x0  # opcodes of RFC 6455
_encoder = msgspec.json.Encoder()


def encode_snapshot(cursor: str, snapshot: Snapshot) -> bytes:
    """The `snapshot` message: about 250 bytes a school."""
    return _encoder.encode(
        {
            "type": "snapshot",
            "cursor": cursor,
            "at": snapshot.at,
            "districts": snapshot.districts,
            "schools": snapshot.schools,
            "incidents": snapshot.incidents,
            "compliance": snapshot.compliance,
        }
    )


def encode_change(cursor: str, kind: str, item: Any) -> bytes:
    """One `change` message, framed."""
    return _frame(_encoder.encode({"type": "change", "cursor": cursor, "kind": kind, "item": item}))


def encode_tick(cursor: str, at: datetime, *, presses: bool, engine: bool) -> bytes:
    """One `tick` message, framed."""
    service = {"presses": presses, "engine": engine}
    return _frame(_encoder.encode({"type": "tick", "cursor": cursor, "at": at, "service": service}))


def encode_watchers(incident: int, people: Sequence[Watcher], *, whole: bool) -> bytes:
    """One `watchers` message, framed: who is at an incident, so many of them by name."""
    named, more = people[:MOST_WATCHERS], len(people) > MOST_WATCHERS
    return _frame(
        _encoder.encode({"type": "watchers", "incident": incident, "people": named, "more": more, "whole": whole})
    )


def split_plain(message: bytes) -> tuple[bytes, ...]:
    """The frames of a large message as it is."""
    return _split(message, deflated=False)


def split_deflated(message: bytes) -> tuple[bytes, ...]:
    """The frames of a large message, compressed (RFC 7692, section 7.2.1).

    Only for boards that agreed to permessage-deflate without context takeover and with the full window: then the
    compressed message depends on nothing that went before and is the same for all of them. The snapshot of 3,488
    schools shrinks from 870 to 87 kB, in 7 ms, once for however many boards come back together. Changes are not
    compressed: one would shrink from 670 to 370 bytes, and each board's browser would have to inflate it.
    """
    compressor = zlib.compressobj(level=6, wbits=-WINDOW_BITS)
    data = compressor.compress(message) + compressor.flush(zlib.Z_SYNC_FLUSH)
    return _split(data.removesuffix(b"\x00\x00\xff\xff"), deflated=True)


def _frame(payload: bytes, *, opcode: int = _TEXT, last: bool = True, deflated: bool = False) -> bytes:
    """One frame from a server (RFC 6455, section 5.2): flags and opcode, length, payload; no mask."""
    head = (0x80 if last else 0) | (0x40 if deflated else 0) | opcode
    size = len(payload)
    if size < 126:
        return struct.pack("!BB", head, size) + payload
    if size < 65_536:
        return struct.pack("!BBH", head, 126, size) + payload
    return struct.pack("!BBQ", head, 127, size) + payload


def _split(message: bytes, *, deflated: bool) -> tuple[bytes, ...]:
    starts = range(0, len(message), FRAME_BYTES)
    return tuple(
        _frame(
            message[start : start + FRAME_BYTES],
            opcode=_CONTINUATION if start else _TEXT,
            last=start == starts[-1],
            deflated=deflated and start == 0,
        )
        for start in starts
    )


RESYNC = _frame(b'{"type":"resync"}')
