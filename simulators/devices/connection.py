"""One MQTT connection of one device: sign-in, subscription, QoS 1 both ways, liveness. No timer of its own."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol
from urllib.parse import urlsplit

from simulators.devices.packets import (
    CONNECT_REFUSALS,
    DISCONNECT_PACKET,
    PINGREQ_PACKET,
    SUBSCRIBE_REFUSED,
    Connack,
    MalformedPacketError,
    Packet,
    PacketReader,
    Pingresp,
    Puback,
    Publish,
    SignIn,
    Suback,
    encode_connect,
    encode_puback,
    encode_publish,
    encode_subscribe,
)

_PACKET_IDS = 65_535
_PORTS = {"mqtt": 1883, "mqtts": 8883}


class BrokerUnreachableError(Exception):
    """Nobody listens at the broker's address, or the connection broke off before the sign-in was through."""


class SignInRefusedError(Exception):
    """The broker does not let this device in; the message says why."""


@dataclass(frozen=True, slots=True)
class BrokerAddress:
    """Where the broker listens, with TLS or without."""

    host: str
    port: int
    tls: bool = False

    @classmethod
    def parse(cls, url: str) -> BrokerAddress:
        """Read `mqtt://host[:port]` or `mqtts://...`; a user in it is not ours and is ignored. Raises ValueError."""
        parts = urlsplit(url)
        if parts.scheme not in _PORTS or not parts.hostname:
            raise ValueError(f"{url!r} is not a broker's address; write it like mqtt://127.0.0.1:1883")
        return cls(parts.hostname, parts.port or _PORTS[parts.scheme], tls=parts.scheme == "mqtts")

    def __str__(self) -> str:
        return f"{self.host}:{self.port}"


class Owner(Protocol):
    """Who is told what happens on a connection. `is_ready` after the subscriptions stand, `is_lost` at most once."""

    def connection_is_ready(self) -> None: ...

    def message_came(self, message: Publish) -> None: ...

    def connection_is_lost(self, reason: Exception) -> None: ...


class Connection(asyncio.Protocol):
    """Signs in as soon as the socket is open, subscribes, and from then on passes messages both ways."""

    __slots__ = (
        "_answer_due",
        "_ended",
        "_filters",
        "_next_id",
        "_on_taken",
        "_owner",
        "_reader",
        "_sign_in",
        "_transport",
        "ready",
    )

    def __init__(self, sign_in: SignIn, filters: tuple[str, ...], owner: Owner) -> None:
        self._filters = filters
        self._sign_in = sign_in
        self._owner = owner
        self._reader = PacketReader()
        self._transport: asyncio.Transport | None = None
        self._on_taken: dict[int, Callable[[], None]] = {}
        self._next_id = 1
        self._answer_due = False
        self._ended = False
        self.ready = False

    def publish(self, topic: str, payload: bytes, *, retain: bool = False) -> None:
        """Send with QoS 0: gone is gone."""
        self._write(encode_publish(topic, payload, packet_id=None, retain=retain))

    def deliver(self, topic: str, payload: bytes, on_taken: Callable[[], None], *, retain: bool = False) -> None:
        """Send with QoS 1; `on_taken` is called when the broker acknowledges. Never if the connection ends first."""
        packet_id = self._take_packet_id()
        self._on_taken[packet_id] = on_taken
        self._write(encode_publish(topic, payload, packet_id=packet_id, retain=retain))

    def ping(self) -> None:
        """Ask whether the broker is there; when it has not answered the last question, the connection ends."""
        if self._answer_due:
            self._end(ConnectionError("the broker did not answer a ping"))
            return
        self._answer_due = True
        self._write(PINGREQ_PACKET)

    def close(self) -> None:
        """Say goodbye: the broker forgets the will. The owner is not told."""
        self._ended, self.ready = True, False
        if self._transport is not None and not self._transport.is_closing():
            self._transport.write(DISCONNECT_PACKET)
            self._transport.close()

    def break_off(self) -> None:
        """End without a word, like a cut line: the broker publishes the will. The owner is not told."""
        self._ended, self.ready = True, False
        if self._transport is not None:
            self._transport.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        if self._ended:
            transport.abort()
            return
        self._write(encode_connect(self._sign_in))

    def data_received(self, data: bytes) -> None:
        self._answer_due = False
        try:
            for packet in self._reader.feed(data):
                if self._ended:
                    return
                self._take(packet)
        except MalformedPacketError as error:
            self._end(error)

    def connection_lost(self, exc: Exception | None) -> None:
        self._end(exc or ConnectionError("the broker closed the connection"))

    def _take(self, packet: Packet) -> None:
        match packet:
            case Publish():
                self._owner.message_came(packet)
                if packet.packet_id is not None:
                    self._write(encode_puback(packet.packet_id))
            case Puback(packet_id):
                on_taken = self._on_taken.pop(packet_id, None)
                if on_taken is not None:
                    on_taken()
            case Connack():
                self._take_connack(packet)
            case Suback():
                self._take_suback(packet)
            case Pingresp():
                pass  # any byte from the broker counts as an answer

    def _take_connack(self, answer: Connack) -> None:
        if answer.code:
            why = CONNECT_REFUSALS.get(answer.code, f"code {answer.code}")
            self._end(SignInRefusedError(f"{self._sign_in.user_name}: {why}"))
            return
        self._write(
            encode_subscribe(
                self._filters, packet_id=self._take_packet_id(), qos=0 if self._sign_in.clean_session else 1
            )
        )

    def _take_suback(self, answer: Suback) -> None:
        if SUBSCRIBE_REFUSED in answer.codes:
            self._end(SignInRefusedError(f"{self._sign_in.user_name}: may not subscribe to its own topics"))
            return
        self.ready = True
        self._owner.connection_is_ready()

    def _take_packet_id(self) -> int:
        """The next number that is not in flight."""
        if len(self._on_taken) >= _PACKET_IDS - 1:
            raise RuntimeError("65,534 messages are under way on one device's connection")
        while self._next_id in self._on_taken:
            self._next_id = self._next_id % _PACKET_IDS + 1
        taken, self._next_id = self._next_id, self._next_id % _PACKET_IDS + 1
        return taken

    def _write(self, data: bytes) -> None:
        if self._transport is not None and not self._transport.is_closing():
            self._transport.write(data)

    def _end(self, reason: Exception) -> None:
        if self._ended:
            return
        self._ended, self.ready = True, False
        if self._transport is not None:
            self._transport.abort()
        self._owner.connection_is_lost(reason)
