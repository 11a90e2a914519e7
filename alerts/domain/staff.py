"""Who can be called at each instant of a stretch of time: what `alerts.storage.recipients` answers, for days at once.

It is made from the same facts (holdings, rosters' duty, leave, deputies, methods), and a test compares the two.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from alerts.domain.members import Contacts, Member
from alerts.domain.presence import Call, Presence
from alerts.domain.registry import PostKind, SchoolKind
from alerts.domain.spans import Span, Spans, intersect, subtract, unite
from alerts.domain.targets import Target, TargetKind

# As in alerts.storage.recipients: whom "on duty here" calls beside those whom a roster puts on duty.
WATCH_POSTS = frozenset({PostKind.SCHOOL_DUTY, PostKind.DUTY_LEADER, PostKind.GUARD})
DESKS: Mapping[TargetKind, PostKind] = {
    TargetKind.DISTRICT: PostKind.DISTRICT_DESK,
    TargetKind.CITY: PostKind.CITY_DESK,
}
_Place = tuple[
    str | None, str | None
]  # district and school; a school alone, a district alone, or with neither the city


@dataclass(frozen=True, slots=True)
class StaffedPost:
    """A post, who holds it in which order, and with a roster who is on duty when.

    `duty_ends_at` is the end of the last duty that the roster gives, inside the stretch or not; None without any.
    """

    code: str
    kind: PostKind
    name: str
    school: str | None
    district: str | None
    rostered: bool
    holders: tuple[tuple[str, int], ...] = ()
    duty: tuple[tuple[str, Spans], ...] = ()
    duty_ends_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class WatchedSchool:
    """A school and its neighbours, by metres (None: by education group), nearest first."""

    code: str
    name: str
    district: str
    kind: SchoolKind
    zone: str
    neighbours: Mapping[int | None, Sequence[str]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Stint:
    """When somebody is at a post. As in the statement `list_callees`."""

    person: str
    kind: PostKind
    rank: int
    spans: Spans
    on_call: bool
    rostered: bool


class Staff:
    """All who can be called from `span[0]` until before `span[1]`. `shared` are channels that reach anybody."""

    def __init__(
        self, span: Span, shared: Iterable[str], members: Mapping[str, Member], posts: Iterable[StaffedPost]
    ) -> None:
        self.span = span
        self.members = members
        self.contacts = Contacts(shared, members)
        self._posts: dict[_Place, list[StaffedPost]] = defaultdict(list)
        for post in posts:
            self._posts[None if post.school else post.district, post.school].append(post)
        self._stints: dict[str, list[_Stint]] = {}
        self._present: dict[str, Spans] = {}
        self._presences: dict[tuple[TargetKind, tuple[Any, ...]], Presence] = {}

    def posts_of(self, school: WatchedSchool, kind: PostKind) -> list[StaffedPost]:
        """Posts of a kind at the school, its district and the city."""
        return [post for place in _places_of(school) for post in self._posts.get(place, ()) if post.kind is kind]

    def posts_at(self, school: str) -> list[StaffedPost]:
        """All posts of a school."""
        return self._posts.get((None, school), [])

    def presences_of(self, target: Target, school: WatchedSchool) -> list[Presence]:
        """Whom a target calls, and when, place by place in the order in which they are called."""
        if target.kind is TargetKind.PERSON:
            return [self._presence(target.kind, target.person)] if target.person in self.members else []
        if target.kind is TargetKind.ON_DUTY:
            return [self._presence(target.kind, school.code)]
        if target.kind is TargetKind.NEIGHBOURS:
            return [self._presence(TargetKind.ON_DUTY, near) for near in school.neighbours.get(target.metres, ())]
        kind = target.post or DESKS.get(target.kind)
        if kind is None:
            return []
        how = TargetKind.TEAM if target.kind is TargetKind.TEAM else TargetKind.POST
        return [self._presence(how, kind, place) for place in _places_of(school)]

    def _presence(self, how: TargetKind, *of: Any) -> Presence:
        known = self._presences.get((how, of))
        if known is None:
            find_calls: Mapping[TargetKind, Callable[..., list[Call]]] = {
                TargetKind.PERSON: self._call_person,
                TargetKind.ON_DUTY: self._call_on_duty,
                TargetKind.POST: self._call_post,
                TargetKind.TEAM: self._call_team,
            }
            known = self._presences[how, of] = Presence(self.span, find_calls[how](*of), self.contacts)
        return known

    def _call_person(self, person: str) -> list[Call]:
        return [Call(person, None, 0, self._present_of(person))]

    def _call_post(self, kind: PostKind, place: _Place) -> list[Call]:
        return [Call(one.person, kind, one.rank, one.spans) for one in self._stints_at(kind, place) if one.on_call]

    def _call_team(self, kind: PostKind, place: _Place) -> list[Call]:
        return [Call(one.person, kind, one.rank, one.spans) for one in self._stints_at(kind, place)]

    def _stints_at(self, kind: PostKind, place: _Place) -> list[_Stint]:
        return [stint for post in self._posts.get(place, ()) if post.kind is kind for stint in self._stints_of(post)]

    def _call_on_duty(self, school: str) -> list[Call]:
        stints = [stint for post in self.posts_at(school) for stint in self._stints_of(post)]
        watching = [stint for stint in stints if stint.on_call and stint.kind in WATCH_POSTS]
        calls = [Call(stint.person, stint.kind, stint.rank, stint.spans) for stint in watching]
        return calls + self._rostered_at([stint for stint in stints if stint.kind not in WATCH_POSTS])

    def _rostered_at(self, stints: Iterable[_Stint]) -> list[Call]:
        """At the other posts only those count who are on call and whom a roster knows, be it at two posts of a kind."""
        by_person: dict[tuple[str, PostKind], list[_Stint]] = defaultdict(list)
        for stint in stints:
            by_person[stint.person, stint.kind].append(stint)
        calls = []
        for (person, kind), own in by_person.items():
            rostered = unite(span for stint in own if stint.rostered for span in stint.spans)
            if rostered:
                calls += [
                    Call(person, kind, stint.rank, intersect(stint.spans, rostered)) for stint in own if stint.on_call
                ]
        return calls

    def _stints_of(self, post: StaffedPost) -> list[_Stint]:
        known = self._stints.get(post.code)
        if known is None:
            known = self._stints[post.code] = list(self._list_stints(post))
        return known

    def _list_stints(self, post: StaffedPost) -> Iterable[_Stint]:
        for person, rank in post.holders:
            on_call, rostered = not post.rostered, post.rostered
            yield _Stint(person, post.kind, rank, self._present_of(person), on_call, rostered)
            away = self.members[person].away
            for deputy in self.members[person].deputies if away else ():
                spans = intersect(away, self._present_of(deputy))
                yield _Stint(deputy, post.kind, rank, spans, on_call, rostered)
        for person, spans in post.duty:
            yield _Stint(person, post.kind, 0, spans, True, True)

    def _present_of(self, person: str) -> Spans:
        known = self._present.get(person)
        if known is None:
            away = self.members[person].away
            known = self._present[person] = subtract((self.span,), away) if away else (self.span,)
        return known


def _places_of(school: WatchedSchool) -> tuple[_Place, ...]:
    """Where the posts are that a school's policies call: there, in its district, in the city."""
    return (None, school.code), (school.district, None), (None, None)
