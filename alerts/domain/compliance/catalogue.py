"""Every rule that an inspector ticks, with its numbers and where they are from."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from types import MappingProxyType

from alerts.domain.compliance import (
    alarm,
    answering,
    campus,
    crossing,
    drills,
    fitness,
    guards,
    hazards,
    patrol,
    plans,
    records,
    team,
)
from alerts.domain.compliance.inspections import find_looks, weigh
from alerts.domain.compliance.rules import Group, Rule
from alerts.domain.compliance.school_day import Fact, FactKind, SchoolDay
from alerts.domain.compliance.terms import Parameter, resolve_terms
from alerts.domain.compliance.verdicts import MOST_REFERENCES, Judgement, ReferenceKind, Verdict, cite, say

RULES: tuple[Rule, ...] = (
    *guards.RULES,
    *fitness.RULES,
    *team.RULES,
    *crossing.RULES,
    *campus.RULES,
    *alarm.RULES,
    *answering.RULES,
    *patrol.RULES,
    *records.RULES,
    *drills.RULES,
    *plans.RULES,
    *hazards.RULES,
)
"""In the order in which people read them."""

BY_CODE: Mapping[str, Rule] = MappingProxyType({rule.code: rule for rule in RULES})


def judge_day(
    day: SchoolDay, parameters: Mapping[str, Iterable[Parameter]], rules: Iterable[Rule] = RULES
) -> dict[str, Judgement]:
    """What each rule makes of a day, under the numbers in force on it. `parameters` are those set, by rule."""
    looks = find_looks(day)
    disabled = {fact.about: fact for fact in day.facts_of(FactKind.DISABLED)}
    found: dict[str, Judgement] = {}
    for rule in rules:
        its = parameters.get(rule.code)
        terms = resolve_terms(rule.defaults, its, day.school, day.on) if its else rule.terms
        judgement = weigh(rule.code, rule.judge(day, terms), looks.get(rule.code), day)
        fact = disabled.get(rule.code)
        found[rule.code] = _set_aside(judgement, fact) if fact else judgement
    return found


def _set_aside(judgement: Judgement, fact: Fact) -> Judgement:
    """What becomes of a rule of which somebody wrote down that it does not apply here. A form makes nothing met, nor
    does it take a school out of the count: it is declared, and what the rule found stays with it."""
    if judgement.verdict in (Verdict.MET, Verdict.NOT_APPLICABLE):
        return judgement
    aside = say("rule_set_aside", by=fact.by, until=str(fact.valid_until or ""), why=str(fact.said.get("why", "")))
    told = (*cite(ReferenceKind.FACT, [fact.id]), *judgement.references)[:MOST_REFERENCES]
    return replace(judgement, verdict=Verdict.DECLARED, reasons=(aside, *judgement.reasons), references=told)


def list_rules(group: Group) -> tuple[Rule, ...]:
    """The rules of a group."""
    return tuple(rule for rule in RULES if rule.group is group)
