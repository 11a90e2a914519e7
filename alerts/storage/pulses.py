"""Which parts of the service are alive."""

from __future__ import annotations

from datetime import datetime, timedelta

from alerts.storage.database import Connection
from alerts.storage.statements import read_statements

_SQL = read_statements("pulses")


async def report_pulse(
    connection: Connection, service: str, name: str, lane: str, since: datetime, shift: timedelta
) -> None:
    """A part says that it is alive."""
    await connection.execute(_SQL["report"], service, name, lane, since, shift)


async def read_secret(connection: Connection, name: str) -> bytes:
    """A secret that all processes share."""
    value: bytes = await connection.fetchval(_SQL["read_secret"], name)
    return value


async def list_fresh_pulses(
    connection: Connection, shift: timedelta, fresh: timedelta
) -> dict[tuple[str, str], datetime]:
    """By service and lane, since when the longest whole one of those that pulsed within `fresh` is whole."""
    rows = await connection.fetch(_SQL["list_fresh"], shift, fresh)
    return {(row["service"], row["lane"]): row["since"] for row in rows}
