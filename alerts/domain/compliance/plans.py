"""Plans: each responsibility could be carried out now, and was exercised (D4, D5). An invented sample plan proves
nothing either way."""

from __future__ import annotations

from alerts.domain.compliance.rules import Group, Input, Rule
from alerts.domain.compliance.school_day import Duties, SchoolDay
from alerts.domain.compliance.terms import Default, Standing, Terms, Unit
from alerts.domain.compliance.verdicts import Grade, Judgement, ReferenceKind, Verdict, cite, say, tell_instant
from alerts.domain.plans import EXERCISE_LASTS


def judge_covered(day: SchoolDay, terms: Terms) -> Judgement:
    """D4: `percent` of the responsibilities have somebody who holds the post, or a deputy, who can be reached, is not
    on leave and was trained, now."""
    duties = day.duties
    if duties is None or duties.asked == 0 or duties.sample:
        return _doubt(duties)
    reasons = (say("responsibilities_covered", covered=duties.covered, asked=duties.asked),)
    told = cite(ReferenceKind.PLAN, duties.plans)
    if _falls_short(duties.covered, duties, terms):
        return Judgement(Verdict.NOT_MET, reasons, told, (say("cover_responsibilities"),))
    return Judgement(Verdict.MET, reasons, told)


def judge_exercised(day: SchoolDay, terms: Terms) -> Judgement:
    """D5: `percent` of the responsibilities were exercised in a drill or an incident within a year."""
    duties = day.duties
    if duties is None or duties.asked == 0 or duties.sample:
        return _doubt(duties)
    reasons = (say("responsibilities_exercised", exercised=duties.exercised, asked=duties.asked),)
    told, mend = cite(ReferenceKind.PLAN, duties.plans), (say("exercise_responsibilities"),)
    if not _falls_short(duties.exercised, duties, terms):
        return Judgement(Verdict.MET, reasons, told)
    if day.watched_since is not None and day.now - day.watched_since < EXERCISE_LASTS:
        watched = say("school_watched_too_short", since=tell_instant(day.watched_since))
        again = day.look_after([day.watched_since + EXERCISE_LASTS])
        return Judgement(Verdict.UNKNOWN, (*reasons, watched), told, mend, again)
    return Judgement(Verdict.NOT_MET, reasons, told, mend)


def _doubt(duties: Duties | None) -> Judgement:
    """Nobody knows the responsibilities: there is no plan, or an invented one."""
    if duties is not None and duties.sample:
        told = cite(ReferenceKind.PLAN, duties.plans)
        return Judgement(Verdict.UNKNOWN, (say("plan_is_sample"),), told, (say("import_real_plan"),))
    return Judgement(Verdict.UNKNOWN, (say("no_plan"),), mend=(say("import_real_plan"),))


def _falls_short(done: int, duties: Duties, terms: Terms) -> bool:
    return done * 100 < duties.asked * terms.number("percent")


_OURS = Standing.OURS
_SEED = "市级预案；细则自定 the city's plan, the details are our own"

RULES = (
    Rule(
        "D4", Group.PLANS, "每项责任有岗位、有人、有替补", "Each responsibility has a person, a post and a deputy",
        _SEED, _OURS, (Grade.B,), frozenset({Input.PLANS, Input.STAFF, Input.ROSTERS}), judge_covered,
        {"percent": Default(100, Unit.PERCENT, _SEED, _OURS)},
    ),
    Rule(
        "D5", Group.PLANS, "每项责任一年内演练过", "Each responsibility exercised within a year",
        "自定 our own", _OURS, (Grade.B,), frozenset({Input.PLANS, Input.DRILLS, Input.INCIDENTS}), judge_exercised,
        {"percent": Default(100, Unit.PERCENT, "自定 our own", _OURS)},
    ),
)  # fmt: skip
