"""Numbers of rules that levels of government set."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from alerts.domain.compliance.terms import Level
from alerts.storage.database import Connection
from alerts.storage.records import read_record, read_records
from alerts.storage.statements import read_statements

_SQL = read_statements("parameters")


@dataclass(frozen=True, slots=True)
class ParameterRow:
    """A number of a rule in force from a day on, and who put it there."""

    id: int
    rule: str
    name: str
    level: Level
    school: str | None
    value: float
    source: str
    valid_from: date
    valid_until: date | None
    saved_by: str
    saved_at: datetime


async def insert_parameter(connection: Connection, row: ParameterRow) -> int:
    """Stores a number (its `id` is not looked at) and returns its id."""
    id_: int = await connection.fetchval(
        _SQL["insert"],
        row.rule,
        row.name,
        row.level,
        row.school,
        row.value,
        row.source,
        row.valid_from,
        row.valid_until,
        row.saved_by,
        row.saved_at,
    )
    return id_


async def hold_parameter(connection: Connection, id_: int) -> ParameterRow | None:
    """One number, held until the transaction ends."""
    row = await connection.fetchrow(_SQL["hold"], id_)
    return None if row is None else read_record(row, ParameterRow)


async def end_parameter(connection: Connection, id_: int, before: date) -> None:
    """A number holds until before a day; one that would begin then or later never does."""
    await connection.execute(_SQL["drop"], id_, before)
    await connection.execute(_SQL["end"], id_, before)


async def list_parameters(
    connection: Connection,
    *,
    rule: str | None = None,
    level: Level | None = None,
    school: str | None = None,
    on: date | None = None,
    before: int | None = None,
    limit: int,
) -> list[ParameterRow]:
    """Numbers, the newest first; `on`: those that hold on a day."""
    rows = await connection.fetch(_SQL["list"], rule, level, school, on, before, limit)
    return read_records(rows, ParameterRow)
