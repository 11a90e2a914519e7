"""The rules that an inspector ticks, over the city: figures, the matrix of schools and rules, trends, the catalogue."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Annotated
from zoneinfo import ZoneInfo

import msgspec
from fastapi import Query, Response

from alerts.compliance.figures import FigureLine, Figures, Split, read_figures
from alerts.compliance.number_words import name_number
from alerts.domain.compliance.catalogue import BY_CODE, RULES
from alerts.domain.compliance.headline import HUNDREDS, TEAMS, arrange
from alerts.domain.compliance.numbers import BOUNDS
from alerts.domain.compliance.rules import Group, Input, Rule
from alerts.domain.compliance.terms import Level, Parameter, Standing, Unit, resolve_terms
from alerts.domain.compliance.verdicts import Grade
from alerts.domain.policies import DEFAULT_ZONE
from alerts.domain.rights import Right
from alerts.storage.compliance_reads import list_parameters
from alerts.storage.database import Connection
from alerts.storage.figures import (
    JudgedSchool,
    TrendPoint,
    list_closed_days,
    list_day_places,
    list_standing_places,
    list_trend,
)
from dashboard.api.routers import make_router
from dashboard.api.texts import CodeQuery
from dashboard.paging import answer
from dashboard.places import DistrictWithinOf, Where
from dashboard.problems import FieldError, Problem
from dashboard.rights import grant
from dashboard.service import Service, ServiceOf

router = make_router("compliance")

USUAL_TREND_DAYS = 30
LONGEST_TREND_DAYS = 366
_HEADLINES = tuple(group.value for group in HUNDREDS + TEAMS)
_CODES = tuple(rule.code for rule in RULES)
On = Annotated[date | None, Query(description="A closed day; what stands now when left out, or today.")]


@dataclass(frozen=True, slots=True)
class ComplianceFigures:
    """Schools by what their rules came to: the hundreds (`closed`, `alarm`), the teams (`guards`, `team`, `crossing`),
    the other groups, and each rule.

    What stands now (`closed` false; `at` is when the newest verdict was reached) or was recorded of a closed day;
    `whole` when that day is closed for every school. A school that was not judged is unknown.
    """

    on: date
    at: datetime | None
    closed: bool
    whole: bool
    by: Split
    city: FigureLine
    lines: tuple[FigureLine, ...]


@dataclass(frozen=True, slots=True)
class ComplianceMatrix:
    """Every school and rule: `verdicts` has a letter a rule, in the order of `rules`: m met, n not met, u unknown,
    d declared, - not applicable. `schools` and `verdicts` go together."""

    on: date
    at: datetime | None
    closed: bool
    rules: tuple[str, ...]
    schools: tuple[str, ...]
    verdicts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ComplianceTrend:
    """Days that are closed, both ends inclusive. `rule` of a point is a rule's code, or a hundred or team by its
    group."""

    first: date
    last: date
    points: list[TrendPoint]


@dataclass(frozen=True, slots=True)
class RuleNumber:
    """A number of a rule as it counts on the day: a default (`level` null), or what a level set in its place; and
    between what it may be set (`whole`: to whole numbers)."""

    name: str
    zh: str
    en: str
    value: float
    unit: Unit
    source: str
    level: Level | None
    standing: Standing | None
    default: float
    valid_from: date | None
    valid_until: date | None
    smallest: float
    largest: float
    whole: bool


@dataclass(frozen=True, slots=True)
class CatalogueRule:
    """A rule as people read it: where it is from and how sure that is, which grades of evidence can hold it up, what it
    looks at, its numbers."""

    code: str
    group: Group
    zh: str
    en: str
    source: str
    standing: Standing
    grades: tuple[Grade, ...]
    inputs: tuple[Input, ...]
    numbers: tuple[RuleNumber, ...]


@dataclass(frozen=True, slots=True)
class Catalogue:
    """Every rule in the order in which people read them, with the numbers that count on a day."""

    on: date
    items: tuple[CatalogueRule, ...]


@router.get("/compliance", openapi_extra=grant(Right.SEE, Where.CITY), response_model=ComplianceFigures)
async def get_compliance(
    service: ServiceOf, on: On = None, by: Split = Split.DISTRICT, district: CodeQuery = None
) -> Response:
    """The two hundreds, the three teams and every rule: met, not met, unknown of N."""

    async def work_out() -> bytes:
        return msgspec.json.encode(await _read_figures(service, on, by, district))

    return _pass_on(await service.shared_answers.ask(("figures", on, by, district), work_out))


async def _read_figures(service: Service, on: date | None, by: Split, district: str | None) -> ComplianceFigures:
    async with service.database.transaction(isolation="repeatable_read") as connection:
        now = await service.database.read_now(connection)
        today = read_day(now)
        past = find_past(on, today)
        figures = await read_figures(connection, now, by, on=past, district=district)
        whole = past is None or bool(await list_closed_days(connection, past, past))
    if past is not None and not figures.city.schools:
        raise Problem("no-such-closed-day")
    return _tell(figures, past or today, whole=whole)


@router.get("/compliance/matrix", openapi_extra=grant(Right.SEE, Where.CITY), response_model=ComplianceMatrix)
async def get_matrix(service: ServiceOf, on: On = None) -> Response:
    """Every school and every rule, a letter each."""

    async def work_out() -> bytes:
        return msgspec.json.encode(await _read_matrix(service, on))

    return _pass_on(await service.shared_answers.ask(("matrix", on), work_out))


async def _read_matrix(service: Service, on: date | None) -> ComplianceMatrix:
    async with service.database.transaction(isolation="repeatable_read") as connection:
        now = await service.database.read_now(connection)
        today = read_day(now)
        past = find_past(on, today)
        if past is None:
            judged = await list_standing_places(connection, now)
        else:
            judged = await list_day_places(connection, past)
    if past is not None and not judged:
        raise Problem("no-such-closed-day")
    return _lay_out(judged, past or today, closed=past is not None)


def _pass_on(body: bytes) -> Response:
    return Response(body, media_type="application/json")


@router.get("/compliance/trend", openapi_extra=grant(Right.SEE, Where.WITHIN), response_model=ComplianceTrend)
async def get_trend(
    service: ServiceOf,
    district: DistrictWithinOf,
    first: Annotated[date | None, Query(alias="from", description="30 days before the last one when left out.")] = None,
    last: Annotated[date | None, Query(alias="to", description="Yesterday when left out.")] = None,
    rule: Annotated[
        str | None, Query(pattern="^[A-Za-z0-9]{1,20}$", description="Hundreds and teams when absent.")
    ] = None,
) -> Response:
    """How many schools had which verdict, day by day."""
    async with service.database.connection() as connection:
        last = last or read_day(await service.database.read_now(connection)) - timedelta(days=1)
        first = first or last - timedelta(days=USUAL_TREND_DAYS - 1)
        if not 0 <= (last - first).days < LONGEST_TREND_DAYS:
            raise Problem("invalid-request", errors=[FieldError("query.from", "1 to 366 days, the first one first")])
        points = await list_trend(connection, first, last, district, list(_HEADLINES) if rule is None else [rule])
    return answer(ComplianceTrend(first, last, points))


@router.get("/compliance/rules", openapi_extra=grant(Right.SEE, Where.EVERYWHERE), response_model=Catalogue)
async def get_rules(service: ServiceOf, on: On = None, school: CodeQuery = None) -> Response:
    """Every rule with its sources and the numbers that count on a day, for everybody or for a school."""
    async with service.database.connection() as connection:
        on = on or read_day(await service.database.read_now(connection))
        return answer(await read_catalogue(connection, on, school))


def read_day(now: datetime) -> date:
    """The city's day."""
    return now.astimezone(ZoneInfo(DEFAULT_ZONE)).date()


