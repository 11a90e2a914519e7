"""Every rule that an inspector ticks, with its numbers and where they are from."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType

from alerts.domain.compliance import alarm, answering, campus, drills, fitness, guards, hazards, plans, records, team
from alerts.domain.compliance.rules import Group, Rule
from alerts.domain.compliance.school_day import SchoolDay
from alerts.domain.compliance.terms import Parameter, resolve_terms
from alerts.domain.compliance.verdicts import Judgement

RULES: tuple[Rule, ...] = (
    *guards.RULES,
    *fitness.RULES,
    *team.RULES,
    *campus.RULES,
    *alarm.RULES,
    *answering.RULES,
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
    return {
        rule.code: rule.judge(day, resolve_terms(rule.defaults, parameters.get(rule.code, ()), day.school, day.on))
        for rule in rules
    }


def list_rules(group: Group) -> tuple[Rule, ...]:
    """The rules of a group."""
    return tuple(rule for rule in RULES if rule.group is group)
