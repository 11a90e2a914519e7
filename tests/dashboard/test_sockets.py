"""What the feed's socket takes from uvicorn and websockets holds: frames pass whole, compressed once, pings between."""

from __future__ import annotations

import asyncio
import socket
import struct
import zlib

import msgspec
import pytest
from websockets.extensions.permessage_deflate import ClientPerMessageDeflateFactory

from dashboard.live.frames import FRAME_BYTES, split_deflated, split_plain
from tests.dashboard.board import Dashboard

MANY_SCHOOLS = """
insert into school (code, district, name, kind, ownership, students, boarders)
select 'M' || n, '370202', '很多学校之' || n, 'primary', 'public', 500, 0 from generate_series(1, 3000) as n
"""


async def read_frames(dashboard: Dashboard, extensions: str) -> tuple[list[tuple[int, bytes]], str]:
    """The frames of one message as they come over the wire, and what was agreed on extensions."""
    reader, writer = await asyncio.open_connection("127.0.0.1", dashboard.port)
    writer.write(
        f"GET /api/v1/live HTTP/1.1\r\nHost: 127.0.0.1:{dashboard.port}\r\nUpgrade: websocket\r\n"
        "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
        f"Authorization: Bearer an-operators-program\r\n{extensions}\r\n".encode()
    )
    head = (await reader.readuntil(b"\r\n\r\n")).decode()
    assert head.startswith("HTTP/1.1 101"), head
    frames: list[tuple[int, bytes]] = []
    while not frames or not frames[-1][0] & 0x80:
        first, size = struct.unpack("!BB", await reader.readexactly(2))
        if size >= 126:
            size = int.from_bytes(await reader.readexactly(2 if size == 126 else 8))
        frames.append((first, await reader.readexactly(size)))
    writer.close()
    agreed = [line for line in head.split("\r\n") if line.lower().startswith("sec-websocket-extensions")]
    return frames, "".join(agreed)


async def test_a_large_snapshot_goes_in_pieces_between_which_a_ping_can_pass(dashboard: Dashboard) -> None:
    await dashboard.story.database_execute(MANY_SCHOOLS)
    frames, agreed = await read_frames(dashboard, "")
    assert agreed == ""
    assert [head for head, _ in frames] == [0x01] + [0x00] * (len(frames) - 2) + [0x80]
    assert all(len(piece) <= FRAME_BYTES for _, piece in frames)
    assert len(msgspec.json.decode(b"".join(piece for _, piece in frames))["schools"]) == 3003


async def test_a_board_that_inflates_gets_the_snapshot_compressed_and_without_context(dashboard: Dashboard) -> None:
    await dashboard.story.database_execute(MANY_SCHOOLS)
    offer = "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\n"
    frames, agreed = await read_frames(dashboard, offer)
    assert "server_no_context_takeover" in agreed
    assert "server_max_window_bits" not in agreed
    assert frames[0][0] & 0x40, "the first frame says that the message is compressed"
    compressed = b"".join(piece for _, piece in frames)
    plain = _inflate(compressed)
    assert len(msgspec.json.decode(plain)["schools"]) == 3003
    assert len(compressed) < len(plain) / 4


async def test_a_board_with_a_small_window_gets_the_snapshot_as_it_is(dashboard: Dashboard) -> None:
    offer = "Sec-WebSocket-Extensions: permessage-deflate; server_max_window_bits=10\r\n"
    frames, agreed = await read_frames(dashboard, offer)
    assert "server_max_window_bits=10" in agreed
    assert frames[0][0] == 0x81


async def test_nothing_is_held_back_until_the_client_has_confirmed_what_came_before(dashboard: Dashboard) -> None:
    async with dashboard.board() as board, dashboard.client() as client:
        await board.hear_a("snapshot")
        await client.get("/livez")
        accepted = dashboard.accepted
        assert len(accepted) == 2
        assert [bool(one.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)) for one in accepted] == [True, True]


@pytest.mark.parametrize("compression", [None, "deflate"])
async def test_a_client_library_reads_snapshot_changes_and_ticks(dashboard: Dashboard, compression: str | None) -> None:
    await dashboard.story.database_execute(MANY_SCHOOLS)
    async with dashboard.board(compression=compression) as board:
        await board.hear_a("snapshot")
        assert len(board.schools) == 3003
        receipt = await dashboard.story.press(id="p1")
        await board.hear_until(lambda board: receipt.incident in board.incidents)
        await board.hear_a("tick")
        await (await board.connection.ping())


async def test_a_client_that_compresses_what_it_says_is_understood(dashboard: Dashboard) -> None:
    extensions = [ClientPerMessageDeflateFactory(client_max_window_bits=True)]
    async with dashboard.board(compression=None, extensions=extensions) as board:
        await board.hear_a("snapshot")
        for _ in range(3):
            await board.connection.send("hello hello hello " * 20)
        await board.hear_a("tick")


def test_a_split_message_is_the_message() -> None:
    for size in (0, 1, 125, 126, 65_535, 65_536, 65_537, 200_000):
        message = bytes(range(256)) * (size // 256 + 1)
        message = message[:size]
        assert b"".join(_payload(frame) for frame in split_plain(message)) == message
        assert _inflate(b"".join(_payload(frame) for frame in split_deflated(message))) == message


def _payload(frame: bytes) -> bytes:
    size = frame[1]
    start = 2 if size < 126 else 4 if size == 126 else 10
    assert len(frame) - start == (size if size < 126 else int.from_bytes(frame[2:start]))
    return frame[start:]


def _inflate(compressed: bytes) -> bytes:
    return zlib.decompressobj(wbits=-15).decompress(compressed + b"\x00\x00\xff\xff")
