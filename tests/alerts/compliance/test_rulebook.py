"""The page of the rules is written from the rules themselves, and so is what a terminal prints."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

import pytest
from typer.testing import CliRunner

from alerts.__main__ import app
from alerts.compliance.number_words import name_number
from alerts.compliance.rulebook import (
    GRADES,
    GROUPS,
    INPUTS,
    OUTPUT,
    STANDINGS,
    UNITS,
    VERDICTS,
    say_number,
    say_numbers,
    tell_judging,
    write_rulebook,
)
from alerts.domain.compliance.catalogue import BY_CODE, RULES
from alerts.domain.compliance.rules import Group, Input, Rule
from alerts.domain.compliance.terms import Default, Standing, Unit
from alerts.domain.compliance.verdicts import Grade, Verdict

each_rule = pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.code)


def test_the_written_page_is_fresh() -> None:
    assert OUTPUT.read_text(encoding="utf-8") == write_rulebook(), "run `python -m alerts.compliance.rulebook`"


@pytest.mark.parametrize(
    ("words", "members"),
    [(GROUPS, Group), (UNITS, Unit), (INPUTS, Input), (GRADES, Grade), (STANDINGS, Standing), (VERDICTS, Verdict)],
)
def test_everything_that_a_rule_can_say_has_its_word_in_both_languages(
    words: Mapping[StrEnum, tuple[str, str]], members: type[StrEnum]
) -> None:
    assert set(words) == set(members)
    assert all(zh and en for zh, en in words.values())


def test_a_code_is_given_once() -> None:
    assert len(BY_CODE) == len(RULES)


@each_rule
def test_each_rule_says_in_words_how_it_is_judged_and_names_its_numbers_there_or_in_the_table(rule: Rule) -> None:
    told = tell_judging(rule)
    assert len(told) > 20
    assert not told.startswith(f"{rule.code}:")
    page = write_rulebook([rule])
    assert f"### {rule.code} {rule.zh} · {rule.en}\n" in page
    for name, default in rule.defaults.items():
        assert f" `{name}` | {say_number(default)} | {default.source} |" in page
    called = [name_number(rule, name) for name in rule.defaults]
    assert len({zh for zh, _ in called}) == len({en for _, en in called}) == len(called), "no two are called alike"


@each_rule
def test_a_number_that_a_rule_names_in_its_words_is_one_of_its_numbers(rule: Rule) -> None:
    named = set(tell_judging(rule).split("`")[1::2])
    assert named <= set(rule.defaults)


def test_a_number_is_told_with_its_unit_in_both_languages() -> None:
    assert say_number(Default(99.5, Unit.PERCENT, "", Standing.OURS)) == "99.5 %"
    assert say_number(Default(3, Unit.MINUTES, "", Standing.OURS)) == "3 分钟 min"


def test_a_terminal_prints_the_same_rules(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("alerts.commands.console._PIPED_WIDTH", 400)  # so that no cell is broken
    printed = CliRunner().invoke(app, ["rules"]).output
    for rule in RULES:
        assert rule.zh in printed
        assert rule.en in printed
        assert all(number in printed for number in say_numbers(rule))
    only = CliRunner().invoke(app, ["rules", "--group", "hazards"]).output
    assert BY_CODE["Z1"].zh in only
    assert BY_CODE["A1"].zh not in only
