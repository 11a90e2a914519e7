"""Whether every live press of the coming week reaches a person, as the engine found it; and who would be called."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any

from fastapi import Query, Response
from pydantic import BaseModel

from alerts.domain.coverage import Finding
from alerts.domain.coverage_reasons import Reason, ReasonCode
from alerts.domain.presses import Kind
from alerts.domain.registry import PostKind
from alerts.domain.rights import Place, Right
from alerts.readiness.coverage import ExplainedCall, ExplainedOutput, explain_press
from alerts.readiness.coverage_words import say_finding, say_reason
from alerts.readiness.policies import EffectivePolicy
from alerts.storage.coverage import DistrictCoverage, StoredHole, count_stale, list_holes, summarize_coverage
from dashboard.api.policies import NearTime
from dashboard.api.routers import make_router
from dashboard.paging import USUAL_PAGE, CursorText, Limit, answer, read_text_key, write_key
from dashboard.places import SchoolOf, Where, WithinOf
from dashboard.problems import FieldError, Problem
from dashboard.rights import CallerOf, grant
from dashboard.service import ServiceOf

router = make_router("coverage")


@dataclass(frozen=True, slots=True)
class SaidReason:
    """Why somebody is not reached, in parts and in words (`zh`, `en`). What is null does not belong to the code."""

    code: ReasonCode
    post: str | None
    post_name: str | None
    post_kind: PostKind | None
    person: str | None
    person_name: str | None
    at: datetime | None
    channels: tuple[str, ...]
    seconds: int | None
    zh: str
    en: str


@dataclass(frozen=True, slots=True)
class SaidHole:
    """A stretch in which presses reach nobody in time, or not those whom the first step wants, in words too.

    `kinds` are the kinds of press; empty, all. `lasts`: it goes on beyond what was looked at.
    """

    id: int
    school: str
    school_name: str
    district: str
    finding: Finding
    zh: str
    en: str
    kinds: tuple[Kind, ...]
    starts_at: datetime
    ends_at: datetime
    lasts: bool
    reasons: tuple[SaidReason, ...]
    found_at: datetime


class CoverageSummary(BaseModel):
    """All schools: covered, with holes (by the worst of them), or never looked at.

    `checked_at` is of the school that was looked at longest ago, `until` how far ahead. `changes_waiting` are changes
    that were not looked at yet.
    """

    schools: int
    covered: int
    nobody: int
    first_step_empty: int
    unchecked: int
    checked_at: datetime | None
    until: datetime | None
    changes_waiting: int
    districts: list[DistrictCoverage]


class CoveragePage(BaseModel):
    """The summary of the whole city, and a page of holes, the soonest first."""

    summary: CoverageSummary
    items: list[SaidHole]
    next: str | None


@dataclass(frozen=True, slots=True)
class SaidStep:
    """A step as it would fire. `empty`: it tells nobody, so the next one follows at once. `police`: 110 is told."""

    step: int
    after_seconds: int
    at: datetime
    targets: tuple[str, ...]
    only_channels: tuple[str, ...]
    calls: tuple[ExplainedCall, ...]
    reasons: tuple[SaidReason, ...]
    police: bool
    empty: bool
    outputs: tuple[ExplainedOutput, ...]


@dataclass(frozen=True, slots=True)
class SaidExplanation:
    """What a live press would do if nobody answered. `reached_after_seconds` is null when no step of the first round
    reaches a person."""

    effective: EffectivePolicy
    steps: tuple[SaidStep, ...]
    reached_after_seconds: int | None
    within_seconds: int
    covered: bool


@router.get("/coverage", openapi_extra=grant(Right.SEE, Where.WITHIN), response_model=CoveragePage)
async def get_coverage(
    service: ServiceOf,
    caller: CallerOf,
    within: WithinOf,
    finding: Finding | None = None,
    cursor: CursorText = None,
    limit: Limit = USUAL_PAGE,
) -> Response:
    """Holes of the coming week, the soonest first, and how the city is covered, or the caller's district."""
    after = _read_place(read_text_key(cursor))
    async with service.database.connection() as connection:
        place = caller.account.place
        districts = [one for one in await summarize_coverage(connection) if place.holds(Place(one.code))]
        waiting = await count_stale(connection)
        found = await list_holes(
            connection, school=within.school, district=within.district, finding=finding, after=after, limit=limit + 1
        )
    shown = found[:limit]
    more = f"{shown[-1].starts_at.isoformat()} {shown[-1].id}" if len(found) > limit else None
    return answer(
        {
            "summary": _sum_up(districts, waiting),
            "items": [_say_hole(one) for one in shown],
            "next": None if more is None else write_key(more),
        }
    )


@router.get("/coverage/explain", openapi_extra=grant(Right.SEE, Where.WITHIN), response_model=SaidExplanation)
async def explain(
    service: ServiceOf,
    school: SchoolOf,
    kind: Kind = Kind.PANIC,
    at: Annotated[NearTime | None, Query(description="Now, when it is left out.")] = None,
) -> Response:
    """Who would be called by a live press at a school, when, by which channels; who cannot be reached, and why."""
    found = await explain_press(service.database, school, at, kind)
    if found is None:
        raise Problem("no-such-school")
    zone = found.effective.zone
    steps = [
        {name: getattr(step, name) for name in SaidStep.__dataclass_fields__}
        | {"reasons": _say_reasons(step.reasons, zone)}
        for step in found.steps
    ]
    return answer({name: getattr(found, name) for name in SaidExplanation.__dataclass_fields__} | {"steps": steps})


def _sum_up(districts: list[DistrictCoverage], waiting: int) -> dict[str, Any]:
    checked = [one.checked_at for one in districts if one.checked_at]
    until = [one.until for one in districts if one.until]
    counts = ("schools", "covered", "nobody", "first_step_empty", "unchecked")
    return {name: sum(getattr(one, name) for one in districts) for name in counts} | {
        "checked_at": min(checked, default=None),
        "until": min(until, default=None),
        "changes_waiting": waiting,
        "districts": districts,
    }


def _say_hole(hole: StoredHole) -> dict[str, Any]:
    fields = {name: getattr(hole, name) for name in SaidHole.__dataclass_fields__ if name not in {"zh", "en"}}
    words = {language: say_finding(hole.finding, language) for language in ("zh", "en")}
    return fields | words | {"reasons": _say_reasons(hole.reasons, hole.zone)}


def _say_reasons(reasons: Iterable[Reason], zone: str) -> list[dict[str, Any]]:
    return [_say_reason(reason, zone) for reason in reasons]


def _say_reason(reason: Reason, zone: str) -> dict[str, Any]:
    words = {language: say_reason(reason, language, zone) for language in ("zh", "en")}
    return {name: getattr(reason, name) for name in Reason.__dataclass_fields__} | words


def _read_place(key: str | None) -> tuple[datetime, int] | None:
    if key is None:
        return None
    try:
        starts_at, id_ = key.split(" ")
        return datetime.fromisoformat(starts_at), int(id_)
    except ValueError as error:
        raise Problem("invalid-request", errors=[FieldError("query.cursor", "not a cursor of this list")]) from error
