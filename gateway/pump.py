"""Moves bytes between a socket and an MQTT client that handles one packet a call; knows nothing of MQTT.

paho reads the socket byte by byte and writes it packet by packet, a system call each. Here one system call reads or
writes whatever is there, packets are handled in short turns so that one lane's flood does not hold up another's press,
and reading can pause: what the broker wants to send then waits in the broker, not in this process.
"""

import asyncio
import socket
import ssl
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TypeVar

T = TypeVar("T")

_READ_BYTES = 64 * 1024
_PACKETS_PER_TURN = 64  # 1 to 2 ms
_NOT_NOW = (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError)


class BufferedSocket:
    """What the client reads and writes instead of the socket. `fill` and `flush` raise OSError when it broke."""

    def __init__(self, plain: socket.socket) -> None:
        self._plain = plain
        self._incoming = b""
        self._position = 0
        self._outgoing = bytearray()
        self._ended = False
        self._broken = False
        self.parting = False
        self.half_closed: socket.socket | None = None

    @property
    def readable(self) -> bool:
        """Whether `recv` would answer at once, be it with the end of the stream."""
        return self._position < len(self._incoming) or self._ended

    @property
    def unsent(self) -> bool:
        """Whether something written has not reached the socket yet."""
        return bool(self._outgoing)

    @property
    def open(self) -> bool:
        """Whether the socket is not closed yet."""
        return self._plain.fileno() >= 0

    def holds_decrypted(self) -> bool:
        """Whether TLS has more decrypted already: the socket itself will not become readable for it."""
        return isinstance(self._plain, ssl.SSLSocket) and self.open and self._plain.pending() > 0

    def fill(self) -> None:
        """Take what the socket has, once everything taken before is read."""
        if self._position < len(self._incoming):
            return
        try:
            self._incoming = self._plain.recv(_READ_BYTES)
        except _NOT_NOW:
            return
        self._position = 0
        self._ended = not self._incoming

    def flush(self) -> None:
        """Send as much as the socket takes now."""
        try:
            while self._outgoing:
                sent = self._plain.send(self._outgoing)
                del self._outgoing[:sent]
        except _NOT_NOW:
            return

    def recv(self, buffer_size: int) -> bytes:
        """At most that many bytes; empty at the end of the stream. Raises BlockingIOError when there is nothing yet."""
        if self._broken:
            raise ConnectionAbortedError
        if self._position < len(self._incoming):
            taken = self._incoming[self._position : self._position + buffer_size]
            self._position += len(taken)
            return taken
        if self._ended:
            return b""
        raise BlockingIOError

    def take(self, find: Callable[[bytes, int, int], tuple[list[T], int]], limit: int) -> list[T]:
        """What `find` finds whole where `recv` would go on, at most `limit`; reading goes on behind it."""
        if self._broken or self._position >= len(self._incoming):
            return []
        found, self._position = find(self._incoming, self._position, limit)
        return found

    def send(self, buffer: bytes | bytearray) -> int:
        """Keep everything for the next `flush`."""
        self._outgoing += buffer
        return len(buffer)

    def break_off(self) -> None:
        """Let every later `recv` fail, so that the client finds the connection broken."""
        self._broken = True

    def fileno(self) -> int:
        """The socket's descriptor, -1 once closed."""
        return self._plain.fileno()

    def setblocking(self, flag: bool) -> None:
        """As of the socket."""
        self._plain.setblocking(flag)

    def close(self) -> None:
        """Close after one attempt to send the rest: the goodbye is still in the buffer. When parting, only our side."""
        try:
            if not self._broken:
                self.flush()
                if self.parting:
                    self._plain.shutdown(socket.SHUT_WR)
                    self.half_closed = socket.socket(fileno=self._plain.detach())
        except OSError:
            self._broken = True  # the other side is gone already: nobody to send the rest to
        self._outgoing.clear()
        self._plain.close()


@dataclass(frozen=True, slots=True)
class PacketHandler:
    """The client as the pump sees it."""

    read_packets: Callable[[int], int]  # handle packets of what `BufferedSocket` has, one or at most so many: how many
    write_packets: Callable[[], object]  # hand everything to `BufferedSocket.send`
    note_progress: Callable[[], None]  # a turn of reading, or a write, is over
    note_break: Callable[[str], None]  # the socket broke, for this reason


