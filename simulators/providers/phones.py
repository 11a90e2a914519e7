"""The telephones, chats and mailboxes at the other end: what each got, and what its owner did about it."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime


@dataclass(slots=True)
class Item:
    """Something that arrived: an SMS, a call, a chat's card, a mail. `state` is for people to read. `key` is what the
    sender gave along (OutId, SessionContext, Message-ID); `links` are a card's buttons, or a mail's. `expected` tells
    that a test asked for it."""

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
    expected: bool = False
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
        found = next(item for item in self.items.values() if matches(item))
        found.expected = True
        return found

    def look(self, matches: Callable[[Item], bool] = lambda _: True) -> list[Item]:
        """What matches, oldest first. Whoever looks at something has expected it."""
        found = [item for item in self.items.values() if matches(item)]
        for item in found:
            item.expected = True
        return found

    def of(self, address: str) -> list[Item]:
        """What one telephone, chat or mailbox got, oldest first, as `look` does."""
        return self.look(lambda item: item.address == address)
