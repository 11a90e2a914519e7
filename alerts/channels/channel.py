"""What a channel is, and what it carries."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID

from alerts.domain.incidents import Incident
from alerts.domain.registry import PostKind


@dataclass(frozen=True, slots=True)
class Action:
    """Something that a message lets its reader do at once: `take` or `coming`, with a signed link that does it."""

    code: str
    label: str
    url: str


@dataclass(frozen=True, slots=True)
class Message:
    """One message to one person, about an incident or (None) a notice.

    `idempotency_key` is the same whenever it is sent again. `address` is the person's own at this channel, empty for
    channels that take messages for anybody. `title` is one line, `text` the whole message. `reply_code` answers by SMS.
    `zone` is the school's, an IANA time zone. `lead` says why this person is told, where that is not plain.
    """

    idempotency_key: UUID
    person: str
    person_name: str
    phone: str
    address: str
    post_kind: PostKind | None
    reason: str
    round: int
    step: int
    live: bool
    queued_at: datetime
    title: str
    text: str
    actions: tuple[Action, ...]
    reply_code: str | None
    incident: Incident | None
    zone: str = "Asia/Shanghai"
    lead: str = ""


@dataclass(frozen=True, slots=True)
class Handed:
    """The provider took a message: the id by which it speaks of it later, when it does."""

    provider_id: str | None = None


class ChannelRefused(Exception):
    """The channel did not take a message. `final` says that trying again is of no use; `retry_after_seconds` is the
    provider's own wish. `address_fault`: this person's address is wrong, not the message. The reason goes to the log:
    no secrets and no telephone numbers."""

    def __init__(
        self,
        reason: str,
        *,
        final: bool = False,
        retry_after_seconds: float | None = None,
        address_fault: bool = False,
    ) -> None:
        super().__init__(reason)
        self.final = final
        self.retry_after_seconds = retry_after_seconds
        self.address_fault = address_fault


class Channel(Protocol):
    """Sends messages. `code` is its row in the table `channel`. `confirms`: its provider tells later what arrived; a
    channel that does not confirm has delivered when the provider took the message."""

    code: str
    confirms: bool

    async def send(self, message: Message) -> Handed:
        """Returns when the provider has taken the message. Raises ChannelRefused."""
