"""Who can be called at each instant of a stretch of time: what `alerts.storage.recipients` answers, for days at once.

It is made from the same facts (holdings, rosters' duty, leave, deputies, methods), and a test compares the two.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from alerts.domain.escalation import Recipient
from alerts.domain.people import Method
from alerts.domain.registry import PostKind, SchoolKind
from alerts.domain.spans import Span, Spans, covers, intersect, subtract, unite
from alerts.domain.targets import Target, TargetKind

# As in alerts.storage.recipients: whom "on duty here" calls beside those whom a roster puts on duty.
WATCH_POSTS = frozenset({PostKind.SCHOOL_DUTY, PostKind.DUTY_LEADER, PostKind.GUARD})
DESKS: Mapping[TargetKind, PostKind] = {
    TargetKind.DISTRICT: PostKind.DISTRICT_DESK,
    TargetKind.CITY: PostKind.CITY_DESK,
}
_ORDER = {kind: place for place, kind in enumerate(PostKind)}


@dataclass(frozen=True, slots=True)
class Way:
    """A contact method of a person, good or not. It works when it is verified, on and not failing."""

    channel: str
    verified: bool
    failing: bool
    enabled: bool
    address: str = ""

    @property
    def usable(self) -> bool:
        """Whether messages are sent by it at all."""
        return self.verified and self.enabled


@dataclass(frozen=True, slots=True)
class Member:
    """A person with their ways in their own order, when they are on leave, and who stands in then."""

    code: str
    name: str
    ways: tuple[Way, ...] = ()
    away: Spans = ()
    deputies: tuple[str, ...] = ()


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
class Call:
    """When a target calls somebody; `place` and `rank` order those who are called at the same time."""

    person: str
    post_kind: PostKind | None
    place: int
    rank: int
    spans: Spans


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
        self.shared = tuple(shared)
        self.members = members
        self._posts: dict[tuple[str | None, str | None], list[StaffedPost]] = defaultdict(list)
        for post in posts:
            self._posts[None if post.school else post.district, post.school].append(post)
        self._stints: dict[str, list[_Stint]] = {}
        self._present: dict[str, Spans] = {}

    def works(self, person: str, channels: Sequence[str]) -> bool:
        """Whether a message by one of these channels (none: by any) would arrive, as far as is known."""
        return bool(self.shared) or any(
            way.usable and not way.failing and (not channels or way.channel in channels)
            for way in self.members[person].ways
        )

    def make_recipient(self, person: str, post_kind: PostKind | None) -> Recipient:
        """The person as an escalation step sees them."""
        member = self.members[person]
        usable = sorted((way for way in member.ways if way.usable), key=lambda way: way.failing)
        methods = tuple(Method(way.channel, way.address) for way in usable)
        return Recipient(person, member.name, post_kind, methods, self.shared)

    def posts_of(self, school: WatchedSchool, kind: PostKind) -> list[tuple[int, StaffedPost]]:
        """Posts of a kind at the school, its district and the city, with the number of that place."""
        places = ((None, school.code), (school.district, None), (None, None))
        return [
            (number, post)
            for number, place in enumerate(places)
            for post in self._posts.get(place, ())
            if post.kind is kind
        ]

    def posts_at(self, school: str) -> list[StaffedPost]:
        """All posts of a school."""
        return self._posts.get((None, school), [])

    def calls_of(self, target: Target, school: WatchedSchool) -> list[Call]:
        """Whom a target calls, and when."""
        if target.kind is TargetKind.PERSON:
            known = self.members.get(target.person or "")
            return [Call(known.code, None, 0, 0, self._present_of(known.code))] if known else []
        if target.kind is TargetKind.ON_DUTY:
            return self._on_duty_at([school.code])
        if target.kind is TargetKind.NEIGHBOURS:
            return self._on_duty_at(school.neighbours.get(target.metres, ()))
        post = target.post or DESKS.get(target.kind)
        if post is None:
            return []
        return [
            Call(stint.person, post, number, stint.rank, stint.spans)
            for number, found in self.posts_of(school, post)
            for stint in self._stints_of(found)
            if stint.on_call or target.kind is TargetKind.TEAM
        ]

    def _on_duty_at(self, schools: Iterable[str]) -> list[Call]:
        calls: list[Call] = []
        for number, school in enumerate(schools):
            stints = [stint for post in self.posts_at(school) for stint in self._stints_of(post)]
            calls += [
                Call(stint.person, stint.kind, number, stint.rank, stint.spans)
                for stint in stints
                if stint.on_call and stint.kind in WATCH_POSTS
            ]
            calls += self._rostered_at(number, [stint for stint in stints if stint.kind not in WATCH_POSTS])
        return calls

    def _rostered_at(self, place: int, stints: Iterable[_Stint]) -> list[Call]:
        """At the other posts only those count who are on call and whom a roster knows, be it at two posts of a kind."""
        by_person: dict[tuple[str, PostKind], list[_Stint]] = defaultdict(list)
        for stint in stints:
            by_person[stint.person, stint.kind].append(stint)
        calls = []
        for (person, kind), own in by_person.items():
            rostered = unite(span for stint in own if stint.rostered for span in stint.spans)
            if rostered:
                calls += [
                    Call(person, kind, place, stint.rank, intersect(stint.spans, rostered))
                    for stint in own
                    if stint.on_call
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


def list_called(calls: Iterable[Call], at: datetime) -> list[tuple[str, PostKind | None]]:
    """Who is called at an instant, in the order in which they are."""
    ranks: dict[tuple[int, int, PostKind | None, str], int] = {}
    for call in calls:
        if covers(call.spans, at):
            key = (call.place, _ORDER[call.post_kind] if call.post_kind else 0, call.post_kind, call.person)
            ranks[key] = min(call.rank, ranks.get(key, call.rank))
    ordered = sorted(ranks, key=lambda key: (key[0], key[1], ranks[key], key[3]))
    return [(person, kind) for _, _, kind, person in ordered]
