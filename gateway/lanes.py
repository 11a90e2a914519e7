"""A lane: one line to the broker and one use case behind it. Stored first, then answered, then acknowledged.

Wherever it breaks in between, the broker has no acknowledgement and delivers again; what is stored again is the same
press, by its identity.
"""

import time
from collections import deque
from collections.abc import Sequence
from functools import partial

import structlog

from alerts.domain.arrivals import Arrival, Receipt, Stage
from gateway import wire
from gateway.confirmations import Confirmations
from gateway.connection import BrokerLostError, Connection, OnConfirmed
from gateway.deposit import Deposit, GaveUpError
from gateway.held import Delivery
from gateway.line import Line
from gateway.metrics import LaneMetrics

_log = structlog.get_logger()

_BATCH_LIMIT = 256
_OWED_LIMIT = 20_000


class Lane:
    """Drains batches from its line into its deposit, one at a time and in order."""

    def __init__(
        self,
        line: Line,
        deposit: Deposit,
        confirmations: Confirmations,
        metrics: LaneMetrics,
        batch_limit: int = _BATCH_LIMIT,
    ) -> None:
        self.line = line
        self._deposit = deposit
        self._confirmations = confirmations
        self._metrics = metrics
        self._batch_limit = batch_limit
        # Receipts of what was stored after its connection was gone: sent over the next one.
        self._owed: deque[Receipt] = deque(maxlen=_OWED_LIMIT)

    async def run(self) -> None:
        """Work until the line is stopped; what is here then is stored and acknowledged first."""
        async with self._confirmations.being_written():
            await self.line.serve(self._talk)

    def stop(self) -> None:
        """Read nothing more."""
        self.line.stop()

    async def _talk(self, connection: Connection) -> None:
        self._answer(connection, [self._owed.popleft() for _ in range(len(self._owed))])
        try:
            while batch := await connection.take(self._batch_limit):
                await self._handle(connection, batch)
                await connection.await_room()
        except GaveUpError:
            _log.warning("gateway.lane.gave_up", lane=self.line.name, reason="stopped while the database is away")

    async def _handle(self, connection: Connection, batch: list[Delivery]) -> None:
        receipts = await self._deposit.store([read_arrival(delivery) for delivery in batch])
        # Receipts leave before the acknowledgement of their presses: a crash in between repeats one and loses none.
        self._answer(connection, receipts)
        try:
            connection.acknowledge(batch)
        except BrokerLostError:
            # Stored, but the broker cannot know: it delivers them again.
            _log.info("gateway.batch.unacknowledged", lane=self.line.name, messages=len(batch))
        self._metrics.batch_messages.observe(len(batch))
        self._metrics.lane_seconds.observe(max(0.0, time.time() - batch[0].received_at.timestamp()))

    def _answer(self, connection: Connection, receipts: Sequence[Receipt]) -> None:
        for number, receipt in enumerate(receipts):
            message = write_receipt(receipt)
            if message is None:
                continue
            try:
                connection.publish(*message, self._note_confirmation_of(receipt, message))
            except BrokerLostError:
                self._owed.extend(receipts[number:])
                return
            self._metrics.count_receipt(receipt.stage)

    def _note_confirmation_of(self, receipt: Receipt, message: tuple[str, bytes]) -> OnConfirmed | None:
        """What is to be done when the broker has a receipt: of what became of a press later nobody asks."""
        if receipt.stage is not Stage.RECEIVED or receipt.identity is None:
            return None
        return partial(self._confirmations.note, receipt.device, receipt.identity, *message)


def read_arrival(delivery: Delivery) -> Arrival:
    """A delivery as the use cases take it: its topic split, nothing judged. Without a channel, that one is empty."""
    district, school, device, channel = wire.read_topic(delivery.topic)
    return Arrival(
        delivery.topic,
        district,
        school,
        device,
        channel or "",
        delivery.payload,
        delivery.received_at,
        delivery.retained,
    )


def write_receipt(receipt: Receipt) -> tuple[str, bytes] | None:
    """Topic and payload of a receipt; None, and a line in the log, when no broker would take its topic."""
    topic = wire.write_answer_topic(receipt.district, receipt.school, receipt.device, wire.RECEIPT)
    if topic is None:
        _log.warning("gateway.receipt.unsayable", device=receipt.device, incident=receipt.incident, stage=receipt.stage)
        return None
    said = wire.Receipt(press=receipt.press, incident=receipt.incident, stage=receipt.stage, at=receipt.at)
    return topic, wire.encode(said)
