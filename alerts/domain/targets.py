"""Whom a step of a policy calls, as it is written: `post:school_duty`, `team:guard_team`, `person:P-17`, `on_duty`,
`neighbours:1000`, `neighbours:group`, `district`, `city`, `police`."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

from alerts.domain.registry import PostKind


class TargetKind(StrEnum):
    """What the first word of a target says.

    `post` calls those on duty at posts of a kind, of the incident's school, its district and the city; `team` all who
    hold such a post, on duty or not. `on_duty` is everybody on duty at the school. `neighbours` are the people on duty
    of other schools: within so many metres, or of the same education group. `district` and `city` are their desks.
    `police` hands the incident over to 110.
    """

    POST = "post"
    TEAM = "team"
    PERSON = "person"
    ON_DUTY = "on_duty"
    NEIGHBOURS = "neighbours"
    DISTRICT = "district"
    CITY = "city"
    POLICE = "police"


@dataclass(frozen=True, slots=True)
class Target:
    """A target taken apart. `metres` goes with NEIGHBOURS; None means the school's education group."""

    kind: TargetKind
    post: PostKind | None = None
    person: str | None = None
    metres: int | None = None


class TargetInvalid(ValueError):
    """A target that cannot be read; the message says what to write instead."""


FARTHEST_NEIGHBOUR_METRES = 20_000
_ALONE = frozenset({TargetKind.ON_DUTY, TargetKind.DISTRICT, TargetKind.CITY, TargetKind.POLICE})


@lru_cache(maxsize=1024)  # a city writes few, and the coverage lint reads them for each school
def read_target(text: str) -> Target:
    """Reads a target. Raises TargetInvalid."""
    word, _, rest = text.partition(":")
    if word not in TargetKind.__members__.values():
        raise TargetInvalid(f"{text!r} is no target: it begins with one of {', '.join(TargetKind)}")
    kind = TargetKind(word)
    if kind in _ALONE:
        if rest:
            raise TargetInvalid(f"{text!r}: `{kind}` stands alone")
        return Target(kind)
    if kind is TargetKind.PERSON:
        if not rest:
            raise TargetInvalid("write `person:` with the person's code")
        return Target(kind, person=rest)
    return _read_neighbours(rest) if kind is TargetKind.NEIGHBOURS else Target(kind, post=_read_post(text, rest))


def _read_post(text: str, rest: str) -> PostKind:
    if rest not in PostKind.__members__.values():
        raise TargetInvalid(f"{text!r} names no kind of post: it is one of {', '.join(PostKind)}")
    return PostKind(rest)


def _read_neighbours(rest: str) -> Target:
    if rest == "group":
        return Target(TargetKind.NEIGHBOURS)
    if not rest.isdecimal() or not 1 <= int(rest) <= FARTHEST_NEIGHBOUR_METRES:
        raise TargetInvalid(
            f"write `neighbours:group`, or `neighbours:` and metres from 1 to {FARTHEST_NEIGHBOUR_METRES}"
        )
    return Target(TargetKind.NEIGHBOURS, metres=int(rest))
