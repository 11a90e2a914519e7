"""The wire: MQTT topics and payloads to values and back. Pure: no I/O, no clock.

Both ends are here, the service's and the device's, so that simulated devices speak exactly what is read.
What a device *meant* by a press or a state is judged in `alerts.domain`, because presses over HTTPS share it;
this module splits topics, says how a topic misses the contract, and writes what the two ends send.
"""

import re
from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache
from typing import Literal

import msgspec

from alerts.domain import arrivals
from alerts.domain.arrivals import Stage

ROOT = arrivals.ROOT
LEVELS = ("district", "school", "device", "channel")

# To a device; the channels from a device are `alerts.domain.arrivals.Channel`.
RECEIPT = arrivals.RECEIPT
COMMAND = arrivals.COMMAND

Output = Literal["siren", "strobe", "lock", "voice"]

_LEVEL = re.compile(r"[A-Za-z0-9_-]{1,64}")
# What no broker takes in a published topic: separators, wildcards, white space (NATS), control characters.
_UNSAYABLE = re.compile(r"[/+#\s\x00-\x1f\x7f-\x9f\ud800-\udfff]")
_ANSWER_LEVEL_CHARACTERS = 256
_SHOWN_CHARACTERS = 80


class MalformedPayloadError(ValueError):
    """A receipt or command that does not follow the contract; the message says where."""


@lru_cache(maxsize=65_536)  # devices say their few topics again and again
def read_topic(text: str) -> Sequence[str | None]:
    """The four levels of a topic as said, whether it follows the contract or not; one that is not there is None."""
    said: list[str | None] = [*text.split("/", 6)[2:6]]
    return tuple(said + [None] * (len(LEVELS) - len(said)))


def find_topic_fault(text: str) -> str | None:
    """Say in one sentence how a topic misses `campus/v1/{district}/{school}/{device}/{channel}`, or None."""
    if not text.startswith(f"{ROOT}/"):
        return f"the topic does not start with {ROOT}/"
    levels = text.removeprefix(f"{ROOT}/").split("/")
    if len(levels) != len(LEVELS):
        return f"the topic has {len(levels)} levels after {ROOT}/ instead of {len(LEVELS)}"
    for name, level in zip(LEVELS, levels, strict=True):
        if _LEVEL.fullmatch(level) is None:
            return f"the {name} level {level[:_SHOWN_CHARACTERS]!r} is not 1 to 64 of A-Z a-z 0-9 _ -"
    return None


def write_topic(district: str, school: str, device: str, channel: str) -> str:
    """The topic of a device's channel. Raises ValueError when a level is not 1 to 64 of `A-Z a-z 0-9 _ -`."""
    text = f"{ROOT}/{district}/{school}/{device}/{channel}"
    fault = find_topic_fault(text)
    if fault is not None:
        raise ValueError(f"{text[:_SHOWN_CHARACTERS]!r}: {fault}")
    return text


def write_answer_topic(district: str, school: str, device: str, channel: str) -> str | None:
    """The topic to answer on, by the levels that the device itself used.

    A press on a topic that misses the contract is answered too, so this is as wide as brokers are. None when no
    broker would take the topic (a press over HTTPS may name a device of any spelling).
    """
    levels = (district, school, device)
    if any(_UNSAYABLE.search(level) or len(level) > _ANSWER_LEVEL_CHARACTERS for level in levels):
        return None
    return "/".join((ROOT, *levels, channel))


def write_filter(channel: str = "+", *, device: str = "+") -> str:
    """The subscription filter for one channel (by default every one) of one device (by default of all)."""
    return f"{ROOT}/+/+/{device}/{channel}"


class _Payload(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """One JSON object. A field that was not given is not sent; times are aware."""


class Press(_Payload, frozen=True, kw_only=True):
    """Somebody pressed the button. Identity: `id`, else `boot` and `seq`, else `at`."""

    id: str | None = None
    boot: int | str | None = None
    seq: int | None = None
    at: datetime | None = None
    kind: str | None = None
    mode: str | None = None


class Cancel(_Payload, frozen=True, kw_only=True):
    """The button asks to take the press with identity `press` back."""

    id: str | None = None
    press: str | None = None
    at: datetime | None = None


class State(_Payload, frozen=True, kw_only=True):
    """What the device is like now; retained. `battery` in percent, `rssi` in dBm, `interval` in seconds."""

    online: bool
    boot: int | str | None = None
    firmware: str | None = None
    battery: float | None = None
    mains: bool | None = None
    tamper: bool | None = None
    rssi: float | None = None
    interval: float | None = None


class Beat(_Payload, frozen=True, kw_only=True):
    """The device is alive. `battery` in percent, `rssi` in dBm."""

    battery: float | None = None
    mains: bool | None = None
    rssi: float | None = None


class Gate(_Payload, frozen=True, kw_only=True):
    """A gate contact changed."""

    id: str | None = None
    at: datetime | None = None
    open: bool


class Visit(_Payload, frozen=True, kw_only=True):
    """A visitor terminal: `visit` names the visit, `step` is where it stands; the rest comes with `register`."""

    id: str | None = None
    at: datetime | None = None
    visit: str
    step: Literal["register", "confirm", "enter", "leave"]
    name: str | None = None
    document_checked: bool | None = None
    phone: str | None = None
    reason: str | None = None
    host: str | None = None
    vehicle: str | None = None


class Post(_Payload, frozen=True, kw_only=True):
    """A person checks in at a post, or passes a patrol point."""

    id: str | None = None
    at: datetime | None = None
    person: str
    post: str
    action: Literal["on", "off", "point"]


class OutputReport(_Payload, frozen=True, kw_only=True):
    """A siren, strobe or lock confirms the command with this id: it is on, or off."""

    command: str
    on: bool


class Receipt(_Payload, frozen=True, kw_only=True):
    """What became of the press with identity `press`: it belongs to `incident`, which reached `stage` at `at`."""

    press: str
    incident: int
    stage: Stage
    at: datetime


class Command(_Payload, frozen=True, kw_only=True):
    """Drive an output, on until `until` when that is given."""

    id: str
    output: Output
    on: bool
    until: datetime | None = None


_encoder = msgspec.json.Encoder()
_receipts = msgspec.json.Decoder(Receipt)
_commands = msgspec.json.Decoder(Command)

# The last will of every device, published by the broker on the device's `state` when the device is gone.
LAST_WILL = _encoder.encode(State(online=False))


def encode(payload: _Payload) -> bytes:
    """A payload as the bytes of one UTF-8 JSON object; instants in RFC 3339 with an offset."""
    return _encoder.encode(payload)


def decode_receipt(payload: bytes) -> Receipt:
    """A receipt as a device reads it; unknown fields are ignored. Raises MalformedPayloadError."""
    try:
        return _receipts.decode(payload)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise MalformedPayloadError(f"not a receipt: {error}") from error


def decode_command(payload: bytes) -> Command:
    """A command as a device reads it; unknown fields are ignored. Raises MalformedPayloadError."""
    try:
        return _commands.decode(payload)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise MalformedPayloadError(f"not a command: {error}") from error
