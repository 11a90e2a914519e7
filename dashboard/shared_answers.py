"""Answers that many boards ask for at once are worked out once for all of them, and none is older than its question."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable, Hashable


class SharedAnswers:
    """While an answer is worked out, whoever asks the same waits for the next one, and shares it with all who wait."""

    def __init__(self) -> None:
        self._next: dict[Hashable, asyncio.Task[bytes]] = {}
        self._turns: defaultdict[Hashable, asyncio.Lock] = defaultdict(asyncio.Lock)

    async def ask(self, question: Hashable, work_out: Callable[[], Awaitable[bytes]]) -> bytes:
        """The answer. `work_out` may raise, and does so for all who share it."""
        coming = self._next.get(question)
        if coming is None:
            coming = self._next[question] = asyncio.create_task(self._take_turn(question, work_out))
        return await asyncio.shield(coming)  # who hangs up takes it from nobody else

    async def _take_turn(self, question: Hashable, work_out: Callable[[], Awaitable[bytes]]) -> bytes:
        turn = self._turns[question]
        async with turn:
            del self._next[question]  # from here on it may be too old for who asks
            try:
                return await work_out()
            finally:
                if question not in self._next:
                    del self._turns[question]
