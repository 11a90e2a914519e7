"""Escalation policies: the city's, the rules of places and conditions, and which one counts for a press."""

from __future__ import annotations

from datetime import datetime, time
from typing import Annotated

import structlog
from fastapi import Query, Request, Response
from pydantic import AfterValidator, AwareDatetime, BaseModel, Field

from alerts.domain.escalation import Policy, Step
from alerts.domain.policies import Hours, Rule
from alerts.domain.presses import Category, Kind, Mode
from alerts.domain.registry import SchoolKind
from alerts.domain.rights import Right
from alerts.orders.parts import retire_rule_for_part, save_rule_for_part, wish_policy
from alerts.orders.wishes import PolicyOrder
from alerts.readiness.policies import EffectivePolicy, find_effective_policy, find_rule, list_policies
from alerts.storage.orders import Order
from alerts.storage.policies import PolicyVersion, RuleVersion, SavedRule, list_rules
from dashboard.api.order_refusals import as_order_problems
from dashboard.api.orders import PROPOSED, Alone, answer_proposed, answer_wish
from dashboard.api.routers import make_router
from dashboard.api.texts import Code, CodeQuery, NumberPath, Words
from dashboard.idempotency import IdempotencyKey
from dashboard.paging import USUAL_PAGE, CursorText, Limit, Page, answer, read_number_key, write_key
from dashboard.places import SchoolOf, Where
from dashboard.problems import Problem
from dashboard.rights import Caller, CallerOf, grant
from dashboard.service import Service, ServiceOf

router = make_router("policies")
log = structlog.get_logger()


def _refuse_far(at: datetime) -> datetime:
    if not 2000 <= at.year <= 2100:
        raise ValueError("ask for a time from 2000 to 2100")
    return at


NearTime = Annotated[AwareDatetime, AfterValidator(_refuse_far)]


class StepRequest(BaseModel):
    """These targets are told `after_seconds` after the round began; `channels` empty: each person's own order.

    `outputs` (`siren`, `strobe`, `lock`, `voice`) go on at the school, for `output_seconds`, else until the incident
    closes.
    """

    after_seconds: Annotated[int, Field(ge=0, le=1_000_000)]
    targets: Annotated[list[Annotated[Words, Field(max_length=100)]], Field(max_length=50)]
    channels: Annotated[list[Code], Field(max_length=20)] = []
    outputs: Annotated[list[Annotated[Words, Field(max_length=100)]], Field(max_length=20)] = []
    output_seconds: Annotated[int, Field(ge=0, le=1_000_000)] | None = None


class PolicyRequest(BaseModel):
    """Steps in order; after `repeat_after_seconds` the next round begins (null: one round only). A live policy hands
    over to 110 (`police`), unless it says `without_police`."""

    steps: Annotated[list[StepRequest], Field(max_length=50)]
    repeat_after_seconds: Annotated[int, Field(ge=0, le=1_000_000)] | None
    acknowledgement_seconds: Annotated[int, Field(ge=0, le=1_000_000)] = 300
    takers_needed: Annotated[int, Field(ge=0, le=1_000)] = 1
    without_police: bool = False


class CityPolicyRequest(PolicyRequest, Alone):
    """A policy of the whole city: it takes a second person, or a reason."""


class HoursRequest(BaseModel):
    """By the school's clock: from `starts` until before `ends`; an end that is not later is on the next day.

    `weekdays` are those on which it starts, 1 Monday to 7 Sunday; empty, every day.
    """

    starts: time
    ends: time
    weekdays: Annotated[list[int], Field(max_length=7)] = []


class ConditionsRequest(BaseModel):
    """When a rule counts, and its policy. What is null always holds; `kind` and `category` exclude each other."""

    name: Annotated[Words, Field(max_length=200)] = ""
    category: Category | None = None
    kind: Kind | None = None
    school_kind: SchoolKind | None = None
    hours: HoursRequest | None = None
    definition: PolicyRequest


