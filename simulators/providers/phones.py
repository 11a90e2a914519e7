"""The telephones and chats at the other end: what each got, and what its owner did about it."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime


@dataclass(slots=True)
class Item:
    """Something that arrived: an SMS, a call, a chat's card. `state` is for people to read. `key` is what the sender
    gave along (OutId, SessionContext); `links` are a card's buttons."""

    id: int
    channel: str
    provider: str
    address: str
    text: str
    provider_id: str
    key: str
    links: tuple[tuple[str, str], ...] = ()
    state: str = "new"
    answers: list[str] = field(default_factory=list)
    received_at: datetime = field(default_factory=lambda: datetime.now(UTC))


class Phones:
    """All of them, the newest item last; the oldest go when there are too many."""

    def __init__(self, most: int = 20_000) -> None:
        self._most = most
        self._numbers = itertools.count(1)
        self._changed = asyncio.Condition()
        self.items: dict[int, Item] = {}

    async def add(
        self,
        channel: str,
        provider: str,
        address: str,
        text: str,
        *,
        key: str = "",
        links: tuple[tuple[str, str], ...] = (),
    ) -> Item:
        """Something arrived."""
        number = next(self._numbers)
        item = Item(number, channel, provider, address, text, f"{provider}-{channel}-{number}", key, links)
        self.items[number] = item
        while len(self.items) > self._most:
            del self.items[next(iter(self.items))]
        await self.note_change()
        return item

    async def note_change(self) -> None:
        """Wakes whoever waits for something."""
        async with self._changed:
            self._changed.notify_all()

    async def expect(self, matches: Callable[[Item], bool], *, seconds: float = 30.0) -> Item:
        """The first item that matches, once there is one. Raises TimeoutError."""
        async with asyncio.timeout(seconds), self._changed:
            await self._changed.wait_for(lambda: any(map(matches, self.items.values())))
        return next(item for item in self.items.values() if matches(item))

    def of(self, address: str) -> list[Item]:
        """What one telephone or chat got, oldest first."""
        return [item for item in self.items.values() if item.address == address]
