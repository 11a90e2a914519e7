"""What comes in from the device side before anybody judged it, and what goes back to a button."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

import msgspec

ROOT = "campus/v1"  # what every topic begins with
RECEIPT = "receipt"  # to a device; those from one are `Channel`
COMMAND = "command"


class Channel(StrEnum):
    """The last topic level of a message from a device (contract, section 1)."""

    PRESS = "press"
    CANCEL = "cancel"
    STATE = "state"
    BEAT = "beat"
    GATE = "gate"
    VISIT = "visit"
    POST = "post"
    OUTPUT = "output"


class Stage(StrEnum):
    """What became of a press, as told to its button."""

    RECEIVED = "received"
    SEEN = "seen"
    COMING = "coming"
    CLOSED = "closed"


class Source(StrEnum):
    """The way by which something came in; only what came by MQTT can be answered at a button."""

    MQTT = "mqtt"
    HTTP = "http"


class Arrival(msgspec.Struct, frozen=True, gc=False):
    """One MQTT message or HTTP press as it came; nothing is judged yet. There are a million a day.

    `district`, `school` and `device` are the topic's levels as said, None where the topic has no such level.
    `received_at` is the gateway's clock; `retained` marks a broker's stored copy, which is no sign of life.
    """

    topic: str
    district: str | None
    school: str | None
    device: str | None
    channel: str
    payload: bytes
    received_at: datetime
    retained: bool = False
    source: Source = Source.MQTT


@dataclass(frozen=True, slots=True)
class Receipt:
    """An answer to one button: `press` is as the device calls it, the topic levels are as the device said them.

    `identity` is by what the press is known here; None in what is told later, when people did something.
    """

    district: str
    school: str
    device: str
    press: str
    incident: int
    stage: Stage
    at: datetime
    identity: str | None = None


@dataclass(frozen=True, slots=True)
class Confirmation:
    """A broker has a press's receipt `received`, since `confirmed_at` by the gateway's clock. `topic` and `payload` are
    the receipt as it was published."""

    device: str
    identity: str
    topic: str
    payload: bytes
    confirmed_at: datetime
