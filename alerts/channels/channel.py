"""What a channel is, and what it carries."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID

from alerts.domain.incidents import Incident
from alerts.domain.registry import PostKind


@dataclass(frozen=True, slots=True)
class Message:
    """One message to one person about one step. `idempotency_key` is the same whenever it is sent again."""

    idempotency_key: UUID
    person: str
    person_name: str
    phone: str
    post_kind: PostKind
    round: int
    step: int
    queued_at: datetime
    text: str
    incident: Incident


class ChannelRefused(Exception):
    """The channel did not take a message. `final` says that trying again is of no use; `retry_after_seconds` is the
    provider's own wish."""

    def __init__(self, reason: str, *, final: bool = False, retry_after_seconds: float | None = None) -> None:
        super().__init__(reason)
        self.final = final
        self.retry_after_seconds = retry_after_seconds


class Channel(Protocol):
    """Sends messages; `code` is its row in the table `channel`."""

    code: str

    async def send(self, message: Message) -> None:
        """Returns when the provider has taken the message. Raises ChannelRefused."""
