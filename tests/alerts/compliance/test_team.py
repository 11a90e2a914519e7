"""护校队: size, training and timing, at the edges of each rule."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from alerts.domain.compliance.school_day import Drill, Fact, FactKind
from alerts.domain.compliance.verdicts import Grade, Verdict
from alerts.domain.registry import PostKind
from tests.alerts.compliance.days import MONDAY, TERM, at, codes_of, fact, hold, judge, make_day

BEFORE_TERM = TERM.first - timedelta(days=1)


def enlist(count: int) -> tuple[Any, ...]:
    return tuple(hold(f"T{number}", PostKind.GUARD_TEAM) for number in range(count))


def train(people: int | None = None, **more: Any) -> Fact:
    return fact(FactKind.TEAM_TRAINING, said={} if people is None else {"people": people}, **more)


@pytest.mark.parametrize(
    ("students", "needed"), [(1, 10), (999, 10), (1000, 10), (1001, 11), (1100, 11), (1101, 12), (2000, 20)]
)
def test_the_team_has_ten_members_or_ten_per_mille_of_the_students(students: int, needed: int) -> None:
    found = judge("T1", make_day(students=students, holders=enlist(needed)))
    assert (found.verdict, codes_of(found)) == (Verdict.DECLARED, ["team_registered"])
    found = judge("T1", make_day(students=students, holders=enlist(needed - 1)))
    assert (found.verdict, codes_of(found)) == (Verdict.NOT_MET, ["team_small"])


@pytest.mark.parametrize(
    ("facts", "verdict"),
    [
        ((train(10),), Verdict.MET),
        ((train(9),), Verdict.DECLARED),
        ((train(),), Verdict.DECLARED),
        ((train(10, grade=Grade.D),), Verdict.DECLARED),
        ((train(10, on=BEFORE_TERM),), Verdict.DECLARED),
        ((train(10, on=TERM.first), train(3, id=2)), Verdict.MET),
    ],
)
def test_a_roster_is_a_form_until_somebody_counts_the_team_in_training(
    facts: tuple[Fact, ...], verdict: Verdict
) -> None:
    assert judge("T1", make_day(holders=enlist(10), facts=facts)).verdict is verdict


def test_no_team_and_no_enrolment_are_unknown() -> None:
    assert codes_of(judge("T1", make_day())) == ["no_team"]
    assert codes_of(judge("T1", make_day(students=0, holders=enlist(10)))) == ["no_enrolment"]


@pytest.mark.parametrize(
    ("changes", "verdict"),
    [
        ({"facts": (train(),)}, Verdict.MET),
        ({"facts": (train(on=TERM.first),)}, Verdict.MET),
        ({"facts": (train(on=BEFORE_TERM),)}, Verdict.UNKNOWN),
        ({"facts": (train(grade=Grade.D),)}, Verdict.DECLARED),
        ({"facts": ()}, Verdict.UNKNOWN),
        ({"on": TERM.last, "now": "23:59:59"}, Verdict.UNKNOWN),
        ({"on": TERM.last}, Verdict.NOT_MET),
        ({"on": TERM.last + timedelta(days=1)}, Verdict.NOT_APPLICABLE),
    ],
)
def test_the_team_trains_together_once_a_term(changes: dict[str, Any], verdict: Verdict) -> None:
    found = judge("T2", make_day(changes.pop("now", None), **changes))
    assert found.verdict is verdict
    assert codes_of(found)


def drill(*phases: float | None, hours: str = "10:00", on: Any = MONDAY, window: int = 3) -> Drill:
    first, second, third = phases
    return Drill(window, at(hours, on), None, night=False, phases=(first, second, third))


@pytest.mark.parametrize(
    ("drills", "verdict", "reason"),
    [
        ((drill(60, 180, 300),), Verdict.MET, "drill_in_time"),
        ((drill(61, 180, 300),), Verdict.NOT_MET, "phase_slow"),
        ((drill(60, 180.5, 300),), Verdict.NOT_MET, "phase_slow"),
        ((drill(60, None, 300),), Verdict.UNKNOWN, "phases_unticked"),
        ((drill(60, None, 301),), Verdict.NOT_MET, "phase_slow"),
        ((), Verdict.UNKNOWN, "no_drill_this_term"),
        ((drill(60, 180, 300, on=BEFORE_TERM),), Verdict.UNKNOWN, "no_drill_this_term"),
        ((drill(90, 180, 300, hours="09:00"), drill(50, 100, 200)), Verdict.MET, "drill_in_time"),
        ((drill(50, 100, 200, hours="09:00"), drill(90, 180, 300)), Verdict.NOT_MET, "phase_slow"),
    ],
)
def test_the_newest_drill_keeps_to_one_three_and_five_minutes(
    drills: tuple[Drill, ...], verdict: Verdict, reason: str
) -> None:
    found = judge("T3", make_day(drills=drills))
    assert (found.verdict, codes_of(found)) == (verdict, [reason])


def test_drills_are_of_a_term() -> None:
    assert judge("T3", make_day(on=TERM.last + timedelta(days=1))).verdict is Verdict.NOT_APPLICABLE
