"""Who was on post: stretches between check-ins, where too few people were there, and what that makes of a rule.

A person is at one post at a time. Presence is proved from one check-in to the next. Who came on and said no more is
taken to be there for some hours; when these are over, nobody knows since when they are not. That too few were there is
known only where people do check in; elsewhere it is unknown.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import pairwise

from alerts.domain.compliance.events import Implausible, PostAction, PostEvent
from alerts.domain.compliance.schedule import ClosedLoop
from alerts.domain.compliance.school_day import DeviceRole, PostDay, SchoolDay
from alerts.domain.compliance.verdicts import (
    NO_TIMETABLE,
    Judgement,
    Reason,
    ReferenceKind,
    Verdict,
    cite,
    say,
    tell_instant,
)
from alerts.domain.registry import PointKind
from alerts.domain.spans import Span, Spans, clip, intersect, subtract, unite


@dataclass(frozen=True, slots=True)
class Presence:
    """One person at one post. `until` is how far it is proved, or taken for granted for now; `may_until` how long they
    may have been there; `left_at` when they are known to have gone (None: nobody knows). `keys` are the check-ins."""

    person: str
    post: str
    since: datetime
    until: datetime
    may_until: datetime
    left_at: datetime | None
    keys: tuple[str, ...]

    @property
    def proved(self) -> Span:
        """When they were there."""
        return self.since, self.until

    @property
    def possible(self) -> Span:
        """When they may have been there."""
        return self.since, self.may_until


@dataclass(frozen=True, slots=True)
class Patience:
    """How long a check-in tells: coming on for so long (`word`) without another word, and from coming on to going off
    at most a shift."""

    word: timedelta
    shift: timedelta


def find_presences(
    check_ins: Sequence[PostEvent], posts: Collection[str], patience: Patience, now: datetime
) -> tuple[Presence, ...]:
    """Everybody's presences at these posts, in order of time; only check-ins that count. Those at other posts matter
    too, because nobody is at two."""
    people = {event.person for event in check_ins if event.post in posts}
    of_person: dict[str, list[PostEvent]] = defaultdict(list)
    for event in check_ins:
        if event.person in people and event.action is not PostAction.POINT and event.counts:
            of_person[event.person].append(event)
    found = (one for events in of_person.values() for one in _follow(events, patience, now) if one.post in posts)
    return tuple(sorted(found, key=lambda one: (one.since, one.person)))


def _follow(events: Sequence[PostEvent], patience: Patience, now: datetime) -> Iterable[Presence]:
    """One person's presences. Coming on again where one is carries on; coming on elsewhere ends it."""
    come: list[PostEvent] = []
    for event in events:
        here = bool(come) and event.post == come[-1].post
        if event.action is PostAction.ON:
            if here and event.at - come[-1].at <= patience.word:
                come.append(event)
                continue
            if come:
                yield _end(come, event, patience)
            come = [event]
        elif here:
            yield _end(come, event, patience)
            come = []
    if come:
        yield _leave_open(come, patience, now)


def _end(come: Sequence[PostEvent], last: PostEvent, patience: Patience) -> Presence:
    """A presence that the next check-in ends. Going off proves that somebody was there since the one before, unless
    that is longer than a shift; coming on anew, here or elsewhere, does not."""
    before, goes = come[-1].at, last.action is PostAction.OFF
    until = last.at if goes and last.at - before <= patience.shift else before
    may_until = last.at if goes else min(last.at, before + patience.shift)
    keys = tuple(event.key for event in (*come, last))
    return Presence(come[0].person, come[0].post, come[0].at, until, may_until, last.at if goes else None, keys)


def _leave_open(come: Sequence[PostEvent], patience: Patience, now: datetime) -> Presence:
    """A presence of which nobody has heard the end."""
    before = come[-1].at
    until = before + patience.word if now <= before + patience.word else before
    keys = tuple(event.key for event in come)
    return Presence(come[0].person, come[0].post, come[0].at, until, before + patience.shift, None, keys)


