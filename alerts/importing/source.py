"""A CSV file or workbook that can be read: its form and header, and then its records with their true lines."""

from __future__ import annotations

import csv
import hashlib
import io
import os
from collections.abc import Generator, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from alerts.importing.encodings import Encoding, FileUnreadable, Reading, find_reading
from alerts.importing.tables import TABLES, Column, Table
from alerts.importing.words import fold
from alerts.importing.workbooks import BEGINNING, read_workbook

_DELIMITERS = (",", ";", "\t")
_CHUNK_BYTES = 1 << 20
_CHANGED = "was changed while it was being read: import it again"
_NEVER_CLOSED = ("unexpected end of data", "field larger than field limit")


@dataclass(frozen=True, slots=True)
class Record:
    """A record and the line on which it begins; with a fault its cells are not to be trusted."""

    line: int
    cells: tuple[str, ...]
    fault: str | None = None


@dataclass(frozen=True, slots=True)
class Source:
    """A file that one of the tables fits. `columns` stand in the file's order, None where a column is not ours.

    `reading` and `delimiter` are those of a text; None and empty for a workbook.
    """

    path: Path
    table: Table
    reading: Reading | None
    delimiter: str
    headings: tuple[str, ...]
    columns: tuple[Column | None, ...]
    lines: int
    sha256: str
    stamp: tuple[int, int]

    @property
    def name(self) -> str:
        """The file's name as it can be written down anywhere."""
        return os.fsencode(self.path.name).decode(errors="replace")

    @property
    def unknown_headings(self) -> tuple[str, ...]:
        """Columns that nobody reads."""
        return tuple(said for said, column in zip(self.headings, self.columns, strict=True) if column is None)

    def read_records(self) -> Iterator[Record]:
        """Every record behind the header. Raises FileUnreadable when the file was changed meanwhile."""
        try:
            with self.path.open("rb") as file, closing(self._read_all(file)) as records:
                next(records, None)
                yield from records
                changed = _stamp(file) != self.stamp
        except (OSError, UnicodeDecodeError) as error:
            raise FileUnreadable(f"{self.path} {_CHANGED}") from error
        if changed:
            raise FileUnreadable(f"{self.path} {_CHANGED}")

    def _read_all(self, file: BinaryIO) -> Generator[Record, None, None]:
        if self.reading is None:
            return _read_workbook(self.path)
        return _read_records(file, self.reading, self.delimiter)


def open_source(path: Path, encoding: Encoding | None = None) -> Source:
    """Looks a file over. Raises FileUnreadable with what to do about it."""
    try:
        with path.open("rb") as file:
            return _look_over(path, file, encoding)
    except FileUnreadable as error:
        raise FileUnreadable(f"{path} {error}") from error
    except OSError as error:
        raise FileUnreadable(f"{path} cannot be opened: {error.strerror}") from error


def _look_over(path: Path, file: BinaryIO, encoding: Encoding | None) -> Source:
    stamp = _stamp(file)
    lines, sha256 = _measure(file)
    file.seek(0)
    if file.read(len(BEGINNING)) == BEGINNING:
        return _look_over_workbook(path, sha256, stamp)
    file.seek(0)
    reading = find_reading(file, encoding)
    delimiter, headings = _read_header(file, reading)
    table, columns = _fit_table(headings)
    return Source(path, table, reading, delimiter, headings, columns, lines, sha256, stamp)


def _look_over_workbook(path: Path, sha256: str, stamp: tuple[int, int]) -> Source:
    headings: tuple[str, ...] = ()
    lines = 0
    with closing(_read_workbook(path)) as records:
        for record in records:
            headings = headings or _trim(record.cells)
            lines = record.line
    if not headings:
        raise FileUnreadable("is a workbook whose first sheet is empty")
    table, columns = _fit_table(headings)
    return Source(path, table, None, "", headings, columns, lines, sha256, stamp)


def _read_workbook(path: Path) -> Generator[Record, None, None]:
    with closing(read_workbook(path)) as rows:
        for line, cells in rows:
            yield Record(line, cells)


def _stamp(file: BinaryIO) -> tuple[int, int]:
    found = os.fstat(file.fileno())
    return found.st_size, found.st_mtime_ns


