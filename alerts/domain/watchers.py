"""Who is at an incident's page right now, for the others who are."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

MOST_WATCHERS = 20  # of one incident are told by name; of more, that there are more


class Doing(StrEnum):
    """What somebody does at an incident's page."""

    LOOKING = "looking"
    WRITING = "writing"


@dataclass(frozen=True, slots=True)
class Watcher:
    """Somebody who looks at an incident, since when, and whether they write a note."""

    account: str
    name: str
    doing: Doing
    since: datetime


def gather(watchers: Iterable[Watcher]) -> list[Watcher]:
    """Each person once, however many boards they sit at, and writing if they write at any. Who writes comes first: the
    others must not begin the same note; then who came first. One more than are told by name, if there are more."""
    found: dict[str, Watcher] = {}
    for one in sorted(watchers, key=lambda one: one.since):
        known = found.setdefault(one.account, one)
        if one.doing is Doing.WRITING:
            found[one.account] = replace(known, doing=Doing.WRITING)
    in_order = sorted(found.values(), key=lambda one: (one.doing is not Doing.WRITING, one.since, one.account))
    return in_order[: MOST_WATCHERS + 1]
