"""What boards show of schools and devices. Each item is whole, so that the newest one of a key is the truth."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from alerts.domain.compliance.headline import ComplianceItem
from alerts.domain.incidents import Incident
from alerts.domain.registry import District, Ownership, SchoolKind
from alerts.domain.rights import CITY, Place


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


@dataclass(slots=True)
class _Part:
    schools: list[SchoolItem] = field(default_factory=list)
    incidents: list[Incident] = field(default_factory=list)
    compliance: list[ComplianceItem] = field(default_factory=list)


def divide(snapshot: Snapshot) -> Mapping[Place, Snapshot]:
    """What each place is shown of the board: the city all, a district and a school what is theirs, and their district's
    name. An incident of a button that nobody knows is the city's alone. Everything is looked at once, however many
    places there are."""
    parts: defaultdict[Place, _Part] = defaultdict(_Part)
    place_of = {school.code: Place(school.district, school.code) for school in snapshot.schools}
    for school in snapshot.schools:
        for holder in place_of[school.code].holders:
            parts[holder].schools.append(school)
    for incident in snapshot.incidents:
        for holder in Place(incident.district, incident.school).holders:
            parts[holder].incidents.append(incident)
    for item in snapshot.compliance:
        for holder in place_of[item.school].holders:
            parts[holder].compliance.append(item)
    own = {Place(one.code): (one,) for one in snapshot.districts}
    own |= {Place(school=code): own[Place(place.district)] for code, place in place_of.items()}
    return {place: _narrow(snapshot, own.get(place, snapshot.districts), parts[place]) for place in (CITY, *own)}


def _narrow(snapshot: Snapshot, districts: tuple[District, ...], part: _Part) -> Snapshot:
    return Snapshot(
        snapshot.position,
        snapshot.at,
        districts,
        tuple(part.schools),
        tuple(part.incidents),
        tuple(part.compliance),
    )
