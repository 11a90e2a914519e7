"""LISTEN: a bell that wakes a loop, and nothing more. Whoever is woken asks the table."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import structlog

from alerts.storage.database import Database
from alerts.storage.errors import StorageUnavailable

_log = structlog.get_logger()
_RETRY_SECONDS = 1.0


class Waker:
    """Rings when a notification comes, and again each time it found its way back to the database."""

    def __init__(self, database: Database, channel: str) -> None:
        self._database = database
        self._channel = channel
        self._rung = asyncio.Event()
        self._lost = asyncio.Event()

    @classmethod
    @asynccontextmanager
    async def listening(cls, database: Database, channel: str) -> AsyncIterator[Waker]:
        """Listens while the block runs, through losses of the database."""
        waker = cls(database, channel)
        task = asyncio.create_task(waker._keep_listening(), name=f"listen.{channel}")
        try:
            yield waker
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    async def wait(self, seconds: float) -> None:
        """Returns when it rang, at the latest after `seconds`."""
        try:
            async with asyncio.timeout(seconds):
                await self._rung.wait()
        except TimeoutError:
            pass
        self._rung.clear()

    def ring(self) -> None:
        """Wakes whoever waits."""
        self._rung.set()

    async def _keep_listening(self) -> None:
        while True:
            try:
                await self._listen_once()
            except StorageUnavailable as error:
                _log.info("storage.listen.lost", channel=self._channel, error=str(error))
            await asyncio.sleep(_RETRY_SECONDS)

    async def _listen_once(self) -> None:
        connection = await self._database.listen()
        try:
            self._lost.clear()
            connection.add_termination_listener(lambda _: self._lost.set())
            await connection.add_listener(self._channel, self._on_notification)
            self.ring()
            await self._lost.wait()
        finally:
            connection.terminate()

    def _on_notification(self, _connection: Any, _pid: int, _channel: str, _payload: object) -> None:
        self.ring()
