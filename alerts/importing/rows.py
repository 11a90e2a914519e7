"""A record to a row: values by column name, and everything that is wrong with it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from alerts.importing.cells import CellInvalid, is_blank
from alerts.importing.source import Record, Source
from alerts.importing.tables import Column


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with a row; `column` is headed as in the file, None when it is the row as a whole."""

    column: str | None
    reason: str


@dataclass(slots=True)
class Row:
    """A row on its way into the registry. `values` has the columns of the file that could be read, and no others."""

    line: int
    values: dict[str, Any]
    headings: dict[str, str]
    problems: list[Problem] = field(default_factory=list)

    def refuse(self, column: str | None, reason: str) -> None:
        """Notes a problem; the row will not land, and the checks go on to find the others."""
        self.problems.append(Problem(column and self.headings.get(column, column), reason))

    def get(self, column: str) -> Any:
        """The column's value; None when it is empty, unreadable or not in the file."""
        return self.values.get(column)

    def is_empty(self, column: str) -> bool:
        """Whether the row says nothing in this column; a cell that could not be read says something."""
        return self.get(column) is None and (column in self.values or column not in self.headings)


def read_rows(source: Source) -> Iterator[Row]:
    """Every row of a file, cells read. Raises FileUnreadable."""
    headings = {column.name: said for said, column in zip(source.headings, source.columns, strict=True) if column}
    for record in source.read_records():
        row = Row(record.line, {}, headings)
        if record.fault:
            row.refuse(None, record.fault)
        else:
            _read_cells(row, source.columns, record)
        yield row


def _read_cells(row: Row, columns: tuple[Column | None, ...], record: Record) -> None:
    cells, beyond = record.cells[: len(columns)], record.cells[len(columns) :]
    if not all(map(is_blank, beyond)):
        width = f"{len(record.cells)} values for {len(columns)} columns"
        row.refuse(None, f'has {width}: put a value that holds the separator in "…"')
        return
    padded = cells + ("",) * (len(columns) - len(cells))
    for column, cell in zip(columns, padded, strict=True):
        if column:
            _read_cell(row, column, cell)


def _read_cell(row: Row, column: Column, cell: str) -> None:
    if is_blank(cell):
        if column.required:
            row.refuse(column.name, "is empty")
        else:
            row.values[column.name] = column.blank
        return
    try:
        row.values[column.name] = column.read(cell)
    except CellInvalid as error:
        row.refuse(column.name, str(error))
