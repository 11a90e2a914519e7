"""Tests on disk: what was just pressed, and how far the test of each button came."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from alerts.domain.practice import TestPress
from alerts.storage.database import Connection
from alerts.storage.records import read_records
from alerts.storage.statements import read_statements

_SQL = read_statements("practice")


async def await_other_tests(connection: Connection) -> None:
    """Waits for another gateway's batch with tests, and makes others wait until this transaction ends."""
    await connection.execute(_SQL["await_other_tests"])


async def list_recent_tests(
    connection: Connection, schools: Sequence[str], recorded_since: datetime, received_since: datetime
) -> list[TestPress]:
    """Presses that said they are tests, at these schools, by the database's clock or by the gateways'."""
    rows = await connection.fetch(_SQL["list_recent_tests"], schools, recorded_since, received_since)
    return read_records(rows, TestPress)
