"""What an import did: counted while it runs, then handed on as a report."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from alerts.importing.encodings import Encoding
from alerts.importing.rows import Problem, Row
from alerts.importing.source import Source
from alerts.importing.tables import TableKind

LISTED_ROWS = 1000  # a file of the wrong city must not fill the memory with reasons


class Outcome(StrEnum):
    """What became of a thing that a file names."""

    NEW = "new"
    CHANGED = "changed"
    UNCHANGED = "unchanged"


@dataclass(frozen=True, slots=True)
class Counts:
    """How many things of a sort were new, changed or unchanged."""

    new: int = 0
    changed: int = 0
    unchanged: int = 0


@dataclass(frozen=True, slots=True)
class BadRow:
    """A row that was refused, with everything that is wrong with it."""

    line: int
    problems: tuple[Problem, ...]


@dataclass(frozen=True, slots=True)
class ImportReport:
    """What became of a file. `counts` is by sort of thing, the file's own sort first; `bad_rows` lists the first
    refused rows in the order of the file, `refused` counts all of them. `encoding` is None for a workbook."""

    file: str
    kind: TableKind
    encoding: Encoding | None
    sha256: str
    dry_run: bool
    rows: int
    refused: int
    counts: Mapping[str, Counts]
    bad_rows: tuple[BadRow, ...]
    unknown_headings: tuple[str, ...]


class Ledger:
    """Counts each thing once a file, however many rows name it."""

    def __init__(self, sorts: Sequence[str]) -> None:
        self._sorts = list(sorts)
        self._outcomes: dict[tuple[str, Hashable], Outcome] = {}
        self._bad_rows: list[BadRow] = []
        self.rows = 0
        self.refused = 0

    def settle(self, sort: str, key: Hashable, before: object, after: object) -> bool:
        """Counts a thing as it was registered (None: it was not) and as it shall be. True when it has to be written."""
        if sort not in self._sorts:  # what only some files speak of is counted when one does
            self._sorts.append(sort)
        outcome = Outcome.NEW if before is None else Outcome.UNCHANGED if before == after else Outcome.CHANGED
        if self._outcomes.setdefault((sort, key), outcome) is Outcome.UNCHANGED:
            self._outcomes[sort, key] = outcome
        return outcome is not Outcome.UNCHANGED

    def refuse(self, row: Row) -> None:
        """Counts a row that does not land, and lists it while there is room."""
        self.refused += 1
        if len(self._bad_rows) < LISTED_ROWS:
            self._bad_rows.append(BadRow(row.line, tuple(row.problems)))

    def count(self) -> dict[str, Counts]:
        """The counts so far, by sort of thing."""
        found = Counter((sort, outcome) for (sort, _), outcome in self._outcomes.items())
        return {sort: Counts(*(found[sort, outcome] for outcome in Outcome)) for sort in self._sorts}

    def has_news(self) -> bool:
        """Whether anything is new or changed."""
        return any(outcome is not Outcome.UNCHANGED for outcome in self._outcomes.values())

    def report(self, source: Source, *, dry_run: bool) -> ImportReport:
        """The whole of it."""
        return ImportReport(
            file=source.name,
            kind=source.table.kind,
            encoding=None if source.reading is None else source.reading.encoding,
            sha256=source.sha256,
            dry_run=dry_run,
            rows=self.rows,
            refused=self.refused,
            counts=self.count(),
            bad_rows=tuple(sorted(self._bad_rows, key=lambda row: row.line)),
            unknown_headings=source.unknown_headings,
        )
