"""Whether the full-time guards are fit and equipped: papers, kit, and training at the button (G5, G6, G8)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from types import MappingProxyType

from alerts.domain.compliance.rules import Group, Input, Rule
from alerts.domain.compliance.schedule import Term, midnight
from alerts.domain.compliance.school_day import Fact, FactKind, Holder, PracticePress, SchoolDay
from alerts.domain.compliance.terms import Default, Standing, Terms, Unit
from alerts.domain.compliance.verdicts import (
    Grade,
    Judgement,
    Reason,
    ReferenceKind,
    Verdict,
    cite,
    combine,
    grade_met,
    keep_few,
    say,
    tell_day,
)
from alerts.domain.contacts import CertificateKind
from alerts.domain.registry import PostKind

NO_GUARDS = Judgement(Verdict.UNKNOWN, (say("no_guards"),), mend=(say("register_guards"),))
NO_TERM = Judgement(Verdict.NOT_APPLICABLE, (say("no_term"),))
_PAPERS = (
    (CertificateKind.GUARD, FactKind.GUARD_CERTIFICATE),
    (CertificateKind.BACKGROUND_CHECK, FactKind.BACKGROUND_CHECK),
)
_KIT: Mapping[str, str] = MappingProxyType(
    {
        "helmet": "kit_lacks_helmets",
        "shield": "kit_lacks_shields",
        "stab_vest": "kit_lacks_stab_vests",
        "gloves": "kit_lacks_gloves",
        "baton": "kit_lacks_batons",
        "torch": "kit_lacks_torches",
        "spray": "kit_lacks_sprays",
        "fork": "kit_lacks_forks",
    }
)
"""The eight pieces, each with what is said when it is lacking."""


# ---------------------------------------------------------------- papers


def certify(guard: Holder, kind: CertificateKind, day: SchoolDay) -> bool | None:
    """Whether a guard has a certificate in date; None: none is on record."""
    held = [one for one in guard.certificates if one.kind is kind]
    return any(one.is_in_date(day.on) for one in held) if held else None


def judge_papers(day: SchoolDay, terms: Terms) -> Judgement:
    """G5: each guard's certificate and background check are in date. What stands in the register is a form; somebody
    who saw the papers makes it more."""
    guards = day.holders_of(PostKind.GUARD)
    if not guards:
        return NO_GUARDS
    months = terms.number("age_months")
    found = combine(*(_judge_paper(day, guard, kind, seen, months) for guard in guards for kind, seen in _PAPERS))
    reasons = found.reasons or (say("papers_in_date", people=len(guards)),)
    people = cite(ReferenceKind.PERSON, (one.person for one in guards))
    return Judgement(found.verdict, reasons, keep_few((*people, *found.references)), found.mend)


def _judge_paper(day: SchoolDay, guard: Holder, kind: CertificateKind, seen: FactKind, months: float) -> Judgement:
    """One paper of one guard. That somebody saw it holds until its last day; where none was noted, for some months,
    unless the register says that it has expired."""
    held = certify(guard, kind, day)
    of_guard = [one for one in day.facts if one.kind is seen and one.about == guard.person]
    counted = [
        one
        for one in of_guard
        if (one.is_in_date(day.on) if one.valid_until else held is not False and day.is_recent(one.at, months))
    ]
    if held or counted:
        verdict = grade_met([Grade.D, *(one.grade for one in counted)])
        mend = () if verdict is Verdict.MET else (say("see_papers"),)
        return Judgement(verdict, (), cite(ReferenceKind.FACT, (one.id for one in counted)), mend)
    if held is False or any(one.valid_until for one in of_guard):
        return Judgement(Verdict.NOT_MET, (_tell_expired(guard, kind),), mend=(say("renew_papers"),))
    return Judgement(Verdict.UNKNOWN, (_tell_missing(guard, kind),), mend=(say("enter_papers"),))


def _tell_expired(guard: Holder, kind: CertificateKind) -> Reason:
    if kind is CertificateKind.GUARD:
        return say("certificate_expired", person=guard.person)
    return say("background_check_expired", person=guard.person)


def _tell_missing(guard: Holder, kind: CertificateKind) -> Reason:
    if kind is CertificateKind.GUARD:
        return say("certificate_missing", person=guard.person)
    return say("background_check_missing", person=guard.person)


# ---------------------------------------------------------------- kit


def judge_kit(day: SchoolDay, terms: Terms) -> Judgement:
    """G6: the kit of eight, as it was counted last within `age_months`, is complete, and the day on which the first
    piece of it expires has not passed."""
    months = terms.number("age_months")
    counts = [one for one in day.facts if one.kind is FactKind.KIT and day.is_recent(one.at, months)]
    if not counts:
        return Judgement(Verdict.UNKNOWN, (say("kit_uncounted"),), mend=(say("count_kit"),))
    newest = max(counts, key=lambda one: one.at)
    references = cite(ReferenceKind.FACT, [newest.id])
    if not newest.is_in_date(day.on):
        reason = say("kit_expired", until=str(newest.valid_until))
        return Judgement(Verdict.NOT_MET, (reason,), references, (say("renew_kit"),))
    told = {piece: number for piece, number in newest.said.items() if piece in _KIT and isinstance(number, int | float)}
    lacking = [piece for piece, number in told.items() if number < terms.number(piece)]
    if lacking:
        reasons = tuple(Reason(_KIT[one], {"has": told[one], "needed": terms.count(one)}) for one in lacking)
        return Judgement(Verdict.NOT_MET, reasons, references, (say("complete_kit"),))
    if len(told) < len(_KIT):
        reason = say("kit_untold", pieces=len(_KIT) - len(told))
        return Judgement(Verdict.UNKNOWN, (reason,), references, (say("count_kit"),))
    verdict = grade_met([newest.grade])
    mend = () if verdict is Verdict.MET else (say("count_kit_with_photo"),)
    return Judgement(verdict, (say("kit_complete", on=tell_day(newest.at, day.zone)),), references, mend)


# ---------------------------------------------------------------- training


def list_facts_of_term(day: SchoolDay, kind: FactKind, term: Term) -> list[Fact]:
    """Facts of a kind of this term so far."""
    since = midnight(term.first, day.zone)
    return [one for one in day.facts if one.kind is kind and since <= one.at <= day.now]


def is_term_over(day: SchoolDay, term: Term) -> bool:
    """Whether nothing more can be done in the term."""
    return day.over and day.on >= term.last


def judge_button_training(day: SchoolDay, terms: Terms) -> Judgement:
    """G8: each guard pressed the button in training this term: somebody noted it, and a press in a test or drill that
    was announced is near it, one for each guard."""
    guards, term = day.holders_of(PostKind.GUARD), day.schedule.term
    if term is None:
        return NO_TERM
    if not guards:
        return NO_GUARDS
    noted = list_facts_of_term(day, FactKind.BUTTON_TRAINING, term)
    proved = _find_proved(noted, day.practice, terms.length("near_minutes"))
    found = [_judge_trained(guard, noted, proved) for guard in guards]
    untrained = [one for one in found if one.verdict is Verdict.NOT_MET]
    if untrained and not is_term_over(day, term):
        reason = say("guards_untrained", people=len(untrained), until=term.last.isoformat())
        return Judgement(Verdict.UNKNOWN, (reason,), mend=(say("train_at_button"),))
    whole = combine(*found)
    reasons = whole.reasons or (say("guards_trained", people=len(guards)),)
    return Judgement(whole.verdict, reasons, whole.references, whole.mend)


def _find_proved(noted: Iterable[Fact], presses: Sequence[PracticePress], near: timedelta) -> dict[int, PracticePress]:
    """The trainings, by the fact's number, with the press that proves each; one press proves one training."""
    left = sorted(presses, key=lambda one: one.at)
    proved: dict[int, PracticePress] = {}
    for fact in sorted(noted, key=lambda one: one.at):
        press = next((one for one in left if abs(one.at - fact.at) <= near), None)
        if press is not None:
            proved[fact.id] = press
            left.remove(press)
    return proved


