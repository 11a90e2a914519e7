"""Drills: evacuation, and at night where pupils sleep (D1, D2). A drill is an announced window in which somebody
pressed; what is on paper only is none."""

from __future__ import annotations

from datetime import date, timedelta

from alerts.domain.compliance.rules import Group, Input, Rule
from alerts.domain.compliance.schedule import first_of_month, midnight
from alerts.domain.compliance.school_day import SchoolDay
from alerts.domain.compliance.terms import Default, Standing, Terms, Unit
from alerts.domain.compliance.verdicts import Grade, Judgement, ReferenceKind, Verdict, cite, say, tell_instant
from alerts.domain.registry import SchoolKind


def judge_evacuation(day: SchoolDay, terms: Terms) -> Judgement:
    """D1: a drill in each `months` calendar months (`kindergarten_months` at a kindergarten), by the end of the last of
    them. In the first months of a term, or of our watching, none is overdue."""
    term = day.schedule.term
    if term is None:
        return Judgement(Verdict.NOT_APPLICABLE, (say("not_in_term"),))
    kindergarten = day.kind is SchoolKind.KINDERGARTEN
    months = terms.count("kindergarten_months" if kindergarten else "months")
    last = day.drills[-1] if day.drills else None
    if last is not None:
        due_at = midnight(first_of_month(last.at.astimezone(day.zone).date(), months + 1), day.zone)
        if day.now < due_at:
            held = say("drill_held", at=tell_instant(last.at))
            told = cite(ReferenceKind.WINDOW, [last.window])
            return Judgement(Verdict.MET, (held,), told, look_again_at=day.look_after([due_at]))
    first_due_at = midnight(first_of_month(_find_start(day, term.first), months), day.zone)
    if day.now < first_due_at:
        to_come = say("drill_to_come", until=tell_instant(first_due_at))
        again = day.look_after([first_due_at])
        return Judgement(Verdict.UNKNOWN, (to_come,), mend=(say("hold_drill"),), look_again_at=again)
    told = cite(ReferenceKind.WINDOW, [last.window] if last else [])
    return Judgement(Verdict.NOT_MET, (say("no_drill", months=months),), told, (say("hold_drill"),))


def _find_start(day: SchoolDay, first: date) -> date:
    """From when drills were to be seen: the first day of the term, or of our watching."""
    watched = first if day.watched_since is None else day.watched_since.astimezone(day.zone).date()
    return max(first, watched)


def judge_night_drills(day: SchoolDay, terms: Terms) -> Judgement:
    """D2: where pupils sleep, `times` drills at night within `days`."""
    if not day.boarding:
        return Judgement(Verdict.NOT_APPLICABLE, (say("not_boarding"),))
    needed, limit = terms.count("times"), timedelta(days=terms.number("days"))
    held = [one for one in day.drills if one.night and day.now - one.at <= limit]
    told = cite(ReferenceKind.WINDOW, (one.window for one in held))
    counted = say("night_drills", drills=len(held), needed=needed)
    if len(held) >= needed:
        again = day.look_after([held[-needed].at + limit])
        return Judgement(Verdict.MET, (counted,), told, look_again_at=again)
    if day.watched_since is not None and day.now - day.watched_since < limit:
        watched = say("school_watched_too_short", since=tell_instant(day.watched_since))
        again = day.look_after([day.watched_since + limit])
        return Judgement(Verdict.UNKNOWN, (counted, watched), told, (say("hold_night_drill"),), again)
    return Judgement(Verdict.NOT_MET, (counted,), told, (say("hold_night_drill"),))


_QINGDAO = Default(1, Unit.MONTHS, "青岛市 2015 Qingdao 2015", Standing.CONFIRMED)

RULES = (
    Rule(
        "D1", Group.DRILLS, "按月疏散演练，幼儿园两月一次", "Evacuation drills",
        _QINGDAO.source, Standing.CONFIRMED, (Grade.A, Grade.B),
        frozenset({Input.DRILLS, Input.SCHEDULE, Input.SCHOOL}), judge_evacuation,
        {"months": _QINGDAO, "kindergarten_months": Default(2, Unit.MONTHS, _QINGDAO.source, Standing.CONFIRMED)},
    ),
    Rule(
        "D2", Group.DRILLS, "寄宿学校夜间演练", "Night drills, boarding",
        _QINGDAO.source, Standing.CONFIRMED, (Grade.A, Grade.B),
        frozenset({Input.DRILLS, Input.SCHOOL}), judge_night_drills,
        {
            "times": Default(2, Unit.TIMES, _QINGDAO.source, Standing.CONFIRMED),
            "days": Default(365, Unit.DAYS, _QINGDAO.source, Standing.CONFIRMED),
        },
    ),
)  # fmt: skip
