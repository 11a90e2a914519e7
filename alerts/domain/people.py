"""How a person is reached, and what became of a message to them."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class DeliveryState(StrEnum):
    """What became of a message. `handed_over`: the provider took it and will tell; `covered`: it is not needed."""

    QUEUED = "queued"
    HANDED_OVER = "handed_over"
    DELIVERED = "delivered"
    SEEN = "seen"
    ANSWERED = "answered"
    FAILED = "failed"
    COVERED = "covered"


REACHED = frozenset({DeliveryState.DELIVERED, DeliveryState.SEEN, DeliveryState.ANSWERED})


@dataclass(frozen=True, slots=True)
class Method:
    """A verified way to reach a person by a channel that is switched on; people have them in an order of their own."""

    channel: str
    address: str


PUSH = "push"  # notifications in a person's own browsers
# Used at once beside the best method, wherever it stands in the order: it costs nothing, says by itself whether
# it arrived, and nobody waits for it.
BESIDE = frozenset({PUSH})
