"""What one connection has brought and nobody has acknowledged yet: in memory, in order of arrival, and limited."""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import msgspec

from gateway.packets import Publish


@dataclass(frozen=True, slots=True)
class Limits:
    """What one connection may hold in memory. Reading pauses at a `held` limit and goes on below half of it."""

    held_messages: int = 8192
    held_bytes: int = 16 * 1024 * 1024
    # Published, not yet confirmed by the broker. MQTT has 65,535 packet identifiers.
    unconfirmed_messages: int = 20_000


class Delivery(msgspec.Struct, gc=False):
    """One message as the broker handed it over, to be given back to `acknowledge` of the connection it came by."""

    generation: int
    mid: int
    qos: int
    topic: str
    payload: bytes
    retained: bool
    received_at: datetime


class Held:
    """Deliveries from their arrival until they are acknowledged; those not yet taken wait in line."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._arrived: deque[Delivery] = deque()
        self._unacknowledged: dict[int, Delivery] = {}
        self._bytes = 0
        self.messages = 0

    @property
    def waiting(self) -> bool:
        """Whether something arrived that nobody has taken."""
        return bool(self._arrived)

    @property
    def room(self) -> int:
        """How many messages more may be held, at least one."""
        return max(1, self._limits.held_messages - self.messages)

    def repeats(self, message: Publish) -> bool:
        """Whether the broker sends something again that is still held here, as NATS does on a timer."""
        held = self._unacknowledged.get(message.mid) if message.qos else None
        return held is not None and held.payload == message.payload and held.topic == message.topic

    def add(self, delivery: Delivery) -> None:
        """It has arrived."""
        if delivery.qos:
            self._unacknowledged[delivery.mid] = delivery
        self.messages += 1
        self._bytes += len(delivery.payload)
        self._arrived.append(delivery)

    def take(self, limit: int) -> list[Delivery]:
        """What has arrived and was not taken, in order, at most `limit`; held until it is released."""
        return [self._arrived.popleft() for _ in range(min(limit, len(self._arrived)))]

    def release(self, deliveries: Sequence[Delivery]) -> None:
        """They are about to be acknowledged."""
        self.messages -= len(deliveries)
        self._bytes -= sum(len(delivery.payload) for delivery in deliveries)
        for delivery in deliveries:
            self._unacknowledged.pop(delivery.mid, None)

    def fills_less_than(self, share: float) -> bool:
        """Whether less than that share of both limits is held."""
        return self.messages < self._limits.held_messages * share and self._bytes < self._limits.held_bytes * share
