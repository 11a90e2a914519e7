"""Which policy counts for a press: the most specific rule of its school, its district or the city that fits it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from alerts.domain.escalation import BUILT_IN, Policy, PolicyInvalid
from alerts.domain.presses import Category, Kind, Mode, category_of
from alerts.domain.registry import SchoolKind

DEFAULT_ZONE = "Asia/Shanghai"  # where no school can be told


@dataclass(frozen=True, slots=True)
class Hours:
    """When a rule counts, by the school's own clock: from `starts` until before `ends`.

    `weekdays` are those on which it starts (1 Monday to 7 Sunday; empty, every day). An end that is not later than the
    start is on the next day.
    """

    starts: time
    ends: time
    weekdays: tuple[int, ...] = ()

    def contain(self, local_at: datetime) -> bool:
        """Whether an instant, on the school's clock, is among them."""
        now, day = local_at.time(), local_at.isoweekday()
        if self.starts < self.ends:
            return self.starts <= now < self.ends and self._begin_on(day)
        if now >= self.starts:
            return self._begin_on(day)
        return now < self.ends and self._begin_on((local_at - timedelta(days=1)).isoweekday())

    def _begin_on(self, weekday: int) -> bool:
        return not self.weekdays or weekday in self.weekdays


@dataclass(frozen=True, slots=True)
class Rule:
    """A policy, where it counts (a school, a district, or with neither the whole city), and under which conditions.

    A condition that is None always holds. `category` and `kind` exclude each other.
    """

    id: int
    version: int
    mode: Mode
    definition: Policy
    name: str = ""
    district: str | None = None
    school: str | None = None
    category: Category | None = None
    kind: Kind | None = None
    school_kind: SchoolKind | None = None
    hours: Hours | None = None


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What a press is like, as far as rules ask. With no school there is no district and no kind of school either."""

    mode: Mode
    kind: Kind
    local_at: datetime
    school: str | None = None
    district: str | None = None
    school_kind: SchoolKind | None = None


class PassedOver(StrEnum):
    """Why a rule was not chosen: the condition that does not hold, or that a more specific rule holds too."""

    MODE = "mode"
    PLACE = "place"
    KIND = "kind"
    CATEGORY = "category"
    SCHOOL_KIND = "school_kind"
    HOURS = "hours"
    LESS_SPECIFIC = "less_specific"


@dataclass(frozen=True, slots=True)
class Choice:
    """The rule that counts (None: the built-in policy), the policy, and each rule that was passed over with why."""

    rule: Rule | None
    policy: Policy
    passed_over: tuple[tuple[Rule, PassedOver], ...]


def read_zone(name: str) -> ZoneInfo:
    """A school's zone. One that nobody knows must not cost a press: the city's counts then."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return ZoneInfo(DEFAULT_ZONE)


def choose_policy(rules: Iterable[Rule], press: Circumstances) -> Choice:
    """The most specific of the rules that fit.

    In this order: a school's rule before its district's before the city's; one for a kind of press before one for a
    class before one for any; then one for a kind of school; then one with hours; and of two that are still alike the
    one that was made last.
    """
    reasons = [(rule, misfit_of(rule, press)) for rule in rules]
    best = _find_most_specific(rule for rule, misfit in reasons if misfit is None)
    passed_over = tuple(
        (rule, misfit or PassedOver.LESS_SPECIFIC)
        for rule, misfit in sorted(reasons, key=lambda one: _rank(one[0]), reverse=True)
        if rule is not best
    )
    return Choice(best, best.definition if best else BUILT_IN[press.mode], passed_over)


def choose_rule(rules: Iterable[Rule], press: Circumstances) -> Rule | None:
    """The rule that `choose_policy` would choose, when nobody asks why; None: the built-in policy counts."""
    return _find_most_specific(rule for rule in rules if misfit_of(rule, press) is None)


def _find_most_specific(fitting: Iterable[Rule]) -> Rule | None:
    return max(fitting, key=_rank, default=None)


def misfit_of(rule: Rule, press: Circumstances) -> PassedOver | None:
    """The first condition of a rule that does not hold; None when it fits."""
    holds = {
        PassedOver.MODE: rule.mode is press.mode,
        PassedOver.PLACE: rule.school in (None, press.school) and rule.district in (None, press.district),
        PassedOver.KIND: rule.kind in (None, press.kind),
        PassedOver.CATEGORY: rule.category in (None, category_of(press.kind)),
        PassedOver.SCHOOL_KIND: rule.school_kind in (None, press.school_kind),
        PassedOver.HOURS: rule.hours is None or rule.hours.contain(press.local_at),
    }
    return next((why for why, held in holds.items() if not held), None)


def _rank(rule: Rule) -> tuple[int, int, bool, bool, int]:
    place = 2 if rule.school else 1 if rule.district else 0
    said = 2 if rule.kind else 1 if rule.category else 0
    return place, said, rule.school_kind is not None, rule.hours is not None, rule.id


def check_conditions(rule: Rule) -> None:
    """Raises PolicyInvalid when a rule's place and conditions contradict each other, with what to mend."""
    if rule.school and rule.district:
        raise PolicyInvalid("name a school or a district, not both")
    if rule.kind and rule.category:
        raise PolicyInvalid("name a kind of press or a class, not both: a kind has one class already")
    if rule.school and rule.school_kind:
        raise PolicyInvalid("a rule for one school needs no kind of school")
    if rule.hours is None:
        return
    if rule.hours.starts.tzinfo or rule.hours.ends.tzinfo:
        raise PolicyInvalid("hours are by the school's own clock: leave the zone out")
    if any(not 1 <= day <= 7 for day in rule.hours.weekdays):
        raise PolicyInvalid("weekdays are numbers from 1 (Monday) to 7 (Sunday)")
    if len(set(rule.hours.weekdays)) != len(rule.hours.weekdays):
        raise PolicyInvalid("hours name a weekday twice")
