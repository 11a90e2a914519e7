"""专职保安, the full-time guards: how many there are, and whether they are there (G1 to G4)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from functools import lru_cache
from math import ceil

from alerts.domain.compliance.events import PostEvent
from alerts.domain.compliance.fitness import NO_GUARDS, certify
from alerts.domain.compliance.presence import (
    Patience,
    Presence,
    Staffing,
    doubt_check_ins,
    find_presences,
    is_rostered,
    judge_windows,
    keep_watch,
    refuse_windows,
    tell_unknown,
)
from alerts.domain.compliance.rules import Group, Input, Rule
from alerts.domain.compliance.school_day import DAYS_AT_HAND, PostDay, SchoolDay
from alerts.domain.compliance.terms import Default, Standing, Terms, Unit
from alerts.domain.compliance.verdicts import (
    Grade,
    Judgement,
    ReferenceKind,
    Verdict,
    cite,
    combine,
    keep_few,
    say,
    tell_instant,
)
from alerts.domain.contacts import CertificateKind
from alerts.domain.registry import PointKind, PostKind
from alerts.domain.spans import Span

_NO_GATEHOUSE = Judgement(Verdict.UNKNOWN, (say("no_gatehouse_post"),), mend=(say("register_gatehouse_post"),))


# ---------------------------------------------------------------- how many


def judge_guards_by_enrolment(day: SchoolDay, terms: Terms) -> Judgement:
    """G1: guards against the pupils who do not board here; those who board are G2's. From `large_students` on, one more
    is asked for each whole `further_students`. Who was not on post within `seen_days` is only declared."""
    return _judge_by_pupils(day, terms, _need_by_steps)


def judge_guards_by_rate(day: SchoolDay, terms: Terms) -> Judgement:
    """G1q, as Qingdao asked in 2015: beyond `large_students` a rate of the rest, and part of a guard is not asked."""
    return _judge_by_pupils(day, terms, _need_by_rate)


def _judge_by_pupils(day: SchoolDay, terms: Terms, need: Callable[[int, Terms], int]) -> Judgement:
    if day.students <= 0:
        return Judgement(Verdict.UNKNOWN, (say("no_enrolment"),), mend=(say("enter_enrolment"),))
    pupils = day.students - day.boarders
    if pupils <= 0:
        return Judgement(Verdict.NOT_APPLICABLE, (say("all_board"),))
    return _judge_headcount(day, need(pupils, terms), terms.length("seen_days"))


def _need_by_steps(pupils: int, terms: Terms) -> int:
    if pupils < terms.number("small_students"):
        return terms.count("small_guards")
    beyond = pupils - terms.number("large_students")
    if beyond < 0:
        return terms.count("middle_guards")
    return terms.count("large_guards") + int(beyond // terms.number("further_students"))


def _need_by_rate(pupils: int, terms: Terms) -> int:
    if pupils < terms.number("small_students"):
        return terms.count("small_guards")
    beyond = pupils - terms.number("large_students")
    if beyond < 0:
        return terms.count("middle_guards")
    return terms.count("large_guards") + int(beyond * terms.number("further_per_mille") // 1000)


def judge_guards_of_boarders(day: SchoolDay, terms: Terms) -> Judgement:
    """G2: where pupils board, `at_least_guards`, and one for each `boarders_of_one` that has begun; and a guard on duty
    in the night that ended this morning."""
    if not day.boarding:
        return Judgement(Verdict.NOT_APPLICABLE, (say("nobody_boards"),))
    needed = max(terms.count("at_least_guards"), ceil(day.boarders / terms.number("boarders_of_one")))
    headcount, night = _judge_headcount(day, needed, terms.length("seen_days")), _judge_night(day, terms)
    return headcount if night is None else combine(headcount, night)


def _judge_headcount(day: SchoolDay, needed: int, lately: timedelta) -> Judgement:
    """Guards with a certificate in date, and of these enough seen on post lately; a roster alone is a form. Whoever has
    no certificate on record is neither counted nor ruled out."""
    guards = day.holders_of(PostKind.GUARD)
    if not guards:
        return NO_GUARDS
    certified = [one for one in guards if certify(one, CertificateKind.GUARD, day) is True]
    unrecorded = [one for one in guards if certify(one, CertificateKind.GUARD, day) is None]
    people = cite(ReferenceKind.PERSON, (one.person for one in guards))
    if len(certified) + len(unrecorded) < needed:
        reason = say("guards_few", needed=needed, guards=len(guards), certified=len(certified))
        return Judgement(Verdict.NOT_MET, (reason,), people, (say("employ_guards"),))
    if len(certified) < needed:
        reason = say("guards_without_certificate", needed=needed, people=len(unrecorded))
        return Judgement(Verdict.UNKNOWN, (reason,), people, (say("enter_certificates"),))
    seen = _find_seen(day, lately)
    present = sum(1 for one in certified if one.person in seen)
    references = keep_few((*people, *cite(ReferenceKind.EVIDENCE, filter(None, seen.values()))))
    if present < needed:
        reason = say("guards_unseen", needed=needed, seen=present)
        return Judgement(Verdict.DECLARED, (reason,), references, (say("check_in_on_post"),))
    return Judgement(Verdict.MET, (say("guards_enough", needed=needed, seen=present),), references)


def _find_seen(day: SchoolDay, lately: timedelta) -> Mapping[str, str]:
    """Guards who checked in lately, each with the check-in (empty: one of a day before this and the last)."""
    seen = {
        one.person: ""
        for one in day.holders
        if one.post_kind is PostKind.GUARD and one.seen_at is not None and one.seen_at >= day.starts_at - lately
    }
    return seen | {event.person: event.key for event in _list_guards_check_ins(day)}


@lru_cache(maxsize=DAYS_AT_HAND)
def _list_guards_check_ins(day: SchoolDay) -> tuple[PostEvent, ...]:
    guards = {one.person for one in day.holders_of(PostKind.GUARD)}
    return tuple(event for event in day.check_ins if event.counts and event.person in guards)


# ---------------------------------------------------------------- whether they are there


def _judge_night(day: SchoolDay, terms: Terms) -> Judgement | None:
    """Whether a guard was on duty, at whatever post, from lights-out until this morning; None: it was no night between
    two school days, so nobody asks."""
    if day.eve is None:
        return Judgement(Verdict.UNKNOWN, (say("no_eve"),))
    if not (day.eve.in_session and day.schedule.in_session):
        return None
    if day.eve.lights_out_at is None:
        return Judgement(Verdict.UNKNOWN, (say("no_lights_out"),), mend=(say("enter_lights_out"),))
    night = (day.eve.lights_out_at, day.starts_at + terms.length("morning_hours"))
    posts = tuple(post for post in day.posts if post.kind is PostKind.GUARD)
    return _judge_watch(day, _ask_guards(day, posts, 1, terms), night, night[0])


def judge_gatehouse(day: SchoolDay, terms: Terms) -> Judgement:
    """G3: a guard is at the gatehouse day and night, with no gap over `gap_minutes`. A gap is a breach when the last
    one went off. From coming on, nobody is there for longer than `shift_hours`; who gives no word for `on_hours` may be
    gone, so that nobody knows. A gap that began the day before counts whole; midnight does not halve it."""
    posts = _list_gatehouses(day)
    if not posts:
        return _NO_GATEHOUSE
    if not day.holders_of(PostKind.GUARD):
        return NO_GUARDS
    span = day.starts_at - timedelta(days=1), day.ends_at
    return _judge_watch(day, _ask_guards(day, posts, 1, terms), span, day.starts_at)


def _ask_guards(day: SchoolDay, posts: tuple[PostDay, ...], people: int, terms: Terms) -> Staffing:
    patience = Patience(terms.length("on_hours"), terms.length("shift_hours"))
    there = _find_there(day, frozenset(post.code for post in posts), patience)
    return Staffing(posts, people, terms.length("gap_minutes"), there)


@lru_cache(maxsize=2 * DAYS_AT_HAND)
def _find_there(day: SchoolDay, posts: frozenset[str], patience: Patience) -> tuple[Presence, ...]:
    return find_presences(_list_guards_check_ins(day), posts, patience, day.now)


def _list_gatehouses(day: SchoolDay) -> tuple[PostDay, ...]:
    """The guards' posts at a gatehouse. The only post of guards is there, when nothing else is said."""
    posts = tuple(post for post in day.posts if post.kind is PostKind.GUARD)
    at_gate = tuple(post for post in posts if post.point_kind is PointKind.GATEHOUSE)
    return at_gate or (posts if len(posts) == 1 and posts[0].point_kind is None else ())


