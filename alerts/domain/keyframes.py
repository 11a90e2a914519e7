"""Whole boards that are kept beside the log: close together for what is looked at often, further apart when old."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from itertools import pairwise

KEYFRAME_ROWS = 2_500  # rows of the log between two: read in a moment, and some 2 MB a day in a city
OLD_AFTER = timedelta(days=30)  # ours: what happened is looked at in the days after it
OLD_ROWS = 25_000  # between two old ones: read in a second, and a tenth of the disk


def thin_out(positions: Sequence[int], most_rows: int) -> list[int]:
    """Those of them, in order, that may go, so that what stays is no further apart than `most_rows` unless it was
    before. The first and the last stay; what was thinned out before stays as it is."""
    gone: list[int] = []
    if not positions:
        return gone
    kept = positions[0]
    for position, following in pairwise(positions[1:]):
        if following - kept <= most_rows:
            gone.append(position)
        else:
            kept = position
    return gone
