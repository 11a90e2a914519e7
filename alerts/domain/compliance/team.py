"""护校队, the school guard team: its size, its training, and how fast it was in drills (T1 to T3)."""

from __future__ import annotations

from math import ceil

from alerts.domain.compliance.fitness import NO_TERM, is_term_over, list_facts_of_term
from alerts.domain.compliance.rules import Group, Input, Rule
from alerts.domain.compliance.schedule import midnight
from alerts.domain.compliance.school_day import Drill, FactKind, SchoolDay
from alerts.domain.compliance.terms import Default, Standing, Terms, Unit
from alerts.domain.compliance.verdicts import (
    Grade,
    Judgement,
    Reason,
    ReferenceKind,
    Verdict,
    cite,
    grade_met,
    keep_few,
    say,
    tell_day,
)
from alerts.domain.registry import PostKind


def judge_team_size(day: SchoolDay, terms: Terms) -> Judgement:
    """T1: the team has ten members, or so many per mille of the students where these are more; part of a member counts
    whole, because the rate is a least one. A roster is a form; a training of this term at which somebody counted as
    many is evidence."""
    if day.students <= 0:
        return Judgement(Verdict.UNKNOWN, (say("no_enrolment"),), mend=(say("enter_enrolment"),))
    members = day.holders_of(PostKind.GUARD_TEAM)
    if not members:
        return Judgement(Verdict.UNKNOWN, (say("no_team"),), mend=(say("register_team"),))
    rate = terms.number("of_students_per_mille")
    needed = max(terms.count("at_least_people"), ceil(day.students * rate / 1000))
    people = cite(ReferenceKind.PERSON, (one.person for one in members))
    if len(members) < needed:
        reason = say("team_small", needed=needed, members=len(members))
        return Judgement(Verdict.NOT_MET, (reason,), people, (say("enlarge_team"),))
    term = day.schedule.term
    trainings = list_facts_of_term(day, FactKind.TEAM_TRAINING, term) if term else []
    counted = [one for one in trainings if one.grade < Grade.D and _tell_people(one.said.get("people")) >= needed]
    if not counted:
        reason = say("team_registered", needed=needed, members=len(members))
        return Judgement(Verdict.DECLARED, (reason,), people, (say("count_team_in_training"),))
    newest = counted[-1]
    reason = say("team_counted", needed=needed, on=tell_day(newest.at, day.zone))
    return Judgement(Verdict.MET, (reason,), keep_few((*cite(ReferenceKind.FACT, [newest.id]), *people)))


def _tell_people(said: str | float | bool | None) -> float:
    return said if isinstance(said, int | float) else 0


def judge_team_training(day: SchoolDay, _terms: Terms) -> Judgement:
    """T2: the team trained together this term. Until the term ends it may still do so."""
    term = day.schedule.term
    if term is None:
        return NO_TERM
    trainings = list_facts_of_term(day, FactKind.TEAM_TRAINING, term)
    references = cite(ReferenceKind.FACT, (one.id for one in trainings))
    if not trainings:
        over = is_term_over(day, term)
        reason = say("team_untrained", until=term.last.isoformat())
        return Judgement(Verdict.NOT_MET if over else Verdict.UNKNOWN, (reason,), mend=(say("train_team"),))
    verdict = grade_met(one.grade for one in trainings)
    mend = () if verdict is Verdict.MET else (say("see_training"),)
    return Judgement(verdict, (say("team_trained", times=len(trainings)),), references, mend)


def judge_team_timing(day: SchoolDay, terms: Terms) -> Judgement:
    """T3: in the newest drill of the term the work of the first, third and fifth minute was done in time. What nobody
    ticked off is not known."""
    term = day.schedule.term
    if term is None:
        return NO_TERM
    since = midnight(term.first, day.zone)
    newest = max((one for one in day.drills if since <= one.at <= day.now), key=lambda one: one.at, default=None)
    if newest is None:
        return Judgement(Verdict.UNKNOWN, (say("no_drill_this_term"),), mend=(say("hold_drill"),))
    references = cite(ReferenceKind.WINDOW, [newest.window])
    slow = _find_slow(newest, terms)
    if slow:
        return Judgement(Verdict.NOT_MET, slow, references, (say("drill_faster"),))
    unticked = newest.phases.count(None)
    if unticked:
        reason = say("phases_unticked", on=tell_day(newest.at, day.zone), phases=unticked)
        return Judgement(Verdict.UNKNOWN, (reason,), references, (say("tick_off_phases"),))
    return Judgement(Verdict.MET, (say("drill_in_time", on=tell_day(newest.at, day.zone)),), references)


def _find_slow(drill: Drill, terms: Terms) -> tuple[Reason, ...]:
    """The phases that took too long."""
    limits = [terms.number(name) for name in ("self_help_seconds", "mutual_help_seconds", "reinforcement_seconds")]
    return tuple(
        say("phase_slow", phase=minute, took=round(seconds), limit=round(limit))
        for minute, seconds, limit in zip((1, 3, 5), drill.phases, limits, strict=True)
        if seconds is not None and seconds > limit
    )


_QINGDAO = "青岛市 2020 Qingdao 2020"
_NATIONAL = "全国 1-3-5 分钟处置 the national 1-3-5"
_CONFIRMED = Standing.CONFIRMED

RULES = (
    Rule(
        "T1", Group.TEAM, "护校队人数达标", "Size of the school guard team",
        _QINGDAO, _CONFIRMED, (Grade.C, Grade.D),
        frozenset({Input.STAFF, Input.SCHOOL, Input.FACTS, Input.SCHEDULE}), judge_team_size,
        {
            "at_least_people": Default(10, Unit.PEOPLE, _QINGDAO, _CONFIRMED),
            "of_students_per_mille": Default(10, Unit.PER_MILLE, _QINGDAO, _CONFIRMED),
        },
    ),
    Rule(
        "T2", Group.TEAM, "护校队每学期合练一次", "Joint training once a term",
        "自定 our own", Standing.OURS, (Grade.C, Grade.D), frozenset({Input.FACTS, Input.SCHEDULE}),
        judge_team_training,
    ),
    Rule(
        "T3", Group.TEAM, "演练达到 1-3-5 分钟要求", "1-3-5 timing met in drills",
        _NATIONAL, _CONFIRMED, (Grade.A, Grade.B), frozenset({Input.DRILLS, Input.SCHEDULE}), judge_team_timing,
        {
            "self_help_seconds": Default(60, Unit.SECONDS, _NATIONAL, _CONFIRMED),
            "mutual_help_seconds": Default(180, Unit.SECONDS, _NATIONAL, _CONFIRMED),
            "reinforcement_seconds": Default(300, Unit.SECONDS, _NATIONAL, _CONFIRMED),
        },
    ),
)  # fmt: skip
