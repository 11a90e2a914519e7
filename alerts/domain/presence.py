"""Who is at one place to be called, and when a message reaches somebody there: worked out once for all who ask."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from alerts.domain.members import Contacts
from alerts.domain.registry import PostKind
from alerts.domain.spans import Span, Spans, covers, unite

_ORDER = {kind: place for place, kind in enumerate(PostKind)}


@dataclass(frozen=True, slots=True)
class Call:
    """When a target calls somebody; `rank` orders those who are called at the same time."""

    person: str
    post_kind: PostKind | None
    rank: int
    spans: Spans


class Presence:
    """Those whom a target calls at one place (a school, a district, the city), in the whole stretch that is known.

    Most of a city is called by many: its desks by every school, a school's people by its neighbours too.
    """

    def __init__(self, span: Span, calls: Sequence[Call], contacts: Contacts) -> None:
        self.calls = calls
        self._span = span
        self._contacts = contacts
        self._working: dict[tuple[str, ...], Spans] = {}
        self._told: dict[tuple[str, ...], Spans] = {}

    @cached_property
    def edges(self) -> Sequence[datetime]:
        """The instants at which somebody comes or goes, in order."""
        return sorted({edge for call in self.calls for span in call.spans for edge in span})

    def find_working(self, channels: tuple[str, ...]) -> Spans:
        """When somebody is there whom a message by one of these channels (none: by any) would reach."""
        known = self._working.get(channels)
        if known is None:
            known = self._working[channels] = self._unite(self._contacts.works, channels)
        return known

    def find_told(self, channels: tuple[str, ...]) -> Spans:
        """When somebody is there to whom such a message is sent, whether it would arrive or not."""
        known = self._told.get(channels)
        if known is None:
            known = self._told[channels] = self._unite(self._contacts.is_told, channels)
        return known

    def _unite(self, is_reached: Callable[[str, Sequence[str]], bool], channels: tuple[str, ...]) -> Spans:
        reached = {person for person in {call.person for call in self.calls} if is_reached(person, channels)}
        spans = [call.spans for call in self.calls if call.person in reached]
        if (self._span,) in spans:  # mostly somebody is always there: no need to look at the others
            return (self._span,)
        return unite(span for of_one in spans for span in of_one)


def list_called(places: Iterable[Presence], at: datetime) -> list[tuple[str, PostKind | None]]:
    """Who is called at an instant, in the order in which they are: place by place."""
    return [called for place in places for called in _list_called_at(place, at)]


def _list_called_at(place: Presence, at: datetime) -> Iterator[tuple[str, PostKind | None]]:
    ranks: dict[tuple[str, PostKind | None], int] = {}
    for call in place.calls:
        if covers(call.spans, at):
            key = call.person, call.post_kind
            ranks[key] = min(call.rank, ranks.get(key, call.rank))

    def order(key: tuple[str, PostKind | None]) -> tuple[int, int, str]:
        return _ORDER[key[1]] if key[1] else 0, ranks[key], key[0]

    yield from sorted(ranks, key=order)
