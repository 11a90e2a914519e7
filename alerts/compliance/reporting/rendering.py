"""A report is set in a process of its own: `python -m alerts.compliance.reporting.rendering FORM LANGUAGE`."""

from __future__ import annotations

import sys

import msgspec

from alerts.compliance.reporting.machines import write_csv, write_json
from alerts.compliance.reporting.pages import write_pdf
from alerts.compliance.reporting.report import ComplianceReport
from alerts.compliance.reporting.tables import speak
from alerts.compliance.reporting.workbook import write_workbook
from alerts.domain.compliance.exports import ExportForm
from alerts.reports.rendering import run_writer, write_polite
from alerts.reports.words import Language

_LONGEST_SECONDS = 600.0  # nobody waits at a page for it


async def render(report: ComplianceReport, form: ExportForm, language: Language) -> bytes:
    """The report as a file. Raises CannotPrint with what to install, and RenderingFailed."""
    return await run_writer(__name__, (form, language), report, _LONGEST_SECONDS)


def write_file(report: ComplianceReport, form: ExportForm, language: Language) -> bytes:
    """The bytes of the file; the same report gives the same. Raises CannotPrint."""
    if form is ExportForm.JSON:
        return write_json(report)
    if form is ExportForm.CSV:
        return write_csv(report)
    words = speak(language, report.zone)
    return write_pdf(report, words) if form is ExportForm.PDF else write_workbook(report, words)


def _write(content: bytes) -> bytes:
    report = msgspec.json.decode(content, type=ComplianceReport)
    return write_file(report, ExportForm(sys.argv[1]), Language(sys.argv[2]))


if __name__ == "__main__":
    sys.exit(write_polite(_write))
