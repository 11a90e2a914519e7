"""Many boards in a process of their own, which only note what came when, so that thousands of them fit on half a core.

`python -m tests.bench.crowd PORT COUNT` connects them and says when all have their snapshot. Then each line on its
input is a wish, answered by one line: `tell` (what changes were heard), `frames` (when a board got frames of which
size), `resume SECONDS` and `afresh SECONDS` (all are cut off and come back within so many seconds, with the cursor that
they know or without one).
"""

from __future__ import annotations

import asyncio
import re
import sys
import time
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Annotated, TypeVar

import msgspec
import typer

from tests.bench.attendants import Attended, attend, name_session

TOKEN = "fan-out-benchmark"
PATIENCE_SECONDS = 240.0
_ENDS = 0x80
_RETRY_SECONDS = 1.0
_AT_ONCE = 200  # handshakes under way; browsers that come back are spread, too
_CURSOR = re.compile(rb'"cursor":"([^"]+)"')
_PING = b"\x89\x04"  # and four bytes; in no text, nor before one of these sizes
_PONG = b"\x8a\x84\x00\x00\x00\x00"  # the same four, under a mask of nothing
_INCIDENT = re.compile(rb'"item":\{"id":(\d+),')

_ROOM = memoryview(bytearray(262_144))

T = TypeVar("T")
app = typer.Typer(add_completion=False)


@dataclass(slots=True)
class Heard:
    """One change as the boards heard it: by how many, when by the first and when by the last; times of `time.time`."""

    incident: int
    boards: int
    first_at: float
    last_at: float


@dataclass(frozen=True, slots=True)
class Connected:
    """How long it took until the last board had its first message, how large that was, in bytes, and how often one was
    told to come back later."""

    seconds: float
    bytes: int
    refused: int


@dataclass(frozen=True, slots=True)
class CameBack:
    """Seconds in which all boards came back, how often one was told to come back later, and each board's own wait for
    its first message: median, 99th of a hundred and longest."""

    seconds: float
    refused: int
    p50: float
    p99: float
    worst: float


class BoardClient(asyncio.BufferedProtocol):
    """A board that only notes what came when; it is taken apart afterwards."""

    def __init__(self, port: int, deflate: bool, since: str = "", person: int | None = None) -> None:
        self._port = port
        self._deflate = deflate
        self._since = since
        self._person = person
        self.said = 0
        self._buffer = bytearray()
        self._transport: asyncio.Transport | None = None
        self.chunks: list[tuple[float, bytes]] = []
        self.first_bytes = 0
        self.is_served, self._is_gone = asyncio.Event(), asyncio.Event()
        self.refused = 0
        self.asked_at = self.served_at = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        offer = "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\n" if self._deflate else ""
        since = f"?since={self._since}" if self._since else ""
        who = f"Authorization: Bearer {TOKEN}\r\n" if self._person is None else name_session(self._port, self._person)
        transport.write(
            f"GET /api/v1/live{since} HTTP/1.1\r\nHost: 127.0.0.1:{self._port}\r\nUpgrade: websocket\r\n"
            "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
            f"{who}{offer}\r\n".encode()
        )

    def get_buffer(self, _hint: int) -> memoryview:
        """One for all: what is read at once is taken at once, and thousands of boards need no room of their own."""
        return _ROOM

    def buffer_updated(self, size: int) -> None:
        data = bytes(_ROOM[:size])
        if self.is_served.is_set():
            self.chunks.append((time.time(), data))
            self._answer_ping(data)
            return
        self.first_bytes += len(data)
        self._buffer += data
        if self._buffer.startswith(b"HTTP/"):
            end = self._buffer.find(b"\r\n\r\n")
            if end < 0:
                return
            del self._buffer[: end + 4]
        if any(frame[0] & _ENDS for frame in take_frames(self._buffer)):  # the last frame of the first message
            self.served_at = time.time()
            self.chunks.append((self.served_at, bytes(self._buffer)))
            self.is_served.set()

    def _answer_ping(self, data: bytes) -> None:
        """Whoever does not is cut off, 40 s after it came."""
        found = data.find(_PING)
        if found >= 0 and self._transport is not None:
            self._transport.write(_PONG + data[found + 2 : found + 6])

    def connection_lost(self, _error: Exception | None) -> None:
        self._is_gone.set()

    async def connect(self) -> None:
        """Connects, and waits for the first message; whoever is told to come back later does so, as the page does."""
        self.asked_at = time.time()
        while not self.is_served.is_set():
            self._buffer.clear()
            self._is_gone.clear()
            await asyncio.get_running_loop().create_connection(lambda: self, "127.0.0.1", self._port)
            waits = {asyncio.ensure_future(one.wait()) for one in (self.is_served, self._is_gone)}
            _, still = await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
            for one in still:
                one.cancel()
            if not self.is_served.is_set():
                self.refused += 1
                await asyncio.sleep(_RETRY_SECONDS)

    def follow(self, *, known: bool) -> BoardClient:
        """Cuts the connection. Who comes back after it, with the cursor that this one knew last where it is `known`."""
        assert self._transport is not None
        self._transport.abort()
        cursors = [found[1] for _, data in self.chunks for found in _CURSOR.finditer(data)]
        return BoardClient(self._port, self._deflate, cursors[-1].decode() if known and cursors else "", self._person)

    def say(self, text: bytes) -> None:
        """Sends a message of at most 64 kB, under a mask of nothing."""
        size = bytes([0x80 | len(text)]) if len(text) < 126 else b"\xfe" + len(text).to_bytes(2)
        if self._transport is not None and not self._transport.is_closing():
            self._transport.write(b"\x81" + size + b"\x00\x00\x00\x00" + text)
            self.said += 1

    def list_frames(self) -> list[tuple[float, bytes]]:
        """Whole frames after the first message, and when the last byte of each came."""
        found, buffer = [], bytearray()
        for at, data in self.chunks:
            buffer += data
            found += [(at, frame) for frame in take_frames(buffer)]
        return found


