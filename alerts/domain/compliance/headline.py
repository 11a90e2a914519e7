"""The headline: whether a school meets a hundred (两个100%) and has its three teams (三支队伍), from its rules.

Verdicts of many rules are handed about as letters, one a rule in the order of its codes, as a closed day keeps them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache, lru_cache
from operator import itemgetter
from types import MappingProxyType

from alerts.domain.compliance.catalogue import BY_CODE
from alerts.domain.compliance.rules import Group
from alerts.domain.compliance.verdicts import Verdict

HUNDREDS = (Group.CLOSED, Group.ALARM)
TEAMS = (Group.GUARDS, Group.TEAM, Group.CROSSING)

LETTER_OF = MappingProxyType(
    {
        Verdict.MET: "m",
        Verdict.NOT_MET: "n",
        Verdict.UNKNOWN: "u",
        Verdict.DECLARED: "d",
        Verdict.NOT_APPLICABLE: "-",
    }
)
VERDICT_OF = MappingProxyType({letter: verdict for verdict, letter in LETTER_OF.items()})

DECIDING = "nudm-"
"""Which verdict speaks for a group: the first of these that any of its rules has."""


@dataclass(frozen=True, slots=True)
class VerdictCount:
    """How many schools, or rules, have which verdict."""

    met: int = 0
    not_met: int = 0
    unknown: int = 0
    declared: int = 0
    not_applicable: int = 0


@dataclass(frozen=True, slots=True)
class ComplianceItem:
    """How a school stands by the rules of a day, whole: how many of its rules have which verdict, and what that makes
    of the two hundreds (`closed`, `alarm`) and the three teams (`guards`, `team`, `crossing`)."""

    school: str
    on: date
    met: int
    not_met: int
    unknown: int
    declared: int
    not_applicable: int
    closed: Verdict
    alarm: Verdict
    guards: Verdict
    team: Verdict
    crossing: Verdict


def judge_group(letters: Sequence[str]) -> Verdict:
    """What the rules of a group come to: not met when any is not; else unknown when any is; else declared when a form
    alone holds any of them up; else met. Rules that do not apply are left out; with no rule at all nothing is known."""
    return next((VERDICT_OF[letter] for letter in DECIDING if letter in letters), Verdict.UNKNOWN)


def count_letters(letters: str) -> VerdictCount:
    """How many of each verdict there are."""
    return VerdictCount(*(letters.count(letter) for letter in LETTER_OF.values()))


def add_counts(one: VerdictCount, other: VerdictCount) -> VerdictCount:
    """Both together."""
    return VerdictCount(
        one.met + other.met,
        one.not_met + other.not_met,
        one.unknown + other.unknown,
        one.declared + other.declared,
        one.not_applicable + other.not_applicable,
    )


def judge_groups(rules: Sequence[str], letters: str) -> dict[Group, Verdict]:
    """What the rules of each group come to."""
    return {group: VERDICT_OF[letter] for group, letter in zip(Group, write_groups(rules, letters), strict=True)}


def write_groups(rules: Sequence[str], letters: str) -> str:
    """What the rules of each group come to, a letter a group."""
    return "".join([_decide("".join(pick(letters))) for pick in _find_places(tuple(rules))])


def sum_up(school: str, on: date, rules: Sequence[str], letters: str) -> ComplianceItem:
    """A school's verdicts of a day as the feed carries them."""
    tally = count_letters(letters)
    groups = judge_groups(rules, letters)
    return ComplianceItem(
        school=school,
        on=on,
        met=tally.met,
        not_met=tally.not_met,
        unknown=tally.unknown,
        declared=tally.declared,
        not_applicable=tally.not_applicable,
        closed=groups[Group.CLOSED],
        alarm=groups[Group.ALARM],
        guards=groups[Group.GUARDS],
        team=groups[Group.TEAM],
        crossing=groups[Group.CROSSING],
    )


def arrange(rules: Sequence[str], letters: str, asked: Sequence[str], absent: str = LETTER_OF[Verdict.UNKNOWN]) -> str:
    """Letters in the order of the rules that are asked for; what was not judged is unknown, and never met."""
    if tuple(rules) == tuple(asked):
        return letters
    pick = _match(tuple(rules), tuple(asked))
    return "".join(pick(letters + absent))


@lru_cache(maxsize=4096)
def _decide(letters: str) -> str:
    """Few combinations are seen in a city, each at many schools."""
    return LETTER_OF[judge_group(letters)]


@cache
def _find_places(rules: tuple[str, ...]) -> tuple[Callable[[str], Iterable[str]], ...]:
    """What picks the letters of each group; a rule that is no more belongs to none."""
    group_of = [BY_CODE[code].group if code in BY_CODE else None for code in rules]
    places = ([place for place, its in enumerate(group_of) if its is group] for group in Group)
    return tuple(itemgetter(*its) if its else _pick_nothing for its in places)


def _pick_nothing(_letters: str) -> Iterable[str]:
    return ()


@cache
def _match(rules: tuple[str, ...], asked: tuple[str, ...]) -> Callable[[str], Iterable[str]]:
    """What picks the letter of each rule asked for among those judged; the last of all for one that was not."""
    place = {code: number for number, code in enumerate(rules)}
    return itemgetter(*(place.get(code, -1) for code in asked)) if asked else _pick_nothing
