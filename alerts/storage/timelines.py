"""What is drawn beside a school's day on its timeline: breaches, blackouts, locks, and what everything is called."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

import msgspec

from alerts.domain.compliance.timeline import Locked, Lost
from alerts.domain.compliance.verdicts import Judgement
from alerts.domain.spans import Span
from alerts.storage.database import Connection
from alerts.storage.records import read_records
from alerts.storage.statements import read_statements

_SQL = read_statements("timelines")


@dataclass(frozen=True, slots=True)
class BreachRow:
    """A breach, with what was found when it was seen; `position` is its row of the log."""

    id: int
    rule: str
    opened_at: datetime
    closed_at: datetime | None
    judgement: Judgement
    position: int | None


async def list_breaches(connection: Connection, school: str, span: Span) -> list[BreachRow]:
    """Breaches that were open in a stretch of time."""
    rows = await connection.fetch(_SQL["list_breaches"], school, *span)
    return [
        msgspec.convert(dict(row) | {"judgement": msgspec.json.decode(row["judgement"])}, BreachRow) for row in rows
    ]


async def list_blackouts(connection: Connection, school: str, span: Span) -> list[Lost]:
    """When devices of the school, its district or the city were lost together."""
    return read_records(await connection.fetch(_SQL["list_blackouts"], school, *span), Lost)


async def list_locks(connection: Connection, school: str, span: Span) -> list[Locked]:
    """Locks that devices of the school confirmed."""
    return read_records(await connection.fetch(_SQL["list_locks"], school, *span), Locked)


async def list_names(connection: Connection, school: str, people: Collection[str]) -> dict[str, str]:
    """What posts, points and devices of the school, and these people, are called, by their codes."""
    rows = await connection.fetch(_SQL["list_names"], school, sorted(people))
    return {row["code"]: row["name"] for row in rows}
