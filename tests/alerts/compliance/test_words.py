"""Every reason that a rule can give has a sentence in both languages, with the same blanks."""

from __future__ import annotations

import ast
from pathlib import Path
from string import Formatter
from zoneinfo import ZoneInfo

import alerts.domain.compliance
from alerts.compliance.words import read_words, say_reason
from alerts.domain.compliance.verdicts import say

RULES = Path(alerts.domain.compliance.__file__).parent


def list_reasons() -> dict[str, set[str]]:
    """The codes that rules give, each with the names of what it says."""
    found: dict[str, set[str]] = {}
    for path in RULES.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "say":
                code = node.args[0]
                if isinstance(code, ast.Constant):
                    found.setdefault(str(code.value), set()).update(str(one.arg) for one in node.keywords)
    return found


def test_every_reason_has_its_sentences_and_every_sentence_its_reason() -> None:
    assert set(list_reasons()) <= set(read_words())
    quoted = {
        str(node.value)
        for path in RULES.glob("*.py")
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Constant)
    }
    assert set(read_words()) <= quoted


def test_a_sentence_fills_in_only_what_its_reason_says_and_both_languages_the_same() -> None:
    for code, said in list_reasons().items():
        blanks = {
            language: {name for _, name, _, _ in Formatter().parse(read_words()[code][language]) if name}
            for language in ("zh", "en")
        }
        assert blanks["zh"] == blanks["en"], code
        assert blanks["zh"] <= said, code


def test_both_languages_fill_in_the_same() -> None:
    for code, sentence in read_words().items():
        blanks = [{(name, how) for _, name, how, _ in Formatter().parse(text) if name} for text in sentence.values()]
        assert blanks[0] == blanks[1], code


def test_instants_are_told_by_the_schools_clock() -> None:
    reason = say("gate_open", device="S1-GATE", since="2026-11-23T02:00:00+00:00", until="2026-11-23T02:05:00+00:00")
    told = say_reason(reason, "en", ZoneInfo("Asia/Shanghai"))
    assert told == "Gate S1-GATE stood open outside the windows from 10:00:00 to 10:05:00."


def test_an_instant_of_another_day_is_told_with_its_day() -> None:
    reason = say("battery_low", device="S1-GH", since="2026-11-15T16:00:00+00:00")
    told = say_reason(reason, "zh", ZoneInfo("Asia/Shanghai"))
    assert told == "报警装置 S1-GH 自 2026-11-16 00:00 电量低，未更换电池。"
