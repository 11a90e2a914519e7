"""Why a step of a policy would reach nobody: codes with what they are about, said in words elsewhere."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from alerts.domain.registry import PostKind
from alerts.domain.rehearsal import Climb
from alerts.domain.spans import covers
from alerts.domain.staff import DESKS, WATCH_POSTS, Member, StaffedPost, list_called
from alerts.domain.targets import Target, TargetKind, read_target


class ReasonCode(StrEnum):
    """What is wrong. `alerts.readiness.coverage_words` says each in words."""

    NO_POST = "no_post"
    NOBODY_HOLDS = "nobody_holds"
    ROSTER_GAP = "roster_gap"
    ROSTER_ENDS = "roster_ends"
    ROSTER_EMPTY = "roster_empty"
    ON_LEAVE = "on_leave"
    DEPUTY_ON_LEAVE = "deputy_on_leave"
    NO_METHOD = "no_method"
    NOT_VERIFIED = "not_verified"
    CHANNEL_OFF = "channel_off"
    FAILING = "failing"
    WRONG_CHANNEL = "wrong_channel"
    NO_SUCH_PERSON = "no_such_person"
    NO_NEIGHBOURS = "no_neighbours"
    NEIGHBOURS_UNREACHED = "neighbours_unreached"
    NOBODY_ON_DUTY = "nobody_on_duty"
    ONLY_POLICE = "only_police"
    TOO_LATE = "too_late"


@dataclass(frozen=True, slots=True)
class Reason:
    """Why nobody is reached: what is null does not belong to the code.

    `at` is when a roster ends or somebody comes back, `channels` are those that are off, failing or asked for,
    `seconds` how long after the press somebody would be reached at last.
    """

    code: ReasonCode
    post: str | None = None
    post_name: str | None = None
    post_kind: PostKind | None = None
    person: str | None = None
    person_name: str | None = None
    at: datetime | None = None
    channels: tuple[str, ...] = ()
    seconds: int | None = None


def list_reasons(climb: Climb, step: int, at: datetime) -> list[Reason]:
    """Why a step that fires at an instant reaches nobody by a method that works."""
    targets = [text for text in climb.policy.steps[step].targets if text != TargetKind.POLICE]
    if not targets:
        return [Reason(ReasonCode.ONLY_POLICE)]
    found = [reason for text in targets for reason in _reasons_of(climb, step, text, at)]
    return list(dict.fromkeys(found))


def list_late_reasons(climb: Climb, pressed_at: datetime, within: timedelta) -> list[Reason]:
    """That somebody is reached at last, and how late."""
    reached = climb.find_reached(pressed_at, within)
    return [Reason(ReasonCode.TOO_LATE, seconds=int(reached.after_seconds))] if reached else []


def find_fault(member: Member, channels: tuple[str, ...]) -> Reason:
    """Why somebody who is called cannot be reached by one of these channels (none: by any)."""
    ways = [way for way in member.ways if not channels or way.channel in channels]
    verified = [way for way in ways if way.verified]
    said = tuple(dict.fromkeys(way.channel for way in verified))
    if not member.ways:
        code = ReasonCode.NO_METHOD
    elif not ways:
        code, said = ReasonCode.WRONG_CHANNEL, channels
    elif not verified:
        code, said = ReasonCode.NOT_VERIFIED, tuple(dict.fromkeys(way.channel for way in ways))
    elif not any(way.enabled for way in verified):
        code = ReasonCode.CHANNEL_OFF
    else:
        code, said = ReasonCode.FAILING, tuple(dict.fromkeys(way.channel for way in verified if way.enabled))
    return Reason(code, person=member.code, person_name=member.name, channels=said)


def _reasons_of(climb: Climb, step: int, text: str, at: datetime) -> Iterator[Reason]:
    target, staff = read_target(text), climb.staff
    called = list_called(climb.calls[text], at)
    if target.kind is TargetKind.NEIGHBOURS:
        known = climb.school.neighbours.get(target.metres, ())
        yield Reason(ReasonCode.NEIGHBOURS_UNREACHED if known else ReasonCode.NO_NEIGHBOURS)
        return
    yield from _absences(climb, target, at)
    channels = climb.policy.steps[step].channels
    yield from (
        find_fault(staff.members[person], channels) for person, _ in called if not staff.works(person, channels)
    )


def _absences(climb: Climb, target: Target, at: datetime) -> Iterator[Reason]:
    """Why people whom a target could call are not called."""
    if target.kind is TargetKind.PERSON:
        known = climb.staff.members.get(target.person or "")
        if known is None:
            yield Reason(ReasonCode.NO_SUCH_PERSON, person=target.person)
        else:
            yield from _leave_of(known, at, ())
        return
    kind = target.post or DESKS.get(target.kind)
    if kind is None:
        posts = climb.staff.posts_at(climb.school.code)
        wanted = [post for post in posts if post.rostered or post.kind in WATCH_POSTS]
        if not wanted:
            yield Reason(ReasonCode.NOBODY_ON_DUTY)
    else:
        wanted = [post for _, post in climb.staff.posts_of(climb.school, kind)]
        if not wanted:
            yield Reason(ReasonCode.NO_POST, post_kind=kind)
    for post in wanted:
        yield from _vacancy_of(climb, post, at, off_duty_too=target.kind is TargetKind.TEAM)


def _vacancy_of(climb: Climb, post: StaffedPost, at: datetime, *, off_duty_too: bool) -> Iterator[Reason]:
    if post.rostered and not off_duty_too:
        if not any(covers(spans, at) for _, spans in post.duty):
            yield _roster_reason(post, at)
        return
    if not post.holders:
        yield Reason(ReasonCode.NOBODY_HOLDS, post.code, post.name, post.kind)
    members = climb.staff.members
    for person, _ in post.holders:
        yield from _leave_of(members[person], at, [members[one] for one in members[person].deputies], post)


def _roster_reason(post: StaffedPost, at: datetime) -> Reason:
    if post.duty_ends_at is None:
        return Reason(ReasonCode.ROSTER_EMPTY, post.code, post.name, post.kind)
    if post.duty_ends_at <= at:
        return Reason(ReasonCode.ROSTER_ENDS, post.code, post.name, post.kind, at=post.duty_ends_at)
    return Reason(ReasonCode.ROSTER_GAP, post.code, post.name, post.kind)


def _leave_of(
    member: Member, at: datetime, deputies: Iterable[Member], post: StaffedPost | None = None
) -> Iterator[Reason]:
    """That somebody is on leave and nobody stands in."""
    until = next((end for start, end in member.away if start <= at < end), None)
    if until is None:
        return
    known = list(deputies)
    if known and not all(covers(one.away, at) for one in known):
        return
    yield Reason(
        ReasonCode.DEPUTY_ON_LEAVE if known else ReasonCode.ON_LEAVE,
        post=post.code if post else None,
        post_name=post.name if post else None,
        post_kind=post.kind if post else None,
        person=member.code,
        person_name=member.name,
        at=until,
    )
