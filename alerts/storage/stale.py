"""Which schools are to be judged anew, and for the sake of what: marks that whoever changes something leaves."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Literal

from alerts.domain.compliance.rules import Input
from alerts.storage.database import Connection
from alerts.storage.statements import read_statements

_SQL = read_statements("stale")
EVERYTHING: Literal["everything"] = "everything"


EVERYTHING = "everything"
"""Marks a school of which every rule is to be judged anew."""


async def mark_stale(connection: Connection, input_: str, schools: Iterable[str], days: Iterable[date] = ()) -> None:
    """Something of `input_` (an Input, or EVERYTHING) changed at these schools: for now, and for those days of which it
    tells."""
    await connection.execute(_SQL["mark_schools"], input_, sorted(set(schools)), sorted(set(days)))


async def mark_stale_places(
    connection: Connection,
    input_: Input | Literal["everything"],
    *,
    school: str | None = None,
    district: str | None = None,
    kind: str | None = None,
) -> None:
    """Something of `input_` changed at a school, at all of a district or of a kind, or with none of them everywhere."""
    await connection.execute(_SQL["mark_places"], input_, school, district, kind)