def _measure(file: BinaryIO) -> tuple[int, str]:
    """Counts the lines, for the progress bar, and takes the digest, for the log."""
    lines, digest = 1, hashlib.sha256()
    while chunk := file.read(_CHUNK_BYTES):
        lines += chunk.count(b"\n")
        digest.update(chunk)
    return lines, digest.hexdigest()


def _read_records(file: BinaryIO, reading: Reading, delimiter: str) -> Generator[Record, None, None]:
    """Records that hold something; `line_num` counts the lines that the reader has behind it."""
    file.seek(reading.start)
    text = io.TextIOWrapper(file, encoding=reading.encoding, newline="")
    try:
        reader = csv.reader(text, delimiter=delimiter, strict=True)
        while True:
            line = reader.line_num + 1
            try:
                cells = next(reader)
            except StopIteration:
                return
            except csv.Error as error:
                yield Record(line, (), _explain(error, line, reader.line_num))
                continue
            if any(cell.strip() for cell in cells):
                yield Record(line, tuple(cells))
    finally:
        text.detach()


def _explain(error: csv.Error, first: int, last: int) -> str:
    if not str(error).startswith(_NEVER_CLOSED):
        return 'a value holds a quotation mark: put the value in "…" and write the mark twice'
    lost = f", and lines {first} to {last} were lost with it" if last > first else ""
    return f'a quotation mark (") is opened and never closed{lost}'


def _read_header(file: BinaryIO, reading: Reading) -> tuple[str, tuple[str, ...]]:
    """The delimiter under which the first record has most of our columns, and that record."""
    first = {delimiter: _read_first(file, reading, delimiter) for delimiter in _DELIMITERS}
    headers = [(delimiter, _trim(record.cells)) for delimiter, record in first.items() if record.fault is None]
    if not headers:
        raise FileUnreadable(f"has a header that cannot be read: {first[','].fault}")
    return max(headers, key=lambda header: (max(_count_known(table, header[1]) for table in TABLES), len(header[1])))


def _read_first(file: BinaryIO, reading: Reading, delimiter: str) -> Record:
    with closing(_read_records(file, reading, delimiter)) as records:
        record = next(records, None)
    if record is None:
        raise FileUnreadable("is empty: was it saved?")
    return record


def _trim(cells: Sequence[str]) -> tuple[str, ...]:
    """Headings without the empty ones that spreadsheets leave at the end."""
    headings = [" ".join(cell.split()) for cell in cells]
    while headings and not headings[-1]:
        headings.pop()
    return tuple(headings)


def _match(table: Table, headings: Sequence[str]) -> tuple[Column | None, ...]:
    known = {fold(said): column for column in table.columns for said in (column.name, *column.headings)}
    return tuple(known.get(fold(heading)) for heading in headings)


def _count_known(table: Table, headings: Sequence[str]) -> int:
    return len({column.name for column in _match(table, headings) if column})


def _list_missing(table: Table, headings: Sequence[str]) -> list[Column]:
    found = {column.name for column in _match(table, headings) if column}
    return [column for column in table.columns if column.required and column.name not in found]


def _fit_table(headings: Sequence[str]) -> tuple[Table, tuple[Column | None, ...]]:
    """The table that has all its required columns in the header; of several the one with most columns."""
    fitting = [table for table in TABLES if not _list_missing(table, headings)]
    if not fitting:
        raise FileUnreadable(_say_what_is_missing(headings))
    table = max(fitting, key=lambda one: _count_known(one, headings))
    columns = _match(table, headings)
    for at, column in enumerate(columns):
        if column and column in columns[:at]:
            first = columns.index(column)
            raise FileUnreadable(
                f"has {column.name} twice: column {first + 1} “{headings[first]}” and column {at + 1} “{headings[at]}”"
            )
    return table, columns


def _say_what_is_missing(headings: Sequence[str]) -> str:
    said = ", ".join(f"“{heading}”" for heading in headings[:30])
    closest = max(TABLES, key=lambda table: (_count_known(table, headings), -len(_list_missing(table, headings))))
    lacks = ", ".join(f"{column.name} ({column.headings[0]})" for column in _list_missing(closest, headings))
    nearly = f"\n  as a file of {closest.kind} it lacks {lacks}" if _count_known(closest, headings) else ""
    needs = "".join(f"\n  a file of {table.kind} needs {', '.join(table.required)}" for table in TABLES)
    return f"has a header that fits no kind of file: {said}{nearly}{needs}"