class Pump:
    """Moves bytes while the event loop runs. Made in the loop; `attach` and `request_write` may come from a thread."""

    def __init__(self, handler: PacketHandler) -> None:
        self._handler = handler
        self._loop = asyncio.get_running_loop()
        self._socket: BufferedSocket | None = None
        self._turn_is_due = False
        self._paused_at: float | None = None

    @property
    def paused(self) -> bool:
        """Whether nothing is read."""
        return self._paused_at is not None

    @property
    def has_unsent(self) -> bool:
        """Whether something written has not reached the socket yet."""
        return self._socket is not None and self._socket.unsent

    def attach(self, plain: socket.socket) -> BufferedSocket:
        """Take over a connected, non-blocking socket. `start` must follow in the loop."""
        plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._socket = BufferedSocket(plain)
        return self._socket

    def start(self) -> None:
        """Read whenever there is something to read."""
        if self._socket is not None and self._socket.open and not self.paused:
            self._loop.add_reader(self._socket.fileno(), self._read)

    def request_write(self) -> None:
        """Have the client's packets written as soon as the running task gives way."""
        self._loop.call_soon_threadsafe(self._write)

    def pause(self) -> None:
        """Read nothing until `resume`. What was read and not handled yet stays unhandled."""
        if self._paused_at is None:
            self._paused_at = time.monotonic()
            if self._socket is not None and self._socket.open:
                self._loop.remove_reader(self._socket.fileno())

    def resume(self) -> float:
        """Go on reading. Answers how many seconds the pause lasted, 0 when there was none."""
        if self._paused_at is None:
            return 0.0
        paused_seconds = time.monotonic() - self._paused_at
        self._paused_at = None
        self.start()
        self._request_turn()
        return paused_seconds

    def break_off(self) -> None:
        """Let the client find the connection broken, and close it."""
        if self._socket is not None and self._socket.open:
            self._socket.break_off()
            self._handler.read_packets(1)

    @asynccontextmanager
    async def part(self) -> AsyncIterator[None]:
        """The client says goodbye in the block; after it, what still comes is read past until the other side closed.

        To close at once with something unread resets the connection, and a reset overtakes what was written last.
        Raises OSError when the other side itself resets it.
        """
        if self._socket is None:
            yield
            return
        self._socket.parting = True
        try:
            yield
            while self._socket.half_closed and await self._loop.sock_recv(self._socket.half_closed, _READ_BYTES):
                pass
        finally:
            if self._socket.half_closed:
                self._socket.half_closed.close()

    def _read(self) -> None:
        if self._socket is None or not self._socket.open or self._turn_is_due:
            return
        try:
            self._socket.fill()
        except OSError as error:
            self._handler.note_break(f"{error}")
            return
        self._take_turn()

    def _request_turn(self) -> None:
        if not self._turn_is_due:
            self._turn_is_due = True
            self._loop.call_soon(self._take_turn)

    def _take_turn(self) -> None:
        self._turn_is_due = False
        left = _PACKETS_PER_TURN
        while left > 0 and self._may_handle():
            left -= self._handler.read_packets(left)
        if self._may_handle():
            self._request_turn()
        elif not self.paused and self._socket is not None and self._socket.holds_decrypted():
            self._loop.call_soon(self._read)
        self._handler.note_progress()

    def _may_handle(self) -> bool:
        return not self.paused and self._socket is not None and self._socket.open and self._socket.readable

    def _write(self) -> None:
        if self._socket is None:
            return
        try:
            self._handler.write_packets()
            self._socket.flush()
        except OSError as error:
            self._handler.note_break(f"{error}")
            return
        if self._socket.unsent:
            self._loop.add_writer(self._socket.fileno(), self._write)
        elif self._socket.open:
            self._loop.remove_writer(self._socket.fileno())
        self._handler.note_progress()

    def detach(self) -> None:
        """The socket is about to be closed."""
        if self._socket is not None and self._socket.open:
            self._loop.remove_reader(self._socket.fileno())
            self._loop.remove_writer(self._socket.fileno())
