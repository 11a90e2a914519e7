"""Who was on post: stretches between check-ins, where too few people were there, and what that makes of a rule.

A person is at one post at a time. Coming on without going off proves presence for some hours and no longer; afterwards
nobody knows. That too few were there is known only where people do check in; elsewhere it is unknown.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise

from alerts.domain.compliance.events import Implausible, PostAction, PostEvent
from alerts.domain.compliance.schedule import ClosedLoop
from alerts.domain.compliance.school_day import DeviceRole, PostDay, SchoolDay
from alerts.domain.compliance.verdicts import (
    NO_TIMETABLE,
    Judgement,
    Reason,
    Reference,
    ReferenceKind,
    Verdict,
    cite,
    say,
    tell_instant,
)
from alerts.domain.spans import Span, Spans, clip, intersect, unite


@dataclass(frozen=True, slots=True)
class Presence:
    """One person at one post, as far as check-ins prove it; `until` may be to come. `left_at` is when they are known to
    have gone, which may be after the proof ran out; None: nobody knows. `keys` are the check-ins."""

    person: str
    post: str
    since: datetime
    until: datetime
    left_at: datetime | None
    keys: tuple[str, ...]

    @property
    def span(self) -> Span:
        """When they were there."""
        return self.since, self.until


def find_presences(check_ins: Iterable[PostEvent], longest: timedelta) -> tuple[Presence, ...]:
    """Everybody's presences in order of time; only check-ins that count. A check-in proves presence for `longest`."""
    of_person: dict[str, list[PostEvent]] = defaultdict(list)
    for event in check_ins:
        if event.counts and event.action is not PostAction.POINT:
            of_person[event.person].append(event)
    found = (one for events in of_person.values() for one in _follow(events, longest))
    return tuple(sorted(found, key=lambda one: (one.since, one.person)))


def _follow(events: Sequence[PostEvent], longest: timedelta) -> Iterable[Presence]:
    """One person's presences. Coming on again where one is renews the proof; coming on elsewhere ends it."""
    come: list[PostEvent] = []
    for event in events:
        stays = bool(come) and event.action is PostAction.ON and event.post == come[-1].post
        if stays and event.at - come[-1].at <= longest:
            come.append(event)
        elif event.action is PostAction.ON:
            if come:
                yield _end(come, None if stays else event, longest)
            come = [event]
        elif come and event.post == come[-1].post:
            yield _end(come, event, longest)
            come = []
    if come:
        yield _end(come, None, longest)


def _end(come: Sequence[PostEvent], left: PostEvent | None, longest: timedelta) -> Presence:
    runs_out = come[-1].at + longest
    until = min(left.at, runs_out) if left else runs_out
    keys = tuple(event.key for event in (*come, *([left] if left else ())))
    return Presence(come[0].person, come[0].post, come[0].at, until, left.at if left else None, keys)


def find_lacks(there: Iterable[Span], within: Span, people: int = 1) -> Spans:
    """Where fewer than so many of these stretches, one a person, cover an instant."""
    since, until = within
    held = [(max(start, since), min(end, until)) for start, end in there if start < until and end > since]
    if people == 1:
        edges = sorted({since, until, *(edge for span in unite(held) for edge in span)})
    else:
        edges = sorted({since, until, *(edge for span in held for edge in span)})
    return unite(
        (one, other) for one, other in pairwise(edges) if sum(start <= one < end for start, end in held) < people
    )


@dataclass(frozen=True, slots=True)
class Watch:
    """A stretch in which people had to be there. `lacks`: where too few were for too long. `seen`: somebody was there.
    `deadline` is when a further lack will have lasted for too long, if nobody checks in."""

    span: Span
    lacks: Spans
    seen: bool
    deadline: datetime | None


def keep_watch(there: Sequence[Span], span: Span, now: datetime, people: int, tolerated: timedelta) -> Watch:
    """What is known of a stretch at `now`. A lack of the whole of it is too long however short it was."""
    since, until = span[0], min(span[1], now)

    def is_too_long(lack: Span) -> bool:
        goes_on = lack[1] == now < span[1]
        length = lack[1] - lack[0]
        return length > tolerated or (goes_on and timedelta() < length == tolerated) or lack == span

    lacks = tuple(one for one in find_lacks(there, (since, until), people) if is_too_long(one)) if since < until else ()
    to_come = (lack[0] for lack in find_lacks(there, span, people) if lack[0] + tolerated < lack[1])
    deadlines = (start + tolerated for start in to_come if start + tolerated > now or start >= now)
    return Watch(span, lacks, bool(clip(unite(there), (since, until))), min(deadlines, default=None))


