"""Why a step of a policy would reach nobody: codes with what they are about, said in words elsewhere."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from alerts.domain.escalation import Step
from alerts.domain.members import Contacts, Member
from alerts.domain.presence import Presence, list_called
from alerts.domain.registry import PostKind
from alerts.domain.rehearsal import Climb
from alerts.domain.spans import covers
from alerts.domain.staff import DESKS, WATCH_POSTS, StaffedPost
from alerts.domain.targets import Target, TargetKind, read_target

_Stretch = tuple[tuple[Presence, int], ...]  # places, and between which of their edges


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


class KnownReasons:
    """Reasons of targets, worked out once for each stretch in which nobody comes or goes there: for all policies and
    schools that call them."""

    def __init__(self) -> None:
        self._absences: dict[tuple[str, _Stretch], Sequence[Reason]] = {}
        self._faults: dict[tuple[tuple[str, ...], _Stretch], Sequence[Reason]] = {}
        self._people: dict[tuple[str, tuple[str, ...]], Reason | None] = {}

    def list_of(self, climb: Climb, text: str, channels: tuple[str, ...], at: datetime) -> Sequence[Reason]:
        """Why a target, called by these channels (none: by any) at an instant, reaches nobody."""
        target, places = read_target(text), climb.places[text]
        if target.kind is TargetKind.NEIGHBOURS:
            near = climb.school.neighbours.get(target.metres, ())
            return [Reason(ReasonCode.NEIGHBOURS_UNREACHED if near else ReasonCode.NO_NEIGHBOURS)]
        if not places:
            return list(_absences(climb, target, at))
        stretch = tuple((place, bisect_right(place.edges, at)) for place in places)
        absences = self._absences.get((text, stretch))
        if absences is None:
            absences = self._absences[text, stretch] = list(_absences(climb, target, at))
        faults = self._faults.get((channels, stretch))
        if faults is None:
            called = list_called(places, at)
            found = [self._find_fault(climb.staff.contacts, person, channels) for person, _ in called]
            faults = self._faults[channels, stretch] = [one for one in found if one]
        return [*absences, *faults]

    def _find_fault(self, contacts: Contacts, person: str, channels: tuple[str, ...]) -> Reason | None:
        if (person, channels) not in self._people:
            works = contacts.works(person, channels)
            self._people[person, channels] = None if works else find_fault(contacts.members[person], channels)
        return self._people[person, channels]


class Reasons:
    """Why the steps of a policy at a school would reach nobody."""

    def __init__(self, climb: Climb, known: KnownReasons) -> None:
        self._climb = climb
        self._of_targets = known
        self._of_steps: dict[tuple[int, tuple[int, ...]], Sequence[Reason]] = {}
        self._asked = [self._list_places(step) for step in climb.policy.steps]

    def list_of(self, step: int, at: datetime) -> Sequence[Reason]:
        """Why a step that fires at an instant reaches nobody by a method that works: the very same list for as long as
        nobody comes or goes."""
        stretch = tuple([bisect_right(place.edges, at) for place in self._asked[step]])
        found = self._of_steps.get((step, stretch))
        if found is None:
            found = self._of_steps[step, stretch] = list(dict.fromkeys(self._list(step, at)))
        return found

    def _list(self, number: int, at: datetime) -> Iterator[Reason]:
        step = self._climb.policy.steps[number]
        targets = [text for text in step.targets if text != TargetKind.POLICE]
        if not targets:
            yield Reason(ReasonCode.ONLY_POLICE)
        for text in targets:
            yield from self._of_targets.list_of(self._climb, text, step.channels, at)

    def _list_places(self, step: Step) -> Sequence[Presence]:
        """The places whose people's coming and going may change the reasons of a step."""
        texts = [text for text in step.targets if read_target(text).kind is not TargetKind.NEIGHBOURS]
        return [place for text in texts for place in self._climb.places[text]]


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
        wanted = climb.staff.posts_of(climb.school, kind)
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