def _judge_watch(day: SchoolDay, asked: Staffing, span: Span, counts_from: datetime) -> Judgement:
    """Whether a guard was there all the time; gaps count that last beyond `counts_from`."""
    proved = keep_watch(asked.proved, span, day.now, asked.people, asked.tolerated)
    possible = keep_watch(asked.possible, span, day.now, asked.people, asked.tolerated)
    lacks = tuple(lack for lack in proved.lacks if lack[1] > counts_from)
    look_again_at = day.look_after((proved.deadline, possible.deadline, *asked.run_out(day.now)))
    references = cite(ReferenceKind.EVIDENCE, (key for one in asked.there for key in one.keys))
    if not lacks:
        return Judgement(Verdict.MET, (say("always_on_post"),), references, look_again_at=look_again_at)
    left = {one.left_at for one in asked.there}
    known = tuple(lack for lack in possible.lacks if lack[1] > counts_from and lack[0] in left)
    doubts = doubt_check_ins(day, asked.codes, known or lacks)
    if known and not doubts:
        reasons = tuple(say("nobody_on_post", since=tell_instant(one), until=tell_instant(end)) for one, end in known)
        return Judgement(Verdict.NOT_MET, reasons, references, (say("relieve_on_post"),), look_again_at)
    mend = (say("check_in_on_post"),)
    if not asked.there and is_rostered(asked.posts, lacks, 1):
        return Judgement(Verdict.DECLARED, (say("rostered_only"),), references, mend, look_again_at)
    return Judgement(Verdict.UNKNOWN, (*tell_unknown(lacks), *doubts), references, mend, look_again_at)


