"""What the landings of schools, devices and people have in common: repeats and contradictions between rows."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from alerts.importing.report import Ledger
from alerts.importing.rows import Row
from alerts.storage.database import Connection


@dataclass(frozen=True, slots=True)
class Signature:
    """Who imports, and when."""

    by: str
    now: datetime


class Landing(Protocol):
    """Checks rows against each other and the registry, and writes the good ones."""

    ledger: Ledger
    touched: set[str]
    """Codes of the schools whose line on the board may look different now."""

    async def take(self, connection: Connection, rows: Sequence[Row]) -> None:
        """Lands a batch of rows."""

    async def finish(self, connection: Connection) -> None:
        """Lands what had to wait for the end of the file."""


class FirstLines:
    """Which line names a thing first. A second one is refused even when the first was: one of them must go."""

    def __init__(self) -> None:
        self._lines: dict[Hashable, int] = {}

    def refuse_repeat(self, row: Row, column: str, key: Hashable, what: str) -> None:
        """Refuses a row whose key stands in an earlier line."""
        line = self._lines.setdefault(key, row.line)
        if line != row.line:
            row.refuse(column, f"{what} stands in line {line} already")

    def find(self, key: Hashable) -> int | None:
        """The line that names the thing first."""
        return self._lines.get(key)


class Sayings:
    """What rows say of things that several of them share, as of a district its name: the first to say it is held to."""

    def __init__(self, column: str) -> None:
        self._column = column
        self._said: dict[Hashable, tuple[Any, int]] = {}

    def hear(self, row: Row, key: Hashable, what: str) -> None:
        """Takes what a row says of a thing; refuses a row that contradicts an earlier one. Silence contradicts none."""
        value = row.get(self._column)
        if key is None or value is None:
            return
        said, line = self._said.setdefault(key, (value, row.line))
        if said != value:
            row.refuse(self._column, f"“{value}” contradicts line {line}, where {what} has “{said}”")

    def get(self, key: Hashable) -> Any:
        """What was said of a thing; None when nothing was."""
        return self._said.get(key, (None, 0))[0]


def collect(rows: Sequence[Row], *columns: str) -> set[str]:
    """What stands in these columns, to be looked up at once."""
    return {row.values[column] for row in rows for column in columns if row.get(column) is not None}


def split_rows(rows: Sequence[Row], ledger: Ledger) -> list[Row]:
    """The rows that may land; the others are counted as refused."""
    for row in rows:
        if row.problems:
            ledger.refuse(row)
    return [row for row in rows if not row.problems]
