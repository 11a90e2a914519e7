"""A school's day to judge: Monday, 23 November 2026, at a primary school in Qingdao, with what a test adds to it."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from msgspec.structs import replace

from alerts.compliance.words import say_reason
from alerts.domain.calendars import Day, DayKind, DayOrigin
from alerts.domain.compliance.catalogue import BY_CODE
from alerts.domain.compliance.events import GateEvent, PostAction, PostEvent, VisitEvent, VisitStep
from alerts.domain.compliance.schedule import Hours, Place, Term, Timetable, make_schedule
from alerts.domain.compliance.school_day import (
    Certificate,
    DeviceDay,
    DeviceRole,
    Fact,
    FactKind,
    Holder,
    PostDay,
    SchoolDay,
)
from alerts.domain.compliance.terms import Level, Parameter, resolve_terms
from alerts.domain.compliance.verdicts import Grade, Judgement
from alerts.domain.contacts import CertificateKind
from alerts.domain.registry import Ownership, PointKind, PostKind, SchoolKind

ZONE = ZoneInfo("Asia/Shanghai")
MONDAY = date(2026, 11, 23)
TERM = Term("2026秋", date(2026, 9, 1), date(2027, 1, 20))
GATE = DeviceDay("S1-GATE", DeviceRole.GATE, PointKind.GATEHOUSE)
TERMINAL = DeviceDay("S1-VIS", DeviceRole.VISITOR_TERMINAL, PointKind.GATEHOUSE)
READER = DeviceDay("S1-READ", DeviceRole.POST_READER, PointKind.GATEHOUSE)
GATEHOUSE = PostDay("S1-guard", PostKind.GUARD, PointKind.GATEHOUSE)
CROSSING = PostDay("S1-crossing_post", PostKind.CROSSING_POST)
TIMETABLE = Timetable(
    id=1,
    school_kind=SchoolKind.PRIMARY,
    school=None,
    valid_from=date(2026, 9, 1),
    weekdays=(1, 2, 3, 4, 5),
    arrivals=(Hours(time(7, 20), time(8)),),
    dismissals=(Hours(time(16, 30), time(17, 10)),),
    lessons=(Hours(time(8), time(11, 40)), Hours(time(14), time(16, 30))),
    closes=time(18),
)


def at(hours: str, on: date = MONDAY) -> datetime:
    """An instant of the day: `07:30` or `07:30:15`."""
    return datetime.combine(on, time.fromisoformat(hours), ZONE)


def make_day(now: str | None = None, on: date = MONDAY, **changes: Any) -> SchoolDay:
    """The day as it is known at `now`; None: it is over."""
    starts_at = at("00:00", on)
    ends_at = starts_at + timedelta(days=1)
    kind = changes.get("kind", SchoolKind.PRIMARY)
    timetables = changes.pop("timetables", (TIMETABLE,))
    calendar_day = Day(on, changes.pop("day_kind", DayKind.WORKDAY), "", DayOrigin.NATIONAL)
    place = Place("S1", "370202", kind, ZONE)
    yesterday = on - timedelta(days=1)
    eve_kind = changes.pop("eve_kind", DayKind.WORKDAY if yesterday.isoweekday() <= 5 else DayKind.HOLIDAY)
    eve = Day(yesterday, eve_kind, "", DayOrigin.NATIONAL)
    usual: dict[str, Any] = {
        "school": "S1",
        "kind": SchoolKind.PRIMARY,
        "ownership": Ownership.PUBLIC,
        "students": 800,
        "boarders": 0,
        "zone": ZONE,
        "on": on,
        "starts_at": starts_at,
        "ends_at": ends_at,
        "now": ends_at if now is None else at(now, on),
        "schedule": make_schedule(place, calendar_day, timetables, (TERM,), changes.pop("exceptions", ())),
        "eve": make_schedule(place, eve, timetables, (TERM,)),
    }
    return SchoolDay(**usual | changes)


def judge(rule: str, day: SchoolDay, **numbers: float) -> Judgement:
    """What a rule makes of a day, with these numbers set by the city."""
    parameters = [
        Parameter(number, rule, name, Level.CITY, value, "test", date(2020, 1, 1))
        for number, (name, value) in enumerate(numbers.items(), start=1)
    ]
    found = BY_CODE[rule]
    return found.judge(day, resolve_terms(found.defaults, parameters, day.school, day.on))


def codes_of(judgement: Judgement) -> list[str]:
    """The codes of its reasons; each can be told in both languages, and so can what would mend it."""
    for reason in (*judgement.reasons, *judgement.mend):
        assert say_reason(reason, "zh", ZONE)
        assert say_reason(reason, "en", ZONE)
    return [reason.code for reason in judgement.reasons]


def gate(hours: str, *, opened: bool, device: str = "S1-GATE", **more: Any) -> GateEvent:
    """A change of a gate's contact."""
    moment = at(hours)
    event = GateEvent(f"gate/{hours}", device, moment, moment, Grade.A, open=opened)
    return replace(event, **more)


def shut(on: date = MONDAY) -> GateEvent:
    """The gate's last change before the day: it was closed in the evening."""
    moment = at("18:00", on) - timedelta(days=1)
    return GateEvent("gate/before", "S1-GATE", moment, moment, Grade.A, open=False)


def visit(
    name: str, *steps: tuple[str, str], said: frozenset[str] | None = None, **more: Any
) -> tuple[VisitEvent, ...]:
    """A visit by its steps: `("register", "09:00")`, …"""
    whole = frozenset({"name", "phone", "reason", "host"}) if said is None else said
    events = []
    for step, hours in steps:
        moment = at(hours)
        registers = VisitStep(step) is VisitStep.REGISTER
        event = VisitEvent(
            f"visit/{name}/{step}", "S1-VIS", moment, moment, Grade.B, visit=name, step=VisitStep(step),
            said=whole if registers else frozenset(), document_checked=registers,
        )  # fmt: skip
        events.append(replace(event, **more))
    return tuple(events)


def check_in(
    person: str, post: str, action: str, hours: str, grade: Grade = Grade.C, on: date = MONDAY, **more: Any
) -> PostEvent:
    """A person's check-in."""
    moment = at(hours, on)
    key = f"post/{person}/{on:%d} {hours}"
    event = PostEvent(key, "S1-POST", moment, moment, grade, person=person, post=post, action=PostAction(action))
    return replace(event, **more)


def hold(person: str, kind: PostKind, post: str = "", **more: Any) -> Holder:
    """Somebody who holds a post of the school; its code is that of its kind, when none is given."""
    return Holder(person, post or f"S1-{kind.value}", kind, **more)


def be_guard(person: str, until: date | None = date(2027, 6, 30), **more: Any) -> Holder:
    """A guard with a certificate, who was on post the day before."""
    papers = Certificate(CertificateKind.GUARD, until), Certificate(CertificateKind.BACKGROUND_CHECK, until)
    usual: dict[str, Any] = {"certificates": papers, "seen_at": at("12:00") - timedelta(days=1)}
    return hold(person, PostKind.GUARD, **usual | more)


def fact(kind: FactKind, hours: str = "09:00", on: date = MONDAY, **more: Any) -> Fact:
    """Something that somebody looked at and wrote down."""
    usual: dict[str, Any] = {"id": 1, "by": "wang", "grade": Grade.C, "photo": True}
    said = more.pop("said", {})
    return Fact(kind=kind, at=at(hours, on), said=said, **usual | more)
