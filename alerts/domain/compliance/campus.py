"""封闭管理, the closed campus: gates, visitors, vehicles, walls (C1 to C9)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from types import MappingProxyType

from alerts.domain.compliance.events import GateEvent, VisitStep
from alerts.domain.compliance.gates import (
    doubt_gates,
    find_next_breach,
    find_next_doubt,
    find_unexplained,
    measure_beyond,
    read_gates,
)
from alerts.domain.compliance.rules import Group, Input, Rule
from alerts.domain.compliance.schedule import ClosedLoop
from alerts.domain.compliance.school_day import DAYS_AT_HAND, DeviceDay, DeviceRole, FactKind, SchoolDay
from alerts.domain.compliance.terms import Default, Standing, Terms, Unit
from alerts.domain.compliance.verdicts import (
    NO_TIMETABLE,
    Grade,
    Judgement,
    Reason,
    ReferenceKind,
    Verdict,
    cite,
    grade_met,
    say,
    tell_instant,
)
from alerts.domain.compliance.visits import Visit, cite_visits, read_visits
from alerts.domain.spans import Span, Spans, clip, in_utc, measure, subtract

_ASKED_OF_A_VISITOR = ("name", "phone", "reason", "host")
_PASSING = (VisitStep.ENTER, VisitStep.LEAVE)


# ---------------------------------------------------------------- gates


def judge_gates_closed(day: SchoolDay, terms: Terms) -> Judgement:
    """C1: outside the windows a gate stands open for no longer than `open_minutes`. While the campus is a closed loop
    there are no windows. What a gate did while it was not heard is not known, nor how it stands until it told again."""
    gates = read_gates(day)
    if not gates:
        return Judgement(Verdict.UNKNOWN, (say("no_gate_sensor"),), mend=(say("fit_gate_sensor"),))
    if day.schedule.in_session and day.schedule.timetable is None:
        return NO_TIMETABLE
    limit = terms.length("open_minutes")
    windows = _find_windows(day)
    breaches: list[Reason] = []
    deciding: list[GateEvent] = []
    for gate in gates:
        for span in (one for one in subtract(gate.opened, windows) if one[1] - one[0] > limit):
            since, until = map(tell_instant, span)
            breaches.append(say("gate_open", device=gate.code, since=since, until=until))
            deciding += gate.list_events(span)
    look_again_at = find_next_breach(day, gates, windows, limit)
    references = cite(ReferenceKind.EVIDENCE, (event.key for event in deciding))
    if breaches:
        return Judgement(Verdict.NOT_MET, tuple(breaches), references, (say("close_gate"),), look_again_at)
    doubts = doubt_gates(day, gates, in_utc(windows), limit)
    if doubts:
        return Judgement(Verdict.UNKNOWN, doubts, mend=(say("repair_gate_sensor"),), look_again_at=look_again_at)
    told_by = cite(ReferenceKind.DEVICE, (gate.code for gate in gates))
    return Judgement(Verdict.MET, (say("gates_closed", gates=len(gates)),), told_by, look_again_at=look_again_at)


def _find_windows(day: SchoolDay) -> Spans:
    return () if day.schedule.level is ClosedLoop.CLOSED else day.schedule.windows


# ---------------------------------------------------------------- visitors


def _judge_visits(
    day: SchoolDay, terms: Terms, fault_of: Callable[[str, Visit], Reason | None], mend: str
) -> Judgement:
    """One rule about each visit: `fault_of` tells what is wrong with one. Nothing is wrong with those who were never
    written down, so that a book proves nothing by itself: it is met only where the gates bear it out."""
    terminals = day.devices_of(DeviceRole.VISITOR_TERMINAL)
    if not terminals:
        return Judgement(Verdict.UNKNOWN, (say("no_visitor_terminal"),), mend=(say("fit_visitor_terminal"),))
    visits = read_visits(day)
    faults = {number: fault for number, visit in visits.items() if (fault := fault_of(number, visit))}
    if faults:
        keys = (event.key for number in faults for event in visits[number].steps)
        return Judgement(Verdict.NOT_MET, tuple(faults.values()), cite(ReferenceKind.EVIDENCE, keys), (say(mend),))
    if day.schedule.in_session and day.schedule.timetable is None:
        return NO_TIMETABLE
    book = _doubt_book(day, terms.length("edge_minutes"), terms.length("near_minutes"), terms.length("passing_seconds"))
    doubts = (*_doubt_terminals(day, terminals), *book)
    if doubts:
        return Judgement(Verdict.UNKNOWN, doubts, mend=(say("keep_visitor_book_at_once"),))
    edge, passing = terms.length("edge_minutes"), terms.length("passing_seconds")
    look_again_at = min(find_next_doubt(day, read_gates(day), _find_windows(day), edge, passing), default=None)
    reason = say("visits_in_order", visits=len(visits))
    return Judgement(Verdict.MET, (reason,), cite_visits(day), look_again_at=look_again_at)


def _doubt_terminals(day: SchoolDay, terminals: Sequence[DeviceDay]) -> tuple[Reason, ...]:
    unheard = [one.code for one in terminals if day.past(one.unheard) or not one.heard_ever]
    doubts = [say("visitor_terminal_unheard", device=code) for code in unheard]
    nonsense = sum(1 for event in day.visits if not event.counts)
    if nonsense:
        doubts.append(say("implausible", events=nonsense))
    return tuple(doubts)


@lru_cache(maxsize=DAYS_AT_HAND)
def _doubt_book(day: SchoolDay, edge: timedelta, near: timedelta, passing: timedelta) -> tuple[Reason, ...]:
    """Why the book may not tell of everybody: outside the windows each opening needs its visit (or a pupil's exit),
    each visit its opening, and a pass lets in once. Through a gate that is open for pupils anybody may come untold."""
    gates = read_gates(day)
    if not gates:
        return (say("no_gate_sensor"),)
    windows, visits = in_utc(_find_windows(day)), read_visits(day)
    doubts = list(doubt_gates(day, gates, windows))
    passed = [event.at for visit in visits.values() for event in visit.steps if event.step in _PASSING]
    passed += [fact.at for fact in day.facts_of(FactKind.PUPIL_EXIT)]
    unexplained, without = find_unexplained(
        gates,
        passed,
        near,
        passing,
        lambda opening: measure_beyond(opening, windows, edge),
    )
    around = [(since - edge, until + edge) for since, until in windows]
    stray = [at for at in without if not _in(at, around)]
    if unexplained:
        doubts.append(say("opened_without_visit", openings=len(unexplained)))
    if stray:
        doubts.append(say("passed_without_opening", steps=len(stray)))
    doubts += [
        say("pass_used_again", visit=number)
        for number, visit in visits.items()
        if sum(event.step is VisitStep.ENTER for event in visit.steps) > 1
    ]
    return tuple(doubts)


def judge_entries_registered(day: SchoolDay, terms: Terms) -> Judgement:
    """C2: nobody enters unregistered. A gate that opens outside the windows with no visit near it leaves in doubt who
    went through."""

    def fault_of(number: str, visit: Visit) -> Reason | None:
        if visit.entered and (visit.registered is None or visit.registered.at > visit.entered.at):
            return say("entered_unregistered", visit=number, at=tell_instant(visit.entered.at))
        return None

    return _judge_visits(day, terms, fault_of, "register_every_visitor")


def judge_visitor_record(day: SchoolDay, terms: Terms) -> Judgement:
    """C3: each visit has a name, a checked document, a telephone number, a reason, a host who confirmed, and both ends.
    Who is still inside has no end yet."""

    def fault_of(number: str, visit: Visit) -> Reason | None:
        said = visit.registered.said if visit.registered else frozenset()
        missing = [name for name in _ASKED_OF_A_VISITOR if name not in said]
        if visit.registered is None or not visit.registered.document_checked:
            missing.append("document_checked")
        if visit.entered and visit.confirmed is None:
            missing.append("confirm")
        if visit.left and visit.entered is None:
            missing.append("enter")
        if visit.entered and visit.left is None and day.over:
            missing.append("leave")
        return say("visit_incomplete", visit=number, missing=", ".join(missing)) if missing else None

    return _judge_visits(day, terms, fault_of, "complete_visitor_records")


def judge_nobody_left_inside(day: SchoolDay, terms: Terms) -> Judgement:
    """C4: nobody who entered is still inside `after_closing_minutes` after the campus closed. A campus that never
    closes counts until the end of the day."""
    if day.schedule.in_session and day.schedule.timetable is None:
        return NO_TIMETABLE
    closes_at = day.schedule.closes_at
    deadline = day.ends_at if closes_at is None else closes_at + terms.length("after_closing_minutes")
    closed_at, ends_at, now = (at.astimezone(UTC) for at in (deadline, day.ends_at, day.now))

    def fault_of(number: str, visit: Visit) -> Reason | None:
        left = [event.at for event in visit.steps if event.step is VisitStep.LEAVE]
        for event in visit.steps:
            if event.step is VisitStep.ENTER:
                by = closed_at if event.at <= closed_at else ends_at  # who comes later, when the day is over
                if now >= by and not any(event.at <= at <= by for at in left):
                    return say("left_inside", visit=number, since=tell_instant(event.at))
        return None

    judgement = _judge_visits(day, terms, fault_of, "see_visitors_out")
    if day.now >= deadline:
        return judgement
    return replace(judgement, look_again_at=min(judgement.look_again_at or deadline, deadline))


def judge_host_confirmed(day: SchoolDay, terms: Terms) -> Judgement:
    """C5: the host confirmed before the visitor entered."""

    def fault_of(number: str, visit: Visit) -> Reason | None:
        if visit.entered and (visit.confirmed is None or visit.confirmed.at > visit.entered.at):
            return say("entered_unconfirmed", visit=number, at=tell_instant(visit.entered.at))
        return None

    return _judge_visits(day, terms, fault_of, "ask_host_first")


def judge_vehicles(day: SchoolDay, terms: Terms) -> Judgement:
    """C6: no outside vehicle enters without consent: the host's confirmation before it entered, or consent that
    somebody wrote down for that visit."""
    consents = {fact.about for fact in day.facts_of(FactKind.VEHICLE_CONSENT)}

    def fault_of(number: str, visit: Visit) -> Reason | None:
        if visit.entered is None or number in consents or not any(event.vehicle for event in visit.steps):
            return None
        if visit.confirmed and visit.confirmed.at <= visit.entered.at:
            return None
        return say("vehicle_without_consent", visit=number, at=tell_instant(visit.entered.at))

    return _judge_visits(day, terms, fault_of, "ask_before_vehicles")


# ---------------------------------------------------------------- what people look at


def judge_walls(day: SchoolDay, terms: Terms) -> Judgement:
    """C7: a survey with a photo, not older than `age_months`, found the wall high enough and without a gap."""
    months = terms.number("age_months")
    surveys = [fact for fact in day.facts_of(FactKind.WALL_SURVEY) if day.is_recent(fact.at, months)]
    if not surveys:
        return Judgement(Verdict.UNKNOWN, (say("no_survey"),), mend=(say("survey_walls"),))
    newest = surveys[-1]
    references = cite(ReferenceKind.FACT, [newest.id])
    height, gaps = newest.said.get("height_centimetres"), newest.said.get("gaps")
    if not isinstance(height, int | float) or not isinstance(gaps, int | float):
        return Judgement(Verdict.UNKNOWN, (say("survey_incomplete"),), references, (say("survey_walls"),))
    if height < terms.number("height_centimetres") or gaps > 0:
        reason = say("wall_low_or_open", height_centimetres=height, gaps=gaps)
        return Judgement(Verdict.NOT_MET, (reason,), references, (say("mend_wall"),))
    verdict = grade_met([newest.grade if newest.photo else Grade.D])
    mend = () if verdict is Verdict.MET else (say("survey_walls_with_photo"),)
    return Judgement(verdict, (say("surveyed", at=tell_instant(newest.at)),), references, mend)


def judge_barrier(day: SchoolDay, _terms: Terms) -> Judgement:
    """C8: somebody saw in each window that has begun that the anti-ram barrier stands."""
    if not day.schedule.in_session:
        return Judgement(Verdict.NOT_APPLICABLE, (say("not_in_session"),))
    if day.schedule.timetable is None:
        return NO_TIMETABLE
    windows = day.past(day.schedule.windows)
    if not windows:
        return Judgement(Verdict.UNKNOWN, (say("window_to_come"),), look_again_at=_next_window(day))
    looked = [fact for fact in day.facts_of(FactKind.BARRIER) if day.starts_at <= fact.at < day.ends_at]
    away = [fact for fact in looked if fact.said.get("in_place") is False and _in(fact.at, windows)]
    references = cite(ReferenceKind.FACT, (fact.id for fact in looked))
    if away:
        reasons = tuple(say("barrier_away", at=tell_instant(fact.at)) for fact in away)
        return Judgement(Verdict.NOT_MET, reasons, references, (say("put_up_barrier"),), _next_window(day))
    unseen = [window for window in windows if not any(_in(fact.at, (window,)) for fact in looked)]
    if unseen:
        reasons = tuple(say("barrier_unseen", since=tell_instant(window[0])) for window in unseen)
        return Judgement(Verdict.UNKNOWN, reasons, references, (say("look_at_barrier"),), _next_window(day))
    verdict = grade_met(fact.grade for fact in looked)
    return Judgement(verdict, (say("barrier_seen", times=len(looked)),), references, look_again_at=_next_window(day))


def judge_pupils_leave(day: SchoolDay, terms: Terms) -> Judgement:
    """C9: each exit of a pupil in lesson time has a leave. Where no exits are written down, only gates that stayed
    closed through the lessons prove that there was none."""
    if not day.schedule.in_session:
        return Judgement(Verdict.NOT_APPLICABLE, (say("not_in_session"),))
    if day.schedule.timetable is None:
        return NO_TIMETABLE
    lessons = day.past(day.schedule.lessons)
    leaves = {fact.about for fact in day.facts_of(FactKind.PUPIL_LEAVE) if fact.about}
    exits = [fact for fact in day.facts_of(FactKind.PUPIL_EXIT) if _in(fact.at, lessons)]
    without = [fact for fact in exits if fact.about not in leaves]
    references = cite(ReferenceKind.FACT, (fact.id for fact in exits))
    if without:
        reasons = tuple(say("left_without_leave", at=tell_instant(fact.at)) for fact in without)
        return Judgement(Verdict.NOT_MET, reasons, references, (say("ask_for_leave"),))
    doubts = _doubt_exits(day, terms, [fact.at for fact in exits])
    if doubts:
        return Judgement(Verdict.UNKNOWN, doubts, references, (say("write_down_exits"),))
    return Judgement(Verdict.MET, (say("exits_with_leave", exits=len(exits)),), references)


def _doubt_exits(day: SchoolDay, terms: Terms, exits: Sequence[datetime]) -> tuple[Reason, ...]:
    """Why pupils may have left unseen: in lessons but for their edges, each opening needs its exit."""
    gates = read_gates(day)
    if not gates:
        return (say("no_gate_sensor"),)
    edge = terms.length("edge_minutes")
    lessons = tuple((a + edge, b - edge) for a, b in in_utc(day.past(day.schedule.lessons)) if a + edge < b - edge)
    outside = subtract(in_utc(((day.starts_at, max(day.now, day.starts_at)),)), lessons)
    doubts = doubt_gates(day, gates, outside)
    unexplained, _ = find_unexplained(
        gates,
        exits,
        terms.length("near_minutes"),
        terms.length("passing_seconds"),
        lambda opening: measure(clip(lessons, opening)),
    )
    if unexplained:
        doubts = (*doubts, say("opened_in_lessons", openings=len(unexplained)))
    return doubts


def _in(at: datetime, spans: Iterable[Span]) -> bool:
    return any(since <= at < until for since, until in spans)


def _next_window(day: SchoolDay) -> datetime | None:
    return next((since for since, _ in day.schedule.windows if since > day.now), None)


_OURS = Standing.OURS
_VISITS = frozenset({Input.VISITS, Input.DEVICES, Input.GATES, Input.SCHEDULE, Input.FACTS})
_PASSING_BY = MappingProxyType(
    {
        "near_minutes": Default(5, Unit.MINUTES, "自定 our own", _OURS),
        "passing_seconds": Default(60, Unit.SECONDS, "自定 our own", _OURS),
        "edge_minutes": Default(3, Unit.MINUTES, "自定 our own", _OURS),
    }
)
"""How far a step may be from its opening, how long a gate may stand open for one who passes, and how long before and
after a window it may be the pupils'."""

RULES = (
    Rule(
        "C1", Group.CLOSED, "上学放学时段以外校门关闭", "Gates closed outside windows",
        "治安防范要求；时长自定 closed management, the minutes are our own", Standing.CONFIRMED, (Grade.A,),
        frozenset({Input.GATES, Input.DEVICES, Input.SCHEDULE}), judge_gates_closed,
        {"open_minutes": Default(3, Unit.MINUTES, "自定 our own", _OURS)},
    ),
    Rule(
        "C2", Group.CLOSED, "外来人员进校逐一登记", "Every outsider's entry registered",
        "封闭管理 closed management", Standing.CONFIRMED, (Grade.B,),
        _VISITS, judge_entries_registered, _PASSING_BY,
    ),
    Rule(
        "C3", Group.CLOSED, "访客登记要素齐全", "Visitor record complete",
        "封闭管理 closed management", Standing.CONFIRMED, (Grade.B, Grade.C),
        _VISITS, judge_visitor_record, _PASSING_BY,
    ),
    Rule(
        "C4", Group.CLOSED, "闭校后无访客滞留", "Nobody left inside after closing",
        "自定 our own", _OURS, (Grade.B,), _VISITS, judge_nobody_left_inside,
        {"after_closing_minutes": Default(30, Unit.MINUTES, "自定 our own", _OURS), **_PASSING_BY},
    ),
    Rule(
        "C5", Group.CLOSED, "进校前被访人确认", "Host confirmed before entry",
        "封闭管理 closed management", Standing.CONFIRMED, (Grade.C,), _VISITS, judge_host_confirmed, _PASSING_BY,
    ),
    Rule(
        "C6", Group.CLOSED, "外来车辆经同意进校", "Outside vehicles by consent",
        "封闭管理 closed management", Standing.CONFIRMED, (Grade.A, Grade.B), _VISITS, judge_vehicles, _PASSING_BY,
    ),
    Rule(
        "C7", Group.CLOSED, "围墙高度达标、无缺口", "Wall or fence high enough, no gap",
        "青岛市 Qingdao", Standing.CONFIRMED, (Grade.C,), frozenset({Input.FACTS}), judge_walls,
        {
            "age_months": Default(12, Unit.MONTHS, "自定 our own", _OURS),
            "height_centimetres": Default(200, Unit.CENTIMETRES, "青岛市 Qingdao", Standing.CONFIRMED),
        },
    ),
    Rule(
        "C8", Group.CLOSED, "高峰时段防冲撞设施到位", "Anti-ram barrier in place in peak windows",
        "GB/T 29315-2022", Standing.CONFIRMED, (Grade.A, Grade.C),
        frozenset({Input.FACTS, Input.SCHEDULE}), judge_barrier,
    ),
    Rule(
        "C9", Group.CLOSED, "上课时间学生凭假条离校", "Pupils leave in lesson time only with leave",
        "封闭管理 closed management", Standing.CONFIRMED, (Grade.B,),
        frozenset({Input.FACTS, Input.GATES, Input.DEVICES, Input.SCHEDULE}), judge_pupils_leave,
        _PASSING_BY,
    ),
)  # fmt: skip