class RuleRequest(ConditionsRequest):
    """A new rule: for a school, for a district, or with neither for the whole city."""

    mode: Mode
    school: Code | None = None
    district: Code | None = None


class NewRuleRequest(RuleRequest, Alone):
    """The same, wished for; of the whole city it takes a second person, or a reason."""


class ReplacementRequest(ConditionsRequest, Alone):
    """A new version of a rule. `version` is the one that it is meant to replace; another in force is a conflict."""

    version: Annotated[int | None, Field(ge=1, le=1_000_000)] = None


class RuleHistory(BaseModel):
    """A rule and all its versions, newest first."""

    rule: SavedRule
    versions: list[RuleVersion]


@router.get("/policies", openapi_extra=grant(Right.SEE, Where.CITY), response_model=Page[PolicyVersion])
async def get_policies(service: ServiceOf) -> Response:
    """The city's escalation policy for each mode, under no condition; version 0 is the built-in one."""
    return answer({"items": await list_policies(service.database), "next": None})


@router.put(
    "/policies/{mode}",
    openapi_extra=grant(Right.GOVERN, Where.CITY, proved=True, second=True),
    response_model=PolicyVersion,
    responses=PROPOSED,
)
async def change_policy(service: ServiceOf, caller: CallerOf, mode: Mode, body: CityPolicyRequest) -> Response:
    """Proposes (202) a new version of the city's policy, or, where that cannot wait, saves it. Incidents that are open
    keep the one that they began with."""

    async def show(_: Order) -> Response:
        return answer(next(one for one in await list_policies(service.database) if one.mode == mode))

    wanted = await wish_policy(service.database, mode, _policy_of(body))
    return await answer_wish(service, caller, wanted, body.alone, show)


@router.get("/policies/effective", openapi_extra=grant(Right.SEE, Where.WITHIN), response_model=EffectivePolicy)
async def get_effective_policy(
    service: ServiceOf,
    school: SchoolOf,
    mode: Mode = Mode.LIVE,
    kind: Kind = Kind.PANIC,
    at: Annotated[NearTime | None, Query(description="Now, when it is left out.")] = None,
) -> Response:
    """The policy by which a press at a school would climb, the rule that it comes from (null: built in), and why each
    other rule was passed over, the nearest first."""
    found = await find_effective_policy(service.database, school, mode, kind, at)
    if found is None:
        raise Problem("no-such-school")
    return answer(found)


@router.get("/policies/rules", openapi_extra=grant(Right.SEE, Where.CITY), response_model=Page[SavedRule])
async def get_rules(
    service: ServiceOf,
    mode: Mode | None = None,
    school: CodeQuery = None,
    district: CodeQuery = None,
    retired: Annotated[bool, Query(description="Those too that are out of force.")] = False,
    cursor: CursorText = None,
    limit: Limit = USUAL_PAGE,
) -> Response:
    """Rules by number. `school`: those that count there, its district's and the city's too. `district`: those of a
    district and of its schools."""
    async with service.database.connection() as connection:
        found = await list_rules(
            connection,
            after=read_number_key(cursor) or 0,
            mode=mode,
            retired=retired,
            at_school=school,
            district=district,
            limit=limit + 1,
        )
    more = write_key(found[limit - 1].rule.id) if len(found) > limit else None
    return answer({"items": found[:limit], "next": more})


@router.post(
    "/policies/rules",
    openapi_extra=grant(Right.GOVERN, Where.CITY, proved=True, second=True),
    response_model=SavedRule,
    status_code=201,
    responses=PROPOSED,
)
async def make_rule(
    request: Request,
    service: ServiceOf,
    caller: CallerOf,
    body: NewRuleRequest,
    idempotency_key: IdempotencyKey = None,
) -> Response:
    """Makes a rule for a place; it counts for incidents that open from now on. For the whole city, or nearly by all
    policies of that mode that the caller saved within an hour, that is only proposed (202)."""
    wanted = rule_of(body, 0, body.mode, body.school, body.district)
    return await service.kept_answers.answer_once(
        request, caller, idempotency_key, lambda: _save_rule(service, caller, wanted, None, body.alone)
    )


