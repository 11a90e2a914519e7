"""What boards show of schools and devices. Each item is whole, so that the newest one of a key is the truth."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from alerts.domain.compliance.headline import ComplianceItem
from alerts.domain.incidents import Incident
from alerts.domain.registry import District, Ownership, SchoolKind


class Link(StrEnum):
    """How the service hears a device: never yet, now, no more (silence), or told so (last will, `online: false`)."""

    NEVER = "never"
    ONLINE = "online"
    SILENT = "silent"
    OFFLINE = "offline"


class Trouble(StrEnum):
    """What a device says is wrong with it."""

    LOW_BATTERY = "low_battery"
    MAINS_LOST = "mains_lost"
    TAMPER = "tamper"


@dataclass(frozen=True, slots=True)
class DeviceItem:
    """A device as the feed carries it; `since` is when its link or troubles last changed."""

    code: str
    school: str
    point: str | None
    link: Link
    troubles: tuple[Trouble, ...]
    since: datetime | None


@dataclass(frozen=True, slots=True)
class SchoolItem:
    """A school on the board: what it is, and how many of its devices are in which state."""

    code: str
    district: str
    name: str
    kind: SchoolKind
    ownership: Ownership
    students: int
    boarders: int
    latitude: float | None
    longitude: float | None
    online: int
    silent: int
    offline: int
    never: int
    troubled: int


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The whole board at one position of the log: every school, every incident that is not closed, and how each school
    that was judged stands by its rules."""

    position: int
    at: datetime
    districts: tuple[District, ...]
    schools: tuple[SchoolItem, ...]
    incidents: tuple[Incident, ...]
    compliance: tuple[ComplianceItem, ...] = ()
