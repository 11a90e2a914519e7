"""What providers say later, in words that no provider owns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from alerts.domain.people import DeliveryState


@dataclass(frozen=True, slots=True)
class Receipt:
    """What became of a message: delivered, seen or failed. `key` is our own idempotency key where the provider gives it
    back. `address_fault`: this person's address is wrong or gone, as opposed to a line that was busy."""

    state: DeliveryState
    provider_id: str | None
    key: UUID | None = None
    error: str | None = None
    address_fault: bool = False


@dataclass(frozen=True, slots=True)
class Reply:
    """What a person answered: the `text` of an SMS, or the `key` that they pressed in a call. `provider_id` names the
    message where the provider says which; `at` is when, where it says so."""

    channel: str
    address: str
    provider_id: str | None
    text: str | None = None
    key: str | None = None
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Callback:
    """One call of a provider: receipts and replies."""

    receipts: Sequence[Receipt] = ()
    replies: Sequence[Reply] = ()


class CallbackUnreadable(ValueError):
    """What a provider sent is not in its form."""


def read_key(text: str | None) -> UUID | None:
    """Our own key as a provider gave it back; None when it is not one."""
    try:
        return UUID(text) if text else None
    except ValueError:
        return None
