"""A school's day as a timeline: what was to be, what happened, what was broken, each with its evidence."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Annotated

from fastapi import Path, Response

from alerts.compliance.timelines import DayTimeline, read_timeline
from alerts.domain.compliance.catalogue import BY_CODE
from alerts.domain.compliance.events import Implausible
from alerts.domain.compliance.timeline import Item, Lane, Mark
from alerts.domain.rights import Right
from alerts.storage.board_reads import read_school_record
from dashboard.api.compliance_schools import EvidenceReference, SaidRuleReason, refer, say_reasons
from dashboard.api.routers import make_router
from dashboard.api.texts import CodePath
from dashboard.paging import answer
from dashboard.places import Where
from dashboard.problems import FieldError, Problem
from dashboard.rights import grant
from dashboard.service import ServiceOf

router = make_router("compliance")


@dataclass(frozen=True, slots=True)
class DayItem:
    """A stretch of a school's day, or (`until` null) a moment.

    `subject` is the device, visit, scope or kind of fact that it is about, of a walk its points in their order, with
    blanks between; of a breach its number. `who` is the person, of a breach the rule. `goes_on`: it had not ended at
    the last that is known. `doubts` are why it does not count, or not all of it. `times` is how many alike are told as
    one. `reasons` are those of a breach, `position` the row of the log that tells of it.
    """

    mark: Mark
    since: datetime
    until: datetime | None
    subject: str
    who: str
    goes_on: bool
    late: bool
    doubts: tuple[Implausible, ...]
    times: int
    references: list[EvidenceReference]
    rule: SaidRuleReason | None
    reasons: list[SaidRuleReason]
    position: int | None


@dataclass(frozen=True, slots=True)
class DayStrip:
    """Items of one lane in order of time; `subject` is the gate, lock or post whose strip it is, else empty."""

    lane: Lane
    subject: str
    items: list[DayItem]


@dataclass(frozen=True, slots=True)
class SchoolDayTimeline:
    """A school's day from its midnight to the next, by its own clock (`zone`), as it is known at `now` by what has come
    in since; `over`: nothing more can happen on it. `names` are what posts, points, devices and people are called."""

    school: str
    on: date
    zone: str
    starts_at: datetime
    ends_at: datetime
    now: datetime
    over: bool
    in_session: bool
    timetable: int | None
    strips: list[DayStrip]
    names: Mapping[str, str]


@router.get(
    "/compliance/schools/{code}/days/{on}",
    openapi_extra=grant(Right.SEE, Where.SCHOOL),
    response_model=SchoolDayTimeline,
)
async def get_school_day(
    service: ServiceOf, code: CodePath, on: Annotated[date, Path(description="The school's own day.")]
) -> Response:
    """A school's day as a timeline: timetable, gates, posts, patrols, visitors, presses, devices, breaches."""
    async with service.database.transaction(isolation="repeatable_read") as connection:
        if await read_school_record(connection, code) is None:
            raise Problem("no-such-school")
        drawn = await read_timeline(connection, await service.database.read_now(connection), code, on)
    if drawn is None:
        raise Problem("invalid-request", errors=[FieldError("path.on", "a day that has begun")])
    return answer(_tell_day(drawn))


def _tell_day(drawn: DayTimeline) -> SchoolDayTimeline:
    day = drawn.day
    return SchoolDayTimeline(
        school=day.school,
        on=day.on,
        zone=str(day.zone),
        starts_at=day.starts_at.astimezone(UTC),
        ends_at=day.ends_at.astimezone(UTC),
        now=day.now.astimezone(UTC),
        over=day.over,
        in_session=day.schedule.in_session,
        timetable=day.schedule.timetable,
        strips=[
            DayStrip(strip.lane, strip.subject, [_tell_item(item, drawn) for item in strip.items])
            for strip in drawn.strips
        ],
        names=drawn.names,
    )


def _tell_item(item: Item, drawn: DayTimeline) -> DayItem:
    breach = drawn.breaches.get(item.subject) if item.mark is Mark.BREACH else None
    return DayItem(
        mark=item.mark,
        since=item.since.astimezone(UTC),
        until=item.until.astimezone(UTC) if item.until else None,
        subject=item.subject,
        who=item.who,
        goes_on=item.goes_on,
        late=item.late,
        doubts=item.doubts,
        times=item.times,
        references=refer(item.references),
        rule=_name_rule(breach.rule) if breach else None,
        reasons=say_reasons(breach.judgement.reasons, drawn.day.zone) if breach else [],
        position=breach.position if breach else None,
    )


def _name_rule(code: str) -> SaidRuleReason:
    rule = BY_CODE.get(code)
    return SaidRuleReason(code, rule.zh, rule.en) if rule else SaidRuleReason(code, code, code)
