"""Plans for emergencies (预案): what is to be done in which minute by which post, and why nobody could do it now."""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from enum import StrEnum
from types import MappingProxyType

from alerts.domain.contacts import CertificateKind
from alerts.domain.presses import Kind
from alerts.domain.registry import DISTRICT_POSTS, SCHOOL_POSTS, PostKind


class Phase(StrEnum):
    """When something is to be done: the national "1-3-5" (1 min self-help, 3 min mutual help, 5 min reinforcement), and
    what comes before and after it."""

    BEFORE = "before"
    SELF_HELP = "self_help"
    MUTUAL_HELP = "mutual_help"
    REINFORCEMENT = "reinforcement"
    AFTER = "after"


DUE_AFTER: Mapping[Phase, timedelta] = MappingProxyType(
    {
        Phase.SELF_HELP: timedelta(seconds=60),
        Phase.MUTUAL_HELP: timedelta(seconds=180),
        Phase.REINFORCEMENT: timedelta(seconds=300),
    }
)
"""How long after an incident opened the work of a phase must be done; the other phases are not timed."""

TRAINING_LASTS = timedelta(days=365)
EXERCISE_LASTS = timedelta(days=365)
MOST_RESPONSIBILITIES = 500


@dataclass(frozen=True, slots=True)
class Responsibility:
    """One line of a plan: what the post has to do.

    `person` does it wherever the plan holds, instead of whoever holds the post; `deputy` stands in. With `training` it
    counts as covered only by somebody who was trained for the plan within a year, with a `certificate` only by somebody
    who has one of that kind in date.
    """

    number: int
    phase: Phase
    text: str
    post: PostKind
    text_en: str = ""
    person: str | None = None
    deputy: str | None = None
    training: bool = True
    certificate: CertificateKind | None = None


@dataclass(frozen=True, slots=True)
class Plan:
    """A plan as it is saved. `kinds` are the presses that it is for, none of them meaning all; `school` is the only one
    that acts by it, None meaning the whole city. `valid_until` is its last day. `sample`: invented, for trying only."""

    code: str
    name: str
    valid_from: date
    responsibilities: tuple[Responsibility, ...]
    name_en: str = ""
    kinds: tuple[Kind, ...] = ()
    school: str | None = None
    valid_until: date | None = None
    sample: bool = False


class PlanInvalid(ValueError):
    """A plan that cannot be saved; the message says what to mend, `field` where: `responsibilities.3.text` is the text
    of the fourth line, an empty one the whole plan."""

    def __init__(self, message: str, field: str = "") -> None:
        super().__init__(message)
        self.field = field


def arrange(plan: Plan) -> Plan:
    """The plan with its lines by number and its kinds in our order, so that two that say the same are equal."""
    lines = tuple(sorted(plan.responsibilities, key=lambda one: one.number))
    return replace(plan, responsibilities=lines, kinds=tuple(kind for kind in Kind if kind in plan.kinds))


def check_plan(plan: Plan) -> None:
    """Raises PlanInvalid with a sentence that says what to mend."""
    if not plan.name.strip():
        raise PlanInvalid("a plan needs a name", "name")
    if plan.valid_until is not None and plan.valid_until < plan.valid_from:
        raise PlanInvalid("valid_until must not be before valid_from", "valid_until")
    count = len(plan.responsibilities)
    if not 1 <= count <= MOST_RESPONSIBILITIES:
        raise PlanInvalid(f"a plan has 1 to {MOST_RESPONSIBILITIES} responsibilities, not {count}", "responsibilities")
    numbers: set[int] = set()
    for place, one in enumerate(plan.responsibilities):
        _check_responsibility(one, f"responsibilities.{place}", numbers)
        numbers.add(one.number)


def _check_responsibility(one: Responsibility, field: str, numbers: Container[int]) -> None:
    if one.number in numbers:
        why = f"responsibility {one.number} stands there twice: each needs a number of its own"
        raise PlanInvalid(why, f"{field}.number")
    if one.number < 1:
        raise PlanInvalid(f"responsibility {one.number}: numbers begin with 1", f"{field}.number")
    if not one.text.strip():
        raise PlanInvalid(f"responsibility {one.number} says nothing: write what is to be done", f"{field}.text")
    if one.person is not None and one.person == one.deputy:
        why = f"responsibility {one.number}: the deputy must be somebody else than the person"
        raise PlanInvalid(why, f"{field}.deputy")


class Site(StrEnum):
    """Where a post is: at each school, in each district, or once in the city."""

    SCHOOL = "school"
    DISTRICT = "district"
    CITY = "city"


def site_of(post: PostKind) -> Site:
    """Where posts of a kind are."""
    return Site.SCHOOL if post in SCHOOL_POSTS else Site.DISTRICT if post in DISTRICT_POSTS else Site.CITY


class Gap(StrEnum):
    """Why a responsibility is not covered now; all but NOT_EXERCISED speak of whoever comes closest to doing it.

    Their order is that of the bits which the database's statements say: a new one goes to the end.
    """

    ON_LEAVE = "on_leave"
    UNREACHABLE = "unreachable"
    UNTRAINED = "untrained"
    NOBODY = "nobody"
    NOT_EXERCISED = "not_exercised"
    UNCERTIFIED = "uncertified"


_BITS: Mapping[Gap, int] = MappingProxyType({gap: 1 << place for place, gap in enumerate(Gap)})


def write_gaps(gaps: Iterable[Gap]) -> int:
    """Gaps as the number by which the database counts them."""
    return sum(_BITS[gap] for gap in set(gaps))


def read_gaps(bits: int) -> tuple[Gap, ...]:
    """Gaps from the database's number.

    >>> read_gaps(18)
    (<Gap.UNREACHABLE: 'unreachable'>, <Gap.NOT_EXERCISED: 'not_exercised'>)
    """
    return tuple(gap for gap, bit in _BITS.items() if bits & bit)
