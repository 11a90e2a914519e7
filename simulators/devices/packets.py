"""The few MQTT 3.1.1 packets that a device needs, as bytes and back. Pure: no I/O.

Numbers in comments are sections of the OASIS standard "MQTT Version 3.1.1".
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass

PINGREQ_PACKET = b"\xc0\x00"
DISCONNECT_PACKET = b"\xe0\x00"

_PROTOCOL_NAME_AND_LEVEL = b"\x00\x04MQTT\x04"
_FLAG_CLEAN_SESSION, _FLAG_WILL, _FLAG_WILL_QOS_1, _FLAG_WILL_RETAIN = 0x02, 0x04, 0x08, 0x20
_FLAG_PASSWORD, _FLAG_USER_NAME = 0x40, 0x80

# 3.2.2.3: why a broker refused a CONNECT.
CONNECT_REFUSALS = {
    1: "the broker does not speak MQTT 3.1.1",
    2: "the broker does not take this client id",
    3: "the broker says that it is not available",
    4: "wrong user name or password",
    5: "not allowed to connect",
}
SUBSCRIBE_REFUSED = 0x80  # 3.9.3


class MalformedPacketError(ValueError):
    """The broker sent bytes that are not MQTT 3.1.1, or a packet that no broker sends to a device."""


@dataclass(frozen=True, slots=True)
class Will:
    """The last will: published by the broker, retained and with QoS 1, when the connection breaks off."""

    topic: str
    payload: bytes


@dataclass(frozen=True, slots=True)
class SignIn:
    """What a device signs in with; `keep_alive_seconds`, times 1.5, is how long the broker waits for a word of it.

    With `clean_session` the broker keeps nothing for it, and it subscribes with QoS 0.
    """

    client_id: str
    user_name: str
    password: str
    will: Will | None
    keep_alive_seconds: int
    clean_session: bool


@dataclass(frozen=True, slots=True)
class Connack:
    """The broker's answer to CONNECT; `code` 0 is welcome, else see CONNECT_REFUSALS."""

    session_present: bool
    code: int


@dataclass(frozen=True, slots=True)
class Publish:
    """A message from the broker; `packet_id` is None at QoS 0."""

    topic: str
    payload: bytes
    qos: int
    retained: bool
    packet_id: int | None


@dataclass(frozen=True, slots=True)
class Puback:
    """The broker took over our QoS 1 message."""

    packet_id: int


@dataclass(frozen=True, slots=True)
class Suback:
    """The broker's answer to SUBSCRIBE: the granted QoS of each filter, or SUBSCRIBE_REFUSED."""

    packet_id: int
    codes: bytes


@dataclass(frozen=True, slots=True)
class Pingresp:
    """The broker is there."""


Packet = Connack | Publish | Puback | Suback | Pingresp


def encode_connect(sign_in: SignIn) -> bytes:
    """CONNECT with user name and password, and with a retained QoS 1 will where there is one (3.1)."""
    flags = _FLAG_USER_NAME | _FLAG_PASSWORD
    fields = [sign_in.client_id.encode()]
    if sign_in.will is not None:
        flags |= _FLAG_WILL | _FLAG_WILL_QOS_1 | _FLAG_WILL_RETAIN
        fields += [sign_in.will.topic.encode(), sign_in.will.payload]
    if sign_in.clean_session:
        flags |= _FLAG_CLEAN_SESSION
    fields += [sign_in.user_name.encode(), sign_in.password.encode()]
    head = _PROTOCOL_NAME_AND_LEVEL + struct.pack("!BH", flags, sign_in.keep_alive_seconds)
    return _frame(0x10, head + b"".join(_encode_field(field) for field in fields))


def encode_publish(topic: str, payload: bytes, *, packet_id: int | None, retain: bool = False) -> bytes:
    """PUBLISH with QoS 1 when there is a packet id, else with QoS 0 (3.3)."""
    head = 0x30 | (0x02 if packet_id is not None else 0) | (0x01 if retain else 0)
    number = b"" if packet_id is None else struct.pack("!H", packet_id)
    return _frame(head, _encode_field(topic.encode()) + number + payload)


def encode_puback(packet_id: int) -> bytes:
    """PUBACK: we have taken over a QoS 1 message (3.4)."""
    return struct.pack("!BBH", 0x40, 2, packet_id)


def encode_subscribe(filters: tuple[str, ...], *, packet_id: int, qos: int) -> bytes:
    """SUBSCRIBE to all filters with one QoS (3.8)."""
    wanted = b"".join(_encode_field(text.encode()) + bytes((qos,)) for text in filters)
    return _frame(0x82, struct.pack("!H", packet_id) + wanted)


class PacketReader:
    """Cuts a stream of bytes into packets."""

    __slots__ = ("_rest",)

    def __init__(self) -> None:
        self._rest = b""

    def feed(self, data: bytes) -> Iterator[Packet]:
        """The packets that are whole once `data` has come. Raises MalformedPacketError; then drop the connection."""
        buffer = self._rest + data if self._rest else data
        position = 0
        while (frame := _find_frame(buffer, position)) is not None:
            start, end = frame
            head, position = buffer[position], end
            self._rest = buffer[end:]
            yield _decode(head, buffer[start:end])
        self._rest = buffer[position:]


def _encode_field(content: bytes) -> bytes:
    return struct.pack("!H", len(content)) + content


def _frame(head: int, body: bytes) -> bytes:
    length = bytearray()
    rest = len(body)
    while True:  # 2.2.3: seven bits a byte, the lowest first
        rest, digit = divmod(rest, 128)
        length.append(digit | 0x80 if rest else digit)
        if not rest:
            return bytes((head,)) + bytes(length) + body


def _find_frame(buffer: bytes, position: int) -> tuple[int, int] | None:
    """Start and end of the body of the packet at `position`, or None while it is not whole."""
    length = 0
    for count in range(4):
        index = position + 1 + count
        if index >= len(buffer):
            return None
        length |= (buffer[index] & 0x7F) << (7 * count)
        if not buffer[index] & 0x80:
            end = index + 1 + length
            return (index + 1, end) if end <= len(buffer) else None
    raise MalformedPacketError("a packet's length field has more than four bytes")


def _decode(head: int, body: bytes) -> Packet:
    try:
        match head >> 4:  # 2.2.1: the packet type
            case 2:
                return Connack(session_present=bool(body[0] & 1), code=body[1])
            case 3:
                return _decode_publish(head, body)
            case 4:
                return Puback(_read_number(body))
            case 9:
                return Suback(_read_number(body), body[2:])
            case 13:
                return Pingresp()
            case other:
                raise MalformedPacketError(f"a broker does not send packet type {other} to a device")
    except (IndexError, struct.error, UnicodeDecodeError) as error:
        raise MalformedPacketError(f"packet type {head >> 4} cannot be read: {error}") from error


def _decode_publish(head: int, body: bytes) -> Publish:
    qos = (head >> 1) & 3
    if qos > 1:
        raise MalformedPacketError(f"a message with QoS {qos} although QoS 1 was asked for at most")
    end = 2 + _read_number(body)
    if end > len(body):
        raise MalformedPacketError("a message whose topic is longer than its packet")
    topic = body[2:end].decode()
    packet_id = _read_number(body[end : end + 2]) if qos else None
    payload = body[end + 2 :] if qos else body[end:]
    return Publish(topic, payload, qos, bool(head & 1), packet_id)


def _read_number(body: bytes) -> int:
    (number,) = struct.unpack_from("!H", body)
    return int(number)