def find_past(on: date | None, today: date) -> date | None:
    """The past day that is asked for; None: what stands now. Nothing is known of days to come."""
    if on is not None and on > today:
        raise Problem("invalid-request", errors=[FieldError("query.on", "a day that has begun")])
    return None if on == today else on


async def read_catalogue(connection: Connection, on: date, school: str | None) -> Catalogue:
    """Every rule with the numbers that count on a day."""
    parameters = await list_parameters(connection, on, school)
    return Catalogue(on, tuple(_describe(rule, parameters, school or "", on) for rule in RULES))


def _describe(rule: Rule, parameters: list[Parameter], school: str, on: date) -> CatalogueRule:
    used = resolve_terms(rule.defaults, [one for one in parameters if one.rule == rule.code], school, on).used
    chosen = {one.name: one for one in parameters if one.id in used}
    return CatalogueRule(
        rule.code, rule.group, rule.zh, rule.en, rule.source, rule.standing, rule.grades, tuple(sorted(rule.inputs)),
        tuple(_tell_number(rule, name, chosen.get(name)) for name in rule.defaults),
    )  # fmt: skip


def _tell_number(rule: Rule, name: str, chosen: Parameter | None) -> RuleNumber:
    default = rule.defaults[name]
    bounds, (zh, en) = BOUNDS[default.unit], name_number(rule, name)
    return RuleNumber(
        name=name,
        zh=zh,
        en=en,
        value=chosen.value if chosen else default.value,
        unit=default.unit,
        source=chosen.source if chosen else default.source,
        level=chosen.level if chosen else None,
        standing=None if chosen else default.standing,
        default=default.value,
        valid_from=chosen.valid_from if chosen else None,
        valid_until=chosen.valid_until if chosen else None,
        smallest=bounds.smallest,
        largest=bounds.largest,
        whole=bounds.whole,
    )


def _tell(figures: Figures, on: date, *, whole: bool) -> ComplianceFigures:
    return ComplianceFigures(on, figures.at, figures.closed, whole, figures.split, figures.city, figures.lines)


def _lay_out(judged: list[JudgedSchool], on: date, *, closed: bool) -> ComplianceMatrix:
    """Of a closed day only the rules that it was judged by."""
    known = {code for one in judged for code in one.rules}
    asked = _order_rules(known) if closed else _CODES
    return ComplianceMatrix(
        on=on,
        at=max((one.judged_at for one in judged if one.judged_at), default=None),
        closed=closed,
        rules=asked,
        schools=tuple(one.school for one in judged),
        verdicts=tuple(arrange(one.rules, one.verdicts, asked) for one in judged),
    )


def _order_rules(codes: set[str]) -> tuple[str, ...]:
    """In the catalogue's order; what is in it no more comes last."""
    return tuple(code for code in _CODES if code in codes) + tuple(sorted(codes - BY_CODE.keys()))
