"""A tap on a line between a client and its broker: passes every byte on, and counts what the client says."""

from __future__ import annotations

import asyncio
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

from simulators.embedded.broker import EmbeddedBroker
from simulators.embedded.process import LOOPBACK

CONNECT, PUBACK, SUBSCRIBE = 1, 4, 8
_CLIENT_ID_AT = 10  # in a CONNECT's body: protocol name, level, flags and keep-alive come first (MQTT 3.1.1, 3.1)
_CHUNK_BYTES = 65_536


@dataclass
class Tap:
    """What each client said so far, by client id and packet type."""

    url: str
    said: dict[str, Counter[int]] = field(default_factory=lambda: defaultdict(Counter))

    def acknowledged(self, client: str) -> int:
        """How many messages a client acknowledged."""
        return self.said[client][PUBACK]

    def listens(self, client: str) -> bool:
        """Whether a client has asked for its subscriptions."""
        return self.said[client][SUBSCRIBE] > 0


@asynccontextmanager
async def run_tap(broker: EmbeddedBroker) -> AsyncIterator[Tap]:
    """A tap that stands before a broker; its `url` is the service's."""
    lines: set[asyncio.Task[None]] = set()

    async def join(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        lines.add(asyncio.ensure_future(_join(tap, broker, reader, writer)))

    server = await asyncio.start_server(join, LOOPBACK, 0)
    port = server.sockets[0].getsockname()[1]
    tap = Tap(broker.url().replace(f":{broker.port}", f":{port}"))
    try:
        yield tap
    finally:
        server.close()
        for line in lines:
            line.cancel()
        await asyncio.gather(*lines, return_exceptions=True)


async def _join(
    tap: Tap, broker: EmbeddedBroker, client: asyncio.StreamReader, to_client: asyncio.StreamWriter
) -> None:
    reader, to_broker = await asyncio.open_connection(LOOPBACK, broker.port)
    try:
        await asyncio.wait(
            {
                asyncio.create_task(_pass_on(client, to_broker, _Listener(tap))),
                asyncio.create_task(_pass_on(reader, to_client, None)),
            },
            return_when=asyncio.FIRST_COMPLETED,
        )
    finally:
        to_broker.close()
        to_client.close()


async def _pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, listener: _Listener | None) -> None:
    with suppress(ConnectionError):
        while data := await reader.read(_CHUNK_BYTES):
            if listener is not None:
                listener.hear(data)
            writer.write(data)
            await writer.drain()


class _Listener:
    """Counts the packets of one connection."""

    def __init__(self, tap: Tap) -> None:
        self._tap = tap
        self._heard = bytearray()
        self._client = ""

    def hear(self, data: bytes) -> None:
        """Takes the next bytes that the client said."""
        self._heard += data
        for kind, body in self._split():
            if kind == CONNECT:
                length = int.from_bytes(body[_CLIENT_ID_AT : _CLIENT_ID_AT + 2])
                self._client = body[_CLIENT_ID_AT + 2 : _CLIENT_ID_AT + 2 + length].decode()
            self._tap.said[self._client][kind] += 1

    def _split(self) -> Iterator[tuple[int, bytes]]:
        """Whole packets: a type in the high bits of the first byte, a length in base 128, a body."""
        while len(self._heard) >= 2:
            length, at, shift = 0, 1, 0
            while at < len(self._heard):
                byte = self._heard[at]
                length |= (byte & 0x7F) << shift
                at, shift = at + 1, shift + 7
                if byte < 0x80:
                    break
            else:
                return
            if len(self._heard) < at + length:
                return
            yield self._heard[0] >> 4, bytes(self._heard[at : at + length])
            del self._heard[: at + length]
