"""Raw events that later prove or disprove a rule, and the quarantine of what could not be read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import asyncpg
import msgspec

from alerts.domain.arrivals import Confirmation
from alerts.storage.database import Connection
from alerts.storage.records import write_columns, write_rows
from alerts.storage.statements import read_statements

_SQL = read_statements("evidence")
_INSERT_ONLY_NEW = _SQL["insert"].replace("on conflict do nothing", "", 1)


class NewEvidence(msgspec.Struct, frozen=True, gc=False):
    """A row of the table `evidence`; `school` and `district` are the topic's levels as said, `problems` are codes with
    commas between them.

    `place` is the school to which it belongs where the caller knows that; None: the registry says it by the device.
    """

    on_date: date
    device: str
    channel: str
    identity: str
    school: str | None
    district: str | None
    topic: str
    occurred_at: datetime | None
    received_at: datetime
    problems: str
    payload: bytes
    place: str | None = None


@dataclass(frozen=True, slots=True)
class Quarantined:
    """A row of the table `quarantine`; `payload_bytes` is the true size, `payload` what was kept of it."""

    topic: str
    device: str | None
    channel: str
    reason: str
    payload: bytes
    payload_bytes: int
    received_at: datetime
    recorded_at: datetime


async def insert_evidence(connection: Connection, rows: Sequence[NewEvidence], now: datetime) -> None:
    """Stores events, each at its school, and marks those schools to be judged anew; copies are passed over.

    Hardly any batch has a copy in it, and to look for one before each row is a fifth of the work.
    """
    columns = write_columns(rows)
    try:
        async with connection.transaction():
            await connection.execute(_INSERT_ONLY_NEW, now, *columns)
    except asyncpg.UniqueViolationError:
        await connection.execute(_SQL["insert"], now, *columns)


async def insert_confirmations(connection: Connection, confirmations: Sequence[Confirmation], shift: timedelta) -> None:
    """Stores when the receipts of live presses were confirmed, and marks the schools to be judged anew; of one press
    the first counts."""
    await connection.execute(_SQL["insert_confirmations"], write_rows(confirmations), shift)


async def insert_quarantine(connection: Connection, rows: Sequence[Quarantined]) -> None:
    """Stores what could not be read."""
    await connection.execute(_SQL["quarantine"], write_rows(rows))


async def ensure_evidence_partition(connection: Connection, day: date) -> None:
    """Makes the partition for `day` when it is missing."""
    await connection.execute(_SQL["ensure_partition"], day)
