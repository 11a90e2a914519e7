"""Verdicts and breaches as pages and programs read them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from alerts.storage.database import Connection
from alerts.storage.records import read_records
from alerts.storage.statements import read_statements

_SQL = read_statements("compliance_reads")


@dataclass(frozen=True, slots=True)
class Standing:
    """What stands at a school: a letter a rule, in the order of `rules`."""

    school: str
    on_date: date
    judged_at: datetime
    rules: tuple[str, ...]
    verdicts: str


async def list_standing(connection: Connection, schools: Sequence[str] | None = None) -> list[Standing]:
    """What stands at all schools that were judged, or at those named."""
    return read_records(await connection.fetch(_SQL["list_standing"], schools), Standing)
