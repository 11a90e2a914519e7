"""What stood on whose screen: screens say what they show, once in each state of an incident."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from alerts.domain.incidents import State

MOST_SCREENS = 500  # of one incident are written down by name; a city's boards are some hundreds
TAKEN_FOR = timedelta(days=1)
"""After an incident was closed. What keeps a screen from being written down twice is forgotten then; the log tells."""


class Screen(StrEnum):
    """Where on a screen an incident stood."""

    TAKEOVER = "takeover"
    LIST = "list"
    WALL = "wall"


@dataclass(frozen=True, slots=True)
class Showing:
    """A live incident stood on a screen in a state of it; `seen_at` is when somebody first touched something there
    while it did. A screen without hands never says so."""

    incident: int
    round: int
    state: State
    session: int
    screen: Screen
    account: str
    account_name: str
    shown_at: datetime
    seen_at: datetime | None
