"""`python -m alerts secrets`: the keys over what lies in the database and must be read back."""

from __future__ import annotations

import typer

from alerts.commands.console import on_database
from alerts.sealing import seal_secrets
from alerts.storage.seals import Seal
from alerts.terminal import fail

secrets = typer.Typer(no_args_is_help=True, help="Keys over what lies in the database and must be read back.")


@secrets.command("make-key")
def make_key() -> None:
    """Print a new key for CAMPUS_SECRET_KEYS. Keep a copy where the database's backups are not."""
    typer.echo(Seal.make_key())


@secrets.command("seal")
def seal() -> None:
    """Seal every second factor's secret by the first of CAMPUS_SECRET_KEYS; the dashboard does so when it starts."""
    done = on_database(seal_secrets)
    typer.echo(f"{done.sealed} sealed anew by the first key")
    if done.plain:
        fail(f"{done.plain} lie plain: set CAMPUS_SECRET_KEYS (python -m alerts secrets make-key)")
    if done.locked:
        fail(f"{done.locked} were sealed by a key that is not among CAMPUS_SECRET_KEYS: add it after the first")
