"""Verdicts of many schools side by side: a column a rule, a letter a school, so that a city is counted in a moment."""

from __future__ import annotations

from collections.abc import Sequence

from alerts.domain.compliance.headline import DECIDING, LETTER_OF, VerdictCount
from alerts.domain.compliance.verdicts import Verdict

NOT_JUDGED = " "
"""The letter of a rule by which a school was not judged."""

_UNKNOWN = LETTER_OF[Verdict.UNKNOWN]
# Each letter is a bit, the greater the sooner it decides; so the bits of several columns are put together school by
# school at once, as the bytes of one great number.
_BITS = bytes.maketrans(
    (DECIDING + NOT_JUDGED).encode(), bytes([*(1 << place for place in reversed(range(len(DECIDING)))), 0])
)
_DECIDED = bytes(
    ord(DECIDING[len(DECIDING) - bits.bit_length()] if bits else _UNKNOWN) if bits < 1 << len(DECIDING) else 0
    for bits in range(256)
)
_UNKNOWN_WHEN_NOT_JUDGED = bytes.maketrans(NOT_JUDGED.encode(), _UNKNOWN.encode())
_LETTERS = tuple(letter.encode() for letter in LETTER_OF.values())


def stand_side_by_side(lines: str, rules: int) -> list[bytes]:
    """The columns of schools' lines, which stand one after another, each of so many letters."""
    whole = lines.encode()
    return [whole[place::rules] for place in range(rules)]


def decide(columns: Sequence[bytes], schools: int) -> bytes:
    """What several rules come to at each of so many schools, as `headline.judge_group` says."""
    put_together = 0
    for column in columns:
        put_together |= int.from_bytes(column.translate(_BITS))
    return put_together.to_bytes(schools).translate(_DECIDED)


def fill_up(column: bytes) -> bytes:
    """A column in which what was not judged is unknown."""
    return column.translate(_UNKNOWN_WHEN_NOT_JUDGED)


def count_column(column: bytes, first: int, end: int) -> VerdictCount:
    """How many of each verdict there are from one school until before another."""
    return VerdictCount(*[column.count(letter, first, end) for letter in _LETTERS])
