"""A compliance report for machines: the whole of it as JSON, its figures as CSV."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping

import msgspec

from alerts.compliance.figures import Split
from alerts.compliance.reporting.report import ComplianceReport
from alerts.compliance.reporting.tables import COUNTED
from alerts.domain.compliance.headline import VerdictCount

COLUMNS = ("table", "day", "split", "key", "name", "code", *COUNTED, "text")
_FORMULA = ("=", "+", "-", "@", "\t", "\r")  # with which spreadsheets begin to calculate

_Row = tuple[object, ...]
_NOTHING = ("",) * len(COUNTED)


def write_json(report: ComplianceReport) -> bytes:
    """Every field of the report, by its name."""
    return msgspec.json.format(msgspec.json.encode(report), indent=1) + b"\n"


def write_csv(report: ComplianceReport) -> bytes:
    """The figures, a row each: `table` says of what. A mark at the beginning tells spreadsheets that it is UTF-8; text
    that one would take for a formula has an apostrophe before it."""
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    writer.writerow(COLUMNS)
    for row in (*_tell_head(report), *_tell_figures(report), *_tell_findings(report)):
        writer.writerow([_disarm(cell) for cell in row])
    return buffer.getvalue().encode("utf-8-sig")


def _tell_head(report: ComplianceReport) -> Iterator[_Row]:
    """What the report is, a fact a row."""
    wanted, head, breaches = report.wanted, report.head, report.breaches
    facts = {
        "subject": wanted.subject,
        "name": report.name,
        "period": wanted.period,
        "first": wanted.first,
        "last": wanted.last,
        "made_at": report.made_at.isoformat(),
        "log_position": head.position,
        "log_hash": head.hash,
        "log_at": head.at.isoformat(),
        "days_closed": len(report.days),
        "days_missing": " ".join(map(str, report.missing)),
        "breaches_opened": breaches.opened,
        "breaches_closed": breaches.closed,
        "breaches_open_at_end": breaches.open_at_end,
        "breaches_overdue_at_end": breaches.overdue_at_end,
        "amendments": report.all_amendments,
    }
    for key, value in facts.items():
        yield "report", "", "", key, "", "", *_NOTHING, value


def _tell_figures(report: ComplianceReport) -> Iterator[_Row]:
    last = report.days[-1].on
    for line in (report.total, *report.lines):
        place = (line.split, line.key, line.name)
        yield from _tell_counts(("last_day", last, *place), line.last)
        yield from _tell_counts(("whole_period", "", *place), line.whole)
    for day in report.days:
        yield from _tell_counts(("day", day.on, Split.CITY, "", report.name), day.counts)
        yield "evidence", day.on, "", "", "", "", *_NOTHING, day.evidence_hash


def _tell_counts(begin: tuple[object, ...], counts: Mapping[str, VerdictCount]) -> Iterator[_Row]:
    for code, count in counts.items():
        yield *begin, code, *(getattr(count, name) for name in COUNTED), ""


def _tell_findings(report: ComplianceReport) -> Iterator[_Row]:
    for one in report.findings:
        yield "not_met", one.on, "school", one.school, one.school_name, one.rule, *_NOTHING, one.zh


def _disarm(cell: object) -> object:
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(_FORMULA) else cell