def judge_main_gate(day: SchoolDay, terms: Terms) -> Judgement:
    """G4: `guards` at the main gate in each window. Which gate is the main one is not registered: where only some of
    several gatehouses have enough, nobody knows."""
    refused = refuse_windows(day)
    if refused:
        return refused
    posts = _list_gatehouses(day)
    if not posts:
        return _NO_GATEHOUSE
    people = terms.count("guards")
    judged = [judge_windows(day, day.schedule.windows, _ask_guards(day, (post,), people, terms)) for post in posts]
    unlike = [one for one in judged if one.verdict is not Verdict.MET]
    if not unlike or len(unlike) == len(judged):
        return combine(*judged)
    reasons = (say("main_gate_untold"), *(reason for one in unlike for reason in one.reasons))
    look_again_at = day.look_after(one.look_again_at for one in judged)
    return Judgement(Verdict.UNKNOWN, reasons, unlike[0].references, (say("staff_post"),), look_again_at)


_GBT = "GB/T 29315-2022"
_QINGDAO = "青岛市 2015 Qingdao 2015"
_OURS = "自定 our own"
_CONFIRMED = Standing.CONFIRMED
_STAFF = frozenset({Input.STAFF, Input.CHECK_INS, Input.SCHOOL})
_SEEN = Default(14, Unit.DAYS, _OURS, Standing.OURS)
_ON = Default(5.5, Unit.HOURS, _OURS, Standing.OURS)
_SHIFT = Default(13, Unit.HOURS, _OURS, Standing.OURS)

