"""A compliance report as pages for print."""

from __future__ import annotations

from html import escape
from importlib.resources import files
from string import Template

from alerts.compliance.reporting.charts import draw_league, draw_trend, list_leagues, list_trends, write_figure
from alerts.compliance.reporting.report import ComplianceReport
from alerts.compliance.reporting.tables import PACKAGE, list_sections, list_source, list_summary, write_title
from alerts.reports.pages import print_pages, write_section
from alerts.reports.words import Words

LONGEST_TABLE = 100  # rows on paper; the workbook has them all


def write_pdf(report: ComplianceReport, words: Words) -> bytes:
    """The PDF's bytes. Raises CannotPrint where Pango or a Chinese font is missing."""
    identifier = f"{report.wanted.subject} {report.head.position} {words.language}"
    return print_pages(write_html(report, words), identifier)


def write_html(report: ComplianceReport, words: Words) -> str:
    """The pages before they are set; whatever people wrote is text here, never markup."""
    (source, hash_), (_, check) = list_source(report, words)
    summary = list_summary(report, words)
    template = files(PACKAGE).joinpath("compliance-report.html").read_text(encoding="utf-8")
    return Template(template).substitute(
        language="zh-CN" if words.language == "zh" else "en",
        title=escape(write_title(report, words)),
        created=f"{report.made_at:%Y-%m-%dT%H:%M:%SZ}",
        summary="".join(f"<tr><th>{escape(name)}</th><td>{escape(value)}</td></tr>" for name, value in summary),
        source=escape(source),
        hash=escape(hash_),
        check=escape(check),
        charts="".join(_draw_charts(report, words)),
        sections="".join(write_section(section, words, LONGEST_TABLE) for section in list_sections(report, words)),
    )


def _draw_charts(report: ComplianceReport, words: Words) -> list[str]:
    trends = [write_figure(one.title, draw_trend(one, words)) for one in list_trends(report, words)]
    return trends + [write_figure(one.title, draw_league(one)) for one in list_leagues(report, words)]
