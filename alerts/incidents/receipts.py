"""What became of a press, told to its buttons: the log is followed, and each move becomes receipts."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import datetime

from alerts.domain.arrivals import Receipt, Stage
from alerts.storage.database import Database
from alerts.storage.log import Happening, claim_reader, move_reader, read_log_head, read_log_kinds, start_reader
from alerts.storage.presses import Button, list_buttons

_READER = "receipts"
_SPAN = 20_000  # rows of the log in one claim; only the moves among them are read
_STAGES = {
    "incident.acknowledged": Stage.SEEN,
    "incident.responding": Stage.COMING,
    "incident.closed": Stage.CLOSED,
    "test.police_receipted": Stage.SEEN,
}


async def start_stage_receipts(database: Database) -> None:
    """Registers the reader, once: moves from before the first start are nobody's news."""
    async with database.transaction() as connection:
        await start_reader(connection, _READER)


@asynccontextmanager
async def claim_stage_receipts(database: Database) -> AsyncIterator[list[Receipt]]:
    """The receipts that are due. They count as sent when the block ends without an error; one gateway at a time has
    them, the others get an empty list."""
    async with database.transaction() as connection:
        position = await claim_reader(connection, _READER)
        if position is None:
            yield []
            return
        last = min((await read_log_head(connection)).position, position + _SPAN)
        rows = await read_log_kinds(connection, position, last, list(_STAGES))
        moves = [(int(row.subject.removeprefix("incident:")), row) for row in rows]
        buttons = await list_buttons(connection, sorted({incident for incident, _ in moves})) if moves else []
        yield _receipts(moves, buttons)
        if last > position:
            await move_reader(connection, _READER, last)


def _receipts(moves: Sequence[tuple[int, Happening]], buttons: Sequence[Button]) -> list[Receipt]:
    of_incident: dict[int, list[Button]] = defaultdict(list)
    for button in buttons:
        of_incident[button.incident].append(button)
    return [_receipt(button, _STAGES[row.kind], row.at) for incident, row in moves for button in of_incident[incident]]


def _receipt(button: Button, stage: Stage, at: datetime) -> Receipt:
    return Receipt(button.reply_district, button.reply_school, button.device, button.name, button.incident, stage, at)
