"""`python -m alerts audit`: the log and its proof."""

from __future__ import annotations

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TimeRemainingColumn

from alerts.audit import verify_log
from alerts.commands.console import on_database
from alerts.storage.database import Database
from alerts.terminal import errors, fail

audit = typer.Typer(no_args_is_help=True, help="The tamper-evident log.")


@audit.command()
def verify() -> None:
    """Walk the whole log and name the first row that does not fit (exit code 1)."""
    on_database(_verify)


async def _verify(database: Database) -> None:
    columns = ("the log", BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=errors, transient=True) as bar:
        task = bar.add_task("verify", total=None)
        verdict = await verify_log(database, lambda done, total: bar.update(task, completed=done, total=total))
    if verdict.misfit:
        fail(f"row {verdict.misfit.position} does not fit: {verdict.misfit.reason}", code=1)
    typer.echo(f"{verdict.held.position} rows hold; head {verdict.head.hash.hex()}")
