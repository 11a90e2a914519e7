"""Brings messages into the database: it may be away for long, and a message may break its use case."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

import structlog

from alerts.domain.arrivals import Arrival, Receipt
from alerts.storage.errors import StorageUnavailable
from gateway.database_watch import DatabaseWatch
from gateway.metrics import LaneMetrics

_log = structlog.get_logger()

_FIRST_RETRY_SECONDS = 0.1
_LONGEST_RETRY_SECONDS = 2.0
_SHOWN_BYTES = 200

Receipts = Sequence[Receipt]


class GaveUpError(Exception):
    """The gateway is to stop while the database is away: what is held is not stored, and so not acknowledged."""


@dataclass(frozen=True, slots=True)
class UseCase:
    """What becomes of messages. Both raise StorageUnavailable while the database is away.

    `take` stores a batch for good before it returns the receipts. `set_aside` stores one message that `take` failed on.
    """

    take: Callable[[Sequence[Arrival]], Awaitable[Receipts]]
    set_aside: Callable[[Arrival, Exception], Awaitable[Receipts]]


class Stoppable(Protocol):
    """Who may end the waiting."""

    @property
    def stopping(self) -> bool:
        """Whether it is time to stop."""

    async def pause(self, seconds: float) -> None:
        """Wait, but no longer than until it is time to stop."""


class Deposit:
    """The way of one lane's messages into its use case."""

    def __init__(
        self, lane: str, use_case: UseCase, stop: Stoppable, database_watch: DatabaseWatch, metrics: LaneMetrics
    ) -> None:
        self._lane = lane
        self._use_case = use_case
        self._stop = stop
        self._database_watch = database_watch
        self._metrics = metrics

    async def store(self, arrivals: Sequence[Arrival]) -> Receipts:
        """Store a batch for good, however long the database is away. Raises GaveUpError when told to stop meanwhile.

        A batch that fails for another reason is split until the message that causes it stands alone, and is set aside.
        """
        try:
            return await self._insist(lambda: self._use_case.take(arrivals))
        except GaveUpError:
            raise
        except Exception as error:  # noqa: BLE001 (nothing that a message causes may stop the lane)
            if len(arrivals) == 1:
                return await self._set_aside(arrivals[0], error)
            _log.warning("gateway.batch.split", lane=self._lane, messages=len(arrivals), reason=repr(error))
        middle = len(arrivals) // 2
        return [*await self.store(arrivals[:middle]), *await self.store(arrivals[middle:])]

    async def _set_aside(self, arrival: Arrival, error: Exception) -> Receipts:
        self._metrics.poison.inc()
        _log.error(
            "gateway.message.poison",
            lane=self._lane,
            topic=arrival.topic,
            device=arrival.device,
            payload=arrival.payload[:_SHOWN_BYTES],
            payload_bytes=len(arrival.payload),
            exc_info=error,
        )
        return await self._insist(lambda: self._use_case.set_aside(arrival, error))

    async def _insist(self, store: Callable[[], Awaitable[Receipts]]) -> Receipts:
        retry_seconds = _FIRST_RETRY_SECONDS
        while True:
            try:
                receipts = await store()
            except StorageUnavailable as error:
                self._database_watch.note_away(self._lane, error)
                if self._stop.stopping:
                    raise GaveUpError from error
                await self._stop.pause(retry_seconds)
                retry_seconds = min(_LONGEST_RETRY_SECONDS, retry_seconds * 2)
            else:
                self._database_watch.note_up()
                return receipts
