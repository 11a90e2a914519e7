"""Hazards (隐患): each has an owner, a deadline and a proof that it is gone (Z1)."""

from __future__ import annotations

from datetime import datetime

from alerts.domain.compliance.rules import Group, Input, Rule
from alerts.domain.compliance.school_day import Hazard, SchoolDay
from alerts.domain.compliance.terms import Default, Standing, Terms, Unit
from alerts.domain.compliance.verdicts import Grade, Judgement, Reason, ReferenceKind, Verdict, cite, say, tell_instant


def judge_hazards(day: SchoolDay, terms: Terms) -> Judgement:
    """Z1: none is overdue, none was closed without a proof, and each has an owner and a deadline within `assign_hours`.
    Where none was open there is nothing to answer: that nobody reported one does not show that there is none."""
    if not day.hazards:
        return Judgement(Verdict.NOT_APPLICABLE, (say("no_hazard"),))
    assign = terms.length("assign_hours")
    faults: dict[int, Reason] = {}
    doubts: dict[int, Reason] = {}
    deadlines: list[datetime] = []
    for one in day.hazards:
        if fault := _find_fault(one, day.now):
            faults[one.id] = fault
        elif one.closed_at is None and (one.owner is None or one.due_at is None):
            late = day.now - one.opened_at > assign
            (faults if late else doubts)[one.id] = say("hazard_unassigned", hazard=one.id)
            deadlines.append(one.opened_at + assign)
        if one.closed_at is None and one.due_at is not None:
            deadlines.append(one.due_at)
    return _conclude(day, faults, doubts, day.look_after(deadlines))


def _find_fault(hazard: Hazard, now: datetime) -> Reason | None:
    if hazard.closed_at is not None:
        return None if hazard.proof else say("hazard_closed_without_proof", hazard=hazard.id)
    if hazard.due_at is not None and now > hazard.due_at:
        return say("hazard_overdue", hazard=hazard.id, due=tell_instant(hazard.due_at))
    return None


def _conclude(
    day: SchoolDay, faults: dict[int, Reason], doubts: dict[int, Reason], look_again_at: datetime | None
) -> Judgement:
    if faults:
        told = cite(ReferenceKind.HAZARD, faults)
        return Judgement(Verdict.NOT_MET, tuple(faults.values()), told, (say("mend_hazards"),), look_again_at)
    if doubts:
        told = cite(ReferenceKind.HAZARD, doubts)
        return Judgement(Verdict.UNKNOWN, tuple(doubts.values()), told, (say("assign_hazards"),), look_again_at)
    told = cite(ReferenceKind.HAZARD, (one.id for one in day.hazards))
    met = say("hazards_in_order", hazards=len(day.hazards))
    return Judgement(Verdict.MET, (met,), told, look_again_at=look_again_at)


_SOURCE = "隐患排查治理 management of hazards"

RULES = (
    Rule(
        "Z1", Group.HAZARDS, "隐患有责任人、有期限、有整改证明", "Hazards have owner, deadline and proof of closure",
        _SOURCE, Standing.CONFIRMED, (Grade.C,), frozenset({Input.HAZARDS}), judge_hazards,
        {"assign_hours": Default(24, Unit.HOURS, "自定 our own", Standing.OURS)},
    ),
)  # fmt: skip
