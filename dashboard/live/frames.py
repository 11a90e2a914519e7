"""What goes over a board's WebSocket, as bytes that are the same for every board.

A server's frames are not masked, so a message needs one encoding however many boards there are.
"""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec
from websockets.frames import Frame, Opcode

from alerts.domain.board import Snapshot

FRAME_BYTES = 65_536  # a snapshot goes in pieces of this size, so that a ping or a close can pass between them
WINDOW_BITS = 15  # of the one compression that all boards share

_encoder = msgspec.json.Encoder()


def encode_snapshot(cursor: str, snapshot: Snapshot) -> bytes:
    """The `snapshot` message: about 200 bytes a school."""
    return _encoder.encode(
        {
            "type": "snapshot",
            "cursor": cursor,
            "at": snapshot.at,
            "districts": snapshot.districts,
            "schools": snapshot.schools,
            "incidents": snapshot.incidents,
        }
    )


def encode_change(cursor: str, kind: str, item: Any) -> bytes:
    """One `change` message, framed."""
    return _frame(_encoder.encode({"type": "change", "cursor": cursor, "kind": kind, "item": item}))


def encode_tick(cursor: str, at: datetime, *, presses: bool, engine: bool) -> bytes:
    """One `tick` message, framed."""
    service = {"presses": presses, "engine": engine}
    return _frame(_encoder.encode({"type": "tick", "cursor": cursor, "at": at, "service": service}))


def split_plain(message: bytes) -> tuple[bytes, ...]:
    """The frames of a large message as it is."""
    return _split(message, deflated=False)


def split_deflated(message: bytes) -> tuple[bytes, ...]:
    """The frames of a large message, compressed (RFC 7692, section 7.2.1).

    Only for boards that agreed to permessage-deflate without context takeover and with the full window: then the
    compressed message depends on nothing that went before and is the same for all of them. Snapshots are compressed,
    changes are not: a snapshot shrinks to a sixth, is compressed once and sent to hundreds; a change of 500 bytes
    without context shrinks to 350 and would cost every board's browser an inflate.
    """
    compressor = zlib.compressobj(level=4, wbits=-WINDOW_BITS)
    data = compressor.compress(message) + compressor.flush(zlib.Z_SYNC_FLUSH)
    return _split(data.removesuffix(b"\x00\x00\xff\xff"), deflated=True)


def _frame(message: bytes) -> bytes:
    return Frame(Opcode.TEXT, message).serialize(mask=False)


def _split(message: bytes, *, deflated: bool) -> tuple[bytes, ...]:
    pieces: Sequence[bytes] = [message[start : start + FRAME_BYTES] for start in range(0, len(message), FRAME_BYTES)]
    return tuple(
        Frame(
            Opcode.CONT if number else Opcode.TEXT,
            piece,
            fin=number == len(pieces) - 1,
            rsv1=deflated and number == 0,
        ).serialize(mask=False)
        for number, piece in enumerate(pieces)
    )


RESYNC = _frame(b'{"type":"resync"}')
