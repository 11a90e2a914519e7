"""A school meets a hundred when every rule that applies is met; nothing less, and never for want of evidence."""

from __future__ import annotations

import pytest

from alerts.domain.compliance.catalogue import RULES, list_rules
from alerts.domain.compliance.headline import (
    LETTER_OF,
    VERDICT_OF,
    VerdictCount,
    arrange,
    count_letters,
    judge_group,
    sum_up,
)
from alerts.domain.compliance.rules import Group
from alerts.domain.compliance.verdicts import Verdict
from tests.alerts.compliance.days import MONDAY

CLOSED = [rule.code for rule in list_rules(Group.CLOSED)]


@pytest.mark.parametrize(
    ("letters", "verdict"),
    [
        ("mmm", Verdict.MET),
        ("mm-", Verdict.MET),  # what does not apply is left out
        ("mmn", Verdict.NOT_MET),
        ("nud", Verdict.NOT_MET),  # one that is not met is enough, whatever else is not known
        ("mmu", Verdict.UNKNOWN),
        ("mud", Verdict.UNKNOWN),
        ("mmd", Verdict.DECLARED),  # known from a form: told apart, and not met
        ("ddd", Verdict.DECLARED),
        ("---", Verdict.NOT_APPLICABLE),
        ("u--", Verdict.UNKNOWN),
        ("", Verdict.UNKNOWN),  # nobody judged anything
    ],
)
def test_a_group_is_met_only_when_every_rule_that_applies_is(letters: str, verdict: Verdict) -> None:
    assert judge_group(letters) is verdict


def test_every_verdict_has_a_letter_of_its_own() -> None:
    assert set(LETTER_OF) == set(Verdict)
    assert {VERDICT_OF[letter]: letter for letter in VERDICT_OF} == dict(LETTER_OF)


def test_a_school_is_summed_up_by_rule_and_by_group() -> None:
    letters = "n" + "m" * (len(CLOSED) - 2) + "-"
    item = sum_up("S1", MONDAY, CLOSED, letters)
    assert (item.school, item.on, item.closed) == ("S1", MONDAY, Verdict.NOT_MET)
    assert (item.met, item.not_met, item.not_applicable) == (len(CLOSED) - 2, 1, 1)
    # None of their rules was judged: nothing is claimed.
    assert {item.alarm, item.guards, item.team, item.crossing} == {Verdict.UNKNOWN}
    assert count_letters(letters) == VerdictCount(met=len(CLOSED) - 2, not_met=1, not_applicable=1)


def test_a_rule_that_was_not_judged_is_unknown_and_one_that_is_no_more_belongs_to_no_group() -> None:
    assert arrange(["C2", "C1"], "mn", ["C1", "C2", "C3"]) == "nmu"
    item = sum_up("S1", MONDAY, [*CLOSED, "X9"], "m" * len(CLOSED) + "n")
    assert (item.closed, item.not_met) == (Verdict.MET, 1)
    whole = arrange(["C1"], "m", [rule.code for rule in RULES])
    assert sum_up("S1", MONDAY, [rule.code for rule in RULES], whole).closed is Verdict.UNKNOWN
