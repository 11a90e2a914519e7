"""护学岗, the crossing post: staffed when pupils come and go, by whom, and its roster for next week (H1 to H5)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from functools import lru_cache
from typing import NamedTuple
from zoneinfo import ZoneInfo

from alerts.domain.compliance.presence import (
    Patience,
    Presence,
    Staffing,
    find_presences,
    judge_windows,
    refuse_windows,
)
from alerts.domain.compliance.rules import Group, Input, Rule
from alerts.domain.compliance.schedule import midnight
from alerts.domain.compliance.school_day import DAYS_AT_HAND, Fact, FactKind, PostDay, SchoolDay
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
    say,
    tell_day,
    tell_instant,
)
from alerts.domain.registry import PostKind
from alerts.domain.spans import Span, clip

_NO_POST = Judgement(Verdict.UNKNOWN, (say("no_crossing_post"),), mend=(say("register_crossing_post"),))
_SUNDAY = 7


# ---------------------------------------------------------------- staffed


def judge_arrival(day: SchoolDay, terms: Terms) -> Judgement:
    """H1: somebody is at the crossing post from `before_minutes` before pupils begin to come until `after_minutes`
    after lessons began."""
    before, after = terms.length("before_minutes"), terms.length("after_minutes")
    return _judge_staffed(day, [(since - before, until + after) for since, until in day.schedule.arrivals], terms)


def judge_dismissal(day: SchoolDay, terms: Terms) -> Judgement:
    """H2: somebody is at the crossing post from `before_minutes` before pupils begin to go until `after_minutes` after
    the last of them should have."""
    before, after = terms.length("before_minutes"), terms.length("after_minutes")
    return _judge_staffed(day, [(since - before, until + after) for since, until in day.schedule.dismissals], terms)


def _judge_staffed(day: SchoolDay, windows: Sequence[Span], terms: Terms) -> Judgement:
    refused = refuse_windows(day)
    if refused:
        return refused
    posts = _list_posts(day)
    if not posts:
        return _NO_POST
    asked = Staffing(posts, 1, terms.length("gap_minutes"), _find_there(day, posts, terms))
    return judge_windows(day, tuple(windows), asked)


def _list_posts(day: SchoolDay) -> tuple[PostDay, ...]:
    return tuple(post for post in day.posts if post.kind is PostKind.CROSSING_POST)


def _find_there(day: SchoolDay, posts: Iterable[PostDay], terms: Terms) -> tuple[Presence, ...]:
    """Who was at these posts. A check-in lasts for a window and not from the morning to the evening."""
    return _find_for(day, frozenset(post.code for post in posts), terms.length("on_hours"))


@lru_cache(maxsize=DAYS_AT_HAND)
def _find_for(day: SchoolDay, posts: frozenset[str], on: timedelta) -> tuple[Presence, ...]:
    return find_presences(day.check_ins, posts, Patience(on, on), day.now)


# ---------------------------------------------------------------- by whom


class Calling(StrEnum):
    """What somebody at a crossing post is, named as the facts name it."""

    GUARD = "guards"
    TEACHER = "teachers"
    POLICE = "police"
    PARENT = "parents"


_STAFF_POSTS = frozenset({PostKind.SCHOOL_DUTY, PostKind.PRINCIPAL, PostKind.DUTY_LEADER})
_CHECKING_IN = frozenset({Calling.GUARD, Calling.TEACHER})


def tell_calling(day: SchoolDay, person: str) -> Calling | None:
    """What somebody is, by the posts that they hold; None: these do not tell. Police and parents hold no posts of a
    school, so that only somebody who looks can tell of them."""
    held = {one.post_kind for one in day.holders if one.person == person}
    if PostKind.GUARD in held:
        return Calling.GUARD
    return Calling.TEACHER if held & _STAFF_POSTS else None


def judge_mix(day: SchoolDay, terms: Terms) -> Judgement:
    """H3: in each window a guard and a teacher stood there, with police or a patrol, and parents."""
    return _judge_people(day, {calling: terms.count(calling.value) for calling in Calling}, terms)


def judge_teachers(day: SchoolDay, terms: Terms) -> Judgement:
    """H4: in each window so many teachers, marked as such, stood there. Check-ins tell of teachers who hold a post that
    shows it; of others, somebody who looked."""
    return _judge_people(day, {Calling.TEACHER: terms.count("teachers")}, terms)


def _judge_people(day: SchoolDay, needed: Mapping[Calling, int], terms: Terms) -> Judgement:
    refused = refuse_windows(day)
    if refused:
        return refused
    posts = _list_posts(day)
    if not posts:
        return _NO_POST
    there = _find_there(day, posts, terms)
    windows = day.schedule.windows
    found = {window: _judge_window(day, window, there, needed) for window in windows if window[0] < day.now}
    judged = [one for window, one in found.items() if window[1] <= day.now or one.verdict is Verdict.MET]
    look_again_at = day.look_after((until for _, until in windows if until > day.now))
    if not judged:
        code = "window_to_come" if windows else "no_windows"
        return Judgement(Verdict.UNKNOWN, (say(code),), look_again_at=look_again_at)
    whole = combine(*judged)
    reasons = whole.reasons or (say("people_stood_there", windows=len(judged)),)
    return Judgement(whole.verdict, reasons, whole.references, whole.mend, look_again_at)


class Seen(NamedTuple):
    """Who stood at the crossing post in a window: how many of which calling checked in, and what those wrote down who
    looked. `sure`: somebody checked in, everybody is known for what they are, and nobody else may have been there."""

    window: Span
    callings: Counter[Calling | None]
    sure: bool
    looked: tuple[Fact, ...]


def _judge_window(
    day: SchoolDay, window: Span, presences: Sequence[Presence], needed: Mapping[Calling, int]
) -> Judgement:
    """Whether everybody was there in one window."""
    there = [one for one in presences if clip((one.proved,), window) or window[0] <= one.since < window[1]]
    others = [one for one in presences if one not in there and clip((one.possible,), window)]
    callings = Counter(tell_calling(day, person) for person in {one.person for one in there})
    looked = tuple(one for one in day.facts_of(FactKind.CROSSING) if window[0] <= one.at < window[1])
    seen = Seen(window, callings, bool(there) and None not in callings and not others, looked)
    whole = combine(*(_judge_calling(seen, calling, number) for calling, number in needed.items()))
    keys = cite(ReferenceKind.EVIDENCE, (key for one in there for key in one.keys))
    references = (*keys, *cite(ReferenceKind.FACT, (one.id for one in looked)))
    return Judgement(whole.verdict, whole.reasons, references, whole.mend)


def _judge_calling(seen: Seen, calling: Calling, needed: int) -> Judgement:
    """Whether enough people of a calling were there. Too few are known of when somebody looked; of those who check in,
    also when it is sure who did."""
    grades = [Grade.C] if seen.callings[calling] >= needed else []
    told = [(one, number) for one in seen.looked if (number := _count(one, calling)) is not None]
    grades += [one.grade for one, number in told if number >= needed]
    if grades:
        verdict = grade_met(grades)
        return Judgement(verdict, mend=() if verdict is Verdict.MET else (say("see_crossing"),))
    if told or (seen.sure and calling in _CHECKING_IN):
        return Judgement(Verdict.NOT_MET, (_tell_lacking(calling, seen.window),), mend=(say("staff_crossing"),))
    return Judgement(Verdict.UNKNOWN, (_tell_unseen(calling, seen.window),), mend=(say("see_crossing"),))


def _count(fact: Fact, calling: Calling) -> float | None:
    said = fact.said.get(calling.value)
    return said if isinstance(said, int | float) else None


def _tell_lacking(calling: Calling, window: Span) -> Reason:
    since = tell_instant(window[0])
    match calling:
        case Calling.GUARD:
            return say("crossing_lacks_guards", since=since)
        case Calling.TEACHER:
            return say("crossing_lacks_teachers", since=since)
        case Calling.POLICE:
            return say("crossing_lacks_police", since=since)
        case Calling.PARENT:
            return say("crossing_lacks_parents", since=since)


def _tell_unseen(calling: Calling, window: Span) -> Reason:
    since = tell_instant(window[0])
    match calling:
        case Calling.GUARD:
            return say("crossing_guards_unseen", since=since)
        case Calling.TEACHER:
            return say("crossing_teachers_unseen", since=since)
        case Calling.POLICE:
            return say("crossing_police_unseen", since=since)
        case Calling.PARENT:
            return say("crossing_parents_unseen", since=since)


# ---------------------------------------------------------------- next week


def judge_roster(day: SchoolDay, terms: Terms) -> Judgement:
    """H5: on Sunday at 18:00 the roster of next week is published, with a reachable person on each line. On other days
    what was due last Sunday still holds; no roster is asked beyond the end of the term."""
    if day.schedule.term is None:
        return Judgement(Verdict.NOT_APPLICABLE, (say("no_term"),))
    posts = _list_posts(day)
    if not posts:
        return _NO_POST
    due_at = day.starts_at + terms.length("due_hours") if day.on.isoweekday() == _SUNDAY else None
    until = min(_reach(day, due_at), midnight(day.schedule.term.last + timedelta(days=1), day.zone))
    look_again_at = day.look_after([due_at] if due_at and due_at > day.now else ())
    whole = combine(*(_judge_published(post, until, day.zone) for post in posts))
    reasons = whole.reasons or (say("roster_published", until=tell_day(until - timedelta(days=1), day.zone)),)
    return Judgement(whole.verdict, reasons, whole.references, whole.mend, look_again_at)


def _reach(day: SchoolDay, due_at: datetime | None) -> datetime:
    """How far a roster has to reach: to the end of this week, and of the next one when that is due."""
    days = _SUNDAY - day.on.isoweekday() + (_SUNDAY if due_at and day.now >= due_at else 0)
    return midnight(day.on + timedelta(days=days + 1), day.zone)


def _judge_published(post: PostDay, until: datetime, zone: ZoneInfo) -> Judgement:
    """The roster of one post."""
    references = cite(ReferenceKind.POST, [post.code])
    if not post.rostered or post.published_until is None:
        return Judgement(Verdict.UNKNOWN, (say("no_roster", post=post.code),), references, (say("publish_roster"),))
    reasons: list[Reason] = []
    if post.published_until < until:
        reasons.append(say("roster_too_short", post=post.code, until=tell_day(post.published_until, zone)))
    reasons += [say("roster_hole", post=post.code, since=tell_day(since, zone)) for since in _find_holes(post, until)]
    reasons += [say("rostered_unreachable", post=post.code, person=person) for person in post.unreachable]
    if reasons:
        return Judgement(Verdict.NOT_MET, tuple(reasons), references, (say("complete_roster"),))
    return Judgement(Verdict.MET, (), references)


def _find_holes(post: PostDay, until: datetime) -> list[datetime]:
    return [since for since, _ in post.holes if since < until]


_OURS = Standing.OURS
_CONFIRMED = Standing.CONFIRMED
_PUBLIC = "公开来源 a public source"
_TOWNS = "Suixian、博山 Boshan"
_JIANGSU = "江苏省 Jiangsu"
_GAP = Default(5, Unit.MINUTES, "自定 our own", _OURS)
_ON = Default(3, Unit.HOURS, "自定 our own", _OURS)
_ONE = Default(1, Unit.PEOPLE, _PUBLIC, _CONFIRMED)
_STAFFED = frozenset({Input.CHECK_INS, Input.STAFF, Input.ROSTERS, Input.DEVICES, Input.SCHEDULE})
_SEEN = frozenset({Input.CHECK_INS, Input.STAFF, Input.FACTS, Input.SCHEDULE})

RULES = (
    Rule(
        "H1", Group.CROSSING, "上学时段护学岗在岗", "Crossing post staffed at arrival",
        _TOWNS, _CONFIRMED, (Grade.A, Grade.C), _STAFFED, judge_arrival,
        {
            "before_minutes": Default(20, Unit.MINUTES, _TOWNS, _CONFIRMED),
            "after_minutes": Default(15, Unit.MINUTES, _TOWNS, _CONFIRMED),
            "gap_minutes": _GAP,
            "on_hours": _ON,
        },
    ),
    Rule(
        "H2", Group.CROSSING, "放学时段护学岗在岗", "Crossing post staffed at dismissal",
        _PUBLIC, _CONFIRMED, (Grade.A, Grade.C), _STAFFED, judge_dismissal,
        {
            "before_minutes": Default(20, Unit.MINUTES, _PUBLIC, _CONFIRMED),
            "after_minutes": Default(30, Unit.MINUTES, _PUBLIC, _CONFIRMED),
            "gap_minutes": _GAP,
            "on_hours": _ON,
        },
    ),
    Rule(
        "H3", Group.CROSSING, "护学岗由保安、教师、警力或巡防、家长共同组成", "Crossing post's mix of people",
        _PUBLIC, _CONFIRMED, (Grade.C, Grade.D), _SEEN, judge_mix,
        {
            "guards": _ONE, "teachers": _ONE, "police": _ONE,
            "parents": Default(1, Unit.PEOPLE, "人数自定 the number is our own", _OURS),
            "on_hours": _ON,
        },
    ),
    Rule(
        "H4", Group.CROSSING, "高峰时段佩戴标识的教师到岗", "Marked teachers in peak windows",
        _JIANGSU, _CONFIRMED, (Grade.C, Grade.D), _SEEN, judge_teachers,
        {"teachers": Default(3, Unit.PEOPLE, _JIANGSU, _CONFIRMED), "on_hours": _ON},
    ),
    Rule(
        "H5", Group.CROSSING, "下周护学岗排班按时公布、人人可联系", "Next week's roster published, each line reachable",
        "公开来源；时间自定 a public source, the time is our own", _CONFIRMED, (Grade.B, Grade.D),
        frozenset({Input.ROSTERS, Input.STAFF, Input.SCHEDULE}), judge_roster,
        {"due_hours": Default(18, Unit.HOURS, "自定 our own", _OURS)},
    ),
)  # fmt: skip
