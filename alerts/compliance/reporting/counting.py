"""Counts the verdicts of closed days, one day after the other. Pure; it is work for a thread."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from hashlib import sha256

from alerts.compliance.figures import FigureLine, Figures, Split, sum_up_figures
from alerts.compliance.reporting.report import ReportLine
from alerts.domain.compliance.headline import HUNDREDS, TEAMS, VerdictCount, add_counts, write_groups
from alerts.domain.compliance.rules import Group
from alerts.storage.compliance_reports import RecordedDay, RecordedSchool
from alerts.storage.figures import JudgedSchool, KeyName

HEADLINES: tuple[Group, ...] = (*HUNDREDS, *TEAMS)
_HEADLINE_PLACES = tuple(tuple(Group).index(group) for group in HEADLINES)
_NOTHING = "." * len(HEADLINES)  # of a school of which nothing is recorded on a day

Counts = dict[str, VerdictCount]  # by group of rules and by rule


@dataclass(frozen=True, slots=True)
class CountedDay:
    """What a day came to."""

    on: date
    schools: int
    amended: int
    evidence_rows: int
    evidence_hash: str
    counts: Counts


class Counting:
    """Takes closed days in their order, and tells what they come to. `names` call districts and groups."""

    def __init__(self, schools: Iterable[RecordedSchool], names: Mapping[tuple[str, str], KeyName]) -> None:
        self._schools = {one.code: one for one in schools}
        self._names = names
        self._courses: dict[str, list[str]] = {code: [] for code in self._schools}
        self._last: dict[Split, Figures] = {}
        self._whole: dict[tuple[Split, str], Counts] = {}
        self._rules: dict[str, tuple[date, date]] = {}
        self.parameters: set[int] = set()

    @property
    def rules(self) -> Mapping[str, tuple[date, date]]:
        """The rules that were judged by, with the first and the last day on which."""
        return self._rules

    def take(self, on: date, records: Sequence[RecordedDay]) -> CountedDay:
        """Counts a day."""
        judged = [self._place(record, on) for record in records]
        self._last = {split: sum_up_figures(judged, split, self._names, on=on) for split in Split}
        for split, figures in self._last.items():
            for line in figures.lines:
                self._add(split, line)
        self._note_courses(records)
        self._note_rules(on, records)
        return CountedDay(
            on,
            len(records),
            sum(record.version > 0 for record in records),
            sum(record.evidence_rows for record in records),
            _hash_evidence(records),
            _counts_of(self._last[Split.CITY].city),
        )

    def lines(self, split: Split) -> list[ReportLine]:
        """Schools as they are told apart, in the usual order, on the last day and over all days."""
        last = {line.key: line for line in self._last[split].lines}
        gone = [key for its, key in self._whole if its is split and key not in last]
        lines = [self._line(split, line.key, line.name, line.name_en, line) for line in last.values()]
        return lines + [self._line(split, key, key, key, None) for key in sorted(gone)]

    def course(self, school: str) -> dict[str, str]:
        """A letter a day for each hundred and team."""
        days = self._courses[school]
        return {group.value: "".join([day[place] for day in days]) for place, group in enumerate(HEADLINES)}

    def _place(self, record: RecordedDay, on: date) -> JudgedSchool:
        its = self._schools[record.school]
        return JudgedSchool(
            its.code, its.name, its.district, its.kind, its.ownership, its.group, on, record.version, None,
            record.rules, record.verdicts,
        )  # fmt: skip

    def _add(self, split: Split, line: FigureLine) -> None:
        counts = _counts_of(line)
        before = self._whole.get((split, line.key))
        if before is not None:
            counts = {thing: add_counts(count, before[thing]) for thing, count in counts.items()}
        self._whole[split, line.key] = counts

    def _line(self, split: Split, key: str, name: str, name_en: str, last: FigureLine | None) -> ReportLine:
        whole = self._whole[split, key]
        counts = _counts_of(last) if last else dict.fromkeys(whole, VerdictCount())
        return ReportLine(split, key, name, name_en, last.schools if last else 0, counts, whole)

    def _note_courses(self, records: Iterable[RecordedDay]) -> None:
        groups = {record.school: write_groups(record.rules, record.verdicts) for record in records}
        for school, course in self._courses.items():
            letters = groups.get(school)
            course.append("".join([letters[place] for place in _HEADLINE_PLACES]) if letters else _NOTHING)

    def _note_rules(self, on: date, records: Iterable[RecordedDay]) -> None:
        for record in records:
            self.parameters.update(record.parameters)
        for rules in {record.rules for record in records}:
            for code in rules:
                self._rules[code] = (self._rules.get(code, (on, on))[0], on)


def _counts_of(line: FigureLine) -> Counts:
    return {**{group.value: count for group, count in line.groups.items()}, **line.rules}


def _hash_evidence(records: Iterable[RecordedDay]) -> str:
    """One SHA-256 over the schools in order, each with its version and its own hash, in lines."""
    lines = "".join([f"{one.school}\n{one.version}\n{one.evidence_hash.hex()}\n" for one in records])
    return sha256(lines.encode()).hexdigest()
