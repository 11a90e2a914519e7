"""Reports as pages for print: HTML of ours, made into a PDF by WeasyPrint."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Sequence
from html import escape
from importlib.resources import files
from string import Template

from alerts.domain.presses import Mode
from alerts.reports.after_action import AfterAction
from alerts.reports.charts import draw_buckets, draw_course
from alerts.reports.sections import Cell, Section, list_sections, list_summary, sort_into_buckets, write_title
from alerts.reports.words import Words

LONGEST_TABLE = 400  # rows on paper; the workbook has them all
_INSTALL = (
    "install Pango and a Chinese font on the dashboard's machine, on Debian: "
    "apt-get install libpango-1.0-0 libpangoft2-1.0-0 fontconfig fonts-noto-cjk; the XLSX needs neither"
)


class CannotPrint(Exception):
    """This machine cannot make PDFs; the message says what to install."""


def write_pdf(report: AfterAction, words: Words) -> bytes:
    """The PDF's bytes. Raises CannotPrint where Pango or a Chinese font is missing."""
    return print_pages(write_html(report, words), f"{report.subject} {report.position} {words.language}")


def print_pages(html: str, identifier: str) -> bytes:
    """The PDF of pages; the same pages give the same bytes. Raises CannotPrint."""
    _check_fonts()
    try:
        from weasyprint import CSS, HTML  # type: ignore[import-untyped]  # it loads Pango
    except OSError as error:
        raise CannotPrint(f"Pango is missing ({str(error).splitlines()[0]}): {_INSTALL}") from error
    style = CSS(string=_read("after-action.css"))
    pdf: bytes = HTML(string=html).write_pdf(stylesheets=[style], pdf_identifier=identifier.encode())
    return pdf


def write_html(report: AfterAction, words: Words) -> str:
    """The pages before they are set; whatever people wrote is text here, never markup."""
    *summary, (source, hash_), (_, check) = list_summary(report, words)[1:]
    mode = report.window.mode if report.window else report.outcomes[0].incident.mode
    single = report.window is None
    return Template(_read("after-action.html")).substitute(
        language="zh-CN" if words.language == "zh" else "en",
        title=escape(write_title(report, words)),
        created=f"{report.at:%Y-%m-%dT%H:%M:%SZ}",
        mode=Mode(mode),
        mode_name=escape(words.name("mode", mode)),
        summary="".join(f"<tr><th>{escape(name)}</th><td>{escape(value)}</td></tr>" for name, value in summary),
        caption=escape(words.say("chart-course" if single else "chart-taken")),
        chart=draw_course(report.outcomes[0], words) if single else draw_buckets(sort_into_buckets(report, words)),
        source=escape(source),
        hash=escape(hash_),
        check=escape(check),
        sections="".join(write_section(section, words) for section in list_sections(report, words)),
    )


def write_section(section: Section, words: Words, longest: int = LONGEST_TABLE) -> str:
    """A table with its heading; of a long one the first rows, and how many more there are."""
    title = f"<h2>{escape(section.title)}</h2>"
    if not section.rows:
        return f'{title}<p class="none">{escape(words.say("none"))}</p>'
    head = "".join(f"<th>{escape(heading)}</th>" for heading in section.headings)
    rows = "".join(f"<tr>{_write_row(row)}</tr>" for row in section.rows[:longest])
    table = f"{title}<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"
    more = len(section.rows) - longest
    return f'{table}<p class="none">{escape(words.say("more", count=more))}</p>' if more > 0 else table


def _write_row(row: Sequence[Cell]) -> str:
    return "".join(
        f"<td>{escape(value)}</td>" if isinstance(value, str) else f'<td class="number">{value:g}</td>' for value in row
    )


def _check_fonts() -> None:
    """Without a Chinese font the PDF would be full of boxes, which is worse than none."""
    lister = shutil.which("fc-list")
    if lister is None:
        raise CannotPrint(f"fontconfig is missing: {_INSTALL}")
    found = subprocess.run([lister, ":lang=zh"], capture_output=True, text=True, timeout=30, check=False)
    if not found.stdout.strip():
        raise CannotPrint(f"no Chinese font is installed: {_INSTALL}")


def _read(name: str) -> str:
    return files("alerts.reports").joinpath(name).read_text(encoding="utf-8")
