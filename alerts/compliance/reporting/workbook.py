"""A compliance report as a workbook: every row of it, and charts of Excel's own."""

from __future__ import annotations

import io
from typing import Any

import xlsxwriter  # type: ignore[import-untyped]

from alerts.compliance.reporting.charts import COLOURS, League, Trend, list_leagues, list_trends
from alerts.compliance.reporting.report import ComplianceReport
from alerts.compliance.reporting.tables import list_sections, list_source, list_summary, write_title
from alerts.reports.words import Words
from alerts.reports.workbook import Formats, open_workbook, write_lines, write_table

_CHART_ROWS = 18  # a chart is as high as so many


def write_workbook(report: ComplianceReport, words: Words) -> bytes:
    """The workbook's bytes."""
    buffer = io.BytesIO()
    with open_workbook(buffer, report.made_at) as (book, formats):
        summary = book.add_worksheet(words.say("summary"))
        title = (words.say("summary"), write_title(report, words))
        write_lines(summary, [title, *list_summary(report, words), *list_source(report, words)], formats)
        _Charts(book, words, formats).draw(report)
        for section in list_sections(report, words):
            write_table(book.add_worksheet(section.title), section, formats)
    return buffer.getvalue()


class _Charts:
    """A sheet of charts, with the numbers that they show beside them."""

    def __init__(self, book: xlsxwriter.Workbook, words: Words, formats: Formats) -> None:
        self._book, self._words, self._formats = book, words, formats
        self._sheet = book.add_worksheet(words.say("charts"))
        self._row = 0

    def draw(self, report: ComplianceReport) -> None:
        """All charts, one beneath the other."""
        for trend in list_trends(report, self._words):
            self._draw_trend(trend)
        for league in list_leagues(report, self._words):
            self._draw_league(league)
        self._sheet.set_column(0, 0, 24)

    def _draw_trend(self, trend: Trend) -> None:
        rows = [(day, *parts) for day, parts in zip(trend.days, trend.parts, strict=True)]
        first = self._write(trend.title, [self._words.say(name) for name in COLOURS], rows)
        chart = self._book.add_chart({"type": "column", "subtype": "stacked"})
        for column, colour in enumerate(COLOURS.values(), 1):
            chart.add_series(self._series(first, len(rows), column) | {"fill": {"color": colour}, "gap": 20})
        self._place(chart, trend.title, first, len(rows))

    def _draw_league(self, league: League) -> None:
        first = self._write(league.title, ["%"], list(league.places))
        chart = self._book.add_chart({"type": "bar"})
        chart.add_series(
            self._series(first, len(league.places), 1)
            | {"fill": {"color": COLOURS["met"]}, "data_labels": {"value": True}, "gap": 30}
        )
        chart.set_legend({"none": True})
        chart.set_y_axis({"reverse": True})
        chart.set_x_axis({"min": 0, "max": 100})
        self._place(chart, league.title, first, len(league.places))

    def _write(self, title: str, headings: list[str], rows: list[Any]) -> int:
        """Writes a chart's numbers; the row of the first of them."""
        for column, heading in enumerate([title, *headings]):
            self._sheet.write_string(self._row, column, heading, self._formats.head)
        for number, (name, *values) in enumerate(rows, self._row + 1):
            self._sheet.write_string(number, 0, name, self._formats.cell)
            for column, value in enumerate(values, 1):
                self._sheet.write_number(number, column, value, self._formats.cell)
        return self._row + 1

    def _series(self, first: int, rows: int, column: int) -> dict[str, Any]:
        name, last = self._sheet.name, first + max(1, rows) - 1
        return {
            "name": [name, first - 1, column],
            "categories": [name, first, 0, last, 0],
            "values": [name, first, column, last, column],
        }

    def _place(self, chart: Any, title: str, first: int, rows: int) -> None:
        chart.set_title({"name": title, "name_font": {"size": 12}})
        self._sheet.insert_chart(first - 1, 6, chart, {"x_scale": 1.6})
        self._row = first + max(rows, _CHART_ROWS) + 1
