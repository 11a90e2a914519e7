"""Frames of SIA DC-09 (event reporting over IP): built, read, encrypted. No I/O.

    LF CRC 0LLL "id" seq Rrcvr Lpref #acct [data] _HH:MM:SS,MM-DD-YYYY CR

CRC is CRC-16 (polynomial 0x8005 reflected, start 0), four hexadecimal digits, and `0LLL` the length in three, both over
what stands from the first quote to before CR. An encrypted message has `*` before its id; everything after `[`, the
timestamp included, is then AES in CBC mode with a zero vector, in hexadecimal, padded in front so that it fills blocks.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

ADM_CID, NULL, ACK, NAK, DUH = "ADM-CID", "NULL", "ACK", "NAK", "DUH"
LONGEST_FRAME_BYTES = 4 + 4 + 0xFFF + 2
KEY_BYTES = (16, 24, 32)
_BLOCK_BYTES = 16
PADDING = "0" * _BLOCK_BYTES  # any characters but [, ] and |; better ones that nobody can guess
_TIME = "%H:%M:%S,%m-%d-%Y"
_FRAME = re.compile(rb"\n([0-9A-Fa-f]{4})0([0-9A-Fa-f]{3})(.*)\r", re.DOTALL)
_HEAD = re.compile(
    r'"(?P<coded>\*?)(?P<id>[A-Z0-9-]{1,10})"(?P<sequence>\d{4})(?:R(?P<receiver>[0-9A-F]{1,6}))?'
    r"L(?P<prefix>[0-9A-F]{1,6})(?:#(?P<account>[0-9A-F]{1,16})|A0)?\[(?P<rest>.*)",  # A0: a NAK knows no account
    re.DOTALL,
)
_REST = re.compile(r"(?P<data>[^\]]*)\](?:_(?P<at>\d{2}:\d{2}:\d{2},\d{2}-\d{2}-\d{4}))?")


@dataclass(frozen=True, slots=True)
class Line:
    """Who speaks: `receiver` and `prefix` as agreed with the station (hexadecimal digits, the receiver may be empty),
    and the key of 16, 24 or 32 bytes that both know, or none."""

    receiver: str = ""
    prefix: str = "0"
    key: bytes | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Message:
    """What a frame carries. `account` is empty only in answers; `at` is UTC, to the second."""

    id: str
    sequence: int
    account: str
    data: str = ""
    at: datetime | None = None
    receiver: str = ""
    prefix: str = "0"
    encrypted: bool = False


class FrameInvalid(ValueError):
    """Bytes that are no frame, a frame that was damaged, or one that our key does not open."""


def crc16(body: bytes) -> int:
    """The CRC-16 of DC-09."""
    crc = 0
    for byte in body:
        crc ^= byte
        for _ in range(8):
            crc = (crc >> 1) ^ 0xA001 if crc & 1 else crc >> 1
    return crc


def write_frame(message: Message, key: bytes | None = None, padding: str = PADDING) -> bytes:
    """The frame of a message, encrypted when there is a key; `padding` is 16 characters to fill up with."""
    stamp = f"_{message.at.astimezone(UTC).strftime(_TIME)}" if message.at else ""
    rest = f"{message.data}]{stamp}"
    rest = _encrypt(rest, key, padding) if key else rest
    receiver = f"R{message.receiver}" if message.receiver else ""
    account = f"#{message.account}" if message.account else ""
    coded = "*" if key else ""
    body = f'"{coded}{message.id}"{message.sequence:04d}{receiver}L{message.prefix}{account}[{rest}'.encode("ascii")
    return b"\n%04X0%03X%s\r" % (crc16(body), len(body), body)


def read_frame(frame: bytes, find_key: Callable[[str], bytes | None] = lambda _: None) -> Message:
    """Reads one whole frame; `find_key` gives the key of an account. Raises FrameInvalid with what is wrong."""
    body = _unwrap(frame)
    head = _HEAD.fullmatch(body)
    if head is None:
        raise FrameInvalid('the head is not of the form "id"seqRrcvrLpref#acct[')
    account, coded = head["account"] or "", bool(head["coded"])
    rest = _REST.fullmatch(_decrypt(head["rest"], find_key(account)) if coded else head["rest"])
    if rest is None:
        raise FrameInvalid("no data in brackets and time after the head" + (": is it our key?" if coded else ""))
    return Message(
        id=head["id"],
        sequence=int(head["sequence"]),
        account=account,
        data=rest["data"],
        at=_read_time(rest["at"]),
        receiver=head["receiver"] or "",
        prefix=head["prefix"],
        encrypted=coded,
    )


def _unwrap(frame: bytes) -> str:
    found = _FRAME.fullmatch(frame)
    if found is None:
        raise FrameInvalid("a frame is LF, CRC, 0 and a length of three digits, a message, CR")
    said_crc, said_length, body = int(found[1], 16), int(found[2], 16), found[3]
    if said_length != len(body):
        raise FrameInvalid(f"it says that it has {said_length} bytes and has {len(body)}")
    if said_crc != crc16(body):
        raise FrameInvalid(f"its CRC is {said_crc:04X} and should be {crc16(body):04X}")
    try:
        return body.decode("ascii")
    except UnicodeDecodeError as error:
        raise FrameInvalid("not ASCII") from error


def _read_time(text: str | None) -> datetime | None:
    if text is None:
        return None
    try:
        return datetime.strptime(text, _TIME).replace(tzinfo=UTC)
    except ValueError as error:
        raise FrameInvalid(f"{text!r} is no time") from error


def _cipher(key: bytes) -> Cipher[modes.CBC]:
    return Cipher(algorithms.AES(key), modes.CBC(bytes(_BLOCK_BYTES)))


def _encrypt(rest: str, key: bytes, padding: str) -> str:
    """The padding stands in front and ends with a bar; there is always some, even where a whole block is needed."""
    plain = f"|{rest}"
    plain = padding[: -len(plain) % _BLOCK_BYTES or _BLOCK_BYTES] + plain
    encryptor = _cipher(key).encryptor()
    return (encryptor.update(plain.encode("ascii")) + encryptor.finalize()).hex().upper()


def _decrypt(text: str, key: bytes | None) -> str:
    if key is None:
        raise FrameInvalid("it is encrypted, and there is no key for its account")
    try:
        coded = bytes.fromhex(text)
        decryptor = _cipher(key).decryptor()
        plain = (decryptor.update(coded) + decryptor.finalize()).decode("ascii")
    except ValueError as error:
        raise FrameInvalid("what is encrypted cannot be opened: is it our key?") from error
    # Some senders of empty messages leave the bar out.
    padding, bar, rest = plain.partition("|")
    return rest if bar else padding[padding.find("]") :]
