"""Old keyframes are thinned out, and every instant between them stays within reach."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from alerts.domain.keyframes import thin_out

POSITIONS = st.lists(st.integers(0, 400), unique=True).map(sorted)


@given(POSITIONS, st.integers(1, 100))
def test_what_stays_is_no_further_apart_than_it_must_be_and_no_closer_than_it_need(
    positions: list[int], most_rows: int
) -> None:
    gone = thin_out(positions, most_rows)
    stays = [one for one in positions if one not in gone]
    assert (stays[:1], stays[-1:]) == (positions[:1], positions[-1:])
    wide = {after for before, after in pairwise(positions) if after - before > most_rows}
    assert {after for before, after in pairwise(stays) if after - before > most_rows} <= wide
    assert all(stays[i + 2] - one > most_rows for i, one in enumerate(stays[:-2]))
    assert thin_out(stays, most_rows) == [], "what was thinned out stays as it is"
