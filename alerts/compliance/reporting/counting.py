"""Counts the verdicts of closed days, one day after the other. Pure; it is work for a thread."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from hashlib import sha256
from typing import NamedTuple

from alerts.compliance.figures import Split
from alerts.domain.compliance.catalogue import RULES
from alerts.domain.compliance.headline import (
    HUNDREDS,
    LETTER_OF,
    TEAMS,
    VerdictCount,
    arrange,
    write_groups,
)
from alerts.domain.compliance.rules import Group
from alerts.domain.registry import Ownership, SchoolKind
from alerts.storage.compliance_reports import RecordedDay, RecordedSchool

HEADLINES: tuple[Group, ...] = (*HUNDREDS, *TEAMS)
_CODES = tuple(rule.code for rule in RULES)
_GROUPS = tuple(Group)
THINGS: tuple[str, ...] = (*(group.value for group in _GROUPS), *_CODES)
_LETTERS = tuple(LETTER_OF.values())
_HEADLINE_PLACES = tuple(_GROUPS.index(group) for group in HEADLINES)
_NOTHING = "." * len(HEADLINES)  # of a school of which nothing is recorded on a day

_Tally = list[tuple[int, ...]]  # of each thing, how often each letter


class Cell(NamedTuple):
    """Schools that no figure tells apart."""

    district: str
    kind: SchoolKind
    ownership: Ownership
    group: str


_KEY_OF: Mapping[Split, Callable[[Cell], str]] = {
    Split.DISTRICT: lambda cell: cell.district,
    Split.KIND: lambda cell: str(cell.kind),
    Split.OWNERSHIP: lambda cell: str(cell.ownership),
    Split.GROUP: lambda cell: cell.group,
}


@dataclass(frozen=True, slots=True)
class CountedDay:
    """What a day came to."""

    on: date
    schools: int
    amended: int
    evidence_rows: int
    evidence_hash: str
    counts: dict[str, VerdictCount]


@dataclass(frozen=True, slots=True)
class CountedLine:
    """Schools of one place, on the last day and over all days."""

    split: Split
    key: str
    schools: int
    last: dict[str, VerdictCount]
    whole: dict[str, VerdictCount]


class Counting:
    """Takes closed days in their order, and tells what they come to."""

    def __init__(self, schools: Iterable[RecordedSchool]) -> None:
        self._cell_of = {one.code: Cell(one.district, one.kind, one.ownership, one.group or "") for one in schools}
        self._courses: dict[str, list[str]] = {code: [] for code in self._cell_of}
        self._whole: dict[Cell, _Tally] = {}
        self._last: dict[Cell, _Tally] = {}
        self._schools: dict[Cell, int] = {}
        self._rules: dict[str, tuple[date, date]] = {}
        self.parameters: set[int] = set()

    @property
    def rules(self) -> Mapping[str, tuple[date, date]]:
        """The rules that were judged by, with the first and the last day on which."""
        return self._rules

    def take(self, on: date, records: Sequence[RecordedDay]) -> CountedDay:
        """Counts a day."""
        by_cell: dict[Cell, list[str]] = {}
        headlines: dict[str, str] = {}
        for record in records:
            groups = write_groups(record.rules, record.verdicts)
            letters = groups + arrange(record.rules, record.verdicts, _CODES)
            by_cell.setdefault(self._cell_of[record.school], []).append(letters)
            headlines[record.school] = "".join([groups[place] for place in _HEADLINE_PLACES])
            self.parameters.update(record.parameters)
        for school, course in self._courses.items():
            course.append(headlines.get(school, _NOTHING))
        self._note_rules(on, records)
        self._last = {cell: _count(letters) for cell, letters in by_cell.items()}
        self._schools = {cell: len(letters) for cell, letters in by_cell.items()}
        for cell, tally in self._last.items():
            self._whole[cell] = _add([self._whole[cell], tally]) if cell in self._whole else tally
        return CountedDay(
            on,
            len(records),
            sum(record.version > 0 for record in records),
            sum(record.evidence_rows for record in records),
            _hash_evidence(records),
            _tell(_add(self._last.values())),
        )

    def total(self) -> CountedLine:
        """All schools."""
        return self._line(Split.CITY, "", list(self._whole))

    def lines(self) -> list[CountedLine]:
        """By district, kind, ownership and education group."""
        found = []
        for split, key_of in _KEY_OF.items():
            cells: dict[str, list[Cell]] = {}
            for cell in self._whole:
                cells.setdefault(key_of(cell), []).append(cell)
            found += [self._line(split, key, its) for key, its in sorted(cells.items())]
        return found

    def course(self, school: str) -> dict[str, str]:
        """A letter a day for each hundred and team."""
        days = self._courses[school]
        return {group.value: "".join([day[place] for day in days]) for place, group in enumerate(HEADLINES)}

    def _line(self, split: Split, key: str, cells: Sequence[Cell]) -> CountedLine:
        return CountedLine(
            split,
            key,
            sum(self._schools.get(cell, 0) for cell in cells),
            _tell(_add([self._last[cell] for cell in cells if cell in self._last])),
            _tell(_add([self._whole[cell] for cell in cells])),
        )

    def _note_rules(self, on: date, records: Iterable[RecordedDay]) -> None:
        for rules in {record.rules for record in records}:
            for code in rules:
                self._rules[code] = (self._rules.get(code, (on, on))[0], on)


def _count(letters: Sequence[str]) -> _Tally:
    return [tuple([column.count(letter) for letter in _LETTERS]) for column in zip(*letters, strict=True)]


def _add(tallies: Iterable[_Tally]) -> _Tally:
    """The sums; of none, nothing of each."""
    nothing: _Tally = [(0,) * len(_LETTERS)] * len(THINGS)
    columns = zip(nothing, *tallies, strict=True)
    return [tuple([sum(counts) for counts in zip(*column, strict=True)]) for column in columns]


def _tell(tally: _Tally) -> dict[str, VerdictCount]:
    return {thing: VerdictCount(*counts) for thing, counts in zip(THINGS, tally, strict=True)}


def _hash_evidence(records: Iterable[RecordedDay]) -> str:
    """One SHA-256 over the schools in order, each with its version and its own hash, in lines."""
    lines = "".join([f"{one.school}\n{one.version}\n{one.evidence_hash.hex()}\n" for one in records])
    return sha256(lines.encode()).hexdigest()