@router.get("/policies/rules/{rule}", openapi_extra=grant(Right.SEE, Where.CITY), response_model=RuleHistory)
async def get_rule(service: ServiceOf, rule: NumberPath) -> Response:
    """One rule, retired or not, with all its versions."""
    with as_order_problems():
        saved, versions = await find_rule(service.database, rule)
    return answer({"rule": saved, "versions": versions})


@router.put(
    "/policies/rules/{rule}",
    openapi_extra=grant(Right.GOVERN, Where.CITY, proved=True, second=True),
    response_model=SavedRule,
    responses=PROPOSED,
)
async def change_rule(
    request: Request,
    service: ServiceOf,
    caller: CallerOf,
    rule: NumberPath,
    body: ReplacementRequest,
    idempotency_key: IdempotencyKey = None,
) -> Response:
    """Saves a new version of a rule: its name, conditions and policy. Its mode and place stay. For the whole city, or
    nearly, that is only proposed (202)."""
    wanted = rule_of(body, rule, Mode.LIVE, None, None)  # the mode and the place are the rule's own
    return await service.kept_answers.answer_once(
        request, caller, idempotency_key, lambda: _save_rule(service, caller, wanted, body.version, body.alone)
    )


@router.delete(
    "/policies/rules/{rule}",
    openapi_extra=grant(Right.GOVERN, Where.CITY, proved=True, second=True),
    status_code=204,
    responses=PROPOSED,
)
async def end_rule(service: ServiceOf, caller: CallerOf, rule: NumberPath) -> Response:
    """Takes a rule out of force. It stays readable. For the whole city that is only proposed (202)."""
    with as_order_problems():
        city = await retire_rule_for_part(service.database, rule, caller.account.name)
    if city is not None:
        return await answer_proposed(service, caller, city)
    log.info("dashboard.policy.retired", rule=rule, account=caller.account.name)
    return Response(status_code=204)


async def _save_rule(
    service: Service, caller: Caller, wanted: Rule, version: int | None, alone: str | None
) -> Response:
    status = 200 if wanted.id else 201

    async def show(order: Order) -> Response:
        assert order.made is not None
        return answer((await find_rule(service.database, order.made))[0], status)

    with as_order_problems():
        saved = await save_rule_for_part(service.database, wanted, caller.account.name, version)
    if isinstance(saved, PolicyOrder):
        return await answer_wish(service, caller, saved, alone, show)
    rule = saved.rule
    log.info("dashboard.rule.saved", rule=rule.id, mode=rule.mode, version=rule.version, account=caller.account.name)
    return answer(saved, status)


def rule_of(body: ConditionsRequest, id_: int, mode: Mode, school: str | None, district: str | None) -> Rule:
    hours = None if body.hours is None else Hours(body.hours.starts, body.hours.ends, tuple(body.hours.weekdays))
    return Rule(
        id=id_,
        version=0,
        mode=mode,
        definition=_policy_of(body.definition),
        name=body.name,
        district=district,
        school=school,
        category=body.category,
        kind=body.kind,
        school_kind=body.school_kind,
        hours=hours,
    )


def _policy_of(body: PolicyRequest) -> Policy:
    return Policy(
        steps=tuple(_step_of(step) for step in body.steps),
        repeat_after_seconds=body.repeat_after_seconds,
        acknowledgement_seconds=body.acknowledgement_seconds,
        takers_needed=body.takers_needed,
        without_police=body.without_police,
    )


def _step_of(step: StepRequest) -> Step:
    return Step(
        after_seconds=step.after_seconds,
        targets=tuple(step.targets),
        channels=tuple(step.channels),
        outputs=tuple(step.outputs),
        output_seconds=step.output_seconds,
    )
