"""`python -m alerts audit`: the log and its proof."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import Annotated

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TimeRemainingColumn

from alerts.audit import Verdict, read_seal, verify_copy, verify_log
from alerts.commands.console import on_database
from alerts.storage.database import Database
from alerts.terminal import errors, fail

audit = typer.Typer(no_args_is_help=True, help="The tamper-evident log.")


@audit.command()
def verify(
    file: Annotated[
        Path | None,
        typer.Option(
            exists=True,
            dir_okay=False,
            help="A copy of a report: say whether it is what was handed out, to whom and when.",
        ),
    ] = None,
) -> None:
    """Walk the whole log and name the first row that does not fit (exit code 1).

    With --file: also say whether a file is a report that was handed out, byte for byte. One that was altered, or never
    came from here, ends with exit code 1.
    """
    if file is None:
        on_database(_verify)
    else:
        digest = sha256(file.read_bytes()).hexdigest()
        on_database(lambda database: _verify_copy(database, file, digest))


async def _verify(database: Database) -> None:
    with _show_progress() as progress:
        verdict = await verify_log(database, progress)
    _tell_log(verdict)


async def _verify_copy(database: Database, file: Path, digest: str) -> None:
    with _show_progress() as progress:
        verdict = await verify_copy(database, digest, progress)
    _tell_log(verdict.log)
    if not verdict.made:
        fail(
            f"{file}: not a report that was handed out, or it was altered since: "
            f"no row of the log has its SHA-256 {digest}",
            code=1,
        )
    for row in verdict.made:
        seal = read_seal(row)
        typer.echo(
            f"{file}: as it was handed out. {row.actor} took it out at {row.at:%Y-%m-%d %H:%M:%S%z}: {row.subject}, "
            f"{seal.form}, {seal.language}; row {row.position} of the log. It tells what stood at row {seal.position}, "
            f"hash {seal.position_hash}. SHA-256 {digest}"
        )
    for row in verdict.fetched:
        typer.echo(f"{row.actor} fetched it at {row.at:%Y-%m-%d %H:%M:%S%z}; row {row.position} of the log")


def _tell_log(verdict: Verdict) -> None:
    if verdict.misfit:
        fail(f"row {verdict.misfit.position} does not fit: {verdict.misfit.reason}", code=1)
    typer.echo(f"{verdict.held.position} rows hold; head {verdict.head.hash.hex()}")


@contextmanager
def _show_progress() -> Iterator[Callable[[int, int], None]]:
    columns = ("the log", BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=errors, transient=True) as bar:
        task = bar.add_task("verify", total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)
