"""`python -m alerts account` and `token`: who may sign in."""

from __future__ import annotations

import secrets
from typing import Annotated

import typer

from alerts.accounts import save_account, save_token
from alerts.commands.console import OPERATOR, on_database
from alerts.domain.rights import Role
from alerts.storage.accounts import Account
from alerts.terminal import fail

account = typer.Typer(no_args_is_help=True, help="People who sign in at the board.")
token = typer.Typer(no_args_is_help=True, help="API tokens for programs.")

_SHORTEST_PASSWORD = 8


@account.command("add")
def add_account(
    name: str,
    role: Annotated[Role, typer.Option(help="What the person may do.")] = Role.READER,
    display_name: Annotated[str, typer.Option(help="What others read; the name when left out.")] = "",
    password: Annotated[
        str, typer.Option(envvar="CAMPUS_ACCOUNT_PASSWORD", prompt=True, hide_input=True, confirmation_prompt=True)
    ] = "",
) -> None:
    """Make an account, or change the one of that name. The password is asked for, or read from the variable."""
    if len(password) < _SHORTEST_PASSWORD:
        fail(f"a password needs at least {_SHORTEST_PASSWORD} characters")
    on_database(lambda database: save_account(database, Account(name, display_name or name, role), password, OPERATOR))
    typer.echo(f"{name} may sign in as {role}")


@token.command("add")
def add_token(
    name: str,
    role: Annotated[Role, typer.Option(help="What the program may do.")] = Role.READER,
    value: Annotated[str, typer.Option(envvar="CAMPUS_TOKEN_VALUE", help="Random when left out.")] = "",
) -> None:
    """Make an API token, or replace the one of that name, and print it this once."""
    secret = value or secrets.token_urlsafe(32)
    on_database(lambda database: save_token(database, name, role, secret, OPERATOR))
    typer.echo(secret)
