"""Policies tried before they are saved."""

from __future__ import annotations

from typing import Annotated

from fastapi import Response
from pydantic import AwareDatetime, BaseModel, Field

from alerts.domain.presses import Kind
from alerts.domain.rights import Right
from alerts.readiness.trials import NoSuchSchool, PolicyTrial, try_rule
from dashboard.api.policies import RuleRequest, rule_of
from dashboard.api.routers import make_router
from dashboard.api.texts import Code
from dashboard.paging import answer
from dashboard.places import Where
from dashboard.problems import Problem
from dashboard.rights import grant
from dashboard.service import ServiceOf

router = make_router("policies")


class TrialRequest(BaseModel):
    """A rule, saved or not, and the press on which it is tried; without a school it is only checked."""

    rule: RuleRequest
    school: Code | None = None
    kind: Kind = Kind.PANIC
    at: Annotated[AwareDatetime | None, Field(description="Now, when it is left out.")] = None


@router.post("/policies/trial", openapi_extra=grant(Right.SEE, Where.CITY), response_model=PolicyTrial)
async def try_policy(service: ServiceOf, body: TrialRequest) -> Response:
    """What keeps a rule from being saved, and whom it would call, when and by which channel. Nothing is saved."""
    said = body.rule
    rule = rule_of(said, 0, said.mode, said.school, said.district)
    try:
        return answer(await try_rule(service.database, rule, body.school, body.kind, body.at))
    except NoSuchSchool as error:
        raise Problem("no-such-school") from error
