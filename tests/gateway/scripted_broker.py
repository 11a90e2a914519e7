"""A broker that does exactly what a test tells it, on a real socket: for what no real broker does on demand."""

import asyncio
import ssl
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

CONNECT, CONNACK, PUBLISH, PUBACK, SUBSCRIBE, SUBACK, PINGREQ, DISCONNECT = 1, 2, 3, 4, 8, 9, 12, 14


@dataclass
class Packet:
    """A packet that the client sent: its kind and its body after the fixed header."""

    kind: int
    flags: int
    body: bytes

    @property
    def mid(self) -> int:
        """The packet identifier of a PUBACK, or of a QoS 1 PUBLISH."""
        start = 0 if self.kind == PUBACK else 2 + struct.unpack("!H", self.body[:2])[0]
        return int(struct.unpack("!H", self.body[start : start + 2])[0])

    @property
    def topic(self) -> str:
        """Of a PUBLISH."""
        length = struct.unpack("!H", self.body[:2])[0]
        return self.body[2 : 2 + length].decode()


@dataclass
class ScriptedBroker:
    """Keeps what the client sent in `heard`; answers CONNECT and SUBSCRIBE with the given codes, nothing else."""

    port: int = 0
    connect_code: int = 0
    subscribe_code: int | None = 1  # None: no answer
    heard: list[Packet] = field(default_factory=list)
    writer: asyncio.StreamWriter | None = None
    ends: list[str] = field(default_factory=list)  # how connections ended: "closed" or "reset"

    def count(self, kind: int) -> int:
        """How many packets of a kind came so far."""
        return sum(packet.kind == kind for packet in self.heard)

    def publish(self, topic: bytes, payload: bytes, *, mid: int = 0, dup: bool = False, retain: bool = False) -> None:
        """Deliver a message, with QoS 1 when it has a packet identifier."""
        assert self.writer is not None
        body = struct.pack("!H", len(topic)) + topic
        body += struct.pack("!H", mid) if mid else b""
        flags = (8 if dup else 0) | (2 if mid else 0) | (1 if retain else 0)
        self.writer.write(write_packet(PUBLISH, flags, body + payload))

    def confirm(self, mid: int) -> None:
        """Acknowledge what the client published."""
        assert self.writer is not None
        self.writer.write(write_packet(PUBACK, 0, struct.pack("!H", mid)))

    def hang_up(self) -> None:
        """Drop the connection."""
        assert self.writer is not None
        self.writer.transport.abort()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Talk to one client until it leaves."""
        self.writer = writer
        try:
            while True:
                packet = await read_packet(reader)
                self.heard.append(packet)
                if packet.kind == CONNECT:
                    writer.write(write_packet(CONNACK, 0, bytes((0, self.connect_code))))
                elif packet.kind == SUBSCRIBE and self.subscribe_code is not None:
                    filters = packet.body.count(b"campus/")
                    writer.write(write_packet(SUBACK, 0, packet.body[:2] + bytes((self.subscribe_code,)) * filters))
        except (asyncio.IncompleteReadError, ConnectionError) as error:
            self.ends.append("closed" if isinstance(error, asyncio.IncompleteReadError) else "reset")
            writer.close()


def write_packet(kind: int, flags: int, body: bytes) -> bytes:
    """The bytes of a packet."""
    length, encoded = len(body), bytearray()
    while True:
        length, digit = divmod(length, 128)
        encoded.append(digit | (0x80 if length else 0))
        if not length:
            return bytes((kind << 4 | flags,)) + bytes(encoded) + body


async def read_packet(reader: asyncio.StreamReader) -> Packet:
    """The next packet."""
    head = (await reader.readexactly(1))[0]
    length, shift = 0, 0
    while True:
        digit = (await reader.readexactly(1))[0]
        length |= (digit & 127) << shift
        shift += 7
        if digit < 128:
            return Packet(head >> 4, head & 15, await reader.readexactly(length))


@asynccontextmanager
async def scripted_broker(
    *, encrypted_by: ssl.SSLContext | None = None, **script: int | None
) -> AsyncIterator[ScriptedBroker]:
    """Serves on a free port while the block runs."""
    broker = ScriptedBroker(**script)  # type: ignore[arg-type]
    server = await asyncio.start_server(broker.serve, "127.0.0.1", 0, ssl=encrypted_by)
    broker.port = server.sockets[0].getsockname()[1]
    try:
        yield broker
    finally:
        server.close()
        if broker.writer is not None:
            broker.writer.transport.abort()
