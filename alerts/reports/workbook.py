"""Reports as workbooks: every row of them, and charts of Excel's own."""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime

import xlsxwriter  # type: ignore[import-untyped]

from alerts.reports.after_action import AfterAction
from alerts.reports.sections import Section, list_sections, list_summary, sort_into_buckets
from alerts.reports.words import Words

_WIDEST = 60
_COLOURS = {"in_time": "#2f855a", "late": "#dd6b20", "never": "#c53030"}


@dataclass(frozen=True, slots=True)
class Formats:
    """How headings and cells look."""

    head: xlsxwriter.format.Format
    cell: xlsxwriter.format.Format


@contextmanager
def open_workbook(buffer: io.BytesIO, at: datetime) -> Iterator[tuple[xlsxwriter.Workbook, Formats]]:
    """A workbook that is written when the block ends; the same content gives the same bytes. Text stays text, whatever
    it begins with."""
    with xlsxwriter.Workbook(
        buffer, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    ) as book:
        book.set_properties({"created": at.astimezone(UTC).replace(tzinfo=None), "author": "campus-alert"})
        head = book.add_format({"bold": True, "bg_color": "#1a365d", "font_color": "white", "border": 1})
        cell = book.add_format({"text_wrap": True, "valign": "top", "border": 1, "border_color": "#cbd5e0"})
        yield book, Formats(head, cell)


def write_workbook(report: AfterAction, words: Words) -> bytes:
    """The workbook's bytes."""
    buffer = io.BytesIO()
    with open_workbook(buffer, report.at) as (book, formats):
        _write_summary(book, report, words, formats)
        for section in list_sections(report, words):
            write_table(book.add_worksheet(section.title), section, formats)
    return buffer.getvalue()


def write_lines(sheet: xlsxwriter.worksheet.Worksheet, lines: Sequence[tuple[str, str]], formats: Formats) -> None:
    """Names and what is said of them, from the first row on."""
    for number, (name, value) in enumerate(lines):
        sheet.write_string(number, 0, name, formats.head)
        sheet.write_string(number, 1, value, formats.cell)
    sheet.set_column(0, 0, 24)
    sheet.set_column(1, 1, _WIDEST)


def _write_summary(book: xlsxwriter.Workbook, report: AfterAction, words: Words, formats: Formats) -> None:
    sheet = book.add_worksheet(words.say("summary"))
    rows = list_summary(report, words)
    write_lines(sheet, rows, formats)
    start = len(rows) + 1
    buckets = sort_into_buckets(report, words)
    sheet.write_string(start, 0, words.say("chart-taken"), formats.head)
    for number, bucket in enumerate(buckets, start + 1):
        sheet.write_string(number, 0, bucket.name, formats.cell)
        sheet.write_number(number, 1, bucket.incidents, formats.cell)
    chart = book.add_chart({"type": "column"})
    chart.add_series(
        {
            "name": words.say("chart-taken"),
            "categories": [sheet.name, start + 1, 0, start + len(buckets), 0],
            "values": [sheet.name, start + 1, 1, start + len(buckets), 1],
            "points": [{"fill": {"color": _COLOURS[bucket.standing]}} for bucket in buckets],
            "data_labels": {"value": True},
            "gap": 40,
        }
    )
    chart.set_title({"name": words.say("chart-taken"), "name_font": {"size": 12}})
    chart.set_legend({"none": True})
    chart.set_y_axis({"major_gridlines": {"visible": True, "line": {"color": "#e2e8f0"}}, "min": 0})
    sheet.insert_chart(0, 3, chart, {"x_scale": 1.3})


def write_table(sheet: xlsxwriter.worksheet.Worksheet, section: Section, formats: Formats) -> None:
    """A table on a sheet of its own."""
    for column, heading in enumerate(section.headings):
        sheet.write_string(0, column, heading, formats.head)
        sheet.set_column(column, column, _width(heading, (row[column] for row in section.rows[:500])))
    for number, row in enumerate(section.rows, 1):
        _write_row(sheet, number, row, formats.cell)
    sheet.freeze_panes(1, 0)
    if section.rows:
        sheet.autofilter(0, 0, len(section.rows), len(section.headings) - 1)


def _write_row(
    sheet: xlsxwriter.worksheet.Worksheet,
    number: int,
    row: Sequence[str | float],
    cell: xlsxwriter.format.Format,
) -> None:
    for column, value in enumerate(row):
        if isinstance(value, str):
            sheet.write_string(number, column, value, cell)
        else:
            sheet.write_number(number, column, value, cell)


def _width(heading: str, values: Iterable[str | float]) -> int:
    longest = max(len(text) + sum(ord(one) > 0x2E80 for one in text) for text in map(str, [heading, *values]))
    return min(_WIDEST, longest + 3)
