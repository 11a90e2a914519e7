"""Where a board is in the feed."""

from __future__ import annotations

import re
from dataclasses import dataclass

_TEXT = re.compile(r"([0-9a-f]{1,16})-(\d{1,18})-(\d{1,9})")


@dataclass(frozen=True, slots=True, order=True)
class Cursor:
    """Everything is known up to, and without, change `index` of the log row at `position`."""

    position: int
    index: int


def after_row(position: int) -> Cursor:
    """The cursor of somebody who knows all changes of the log up to the row at `position`."""
    return Cursor(position + 1, 0)


def write_cursor(history: str, cursor: Cursor) -> str:
    """A cursor as the feed carries it. `history` names the log, so that no other log's cursor is taken for ours."""
    return f"{history}-{cursor.position}-{cursor.index}"


def read_cursor(history: str, text: str) -> Cursor | None:
    """The cursor that a board gave back, or None when it is not one of this log."""
    match = _TEXT.fullmatch(text)
    if match is None or match[1] != history:
        return None
    return Cursor(int(match[2]), int(match[3]))
