"""A tap on a client's line to its broker: passes every byte on, and counts what the client says by packet type."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

from simulators.embedded.broker import EmbeddedBroker
from simulators.embedded.process import LOOPBACK

PUBACK = 4
_CHUNK_BYTES = 65_536


@dataclass
class Tap:
    """A way to the broker; `said` counts packets by their type (MQTT 3.1.1, 2.2.1)."""

    url: str
    said: Counter[int] = field(default_factory=Counter)

    @property
    def acknowledged(self) -> int:
        """How many messages the client acknowledged."""
        return self.said[PUBACK]


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

    def hear(self, data: bytes) -> None:
        """Takes the next bytes that the client said."""
        self._heard += data
        self._tap.said.update(self._split())

    def _split(self) -> Iterator[int]:
        """The types of whole packets: the high bits of the first byte; a length in base 128 and a body follow."""
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
            yield self._heard[0] >> 4
            del self._heard[: at + length]
