"""The people who can be called, and by which ways a message arrives, as far as is known beforehand."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from alerts.domain.escalation import Recipient
from alerts.domain.people import Method
from alerts.domain.registry import PostKind
from alerts.domain.spans import Spans


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


class Contacts:
    """Everybody who can be called. `shared` are channels that reach anybody."""

    def __init__(self, shared: Iterable[str], members: Mapping[str, Member]) -> None:
        self.shared = tuple(shared)
        self.members = members

    def works(self, person: str, channels: Sequence[str]) -> bool:
        """Whether a message by one of these channels (none: by any) would arrive, as far as is known."""
        return bool(self.shared) or any(
            way.usable and not way.failing and (not channels or way.channel in channels)
            for way in self.members[person].ways
        )

    def is_told(self, person: str, channels: Sequence[str]) -> bool:
        """Whether a message by one of these channels (none: by any) is sent at all, be they failing or not."""
        return bool(self.shared) or any(
            way.usable and (not channels or way.channel in channels) for way in self.members[person].ways
        )

    def make_recipient(self, person: str, post_kind: PostKind | None) -> Recipient:
        """The person as an escalation step sees them."""
        member = self.members[person]
        usable = sorted((way for way in member.ways if way.usable), key=lambda way: way.failing)
        methods = tuple(Method(way.channel, way.address) for way in usable)
        return Recipient(person, member.name, post_kind, methods, self.shared)
