"""Tells buttons what people did with their presses: seen, coming, closed. Follows the log, at least once. On the same
line devices are told what their outputs are to do.

The position in the log is a row that one gateway claims at a time, and it moves only when the broker has confirmed the
receipts: whoever dies in between leaves them to the next one.
"""

import structlog

from alerts.domain.arrivals import Receipt
from alerts.incidents.receipts import claim_stage_receipts, start_stage_receipts
from alerts.storage.database import Database
from alerts.storage.errors import StorageUnavailable
from alerts.storage.log import NOTIFY_CHANNEL
from alerts.storage.waking import Waker
from gateway.connection import Connection
from gateway.database_watch import DatabaseWatch
from gateway.lanes import write_receipt
from gateway.line import Line
from gateway.metrics import LaneMetrics
from gateway.output_commands import publish_due_commands

_log = structlog.get_logger()


_LOOK_SECONDS = 1.0  # should a bell be lost
_RETRY_SECONDS = 1.0


class StageReceipts:
    """Publishes the receipts of stages, and the commands for outputs, over a line of its own."""

    def __init__(self, line: Line, database: Database, database_watch: DatabaseWatch, metrics: LaneMetrics) -> None:
        self.line = line
        self._database = database
        self._database_watch = database_watch
        self._metrics = metrics
        self._started = False
        self._waker: Waker | None = None

    async def run(self) -> None:
        """Follow the log until the line is stopped."""
        await self.line.serve(self._talk)

    def stop(self) -> None:
        """Publish what is claimed, and no more."""
        self.line.stop()
        if self._waker is not None:
            self._waker.ring()

    async def _talk(self, connection: Connection) -> None:
        async with Waker.listening(self._database, NOTIFY_CHANNEL) as waker:
            self._waker = waker
            while not self.line.stopping:
                connection.check()
                if not await self._publish_due(connection):
                    await waker.wait(_LOOK_SECONDS)

    async def _publish_due(self, connection: Connection) -> bool:
        """Publish what is due; whether there may be more at once. The database being away is waited out."""
        try:
            if not self._started:
                await start_stage_receipts(self._database)
                self._started = True
            async with claim_stage_receipts(self._database) as receipts:
                await self._publish(connection, receipts)
            commands = await publish_due_commands(connection, self._database)
        except StorageUnavailable as error:
            self._database_watch.note_away(self.line.name, error)
            await self.line.pause(_RETRY_SECONDS)
            return True
        self._database_watch.note_up()
        return bool(receipts) or commands > 0

    async def _publish(self, connection: Connection, receipts: list[Receipt]) -> None:
        messages = [message for receipt in receipts if (message := write_receipt(receipt)) is not None]
        await connection.publish_confirmed(messages)
        for receipt in receipts:
            self._metrics.count_receipt(receipt.stage)
            _log.info(
                "gateway.receipt.published", device=receipt.device, incident=receipt.incident, stage=receipt.stage
            )
