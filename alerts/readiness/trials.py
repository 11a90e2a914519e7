"""A policy tried before it is saved: what is wrong with it, and whom it would call."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from alerts.domain.escalation import PolicyInvalid, check_policy
from alerts.domain.policies import Circumstances, PassedOver, Rule, misfit_of, read_zone
from alerts.domain.presses import Kind
from alerts.readiness.coverage import ExplainedStep, explain_policy
from alerts.readiness.policies import EffectivePolicy, find_problem
from alerts.storage.database import Database
from alerts.storage.policies import SchoolCircumstances, read_school_circumstances


@dataclass(frozen=True, slots=True)
class PolicyTrial:
    """A rule tried on a press that nobody made.

    `problem` keeps it from being saved; None: nothing does. `steps` is its first round at the school while nobody
    answers, None without a school or while the policy is not whole; `reached_after_seconds` is None when nobody is
    reached in it. `misfit` is why the rule would not count for that press, though it is tried on it.
    """

    problem: str | None
    zone: str | None = None
    at: datetime | None = None
    misfit: PassedOver | None = None
    steps: tuple[ExplainedStep, ...] | None = None
    reached_after_seconds: int | None = None
    covered: bool | None = None


class NoSuchSchool(LookupError):
    """There is no school of that code."""


async def try_rule(
    database: Database, rule: Rule, school: str | None, kind: Kind, at: datetime | None = None
) -> PolicyTrial:
    """Checks a rule and tries it on a press of that kind at a school (None: only checks). Raises NoSuchSchool."""
    problem = await find_problem(database, rule)
    if school is None:
        return PolicyTrial(problem)
    async with database.connection() as connection:
        place = await read_school_circumstances(connection, school)
        at = at or await database.read_now(connection)
    if place is None:
        raise NoSuchSchool(school)
    misfit = misfit_of(rule, _press_at(place, rule, kind, at))
    if not _is_whole(rule):
        return PolicyTrial(problem, place.zone, at, misfit)
    tried = EffectivePolicy(place.code, place.name, place.zone, rule.mode, kind, at, None, rule.definition, ())
    explained = await explain_policy(database, tried)
    return PolicyTrial(
        problem, place.zone, at, misfit, explained.steps, explained.reached_after_seconds, explained.covered
    )


def _press_at(place: SchoolCircumstances, rule: Rule, kind: Kind, at: datetime) -> Circumstances:
    local_at = at.astimezone(read_zone(place.zone))
    return Circumstances(rule.mode, kind, local_at, place.code, place.district, place.kind)


def _is_whole(rule: Rule) -> bool:
    try:
        check_policy(rule.mode, rule.definition)
    except PolicyInvalid:
        return False
    return True
