"""A day judged by every rule at once, and a rule of which somebody wrote down that it does not apply."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from alerts.domain.compliance.catalogue import RULES, judge_day
from alerts.domain.compliance.school_day import Fact, FactKind
from alerts.domain.compliance.terms import Level, Parameter
from alerts.domain.compliance.verdicts import Grade, Reference, ReferenceKind, Verdict
from tests.alerts.compliance.days import GATE, MONDAY, codes_of, fact, gate, make_day, shut

LEFT_OPEN = (shut(), gate("10:00", opened=True), gate("10:10", opened=False))


def set_aside(rule: str, **more: Any) -> Fact:
    usual: dict[str, Any] = {"id": 9, "about": rule, "said": {"why": "校门在建"}, "valid_until": MONDAY}
    return fact(FactKind.DISABLED, **usual | more)


def test_a_school_of_which_nothing_is_known_meets_no_rule() -> None:
    found = judge_day(make_day(), {})
    assert list(found) == [rule.code for rule in RULES]
    assert Verdict.MET not in {judgement.verdict for judgement in found.values()}
    assert all(codes_of(judgement) for judgement in found.values())


def test_a_number_that_the_city_set_counts_for_its_rule_alone() -> None:
    parameters = {"C1": [Parameter(1, "C1", "open_minutes", Level.CITY, 20, "test", date(2026, 1, 1))]}
    day = make_day(devices=(GATE,), gates=LEFT_OPEN)
    assert judge_day(day, {})["C1"].verdict is Verdict.NOT_MET
    assert judge_day(day, parameters)["C1"].verdict is Verdict.MET


@pytest.mark.parametrize("grade", [Grade.C, Grade.D])
def test_a_rule_that_somebody_set_aside_is_declared_with_who_and_why_and_with_what_it_found(grade: Grade) -> None:
    day = make_day(devices=(GATE,), gates=LEFT_OPEN, facts=(set_aside("C1", grade=grade),))
    found = judge_day(day, {})["C1"]
    assert (found.verdict, codes_of(found)) == (Verdict.DECLARED, ["rule_set_aside", "gate_open"])
    assert found.reasons[0].said == {"by": "wang", "until": "2026-11-23", "why": "校门在建"}
    assert found.references[0] == Reference(ReferenceKind.FACT, "9")
    assert Reference(ReferenceKind.EVIDENCE, "gate/10:00") in found.references


def test_a_rule_is_set_aside_until_its_last_day_and_no_other_with_it() -> None:
    day = make_day(devices=(GATE,), gates=LEFT_OPEN, facts=(set_aside("C1", valid_until=MONDAY - timedelta(days=1)),))
    assert judge_day(day, {})["C1"].verdict is Verdict.NOT_MET
    day = make_day(devices=(GATE,), gates=LEFT_OPEN, facts=(set_aside("C2"),))
    assert judge_day(day, {})["C1"].verdict is Verdict.NOT_MET


def test_what_is_met_by_evidence_stays_met_and_what_does_not_apply_stays_so() -> None:
    day = make_day(devices=(GATE,), gates=(shut(),), facts=(set_aside("C1"), set_aside("R1", id=10)))
    found = judge_day(day, {})
    assert found["C1"].verdict is Verdict.MET
    assert found["R1"].verdict is Verdict.NOT_APPLICABLE
