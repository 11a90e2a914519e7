"""`python -m alerts import`: the import for a person at a terminal."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import aclosing
from pathlib import Path
from typing import Annotated, NoReturn

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table
from rich.text import Text

from alerts.commands.console import OPERATOR, add_row, make_console, make_table, open_database
from alerts.importing.encodings import Encoding, FileUnreadable
from alerts.importing.importer import import_sources
from alerts.importing.report import ImportReport
from alerts.importing.source import Source, open_source


def import_files(
    files: Annotated[
        list[Path],
        typer.Argument(exists=True, dir_okay=False, help="CSV or XLSX files; the header tells what each one holds."),
    ],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Check everything and keep nothing.")] = False,
    encoding: Annotated[Encoding | None, typer.Option(help="What the files are in, when they do not show it.")] = None,
) -> None:
    """Import schools, devices, people, responsibilities, trainings, timetables and terms from CSV or XLSX files.

    Good rows land and bad rows are listed; the same file again changes nothing. docs/import.md shows the columns.
    Exit code 0: every row landed. 1: some rows were refused. 2: a file could not be read, and nothing was imported.
    """
    sources = _open_sources(files, encoding)
    reports: list[ImportReport] = []
    try:
        asyncio.run(_import(sources, dry_run, reports))
    except FileUnreadable as error:
        _give_up([str(error)], "Nothing of this file was imported, nor of those after it.")
    finally:
        _print_reports(reports)
    raise typer.Exit(1 if any(report.refused for report in reports) else 0)


def _open_sources(files: Sequence[Path], encoding: Encoding | None) -> list[Source]:
    """Looks all files over before the first is imported: half an order is worse than none."""
    sources: list[Source] = []
    unreadable: list[str] = []
    for file in files:
        try:
            sources.append(open_source(file, encoding))
        except FileUnreadable as error:
            unreadable.append(str(error))
    if unreadable:
        _give_up(unreadable, "Nothing was imported.")
    return sources


def _give_up(sentences: Sequence[str], outcome: str) -> NoReturn:
    console = Console(stderr=True, soft_wrap=True)
    for sentence in sentences:
        console.print(Text(sentence, style="red"))
    console.print(outcome)
    raise typer.Exit(2)


async def _import(sources: Sequence[Source], dry_run: bool, reports: list[ImportReport]) -> None:
    """Fills `reports` as files land. They are printed when the bar is gone: the two share a terminal."""
    async with open_database() as database:
        with _make_bar() as bar:
            tasks = {source: bar.add_task(source.name, total=source.lines) for source in sources}

            def show(source: Source, line: int) -> None:
                bar.update(tasks[source], completed=line)

            files = import_sources(database, sources, dry_run=dry_run, by=OPERATOR, progress=show)
            async with aclosing(files) as landed:
                async for report in landed:
                    reports.append(report)


def _make_bar() -> Progress:
    """On the error stream, so that the answer can be kept in a file."""
    console = Console(stderr=True)
    columns = (TextColumn("{task.description}", markup=False), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    return Progress(*columns, console=console, transient=True, disable=not console.is_terminal)


def _print_reports(reports: Sequence[ImportReport]) -> None:
    console = make_console()
    for report in reports:
        _print_report(report, console)
    if any(report.dry_run for report in reports):
        console.print("This was a dry run: nothing was kept.")


def _print_report(report: ImportReport, console: Console) -> None:
    good = f"{report.rows - report.refused:,} {'good' if report.dry_run else 'landed'}"
    title = f"{report.file}: {report.rows:,} rows of {report.kind}, {good}, {report.refused:,} refused"
    console.print(Text(f"{title} (read as {report.encoding.upper() if report.encoding else 'XLSX'})", style="bold"))
    console.print(_tabulate_counts(report))
    if report.unknown_headings:
        console.print(Text(f"Columns that are not read: {', '.join(report.unknown_headings)}", style="yellow"))
    if report.refused:
        console.print(Text("Refused rows:", style="red"))
        console.print(_tabulate_bad_rows(report))
        if report.refused > len(report.bad_rows):
            console.print(f"… and {report.refused - len(report.bad_rows):,} more; mend these and import again.")


def _tabulate_counts(report: ImportReport) -> Table:
    table = Table("", box=None, pad_edge=False)
    for heading in ("would be new", "would change", "unchanged") if report.dry_run else ("new", "changed", "unchanged"):
        table.add_column(heading, justify="right")
    for sort, counts in report.counts.items():
        table.add_row(sort, f"{counts.new:,}", f"{counts.changed:,}", f"{counts.unchanged:,}")
    return table


def _tabulate_bad_rows(report: ImportReport) -> Table:
    table = make_table(("line", "column", "reason"))
    for row in report.bad_rows:
        for number, problem in enumerate(row.problems):
            add_row(table, row.line if number == 0 else None, problem.column, problem.reason)
    return table
