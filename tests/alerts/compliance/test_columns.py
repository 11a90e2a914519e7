"""A city's verdicts, counted side by side, come to what they come to school by school."""

from __future__ import annotations

from random import Random

from alerts.domain.compliance.columns import NOT_JUDGED, count_column, decide, fill_up, stand_side_by_side
from alerts.domain.compliance.headline import LETTER_OF, count_letters, judge_group

LETTERS = "".join(LETTER_OF.values())


def test_groups_of_columns_come_to_what_judging_school_by_school_comes_to() -> None:
    random = Random(7)
    for rules in range(5):
        lines = ["".join(random.choices(LETTERS + NOT_JUDGED, k=rules)) for _ in range(400)]
        decided = decide(stand_side_by_side("".join(lines), rules), len(lines)).decode()
        assert decided == "".join(LETTER_OF[judge_group(line)] for line in lines)


def test_a_column_is_counted_from_one_school_until_another_and_what_was_not_judged_is_unknown() -> None:
    (column,) = stand_side_by_side(f"mnu-{NOT_JUDGED}", 1)
    assert count_column(fill_up(column), 1, 5) == count_letters("nu-u")
    assert stand_side_by_side("", 2) == [b"", b""]
    assert decide([], 0) == b""