def find_lacks(there: Iterable[Span], within: Span, people: int = 1) -> Spans:
    """Where fewer than so many of these stretches, one a person, cover an instant."""
    since, until = within
    held = [(max(start, since), min(end, until)) for start, end in there if start < until and end > since]
    if people == 1:
        return subtract((within,), unite(held))
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
    """What is asked of some posts: so many people, with gaps no longer than `tolerated`; and who was there."""

    posts: tuple[PostDay, ...]
    people: int
    tolerated: timedelta
    there: tuple[Presence, ...]

    @property
    def codes(self) -> frozenset[str]:
        """The posts' codes."""
        return frozenset(post.code for post in self.posts)

    @property
    def proved(self) -> list[Span]:
        """When people were there."""
        return [one.proved for one in self.there]

    @property
    def possible(self) -> list[Span]:
        """When people may have been there."""
        return [one.possible for one in self.there]

    def run_out(self, now: datetime) -> list[datetime]:
        """When those who are taken to be there have given no word for too long."""
        return [one.until for one in self.there if one.until > now]


def judge_windows(day: SchoolDay, windows: Spans, asked: Staffing) -> Judgement:
    """Whether enough people were there in each window that has begun."""
    proved = [keep_watch(asked.proved, span, day.now, asked.people, asked.tolerated) for span in windows]
    deadlines = (*(span[0] for span in windows), *(one.deadline for one in proved), *asked.run_out(day.now))
    look_again_at = day.look_after(deadlines)
    judged = [one for one in proved if one.span[0] < day.now and (one.seen or one.lacks)]
    if not judged:
        code = "window_to_come" if windows else "no_windows"
        return Judgement(Verdict.UNKNOWN, (say(code),), look_again_at=look_again_at)
    keys = (key for one in asked.there if intersect((one.possible,), windows) for key in one.keys)
    references = cite(ReferenceKind.EVIDENCE, keys)
    if any(one.lacks for one in judged):
        return replace(_judge_lacks(day, asked, judged), references=references, look_again_at=look_again_at)
    reason = say("on_post", windows=len(judged), people=asked.people)
    return Judgement(Verdict.MET, (reason,), references, look_again_at=look_again_at)


def _judge_lacks(day: SchoolDay, asked: Staffing, judged: Sequence[Watch]) -> Judgement:
    """Too few checked in. That is a breach where people do check in, nothing hid it, and nobody may have been there
    without another word; else it is not known."""
    lacks = tuple(lack for one in judged for lack in one.lacks)
    possible = (keep_watch(asked.possible, one.span, day.now, asked.people, asked.tolerated) for one in judged)
    known = tuple(lack for one in possible for lack in one.lacks)
    doubts = doubt_check_ins(day, asked.codes, known or lacks)
    if known and is_used(day, asked.codes) and not doubts:
        reasons = tuple(
            say("too_few_on_post", since=tell_instant(since), until=tell_instant(until)) for since, until in known
        )
        return Judgement(Verdict.NOT_MET, reasons, mend=(say("staff_post"),))
    mend = (say("check_in_on_post"),)
    if is_rostered(asked.posts, lacks, asked.people):
        return Judgement(Verdict.DECLARED, (say("rostered_only"), *doubts), mend=mend)
    return Judgement(Verdict.UNKNOWN, (*tell_unknown(lacks), *doubts), mend=mend)


def tell_unknown(lacks: Spans) -> tuple[Reason, ...]:
    """Stretches in which nobody knows who was there."""
    return tuple(say("on_post_unknown", since=tell_instant(since), until=tell_instant(until)) for since, until in lacks)


def place_posts(
    posts: Iterable[PostDay], check_ins: Iterable[PostEvent], readers: Mapping[str, PointKind]
) -> tuple[PostDay, ...]:
    """Posts with where they are: at the place of the readers at which people check in for them, when these agree. Of a
    post at which nobody checked in by a reader nobody knows."""
    kinds: dict[str, set[PointKind]] = defaultdict(set)
    for event in check_ins:
        if event.action is not PostAction.POINT and event.device in readers:
            kinds[event.post].add(readers[event.device])
    return tuple(
        replace(post, point_kind=next(iter(kinds[post.code]))) if len(kinds[post.code]) == 1 else post for post in posts
    )


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