def _judge_trained(guard: Holder, noted: Iterable[Fact], proved: dict[int, PracticePress]) -> Judgement:
    """Whether one guard pressed the button in training."""
    own = [one for one in noted if one.about == guard.person]
    references = cite(ReferenceKind.FACT, (one.id for one in own))
    if not own:
        reason = say("guard_untrained", person=guard.person)
        return Judgement(Verdict.NOT_MET, (reason,), references, (say("train_at_button"),))
    pressed = [one for one in own if one.id in proved]
    if not pressed:
        reason = say("training_without_press", person=guard.person)
        return Judgement(Verdict.UNKNOWN, (reason,), references, (say("press_in_training"),))
    incidents = cite(ReferenceKind.INCIDENT, (proved[one.id].incident for one in pressed))
    verdict = grade_met(one.grade for one in pressed)
    mend: tuple[Reason, ...] = () if verdict is Verdict.MET else (say("see_training"),)
    return Judgement(verdict, (), (*references, *incidents), mend)


_OURS = Standing.OURS
_PIECE = Default(1, Unit.PIECES, "公开来源 a public source", Standing.CONFIRMED)

RULES = (
    Rule(
        "G5", Group.GUARDS, "保安员证和背景审查在有效期内", "Certificate and background check in date",
        "青岛市 Qingdao", Standing.CONFIRMED, (Grade.C, Grade.D), frozenset({Input.STAFF, Input.FACTS}), judge_papers,
        {"age_months": Default(12, Unit.MONTHS, "自定 our own", _OURS)},
    ),
    Rule(
        "G6", Group.GUARDS, "八件套齐全、在有效期内", "Kit of eight complete and in date",
        "公开来源 a public source", Standing.CONFIRMED, (Grade.C, Grade.D), frozenset({Input.FACTS}), judge_kit,
        {
            "age_months": Default(12, Unit.MONTHS, "自定 our own", _OURS),
            **dict.fromkeys(_KIT, _PIECE),
            "fork": Default(2, Unit.PIECES, "公开来源 a public source", Standing.CONFIRMED),
        },
    ),
    Rule(
        "G8", Group.GUARDS, "每学期每名保安演练按下报警按钮", "Each guard has pressed the button in training",
        "镇江市 Zhenjiang", Standing.CONFIRMED, (Grade.A, Grade.C),
        frozenset({Input.STAFF, Input.FACTS, Input.INCIDENTS, Input.SCHEDULE}), judge_button_training,
        {"near_minutes": Default(30, Unit.MINUTES, "自定 our own", _OURS)},
    ),
)  # fmt: skip
