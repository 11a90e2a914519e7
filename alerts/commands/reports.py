"""`python -m alerts report`: a report for those above, made at the terminal."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TimeRemainingColumn

from alerts.commands.console import OPERATOR, on_database
from alerts.compliance.reporting.exporting import MadeFile, TooLarge, make_file, seal_file
from alerts.compliance.reporting.reading import NothingRecorded, find_wanted
from alerts.domain.compliance.exports import ExportForm, Period
from alerts.reports.pages import CannotPrint
from alerts.reports.rendering import RenderingFailed
from alerts.reports.words import Language
from alerts.storage.database import Database
from alerts.terminal import errors, fail


def write_report(
    on: Annotated[
        datetime, typer.Option(formats=["%Y-%m-%d"], help="The day, or any day of the month or term that is meant.")
    ],
    period: Annotated[Period, typer.Option(help="How long it tells of.")] = Period.MONTH,
    district: Annotated[str | None, typer.Option(help="A district's code; the whole city when left out.")] = None,
    school: Annotated[str | None, typer.Option(help="A school's code.")] = None,
    form: Annotated[ExportForm, typer.Option(help="XLSX and PDF for people, CSV and JSON for machines.")] = (
        ExportForm.XLSX
    ),
    language: Annotated[Language, typer.Option(help="What it speaks.")] = Language.ZH,
    output: Annotated[
        Path | None, typer.Option(help="The file, or a folder for it; where you are when left out.")
    ] = None,
) -> None:
    """Write a report of closed days, to hand on: figures, trends, who did not meet what and why.

    The log keeps its SHA-256: `python -m alerts audit verify --file FILE` tells later whether a copy was altered.
    """
    if district and school:
        fail("--district or --school, not both: a school is in its district")

    async def work(database: Database) -> MadeFile:
        async with database.connection() as connection:
            now = await database.read_now(connection)
            wanted = await find_wanted(connection, now, period, on.date(), district=district, school=school)
        columns = (wanted.subject, BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
        with Progress(*columns, console=errors, transient=True) as bar:
            task = bar.add_task("report", total=None)

            async def show(done: int, total: int) -> None:
                bar.update(task, completed=done, total=total)

            made = await make_file(database, wanted, form, language, show)
        async with database.transaction() as connection:
            await seal_file(connection, await database.read_now(connection), made, OPERATOR)
        return made

    made = on_database(work, NothingRecorded, CannotPrint, RenderingFailed, TooLarge)
    path = _choose_path(output, made.name)
    try:
        path.write_bytes(made.content)
    except OSError as error:
        fail(f"{path} cannot be written: {error.strerror}")
    typer.echo(f"{path}: {len(made.content)} bytes, SHA-256 {made.seal.sha256}")


def _choose_path(output: Path | None, name: str) -> Path:
    if output is None:
        return Path(name)
    return output / name if output.is_dir() else output
