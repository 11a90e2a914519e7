"""The bytes between a socket and a client: none lost, none twice, and other tasks get their turn."""

import asyncio
import socket
from collections.abc import Iterator

import pytest

from gateway.pump import BufferedSocket, PacketHandler, Pump
from tests.gateway.conftest import eventually


@pytest.fixture
def pair() -> Iterator[tuple[socket.socket, socket.socket]]:
    """Ours, non-blocking, and the other side."""
    listener = socket.create_server(("127.0.0.1", 0))
    other = socket.create_connection(listener.getsockname())
    ours, _ = listener.accept()
    listener.close()
    ours.setblocking(False)
    yield ours, other
    ours.close()
    other.close()


class ByteClient:
    """Reads a byte a packet, as a client that knows nothing of buffers."""

    def __init__(self) -> None:
        self.socket: BufferedSocket | None = None
        self.read = bytearray()
        self.ended = False
        self.broken: list[str] = []
        self.turns = 0
        self.to_write: list[bytes] = []

    def handler(self) -> PacketHandler:
        return PacketHandler(self.read_packets, self.write_packets, self.note_progress, self.broken.append)

    def read_packets(self, _limit: int) -> int:
        assert self.socket is not None
        taken = self.socket.recv(1)
        self.read += taken
        if not taken:
            self.ended = True
            self.socket.close()
        return 1

    def write_packets(self) -> None:
        assert self.socket is not None
        for packet in self.to_write:
            self.socket.send(packet)
        self.to_write.clear()

    def note_progress(self) -> None:
        self.turns += 1


def start(ours: socket.socket) -> tuple[Pump, ByteClient]:
    client = ByteClient()
    pump = Pump(client.handler())
    client.socket = pump.attach(ours)
    pump.start()
    return pump, client


async def test_everything_sent_is_read_once_and_in_order(pair: tuple[socket.socket, socket.socket]) -> None:
    ours, other = pair
    pump, client = start(ours)
    said = bytes(range(256)) * 1000
    await asyncio.to_thread(other.sendall, said)
    await eventually(lambda: len(client.read) == len(said))
    assert client.read == said
    pump.detach()


async def test_a_flood_leaves_other_tasks_their_turn(pair: tuple[socket.socket, socket.socket]) -> None:
    ours, other = pair
    other.sendall(b"x" * 50_000)
    pump, client = start(ours)
    turns_of_another_task = 0
    while len(client.read) < 50_000:
        await asyncio.sleep(0)
        turns_of_another_task += 1
    assert turns_of_another_task >= 50_000 // 64 - 1
    pump.detach()


async def test_nothing_is_handled_during_a_pause_and_everything_after_it(
    pair: tuple[socket.socket, socket.socket],
) -> None:
    ours, other = pair
    pump, client = start(ours)
    other.sendall(b"a" * 1000)
    await eventually(lambda: client.read)
    pump.pause()
    before = len(client.read)
    other.sendall(b"b" * 1000)
    turns = 0
    while turns < 100:
        await asyncio.sleep(0)
        turns += 1
    assert len(client.read) == before
    assert pump.resume() > 0
    await eventually(lambda: len(client.read) == 2000)
    assert pump.resume() == 0
    pump.detach()


async def test_more_than_the_socket_takes_is_sent_when_the_other_side_reads(
    pair: tuple[socket.socket, socket.socket],
) -> None:
    ours, other = pair
    pump, client = start(ours)
    said = bytes(range(256)) * 40_000
    client.to_write = [said[: len(said) // 2], said[len(said) // 2 :]]
    pump.request_write()
    await eventually(lambda: pump.has_unsent)

    def read_all() -> bytes:
        heard = bytearray()
        while len(heard) < len(said):
            heard += other.recv(1 << 16)
        return bytes(heard)

    assert await asyncio.to_thread(read_all) == said
    await eventually(lambda: not pump.has_unsent)
    pump.detach()


async def test_the_end_of_the_stream_comes_after_everything_said_before_it(
    pair: tuple[socket.socket, socket.socket],
) -> None:
    ours, other = pair
    pump, client = start(ours)
    other.sendall(b"last words")
    other.close()
    await eventually(lambda: client.ended)
    assert client.read == b"last words"
    pump.detach()


async def test_a_reset_connection_is_told_as_broken(pair: tuple[socket.socket, socket.socket]) -> None:
    ours, other = pair
    pump, client = start(ours)
    other.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\x00\x00\x00\x00\x00\x00\x00")
    other.close()
    await eventually(lambda: client.broken)
    pump.detach()


async def test_writing_to_nobody_is_told_as_broken(pair: tuple[socket.socket, socket.socket]) -> None:
    ours, other = pair
    pump, client = start(ours)
    pump.pause()
    other.close()

    def write_more() -> bool:
        client.to_write = [b"x" * 100_000]
        pump.request_write()
        return bool(client.broken)

    await eventually(write_more)
    pump.detach()


async def test_what_is_buffered_at_the_end_is_sent_before_the_socket_closes(
    pair: tuple[socket.socket, socket.socket],
) -> None:
    ours, other = pair
    buffered = BufferedSocket(ours)
    buffered.send(b"good")
    buffered.send(b"bye")
    buffered.close()
    assert await asyncio.to_thread(other.recv, 100) == b"goodbye"
    assert not buffered.open