RULES = (
    Rule(
        "G1", Group.GUARDS, "按走读学生数配足专职保安", "Guards against enrolment, not boarding",
        _GBT, _CONFIRMED, (Grade.C, Grade.D), _STAFF, judge_guards_by_enrolment,
        {
            "small_students": Default(100, Unit.STUDENTS, _GBT, _CONFIRMED),
            "small_guards": Default(1, Unit.PEOPLE, _GBT, _CONFIRMED),
            "middle_guards": Default(2, Unit.PEOPLE, _GBT, Standing.FROM_MEMORY),
            "large_students": Default(1000, Unit.STUDENTS, _GBT, _CONFIRMED),
            "large_guards": Default(3, Unit.PEOPLE, _GBT, _CONFIRMED),
            "further_students": Default(500, Unit.STUDENTS, _GBT, _CONFIRMED),
            "seen_days": _SEEN,
        },
    ),
    Rule(
        "G1q", Group.GUARDS, "按走读学生数配足专职保安（青岛 2015）", "Guards against enrolment, Qingdao 2015 variant",
        _QINGDAO, _CONFIRMED, (Grade.C, Grade.D), _STAFF, judge_guards_by_rate,
        {
            "small_students": Default(500, Unit.STUDENTS, _QINGDAO, _CONFIRMED),
            "small_guards": Default(2, Unit.PEOPLE, _QINGDAO, _CONFIRMED),
            "middle_guards": Default(3, Unit.PEOPLE, _QINGDAO, _CONFIRMED),
            "large_students": Default(1000, Unit.STUDENTS, _QINGDAO, _CONFIRMED),
            "large_guards": Default(3, Unit.PEOPLE, _QINGDAO, _CONFIRMED),
            "further_per_mille": Default(2, Unit.PER_MILLE, _QINGDAO, _CONFIRMED),
            "seen_days": _SEEN,
        },
    ),
    Rule(
        "G2", Group.GUARDS, "寄宿制学校配足保安、夜间有人值守", "Guards of a boarding school, one on duty at night",
        "北京市；国家规定待核 Beijing; the national rule from memory", _CONFIRMED, (Grade.C, Grade.D),
        _STAFF | {Input.SCHEDULE, Input.ROSTERS, Input.DEVICES}, judge_guards_of_boarders,
        {
            "at_least_guards": Default(2, Unit.PEOPLE, "北京市 Beijing", _CONFIRMED),
            "boarders_of_one": Default(300, Unit.STUDENTS, "北京市 Beijing", _CONFIRMED),
            "seen_days": _SEEN,
            "morning_hours": Default(6, Unit.HOURS, _OURS, Standing.OURS),
            "on_hours": _ON,
            "shift_hours": _SHIFT,
            "gap_minutes": Default(15, Unit.MINUTES, _OURS, Standing.OURS),
        },
    ),
    Rule(
        "G3", Group.GUARDS, "门卫室 24 小时有人值守", "Gatehouse staffed 24 hours",
        "GB/T 29315-2022；间隔自定 the gap is our own", _CONFIRMED, (Grade.A, Grade.C),
        frozenset({Input.CHECK_INS, Input.STAFF, Input.ROSTERS, Input.DEVICES}), judge_gatehouse,
        {"gap_minutes": Default(15, Unit.MINUTES, _OURS, Standing.OURS), "on_hours": _ON, "shift_hours": _SHIFT},
    ),
    Rule(
        "G4", Group.GUARDS, "上学放学高峰大门保安到位", "Guards at the main gate in peak windows",
        "江苏省 Jiangsu", _CONFIRMED, (Grade.C,),
        frozenset({Input.CHECK_INS, Input.STAFF, Input.ROSTERS, Input.DEVICES, Input.SCHEDULE}), judge_main_gate,
        {
            "guards": Default(2, Unit.PEOPLE, "江苏省 Jiangsu", _CONFIRMED),
            "gap_minutes": Default(5, Unit.MINUTES, _OURS, Standing.OURS),
            "on_hours": _ON,
            "shift_hours": _SHIFT,
        },
    ),
)  # fmt: skip
