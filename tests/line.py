"""One connection to a database for as long as the tests like: each of them has a loop of its own, and a connection for
each statement would cost as much as what the statement does."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Coroutine
from concurrent.futures import Future
from typing import Any, TypeVar

import asyncpg

T = TypeVar("T")


class Line:
    """Statements of any loop, one after the other, over one connection in a loop and a thread of its own.

    It is opened by the first one, and anew after the server was away.
    """

    def __init__(self, url: str) -> None:
        self._url = url
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="line", daemon=True)
        self._thread.start()
        self._turn = asyncio.Lock()
        self._connection: asyncpg.Connection[asyncpg.Record] | None = None

    async def fetch(self, statement: str, *values: Any) -> list[asyncpg.Record]:
        """Runs one statement and returns its rows. Raises what asyncpg raises, also while the server is away."""
        return await asyncio.wrap_future(self._submit(self._fetch(statement, *values)))

    def close(self) -> None:
        """Hangs up."""
        self._submit(self._hang_up()).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    async def _fetch(self, statement: str, *values: Any) -> list[asyncpg.Record]:
        async with self._turn:
            if self._connection is None or self._connection.is_closed():
                self._connection = await asyncpg.connect(self._url)
            return list(await self._connection.fetch(statement, *values))

    async def _hang_up(self) -> None:
        if self._connection is not None and not self._connection.is_closed():
            await self._connection.close()

    def _submit(self, work: Coroutine[Any, Any, T]) -> Future[T]:
        return asyncio.run_coroutine_threadsafe(work, self._loop)
