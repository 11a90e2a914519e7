"""A message as MQTT 3.1.1 carries it. Pure: bytes to values."""

from collections.abc import Iterable
from typing import NamedTuple

_PUBLISH, _QOS, _RETAIN = 0x30, 0x06, 0x01
_PUBACK = b"\x40\x02"  # and the packet identifier
_LENGTH_SHIFTS = (0, 7, 14, 21)  # 3.1.1, 2.2.3: at most four bytes of seven bits


class MalformedPacketError(ValueError):
    """A packet that ends before what it says of itself, or says what none may."""


class Publish(NamedTuple):
    """A PUBLISH packet (MQTT 3.1.1, 3.3). `mid` is 0 with QoS 0."""

    topic: str
    payload: bytes
    mid: int
    qos: int
    retained: bool


def read_publish(first: int, buffer: bytes, begins: int = 0, ends: int | None = None) -> Publish:
    """Reads a packet: its first byte, and what follows its length, which may lie within a buffer of more. Raises
    MalformedPacketError."""
    ends = len(buffer) if ends is None else ends
    qos = (first & _QOS) >> 1
    if qos > 2:
        raise MalformedPacketError("a message of QoS 3")
    topic = begins + 2
    after = topic + int.from_bytes(buffer[begins:topic], "big")
    payload = after + 2 if qos else after
    if payload > ends:
        raise MalformedPacketError(f"a message of {ends - begins} bytes ends before its payload")
    mid = int.from_bytes(buffer[after:payload], "big")
    return Publish(_read_topic(buffer[topic:after]), buffer[payload:ends], mid, qos, bool(first & _RETAIN))


def find_publish(buffer: bytes, position: int) -> tuple[Publish, int] | None:
    """The PUBLISH packet that begins at a position, and where it ends; None when it is another one, or not all here."""
    first, begins, length = buffer[position], position + 1, 0
    if first & 0xF0 != _PUBLISH:
        return None
    for shift in _LENGTH_SHIFTS:
        if begins >= len(buffer):
            return None
        length |= (buffer[begins] & 0x7F) << shift
        begins += 1
        if buffer[begins - 1] < 0x80:
            break
    else:
        raise MalformedPacketError("a message's length takes more than four bytes")
    ends = begins + length
    if ends > len(buffer):
        return None
    return read_publish(first, buffer, begins, ends), ends


def write_pubacks(mids: Iterable[int]) -> bytes:
    """PUBACK packets (MQTT 3.1.1, 3.4), one after the other."""
    return b"".join([_PUBACK + mid.to_bytes(2, "big") for mid in mids])


def _read_topic(topic: bytes) -> str:
    """The topic as text that every part downstream can store: what is not UTF-8, and NUL, is written as an escape."""
    return topic.decode("utf-8", "backslashreplace").replace("\x00", "\\x00")
