"""Which parts of the service are alive."""

from __future__ import annotations

from datetime import datetime, timedelta

from alerts.domain.spans import Spans, clip, unite
from alerts.domain.supervision import DEAF_AFTER
from alerts.storage.database import Connection
from alerts.storage.statements import read_statements

_SQL = read_statements("pulses")
_HEARING = ("beats", "evidence")  # the lanes of a gateway that tell whether a device is there, and what it saw


async def report_pulse(
    connection: Connection, service: str, name: str, lane: str, since: datetime, shift: timedelta
) -> None:
    """A part says that it is alive."""
    await connection.execute(_SQL["report"], service, name, lane, since, shift)


async def report_listening(
    connection: Connection, name: str, lane: str, since: datetime, storing_since: datetime, shift: timedelta
) -> None:
    """A gateway's lane says that it hears the broker, since when, and since when it could store what it hears. If none
    did both for long before, that is kept, and every school is to be judged anew."""
    heard_since = max(since, storing_since)
    row = await connection.fetchrow(
        _SQL["report_listening"], name, lane, since, shift, _HEARING, DEAF_AFTER, heard_since
    )
    if row and row["deaf_since"]:
        await mark_deaf(connection, row["deaf_since"], row["deaf_until"])


async def read_deaf_since(connection: Connection, now: datetime) -> datetime | None:
    """Since when nobody hears devices, if that is so for long."""
    since: datetime | None = await connection.fetchval(_SQL["read_deaf_since"], now, _HEARING, DEAF_AFTER)
    return since


async def mark_deaf(connection: Connection, since: datetime, until: datetime) -> None:
    """Every school is to be judged anew for a stretch in which nobody heard devices."""
    await connection.execute(_SQL["mark_deaf"], since, until)


async def list_deaf_spans(connection: Connection, since: datetime, until: datetime) -> Spans:
    """When nobody heard devices, of a stretch of time; at its end that may go on."""
    rows = await connection.fetch(_SQL["list_deaf"], since, until, _HEARING, DEAF_AFTER)
    return clip(unite((row["began_at"], row["ended_at"]) for row in rows), (since, until))


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
