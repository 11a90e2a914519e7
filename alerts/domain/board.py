"""What boards show of schools and devices. Each item is whole, so that the newest one of a key is the truth."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from alerts.domain.compliance.headline import ComplianceItem
from alerts.domain.incidents import Incident
from alerts.domain.registry import District, Ownership, SchoolKind
from alerts.domain.rights import Place


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
    district: District
    schools: list[SchoolItem] = field(default_factory=list)
    incidents: list[Incident] = field(default_factory=list)
    compliance: list[ComplianceItem] = field(default_factory=list)

    def cut_from(self, whole: Snapshot) -> Snapshot:
        own = tuple(self.schools), tuple(self.incidents), tuple(self.compliance)
        return Snapshot(whole.position, whole.at, (self.district,), *own)


def divide(snapshot: Snapshot) -> Mapping[Place, Snapshot]:
    """What each district and each school is shown of the board: what is theirs, and their district's name. An incident
    of a button that nobody knows is the city's alone. Everything is looked at once, however many places there are."""
    districts = {one.code: one for one in snapshot.districts}
    of_district = {code: _Part(one) for code, one in districts.items()}
    of_school = {one.code: _Part(districts[one.district]) for one in snapshot.schools}
    for school in snapshot.schools:
        of_district[school.district].schools.append(school)
        of_school[school.code].schools.append(school)
    for incident in snapshot.incidents:
        if incident.district is not None:
            of_district[incident.district].incidents.append(incident)
        if incident.school is not None:
            of_school[incident.school].incidents.append(incident)
    for item in snapshot.compliance:
        of_district[of_school[item.school].district.code].compliance.append(item)
        of_school[item.school].compliance.append(item)
    parts = {Place(code): part for code, part in of_district.items()}
    parts |= {Place(school=code): part for code, part in of_school.items()}
    return {place: part.cut_from(snapshot) for place, part in parts.items()}
