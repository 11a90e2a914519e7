"""What the played service knows: a city, its devices, and incidents that tests open and people answer."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

from alerts.compliance.gates_now import GateNow
from alerts.domain.arrivals import Source
from alerts.domain.board import DeviceItem, Link, SchoolItem, Trouble
from alerts.domain.incidents import Cause, Incident, State, acknowledge, close, reopen, respond
from alerts.domain.people import DeliveryState
from alerts.domain.pictures import PictureKind
from alerts.domain.presses import Category, Kind, Mode, category_of
from alerts.domain.registry import Camera, City, Device, DeviceRole, PointKind, PostKind, School
from alerts.redrawing import Redrawn
from alerts.storage.board_reads import CancelRow, DeliveryRow, DeviceDetail, DutyRow, IncidentSchool, PressRow
from alerts.storage.pictures import PictureRow
from dashboard.api.incident_details import IncidentDetail, Next, NextKind, Target, TimelineEntry
from dashboard.api.registry import PointDetail, SchoolDetail
from simulators.city.generator import generate_city

STEP = timedelta(seconds=30)
ACKNOWLEDGEMENT = timedelta(minutes=5)
TARGET = Target(PostKind.DISTRICT_DESK, "P-DESK", "区值班员")

Tell = Callable[[str, Any], None]
found_city = cache(generate_city)  # a city never changes, and two cities of the same numbers are the same


class FakeCity:
    """The registry and the incidents. Whatever changes is handed to `tell` as the feed would carry it."""

    def __init__(self, tell: Tell, *, schools: int = 120, seed: int = 3) -> None:
        self._tell = tell
        self.city: City = found_city(schools, seed)
        self.shift = timedelta()
        self.incidents: dict[int, Incident] = {}
        self.presses: dict[int, list[PressRow]] = defaultdict(list)
        self.cancels: dict[int, list[CancelRow]] = defaultdict(list)
        self.timelines: dict[int, list[TimelineEntry]] = defaultdict(list)
        self.deliveries: dict[int, list[DeliveryRow]] = defaultdict(list)
        self._position = self._pressed = 0
        self._devices_of: dict[str, list[Device]] = defaultdict(list)
        for device in self.city.devices:
            self._devices_of[device.school].append(device)
        self._duty_at = _read_duty(self.city)
        self._districts = {one.code: one for one in self.city.districts}
        self._schools = {one.code: one for one in self.city.schools}
        self._last_at: dict[tuple[str, Mode, Category], int] = {}
        self.links: dict[str, Link] = {one.code: Link.ONLINE for one in self.city.devices}
        self.troubles: dict[str, tuple[Trouble, ...]] = {}
        self.pictures: dict[str, list[PictureRow]] = defaultdict(list)
        self.cameras: dict[str, list[Camera]] = defaultdict(list)
        self.contents: dict[
            tuple[int, PictureKind], bytes
        ] = {}  # of pictures; those that are missing cannot be fetched

    def now(self) -> datetime:
        """The played service's clock; tests move it by `shift`."""
        return datetime.now(UTC) + self.shift

    # What boards are shown

    def school_items(self) -> list[SchoolItem]:
        """Every school as the feed carries it."""
        return [self.school_item(one.code) for one in self.city.schools]

    def school_item(self, code: str) -> SchoolItem:
        """One school as the feed carries it."""
        school = self._schools[code]
        links = [self.links[one.code] for one in self._devices_of[code]]
        return SchoolItem(
            code=code,
            district=school.district,
            name=school.name,
            kind=school.kind,
            ownership=school.ownership,
            students=school.students,
            boarders=school.boarders,
            latitude=school.latitude,
            longitude=school.longitude,
            online=links.count(Link.ONLINE),
            silent=links.count(Link.SILENT),
            offline=links.count(Link.OFFLINE),
            never=links.count(Link.NEVER),
            troubled=sum(bool(self.troubles.get(one.code)) for one in self._devices_of[code]),
        )

    def open_incidents(self) -> list[Incident]:
        """Every incident that is not closed."""
        return [one for one in self.incidents.values() if one.state is not State.CLOSED]

    def school_detail(self, code: str) -> SchoolDetail | None:
        """A school's own page."""
        school = self._schools.get(code)
        if school is None:
            return None
        points = [one for one in self.city.points if one.school == code]
        devices = [self._device_detail(one) for one in self._devices_of[code]]
        return SchoolDetail(
            school=self.school_item(code),
            district_name=self._districts[school.district].name,
            address=school.address,
            zone=school.zone,
            group=school.group,
            group_name=next((one.name for one in self.city.groups if one.code == school.group), None),
            head_school=school.head_school,
            points=tuple(
                PointDetail(
                    self.city.points.index(point) + 1,
                    point.name,
                    point.kind,
                    tuple(one for one in devices if one.point == point.name),
                    tuple(one for one in self.pictures[code] if one.place == point.name),
                )
                for point in points
            ),
            duty=tuple(self._duty_at[code]),
            gates=tuple(
                GateNow(one.code, one.point, False, self.now() - timedelta(hours=2))
                for one in self._devices_of[code]
                if one.role is DeviceRole.GATE
            ),
            incidents=tuple(one for one in self.open_incidents() if one.school == code),
            cameras=tuple(self.cameras[code]),
        )

    def incident_detail(self, id_: int) -> IncidentDetail | None:
        """An incident's own page."""
        incident = self.incidents.get(id_)
        if incident is None:
            return None
        return IncidentDetail(
            incident=incident,
            school=None if incident.school is None else self._incident_school(self._schools[incident.school]),
            presses=tuple(reversed(self.presses[id_])),
            cancels=tuple(self.cancels[id_]),
            timeline=tuple(self.timelines[id_]),
            deliveries=tuple(self.deliveries[id_]),
            next=_foresee(incident),
            handover=None,
            station=(),
            pictures=tuple(one for one in self.pictures[incident.school or ""] if one.place == incident.point),
            cameras=tuple(one for one in self.cameras[incident.school or ""] if one.point in {None, incident.point}),
        )

    # What happens in the city

    def picture(self, number: int, kind: PictureKind, drawn: Redrawn | None) -> PictureRow:
        """A point, by its number from 1, gets a picture; None: one that cannot be fetched."""
        point = self.city.points[number - 1]
        row = PictureRow(number, point.name, kind, 960, 720, f"{number:064x}", self.now())
        if drawn is not None:
            sha256 = hashlib.sha256(drawn.content).hexdigest()
            row = replace(row, width=drawn.width, height=drawn.height, sha256=sha256)
            self.contents[number, kind] = drawn.content
        kept = [one for one in self.pictures[point.school] if (one.point, one.kind) != (number, kind)]
        self.pictures[point.school] = [*kept, row]
        return row

    def press(
        self,
        school: int = 0,
        *,
        kind: Kind = Kind.PANIC,
        mode: Mode = Mode.LIVE,
        late: timedelta | None = None,
        told: int = 4,
        reached: int = 3,
        ago: timedelta = timedelta(),
        problems: tuple[str, ...] = (),
    ) -> Incident:
        """Somebody presses the first button of the school of that number, `late` before it arrives."""
        place = self.city.schools[school]
        device = self._devices_of[place.code][0]
        at = self.now() - ago
        incident = self._find_open(place.code, mode, kind)
        if incident is None:
            incident = self._open(place, device, kind, mode, at, told, reached)
        self._add_press(incident, device.code, device.point, kind, mode, at, late, problems)
        moved = replace(
            incident,
            presses=incident.presses + 1,
            late=incident.late or late is not None,
            problems=tuple(dict.fromkeys(incident.problems + problems)),
            last_press_at=at,
        )
        self._note(moved, "press.received", f"device:{device.code}", device.code, point=device.point)
        return self._save(moved)

    def press_unplaced(self, device: str = "DEV-UNKNOWN-7") -> Incident:
        """A device presses that is registered nowhere."""
        at = self.now()
        incident = Incident(
            id=len(self.incidents) + 1,
            place=f"unplaced:{device}",
            school=None,
            school_name=None,
            district=None,
            point=None,
            device=device,
            mode=Mode.LIVE,
            category=category_of(Kind.PANIC),
            kind=Kind.PANIC,
            state=State.OPEN,
            opened_at=at,
            last_press_at=at,
            presses=1,
            problems=("unknown_device",),
            next_at=at + STEP,
            told=2,
            reached=1,
        )
        self._add_press(incident, device, None, Kind.PANIC, Mode.LIVE, at, None, ("unknown_device",))
        self._note(incident, "incident.opened", "engine", "engine")
        return self._save(incident)

    def ask_to_cancel(self, id_: int) -> Incident:
        """The button asks to take its press back."""
        incident = self.incidents[id_]
        at = self.now()
        self.cancels[id_].append(CancelRow(self.presses[id_][-1].name, incident.device, at, at))
        self._note(incident, "press.cancel_asked", f"device:{incident.device}", incident.device)
        return self._save(replace(incident, cancel_asked_at=at))

    def act(self, id_: int, action: str, by: str, body: dict[str, Any]) -> Incident:
        """What a person does; raises the named refusals of the domain."""
        incident, now = self.incidents[id_], self.now()
        match action:
            case "acknowledge":
                moved = acknowledge(incident, by, now, now + ACKNOWLEDGEMENT)
                kind = "incident.acknowledged"
            case "respond":
                moved, kind = respond(incident, by, now), "incident.responding"
            case "close":
                moved = close(incident, by, Cause(body["cause"]), now)
                kind = "incident.closed"
            case _:
                moved, kind = incident, "incident.noted"
        self._note(moved, kind, f"person:{by}", by, **body)
        return self._save(moved)

    def run_out(self, id_: int) -> Incident:
        """Nobody carried the acknowledgement on: it rings again."""
        moved = replace(reopen(self.incidents[id_]), next_at=self.now() + STEP)
        self._note(moved, "incident.reopened", "engine", "engine")
        return self._save(moved)

    def set_link(self, school: int, link: Link, troubles: tuple[Trouble, ...] = ()) -> None:
        """The first device of a school changes its link or troubles."""
        place = self.city.schools[school]
        device = self._devices_of[place.code][0]
        self.links[device.code] = link
        self.troubles[device.code] = troubles
        self._tell("device", DeviceItem(device.code, place.code, device.point, link, troubles, self.now()))
        self._tell("school", self.school_item(place.code))

    def _open(
        self, school: School, device: Device, kind: Kind, mode: Mode, at: datetime, told: int, reached: int
    ) -> Incident:
        incident = Incident(
            id=len(self.incidents) + 1,
            place=school.code,
            school=school.code,
            school_name=school.name,
            district=school.district,
            point=device.point,
            device=device.code,
            mode=mode,
            category=category_of(kind),
            kind=kind,
            state=State.OPEN,
            opened_at=at,
            last_press_at=at,
            step=1,
            next_at=max(at + STEP, self.now() + timedelta(seconds=7)),
            told=told,
            reached=reached,
        )
        self.incidents[incident.id] = incident
        self._last_at[school.code, mode, incident.category] = incident.id
        people = self._duty_at[school.code][:told]
        told_of = [{"post_kind": one.post_kind, "person_name": one.name, "channel": "webhook"} for one in people]
        self._note(incident, "incident.opened", "engine", "engine")
        self._note(incident, "incident.escalated", "engine", "engine", step=0, round=1, told=told_of)
        for number, one in enumerate(people):
            done = number < reached
            self.deliveries[incident.id].append(
                DeliveryRow(
                    person=one.person,
                    person_name=one.name,
                    post_kind=one.post_kind,
                    channel="sms",
                    address=one.phone,
                    reason="step",
                    step=0,
                    round=1,
                    attempt=1,
                    state=DeliveryState.DELIVERED if done else DeliveryState.FAILED,
                    attempts=1 if done else 3,
                    queued_at=at,
                    due_at=at,
                    handed_over_at=at + timedelta(milliseconds=200) if done else None,
                    delivered_at=at + timedelta(milliseconds=800) if done else None,
                    seen_at=None,
                    answered_at=None,
                    answer=None,
                    late_answer=None,
                    late_answer_at=None,
                    provider_id=f"sms-{number}" if done else None,
                    error=None if done else "HTTP 502 from the provider",
                )
            )
        return incident

    def _add_press(
        self,
        incident: Incident,
        device: str,
        point: str | None,
        kind: Kind,
        mode: Mode,
        at: datetime,
        late: timedelta | None,
        problems: tuple[str, ...],
    ) -> None:
        self._pressed += 1
        self.presses[incident.id].append(
            PressRow(
                id=self._pressed,
                incident=incident.id,
                school=incident.school,
                device=device,
                point=point,
                name=f"press-{self._pressed}",
                kind=kind,
                kind_said=kind.value,
                mode=mode,
                mode_said=mode.value,
                late=late is not None,
                problems=problems,
                occurred_at=at - (late or timedelta(milliseconds=120)),
                received_at=at,
                recorded_at=at,
                source=Source.MQTT,
            )
        )

    def _find_open(self, school: str, mode: Mode, kind: Kind) -> Incident | None:
        found = self.incidents.get(self._last_at.get((school, mode, category_of(kind)), 0))
        return None if found is None or found.state is State.CLOSED else found

    def _save(self, incident: Incident) -> Incident:
        self.incidents[incident.id] = incident
        self._tell("incident", incident)
        return incident

    def _note(self, incident: Incident, kind: str, actor: str, name: str, **detail: Any) -> None:
        self._position += 1
        self.timelines[incident.id].append(TimelineEntry(self._position, self.now(), actor, name, kind, detail))

    def _device_detail(self, device: Device) -> DeviceDetail:
        link = self.links[device.code]
        heard = link is not Link.NEVER
        point_kind = next(
            (one.kind for one in self.city.points if (one.school, one.name) == (device.school, device.point)),
            PointKind.OTHER,
        )
        return DeviceDetail(
            code=device.code,
            school=device.school,
            point=device.point,
            point_kind=point_kind,
            role=device.role,
            link=link,
            troubles=self.troubles.get(device.code, ()),
            since=self.now() - timedelta(hours=5),
            interval_seconds=device.interval_seconds,
            last_seen_at=self.now() - timedelta(seconds=12) if heard else None,
            firmware="2.4.1" if heard else None,
            battery=87 if heard else None,
            mains=True if heard else None,
            tamper=False if heard else None,
            rssi=-67 if heard else None,
        )

    def _incident_school(self, school: School) -> IncidentSchool:
        return IncidentSchool(
            code=school.code,
            name=school.name,
            district=school.district,
            district_name=self._districts[school.district].name,
            address=school.address,
            latitude=school.latitude,
            longitude=school.longitude,
            students=school.students,
            kind=school.kind,
            zone=school.zone,
        )


def _read_duty(city: City) -> Mapping[str, list[DutyRow]]:
    people = {one.code: one for one in city.people}
    posts = {one.code: one for one in city.posts}
    duty: dict[str, list[DutyRow]] = defaultdict(list)
    for one in city.holdings:
        post, person = posts[one.post], people[one.person]
        if post.school is not None:
            duty[post.school].append(DutyRow(one.post, post.kind, one.person, person.name, person.phone))
    return duty


def _foresee(incident: Incident) -> Next:
    if incident.next_at is None:
        return Next()
    if incident.state is State.ACKNOWLEDGED:
        return Next(incident.next_at, NextKind.ACKNOWLEDGEMENT_ENDS, 0, (TARGET,))
    return Next(incident.next_at, NextKind.STEP, incident.step, (TARGET,))
