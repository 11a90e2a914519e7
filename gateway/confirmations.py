"""When the broker confirmed the receipts of presses, kept in memory and written in batches beside them.

A press never waits for this: its receipt has left and it is acknowledged before anything is written here. What is not
written when the process dies is not known, and nobody claims it: rule R1 is unknown then.
"""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime

import structlog

from alerts.domain.arrivals import Confirmation
from alerts.storage.errors import StorageUnavailable
from gateway.database_watch import DatabaseWatch
from gateway.deposit import Stoppable
from gateway.metrics import DROPPED

_log = structlog.get_logger()

_GATHER_SECONDS = 5.0  # each write has schools judged anew; R1 awaits a confirmation for ten
_BATCH_LIMIT = 1_000
_KEPT_LIMIT = 20_000  # as many as one connection publishes without a confirmation

StoreConfirmations = Callable[[Sequence[Confirmation]], Awaitable[None]]


class Confirmations:
    """Those of one lane."""

    def __init__(
        self,
        lane: str,
        store: StoreConfirmations,
        stop: Stoppable,
        database_watch: DatabaseWatch,
        gather_seconds: float = _GATHER_SECONDS,
    ) -> None:
        self._lane = lane
        self._store = store
        self._stop = stop
        self._database_watch = database_watch
        self._gather_seconds = gather_seconds
        self._kept: deque[Confirmation] = deque()
        self._due = asyncio.Event()
        self._over = False

    def note(self, device: str, identity: str, topic: str, payload: bytes) -> None:
        """The broker has just confirmed this receipt."""
        if len(self._kept) >= _KEPT_LIMIT:
            DROPPED.labels("confirmation of a receipt").inc()
            return
        self._kept.append(Confirmation(device, identity, topic, payload, datetime.now(UTC)))
        self._due.set()

    @asynccontextmanager
    async def being_written(self) -> AsyncIterator[None]:
        """Write what is noted while the block runs, and once more after it."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._keep_writing(), name=f"{self._lane} confirmations")
            yield
            self._over = True
            self._due.set()

    async def _keep_writing(self) -> None:
        """For as long as there is nothing, this costs nothing; then some seconds' worth is written at once."""
        while not self._over:
            await self._due.wait()
            await self._stop.pause(self._gather_seconds)
            self._due.clear()
            while self._kept and await self._write():
                pass

    async def _write(self) -> bool:
        """Write a batch, in one statement. Whether to go on: while the database is away, it stays for the next time."""
        batch = [self._kept.popleft() for _ in range(min(_BATCH_LIMIT, len(self._kept)))]
        try:
            await self._store(batch)
        except StorageUnavailable as error:
            self._database_watch.note_away(self._lane, error)
            if not self._stop.stopping:
                self._kept.extendleft(reversed(batch))
                self._due.set()
                return False
            self._tell_loss(batch, error)
        except Exception as error:  # noqa: BLE001 (what is only noted must not stop the presses)
            self._tell_loss(batch, error)
        else:
            self._database_watch.note_up()
        return True

    def _tell_loss(self, batch: Sequence[Confirmation], error: Exception) -> None:
        _log.warning("gateway.confirmations.lost", lane=self._lane, receipts=len(batch), reason=repr(error))
