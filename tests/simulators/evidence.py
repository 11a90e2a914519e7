"""A played day as the service loads it: from the reports alone, never from what really happened."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from statistics import median

from alerts.domain.compliance.events import (
    GateEvent,
    Implausible,
    PostAction,
    PostEvent,
    VisitEvent,
    VisitStep,
    distrust_chatter,
    distrust_clock,
    distrust_late_books,
    distrust_patrols,
)
from alerts.domain.compliance.school_day import DeviceDay, DeviceRole, Fact, FactKind, Holder, PostDay, SchoolDay
from alerts.domain.compliance.verdicts import Grade
from alerts.domain.registry import PointKind, PostKind
from alerts.domain.spans import clip
from gateway import wire
from simulators.compliance.diary import PHONE, PlayedDay, Report

ROLES = (
    ("gate", DeviceRole.GATE),
    ("terminal", DeviceRole.VISITOR_TERMINAL),
    ("reader", DeviceRole.POST_READER),
)


def load_day(played: PlayedDay, now: datetime | None = None) -> SchoolDay:
    """What the judge has of a day that is over, or of what was told until `now`."""
    whole = played
    played = played if now is None else see_until(played, now)
    campus, school = played.campus, played.campus.school
    reports = list({(one.device, one.said.id): one for one in reversed(played.reports)}.values())
    devices = tuple(_load_device(played, getattr(campus, name), role, reports) for name, role in ROLES)
    offsets = {one.code: one.clock_offset_seconds for one in devices}
    gates = sorted((_load_gate(one, offsets) for one in reports if isinstance(one.said, wire.Gate)), key=_at)
    visits = sorted((_load_visit(one, played, offsets) for one in reports if isinstance(one.said, wire.Visit)), key=_at)
    passed = sorted((_load_post(one, played) for one in reports if isinstance(one.said, wire.Post)), key=_at)
    return SchoolDay(
        school=school.code,
        kind=school.kind,
        ownership=school.ownership,
        students=school.students,
        boarders=school.boarders,
        zone=campus.place.zone,
        on=played.on,
        starts_at=played.starts_at,
        ends_at=whole.ends_at,
        now=played.ends_at,
        schedule=played.schedule,
        gates=distrust_chatter(gates),
        visits=distrust_late_books(visits),
        check_ins=_distrust_each(passed, played),
        points=campus.points,
        devices=devices,
        holders=tuple(Holder(one, campus.gatehouse, PostKind.GUARD) for one in campus.guards),
        posts=(
            PostDay(campus.gatehouse, PostKind.GUARD, PointKind.GATEHOUSE),
            PostDay(campus.crossing, PostKind.CROSSING_POST),
        ),
        facts=tuple(_list_facts(played)),
    )


def _at(event: GateEvent | VisitEvent | PostEvent) -> datetime:
    return event.at


def _load_device(played: PlayedDay, code: str, role: DeviceRole, reports: Iterable[Report]) -> DeviceDay:
    """A clock that is wrong shows in what was said at once; the least of the delays tells it."""
    offsets = [
        (one.said.at - one.sent_at).total_seconds()
        for one in reports
        if one.device == code and one.said.at is not None and not _was_cut(played, one)
    ]
    return DeviceDay(
        code,
        role,
        PointKind.GATEHOUSE,
        unheard=played.unheard.get(code, ()),
        clock_offset_seconds=median(offsets) if offsets and role is DeviceRole.GATE else None,
    )


def _was_cut(played: PlayedDay, report: Report) -> bool:
    return any(
        until <= report.sent_at < until + timedelta(seconds=5) for _, until in played.unheard.get(report.device, ())
    )


def _load_gate(report: Report, offsets: dict[str, float | None]) -> GateEvent:
    said = report.said
    assert isinstance(said, wire.Gate)
    assert said.at is not None
    event = GateEvent(str(said.id), report.device, said.at, report.sent_at, Grade.A, open=said.open)
    return distrust_clock(event, offsets.get(report.device))


def _load_visit(report: Report, played: PlayedDay, offsets: dict[str, float | None]) -> VisitEvent:
    said = report.said
    assert isinstance(said, wire.Visit)
    assert said.at is not None
    event = VisitEvent(
        str(said.id),
        report.device,
        said.at,
        report.sent_at,
        Grade.B,
        late=_was_cut(played, report),
        visit=said.visit,
        step=VisitStep(said.step),
        said=frozenset(name for name in ("name", "phone", "reason", "host") if getattr(said, name)),
        document_checked=bool(said.document_checked),
        vehicle=said.vehicle is not None,
    )
    return distrust_clock(event, offsets.get(report.device))


def _load_post(report: Report, played: PlayedDay) -> PostEvent:
    said = report.said
    assert isinstance(said, wire.Post)
    assert said.at is not None
    used_up = report.code is not None and not report.code.startswith(f"{played.on:%y%m%d}")
    return PostEvent(
        str(said.id),
        report.device,
        said.at,
        report.sent_at,
        Grade.C if report.device == PHONE else Grade.A,
        implausible=(Implausible.REUSED_CODE,) if used_up else (),
        person=said.person,
        post=said.post,
        action=PostAction(said.action),
    )


def _distrust_each(events: Iterable[PostEvent], played: PlayedDay) -> tuple[PostEvent, ...]:
    events = list(events)
    people = {one.person for one in events}
    judged = [
        event
        for person in people
        for event in distrust_patrols([one for one in events if one.person == person], played.campus.points)
    ]
    return tuple(sorted(judged, key=_at))


def _list_facts(played: PlayedDay) -> Iterable[Fact]:
    """Leaves and exits that the guard wrote down; nobody writes down who slips out."""
    number = 0
    for one in played.exits:
        if one.leave is not None:
            for kind in (FactKind.PUPIL_LEAVE, FactKind.PUPIL_EXIT):
                number += 1
                yield Fact(number, kind, one.at, "guard", Grade.C, about=one.leave)


def see_until(played: PlayedDay, now: datetime) -> PlayedDay:
    """A played day as far as it went: what happened until an instant, and what was told by then."""
    return replace(
        played,
        ends_at=now,
        openings=tuple(replace(one, until=min(one.until, now)) for one in played.openings if one.since < now),
        outsiders=tuple(one for one in played.outsiders if one.entered_at < now),
        exits=tuple(one for one in played.exits if one.at < now),
        reports=tuple(one for one in played.reports if one.sent_at <= now),
        unheard={
            code: clip(spans, (played.starts_at, now)) for code, spans in played.unheard.items() if spans[0][0] < now
        },
    )
