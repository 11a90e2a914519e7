"""A message as MQTT 3.1.1 carries it. Pure: bytes to values."""

from collections.abc import Iterable
from functools import lru_cache

import msgspec

_PUBLISH, _QOS, _RETAIN = 0x30, 0x06, 0x01
_PUBACK = b"\x40\x02"  # and the packet identifier
_LENGTH_SHIFTS = (0, 7, 14, 21)  # 3.1.1, 2.2.3: at most four bytes of seven bits


class MalformedPacketError(ValueError):
    """A packet that ends before what it says of itself, or says what none may."""


class Publish(msgspec.Struct, gc=False):
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
    if topic > ends:
        raise MalformedPacketError(f"a message of {ends - begins} bytes ends before its topic")
    after = topic + (buffer[begins] << 8 | buffer[begins + 1])
    payload = after + 2 if qos else after
    if payload > ends:
        raise MalformedPacketError(f"a message of {ends - begins} bytes ends before its payload")
    mid = buffer[after] << 8 | buffer[after + 1] if qos else 0
    return Publish(_read_topic(buffer[topic:after]), buffer[payload:ends], mid, qos, bool(first & _RETAIN))


def find_publishes(buffer: bytes, position: int, limit: int) -> tuple[list[Publish], int]:
    """The PUBLISH packets that begin at a position, one behind the other and at most `limit`, and where they end; none
    when another packet begins there, or not all of one is here. Raises MalformedPacketError when the first one is."""
    found: list[Publish] = []
    try:
        while len(found) < limit and (each := find_publish(buffer, position)) is not None:
            publish, position = each
            found.append(publish)
    except MalformedPacketError:
        if not found:
            raise
    return found, position


def find_publish(buffer: bytes, position: int) -> tuple[Publish, int] | None:
    """The PUBLISH packet that begins at a position, and where it ends; None when it is another one, or not all here."""
    if position + 1 >= len(buffer):
        return None
    first, length, begins = buffer[position], buffer[position + 1], position + 2
    if first & 0xF0 != _PUBLISH:
        return None
    if length >= 0x80:
        longer = _read_length(buffer, position + 1)
        if longer is None:
            return None
        length, begins = longer
    ends = begins + length
    if ends > len(buffer):
        return None
    return read_publish(first, buffer, begins, ends), ends


def _read_length(buffer: bytes, position: int) -> tuple[int, int] | None:
    """What follows the length that begins at a position is so long, and begins there; None: not all of it is here."""
    length = 0
    for at, shift in enumerate(_LENGTH_SHIFTS, position):
        if at >= len(buffer):
            return None
        length |= (buffer[at] & 0x7F) << shift
        if buffer[at] < 0x80:
            return length, at + 1
    raise MalformedPacketError("a message's length takes more than four bytes")


def write_pubacks(mids: Iterable[int]) -> bytes:
    """PUBACK packets (MQTT 3.1.1, 3.4), one after the other."""
    return b"".join([_PUBACK + mid.to_bytes(2, "big") for mid in mids])


@lru_cache(maxsize=65_536)  # devices say their few topics again and again
def _read_topic(topic: bytes) -> str:
    """The topic as text that every part downstream can store: what is not UTF-8, and NUL, is written as an escape."""
    return topic.decode("utf-8", "backslashreplace").replace("\x00", "\\x00")
