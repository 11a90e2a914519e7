"""`python -m alerts policy`: who is told when."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import msgspec
import typer

from alerts.commands.console import OPERATOR, on_database
from alerts.domain.escalation import Policy, PolicyInvalid
from alerts.domain.presses import Mode
from alerts.readiness.policies import list_policies, save_policy
from alerts.terminal import fail

policy = typer.Typer(no_args_is_help=True, help="Escalation policies: who is told when.")


@policy.command("show")
def show_policies() -> None:
    """Print the policy in force for each mode, as JSON that `policy set` takes."""
    for one in on_database(list_policies):
        origin = f"version {one.version} by {one.saved_by}" if one.version else "built in"
        typer.echo(f"{one.mode} ({origin})")
        typer.echo(msgspec.json.format(msgspec.json.encode(one.definition)).decode())


@policy.command("set")
def set_policy(mode: Mode, file: Annotated[Path, typer.Argument(exists=True, dir_okay=False)]) -> None:
    """Check a policy and put it in force for incidents that open from now on."""
    try:
        wanted = msgspec.json.decode(file.read_bytes(), type=Policy)
    except msgspec.DecodeError as error:
        fail(f"{file}: {error}; `policy show` prints the form")
    saved = on_database(lambda database: save_policy(database, mode, wanted, OPERATOR), PolicyInvalid)
    typer.echo(f"{mode}: version {saved.version} is in force")