# ---------------------------------------------------------------- windows of the day


def refuse_windows(day: SchoolDay) -> Judgement | None:
    """Why a rule about the times when pupils come and go says nothing today; None: it does."""
    if not day.schedule.in_session:
        return Judgement(Verdict.NOT_APPLICABLE, (say("not_in_session"),))
    if day.schedule.level is ClosedLoop.CLOSED:
        return Judgement(Verdict.NOT_APPLICABLE, (say("closed_loop"),))
    return NO_TIMETABLE if day.schedule.timetable is None else None


@dataclass(frozen=True, slots=True)
class Staffing:
    """What is asked of some posts in the windows of a day: so many people, with gaps no longer than `tolerated`."""

    posts: tuple[PostDay, ...]
    people: int
    tolerated: timedelta
    presences: tuple[Presence, ...]

    @property
    def codes(self) -> frozenset[str]:
        """The posts' codes."""
        return frozenset(post.code for post in self.posts)


def judge_windows(day: SchoolDay, windows: Spans, asked: Staffing) -> Judgement:
    """Whether enough people were there in each window that has begun."""
    there = [one for one in asked.presences if one.post in asked.codes]
    watches = [
        keep_watch([one.span for one in there], span, day.now, asked.people, asked.tolerated) for span in windows
    ]
    look_again_at = day.look_after((*(span[0] for span in windows), *(one.deadline for one in watches)))
    judged = [one for one in watches if one.span[0] < day.now and (one.seen or one.lacks)]
    if not judged:
        code = "window_to_come" if windows else "no_windows"
        return Judgement(Verdict.UNKNOWN, (say(code),), look_again_at=look_again_at)
    lacks = tuple(lack for one in judged for lack in one.lacks)
    keys = (key for one in there if intersect((one.span,), windows) for key in one.keys)
    references = cite(ReferenceKind.EVIDENCE, keys)
    if lacks:
        return _judge_lacks(day, asked, lacks, references, look_again_at)
    reason = say("on_post", windows=len(judged), people=asked.people)
    return Judgement(Verdict.MET, (reason,), references, look_again_at=look_again_at)


def _judge_lacks(
    day: SchoolDay, asked: Staffing, lacks: Spans, references: tuple[Reference, ...], look_again_at: datetime | None
) -> Judgement:
    """Too few checked in. That is a breach where people do check in and nothing hid it; else it is not known."""
    doubts = doubt_check_ins(day, asked.codes, lacks)
    if is_used(day, asked.codes) and not doubts:
        reasons = tuple(
            say("too_few_on_post", since=tell_instant(since), until=tell_instant(until)) for since, until in lacks
        )
        return Judgement(Verdict.NOT_MET, reasons, references, (say("staff_post"),), look_again_at)
    if is_rostered(asked.posts, lacks, asked.people):
        reasons = (say("rostered_only"), *doubts)
        return Judgement(Verdict.DECLARED, reasons, references, (say("check_in_on_post"),), look_again_at)
    reasons = (*tell_unknown(lacks), *doubts)
    return Judgement(Verdict.UNKNOWN, reasons, references, (say("check_in_on_post"),), look_again_at)


def tell_unknown(lacks: Spans) -> tuple[Reason, ...]:
    """Stretches in which nobody knows who was there."""
    return tuple(say("on_post_unknown", since=tell_instant(since), until=tell_instant(until)) for since, until in lacks)


def is_used(day: SchoolDay, posts: Collection[str]) -> bool:
    """Whether people check in at these posts at all: since the day before, or lately."""
    now = any(event.counts and event.post in posts for event in day.check_ins)
    return now or any(one.seen_at is not None and one.post in posts for one in day.holders)


def is_rostered(posts: Iterable[PostDay], lacks: Spans, people: int) -> bool:
    """Whether by the rosters so many people were to be there when too few checked in."""
    duty = [span for post in posts for _, span in post.duty]
    return not any(find_lacks(duty, lack, people) for lack in lacks)


def doubt_check_ins(day: SchoolDay, posts: Collection[str], lacks: Spans) -> tuple[Reason, ...]:
    """Why people may have been there all the same: a reader was not heard, or it is not known when they came."""
    readers = day.devices_of(DeviceRole.POST_READER)
    unheard = [one.code for one in readers if any(clip(unite(one.unheard), lack) for lack in lacks)]
    doubts = [say("post_reader_unheard", device=code) for code in unheard]
    timeless = sum(1 for one in day.check_ins if one.post in posts and Implausible.CLOCK_OFF in one.implausible)
    if timeless:
        doubts.append(say("implausible", events=timeless))
    return tuple(doubts)