def take_frames(buffer: bytearray) -> list[bytes]:
    """Takes whole frames out of a buffer."""
    frames, start = [], 0
    while len(buffer) >= start + 10:  # the shortest frame that matters is longer
        size, body = buffer[start + 1], start + 2
        if size == 126:
            size, body = int.from_bytes(buffer[start + 2 : start + 4]), start + 4
        elif size == 127:
            size, body = int.from_bytes(buffer[start + 2 : start + 10]), start + 10
        if len(buffer) < body + size:
            break
        frames.append(bytes(buffer[start : body + size]))
        start = body + size
    del buffer[:start]
    return frames


def list_heard(boards: Sequence[BoardClient]) -> list[Heard]:
    """What the boards heard, and when."""
    heard: dict[bytes, Heard] = {}
    for board in boards:
        for at, frame in board.list_frames():
            incident, cursor = _INCIDENT.search(frame), _CURSOR.search(frame)
            if incident is not None and cursor is not None:
                one = heard.setdefault(cursor[1], Heard(int(incident[1]), 0, at, at))
                one.boards += 1
                one.first_at, one.last_at = min(one.first_at, at), max(one.last_at, at)
    return list(heard.values())


async def connect(boards: Sequence[BoardClient], within_seconds: float = 0.0) -> None:
    """Connects all, spread over so many seconds; as fast as it goes when that is 0."""
    gate = asyncio.Semaphore(_AT_ONCE)

    async def one(number: int, board: BoardClient) -> None:
        await asyncio.sleep(within_seconds * number / len(boards))
        async with gate:
            await board.connect()

    await asyncio.gather(*(one(number, board) for number, board in enumerate(boards)))


async def come_back(
    boards: Sequence[BoardClient], seconds: float, *, known: bool
) -> tuple[list[BoardClient], CameBack]:
    """All are cut off at once and come back."""
    again = [board.follow(known=known) for board in boards]
    started_at = time.time()
    await connect(again, seconds)
    waits = sorted(one.served_at - one.asked_at for one in again)
    p50, p99 = waits[len(waits) // 2], waits[int(len(waits) * 0.99)]
    return again, CameBack(time.time() - started_at, sum(one.refused for one in again), p50, p99, waits[-1])


@app.command()
def run(
    port: int,
    count: int,
    deflate: Annotated[bool, typer.Option()] = True,
    people: Annotated[bool, typer.Option(help="Each board is a person's of its own.")] = False,
) -> None:
    """The process of all boards."""
    asyncio.run(_run(port, [BoardClient(port, deflate, "", one if people else None) for one in range(count)]))


async def _run(port: int, boards: list[BoardClient]) -> None:
    started_at = time.time()
    await connect(boards)
    _say(Connected(time.time() - started_at, boards[0].first_bytes, sum(one.refused for one in boards)))
    while wish := (await asyncio.to_thread(sys.stdin.readline)).split():
        match wish:
            case ["tell"]:
                _say(list_heard(boards))
            case ["frames"]:
                _say([(at, len(frame)) for at, frame in boards[0].list_frames()])
            case ["attend", seconds, *incidents]:
                _say(await attend(boards, float(seconds), [int(one) for one in incidents]))
            case ["resume" | "afresh" as how, seconds]:
                boards, said = await come_back(boards, float(seconds), known=how == "resume")
                _say(said)


def _say(value: object) -> None:
    print(msgspec.json.encode(value).decode(), flush=True)


class Crowd:
    """The process of all boards, as whoever measures has it."""

    def __init__(self, process: Process) -> None:
        self._process = process
        self.connected = Connected(0, 0, 0)

    async def tell(self) -> list[Heard]:
        """What they heard since they connected."""
        return await self._ask("tell", list[Heard])

    async def list_frames(self) -> list[tuple[float, int]]:
        """When one of them got frames of which size."""
        return await self._ask("frames", list[tuple[float, int]])

    async def come_back(self, seconds: float, *, known: bool) -> CameBack:
        """All are cut off at once, and come back within so many seconds; `known`: with the cursor that they know."""
        return await self._ask(f"{'resume' if known else 'afresh'} {seconds}", CameBack)

    async def attend(self, seconds: float, incidents: Iterable[int]) -> Attended:
        """All are people who look at one of these incidents, and say so and what they see."""
        return await self._ask(f"attend {seconds} {' '.join(map(str, incidents))}", Attended)

    async def read(self, type_: type[T]) -> T:
        """The next thing that they say."""
        assert self._process.stdout is not None
        async with asyncio.timeout(PATIENCE_SECONDS):
            return msgspec.json.decode(await self._process.stdout.readline(), type=type_)

    async def _ask(self, wish: str, type_: type[T]) -> T:
        assert self._process.stdin is not None
        self._process.stdin.write(f"{wish}\n".encode())
        return await self.read(type_)


@asynccontextmanager
async def connect_boards(port: int, count: int, deflate: bool = True, people: bool = False) -> AsyncIterator[Crowd]:
    """So many boards that are connected and have their first message; with `people` each of somebody who was seated."""
    flags = ["--deflate" if deflate else "--no-deflate", "--people" if people else "--no-people"]
    words = ["-m", "tests.bench.crowd", str(port), str(count), *flags]
    process = await asyncio.create_subprocess_exec(sys.executable, *words, stdin=PIPE, stdout=PIPE, limit=2**26)
    crowd = Crowd(process)
    try:
        crowd.connected = await crowd.read(Connected)
        yield crowd
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


if __name__ == "__main__":
    app()
