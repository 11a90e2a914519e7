"""Contact ID (Ademco 4+2, SIA DC-05) event codes, as far as they are confirmed, and which one tells what."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from types import MappingProxyType

from alerts.domain.board import Trouble
from alerts.domain.presses import Kind, Mode


class EventCode(IntEnum):
    """What happened. There are codes for violence and intruders too, but those are of detectors, so every press that is
    for neither fire nor medical help is a panic alarm here, and the message over HTTP says of which kind."""

    MEDICAL = 100
    FIRE = 110
    PANIC = 120
    DURESS = 121
    SILENT = 122
    AUDIBLE = 123
    TAMPER = 137
    SENSOR_TAMPER = 144
    MODULE_TAMPER = 145
    MAINS_LOST = 301
    LOW_BATTERY = 302
    COMMUNICATION_TROUBLE = 350
    REPORT_FAILED = 354
    CANCEL = 406
    MANUAL_TEST = 601
    PERIODIC_TEST = 602


class Qualifier(IntEnum):
    """1: it began; 3: it is over."""

    NEW = 1
    RESTORED = 3


class NotContactId(ValueError):
    """A text that is no Contact ID event; the message says why."""


@dataclass(frozen=True, slots=True)
class ContactId:
    """An event of an account: `partition` 0 to 99, `zone` 0 to 999."""

    account: str
    qualifier: int
    code: int
    partition: int = 0
    zone: int = 0


ALARM_CODES = MappingProxyType({Kind.FIRE: EventCode.FIRE, Kind.MEDICAL: EventCode.MEDICAL})


def code_of(kind: Kind, mode: Mode) -> EventCode:
    """What the station is told of an incident: an alarm of its kind, or for tests and drills a test."""
    return ALARM_CODES.get(kind, EventCode.PANIC) if mode is Mode.LIVE else EventCode.MANUAL_TEST


TROUBLE_CODES = MappingProxyType(
    {
        Trouble.TAMPER: EventCode.TAMPER,
        Trouble.MAINS_LOST: EventCode.MAINS_LOST,
        Trouble.LOW_BATTERY: EventCode.LOW_BATTERY,
    }
)


def write_contact_id(event: ContactId) -> str:
    """The data of an ADM-CID message, without its brackets: `#ACCT|QEEE PP ZZZ`."""
    return f"#{event.account}|{event.qualifier}{event.code:03d} {event.partition:02d} {event.zone:03d}"


def read_contact_id(text: str) -> ContactId:
    """Reads the data of an ADM-CID message. Raises NotContactId."""
    account, bar, event = text.partition("|")
    parts = event.split(" ")
    if not account.startswith("#") or not bar or [len(part) for part in parts] != [4, 2, 3]:
        raise NotContactId(f"{text!r} is not of the form #ACCT|QEEE PP ZZZ")
    if not all(part.isascii() and part.isdecimal() for part in parts):
        raise NotContactId(f"{text!r}: event, partition and zone are digits")
    return ContactId(account[1:], int(parts[0][0]), int(parts[0][1:]), int(parts[1]), int(parts[2]))
