"""Where a press belongs: which school, which point, which mode; decided from what was loaded, nothing done."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import uuid4

from alerts.domain.arrivals import Arrival, Source
from alerts.domain.payloads import said_text
from alerts.domain.policies import DEFAULT_ZONE, Circumstances, choose_policy, read_zone
from alerts.domain.presses import Category, Mode, Problem, Reading, category_of, settle_mode
from alerts.domain.registry import SchoolKind
from alerts.storage.incidents import Opening
from alerts.storage.presses import PressContext

IncidentKey = tuple[str, Mode, Category]


@dataclass(frozen=True, slots=True)
class PlacedPress:
    """A press with its place: `school` is None when none can be told, and `place` is then the device."""

    arrival: Arrival
    reading: Reading
    device: str
    identity: str
    name: str
    place: str
    school: str | None
    school_name: str | None
    district: str | None
    point: str | None
    mode: Mode
    problems: tuple[str, ...]
    school_kind: SchoolKind | None
    zone: str

    @property
    def same(self) -> tuple[str, str]:
        """What makes two arrivals the same press."""
        return self.device, self.identity

    @property
    def key(self) -> IncidentKey:
        """What makes two presses meet in one incident."""
        return self.place, self.mode, category_of(self.reading.kind)


def said_device(arrival: Arrival) -> str:
    """The device as the topic says it; a topic without that level is its own device."""
    return said_text(arrival.device or arrival.topic)


def place_press(arrival: Arrival, reading: Reading, context: PressContext) -> PlacedPress:
    """The registry's word on a device counts, then the school that the topic names; with neither it is unplaced."""
    device = said_device(arrival)
    problems = list(reading.problems)
    known = context.devices.get(device)
    named = context.schools.get(arrival.school or "")
    school = known.school if known else named.code if named else None
    district = known.district if known else named.district if named else None
    if known is None and device != arrival.topic:
        problems.append(Problem.UNKNOWN_DEVICE)
    if arrival.device is None and arrival.source is Source.MQTT:
        problems.append(Problem.BAD_TOPIC)
    if known and arrival.school != known.school:
        problems.append(Problem.WRONG_SCHOOL)
    elif school and arrival.district != district:
        problems.append(Problem.WRONG_DISTRICT)
    mode, overruled = settle_mode(reading.mode_said, _announced(context, school, district))
    if overruled:
        problems.append(Problem.NO_WINDOW)
    name = reading.name or uuid4().hex
    return PlacedPress(
        arrival=arrival,
        reading=reading,
        device=device,
        identity=reading.identity or f"any:{name}",
        name=name,
        place=school or f"unplaced:{device}",
        school=school,
        school_name=known.school_name if known else named.name if named else None,
        district=district,
        point=known.point if known else None,
        mode=mode,
        problems=tuple(dict.fromkeys(problems)),
        school_kind=known.school_kind if known else named.kind if named else None,
        zone=known.zone if known else named.zone if named else DEFAULT_ZONE,
    )


def opening_of(press: PlacedPress, context: PressContext) -> Opening:
    """The incident that this press would open, with the policy of its place, kind and hour; unplaced, the city's."""
    circumstances = Circumstances(
        mode=press.mode,
        kind=press.reading.kind,
        local_at=context.now.astimezone(read_zone(press.zone)),
        school=press.school,
        district=press.district,
        school_kind=press.school_kind,
    )
    return Opening(
        place=press.place,
        school=press.school,
        school_name=press.school_name,
        district=press.district,
        point=press.point,
        device=press.device,
        mode=press.mode,
        category=category_of(press.reading.kind),
        kind=press.reading.kind,
        now=context.now,
        policy=choose_policy(context.rules, circumstances).policy,
    )


def _announced(context: PressContext, school: str | None, district: str | None) -> frozenset[Mode]:
    """The modes that were announced for a school. A press that has no school has none: it is live."""
    if school is None:
        return frozenset()
    return frozenset(
        window.mode
        for window in context.windows
        if window.school == school
        or (window.school is None and window.district == district)
        or (window.school is None and window.district is None)
    )
