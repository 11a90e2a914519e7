"""An inspector's visit: the list of what to look at, what a look is worth, how it weighs beside a rule's own evidence.

An inspector was there, by their telephone or a photo, and looked: what they saw has grade C, as a check-in has, and a
school's form does not outweigh it. But a look is one moment. It settles what lasts (a wall, a kit, papers, kept video)
until it expires. Of what goes on all day (gates, posts, visitors) it can only show that it was broken at that moment;
that it was in order proves nothing of the rest of the day. What devices show stays as it is.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from enum import StrEnum
from types import MappingProxyType

from alerts.domain.compliance.school_day import Fact, FactKind, SchoolDay
from alerts.domain.compliance.terms import Terms
from alerts.domain.compliance.verdicts import (
    MOST_REFERENCES,
    Grade,
    Judgement,
    Reason,
    Reference,
    ReferenceKind,
    Verdict,
    cite,
    say,
    tell_instant,
)
from alerts.domain.registry import PostKind

TO_LOOK_AT = (Verdict.NOT_MET, Verdict.UNKNOWN, Verdict.DECLARED)
"""What is on the list; the worst first."""
NEAREST_METRES = 1000.0  # ours: a telephone that is farther from the school did not look at it
_DAYS_A_MONTH = 30.5
_LASTING: Mapping[str, str] = MappingProxyType({"G5": "age_months", "G6": "age_months", "C7": "age_months",
                                                "V2": "sample_days"})  # fmt: skip
"""Rules of what lasts, each with its number that says for how long a look at it is worth something."""
_WANTS_PHOTO = frozenset({"C7"})
_OF_PEOPLE: Mapping[str, PostKind] = MappingProxyType({"G5": PostKind.GUARD})
"""Rules about people: a look tells of those who were there then, and of no one who came later."""
_NOTHING_TO_SEE = frozenset({"no_guards"})  # nobody is registered, so nobody knows of whom it was said


class Outcome(StrEnum):
    """What the inspector found: as it must be, otherwise, or that it could not be checked."""

    IN_ORDER = "in_order"
    NOT_IN_ORDER = "not_in_order"
    NOT_CHECKED = "not_checked"


@dataclass(frozen=True, slots=True)
class ToCheck:
    """A line of the list: how the rule stood when the visit began, why, and what would make it met."""

    rule: str
    verdict: Verdict
    reasons: tuple[Reason, ...] = ()
    mend: tuple[Reason, ...] = ()


def list_to_check(judgements: Iterable[tuple[str, Judgement]]) -> tuple[ToCheck, ...]:
    """What to look at at a school, in the order of its rules: all that is not met, unknown, or declared alone."""
    return tuple(
        ToCheck(code, judgement.verdict, judgement.reasons, judgement.mend)
        for code, judgement in judgements
        if judgement.verdict in TO_LOOK_AT
    )


def lasts(rule: str) -> bool:
    """Whether a look settles a rule for longer than its moment."""
    return rule in _LASTING


def wants_photo(rule: str) -> bool:
    """Whether a look is worth no more than a form without a photo."""
    return rule in _WANTS_PHOTO


def choose_expiry(rule: str, terms: Terms, on: date) -> date:
    """The last day on which a look made on a day is worth something."""
    name = _LASTING.get(rule)
    if name is None:
        return on
    number = terms.number(name)
    return on + timedelta(days=int(number * _DAYS_A_MONTH if name.endswith("months") else number))


def grade_look(metres: float | None, *, photos: int) -> Grade:
    """C for who was there, by a telephone near the school; where nobody knows its place, a photo must show it, as of
    any other fact. A telephone that says that it was elsewhere makes it a form."""
    if metres is None:
        return Grade.C if photos else Grade.D
    return Grade.C if metres <= NEAREST_METRES else Grade.D


def name_people(rule: str, day: SchoolDay) -> str | None:
    """Of whom a look at the rule tells; None: of nobody in particular."""
    kind = _OF_PEOPLE.get(rule)
    return None if kind is None else " ".join(sorted(one.person for one in day.holders_of(kind)))


def find_looks(day: SchoolDay) -> Mapping[str, Fact]:
    """What inspectors saw that is still worth something, the newest of each rule. One that may be from
    afar hides none."""
    found: dict[str, Fact] = {}
    for fact in day.facts_of(FactKind.INSPECTED):
        known = found.get(fact.about or "")
        if fact.about and (known is None or fact.grade <= known.grade):
            found[fact.about] = fact
    return found


def weigh(rule: str, judgement: Judgement, look: Fact | None, day: SchoolDay) -> Judgement:
    """What a rule says when somebody looked. A form that says it was a look changes nothing."""
    if look is None or judgement.verdict is Verdict.NOT_APPLICABLE:
        return judgement
    in_order = look.said.get("as_required") is True
    if judgement.verdict is Verdict.MET and (in_order or not _is_outdated(rule, judgement, look, day)):
        return judgement
    told = (*cite(ReferenceKind.FACT, [look.id]), *judgement.references)[:MOST_REFERENCES]
    if look.grade is Grade.D:
        unproved = say("inspected_unproved", at=tell_instant(look.at), by=look.by)
        return replace(judgement, reasons=(*judgement.reasons, unproved), references=told)
    found = replace(judgement, references=told)
    return _weigh_order(rule, found, look, day, judgement) if in_order else _sink(found, look)


def _sink(found: Judgement, look: Fact) -> Judgement:
    said = say("inspected_otherwise", at=tell_instant(look.at), by=look.by)
    return replace(found, verdict=Verdict.NOT_MET, reasons=(said, *found.reasons))


def _weigh_order(rule: str, found: Judgement, look: Fact, day: SchoolDay, before: Judgement) -> Judgement:
    """What a look that found all in order makes of a rule."""
    said = say("inspected_in_order", at=tell_instant(look.at), by=look.by)
    if not _settles(rule, before, look, day):
        return replace(found, reasons=(*found.reasons, said, *_tell_why_not(rule, look)))
    if wants_photo(rule) and not look.photo:
        return replace(found, verdict=_worse(before), reasons=(said, *found.reasons))
    return Judgement(Verdict.MET, (said,), found.references, look_again_at=found.look_again_at)


def _settles(rule: str, judgement: Judgement, look: Fact, day: SchoolDay) -> bool:
    """Whether a look that found all in order makes a rule met: what lasts, of these very people, and nothing but older
    facts says otherwise."""
    if not lasts(rule) or any(reason.code in _NOTHING_TO_SEE for reason in judgement.reasons):
        return False
    now, then = name_people(rule, day), str(look.said.get("of", ""))
    if now is not None and not set(now.split()) <= set(then.split()):
        return False
    return judgement.verdict is not Verdict.NOT_MET or _rests_on_older(judgement.references, look, day)


def _is_outdated(rule: str, judgement: Judgement, look: Fact, day: SchoolDay) -> bool:
    """Whether what makes a rule met was seen before somebody looked and found it otherwise: of what lasts, and by no
    device."""
    told = tuple(one for one in judgement.references if one.kind is not ReferenceKind.PERSON)
    return lasts(rule) and look.grade is not Grade.D and _rests_on_older(told, look, day)


def _rests_on_older(references: tuple[Reference, ...], look: Fact, day: SchoolDay) -> bool:
    """Whether there is nothing but facts from before a look."""
    older = {str(fact.id) for fact in day.facts if fact.at < look.at}
    return bool(references) and all(one.kind is ReferenceKind.FACT and one.key in older for one in references)


def _worse(judgement: Judgement) -> Verdict:
    """Without the photo that it wants, a look is a form: it outweighs no finding."""
    return Verdict.NOT_MET if judgement.verdict is Verdict.NOT_MET else Verdict.DECLARED


def _tell_why_not(rule: str, look: Fact) -> tuple[Reason, ...]:
    return () if lasts(rule) else (say("inspected_moment", at=tell_instant(look.at)),)
