"""`python -m alerts account` and `token`: who may sign in, as what, and for which place."""

from __future__ import annotations

import secrets
from pathlib import Path
from typing import Annotated

import typer

from alerts.account_lists import COLUMNS, LetIn, ListInvalid, let_in, read_list
from alerts.accounts import AccountRefused, NoSuchAccount, remove_account, remove_token, save_account, save_token
from alerts.commands.console import OPERATOR, on_database
from alerts.domain.rights import Right, Role
from alerts.identities import NotTied, tie, untie
from alerts.owners import name_owner
from alerts.passwords import PasswordRefused
from alerts.second_factors import NoSuchFactor, switch_off
from alerts.settings import Settings
from alerts.storage.accounts import Account
from alerts.storage.database import Database
from alerts.storage.identities import Identity
from alerts.terminal import fail

account = typer.Typer(no_args_is_help=True, help="People who sign in at the board.")
token = typer.Typer(no_args_is_help=True, help="API tokens for programs.")

_DISTRICT = typer.Option(help="The district that they stand for, by its code.")
_SCHOOL = typer.Option(help="The school that they stand for, by its code.")


@account.command("add")
def add_account(
    name: str,
    role: Annotated[Role, typer.Option(help="Who the person is; docs/rights.md says what each may do.")],
    district: Annotated[str | None, _DISTRICT] = None,
    school: Annotated[str | None, _SCHOOL] = None,
    display_name: Annotated[str, typer.Option(help="What others read; the name when left out.")] = "",
    password: Annotated[
        str, typer.Option(envvar="CAMPUS_ACCOUNT_PASSWORD", prompt=True, hide_input=True, confirmation_prompt=True)
    ] = "",
    own_password: Annotated[
        bool, typer.Option("--own-password", help="They chose it themselves: they need not choose another one.")
    ] = False,
) -> None:
    """Make an account, or change the one of that name. The password is asked for, or read from the variable; who signs
    in by it then chooses their own."""
    if role is Role.INTEGRATION:
        fail("programs come in with a token: python -m alerts token add")
    person = Account(name, display_name or name, role, district, school)
    on_database(
        lambda database: save_account(database, person, password, OPERATOR, own_password=own_password),
        AccountRefused,
        PasswordRefused,
    )
    typer.echo(f"{name} may sign in as {role} of {school or district or 'the city'}")


@account.command("import")
def import_accounts(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help=f"CSV, headed {','.join(COLUMNS)}.")],
    password: Annotated[
        str, typer.Option(envvar="CAMPUS_ACCOUNT_PASSWORD", help="Everybody's; unset, each new one gets their own.")
    ] = "",
    own_password: Annotated[
        bool, typer.Option("--own-password", help="They chose it themselves: they need not choose another one.")
    ] = False,
) -> None:
    """Make or change the accounts of a list, and print the first password of each new one, this once: NAME,PASSWORD.

    Who is there already keeps theirs. Of the columns name and role are needed. Exit code 0: all are in. 1: some were
    refused, and are named. 2: the list cannot be, and nobody of it was let in.
    """
    try:
        listed = read_list(file)
    except ListInvalid as error:
        fail(str(error))

    async def work(database: Database) -> bool:
        landed = let_in(database, listed, OPERATOR, password=password, own_password=own_password)
        return all([_tell(one) async for one in landed])

    raise typer.Exit(0 if on_database(work) else 1)


@account.command("remove")
def end_account(name: str) -> None:
    """Remove an account: its sessions end, and its boards close within 20 s. What the log says of it stays."""
    on_database(lambda database: remove_account(database, name, OPERATOR), AccountRefused, NoSuchAccount)
    typer.echo(f"{name} may no longer sign in")


@account.command("tie")
def tie_account(name: str, subject: str) -> None:
    """Let somebody sign in at the provider (CAMPUS_OIDC_ISSUER), too: SUBJECT is what it calls them, in the place of
    what it called them before. Whoever is not tied yet reads it when they try."""
    identity = Identity(_need_issuer(), subject)
    on_database(lambda database: tie(database, identity, name, OPERATOR), AccountRefused, NoSuchAccount)
    typer.echo(f"{name} may sign in at {identity.issuer} as {subject}")


@account.command("untie")
def untie_account(name: str) -> None:
    """Let nobody come in as this account by the provider any more: its sessions end."""
    issuer = _need_issuer()
    on_database(lambda database: untie(database, issuer, name, OPERATOR), NotTied, NoSuchAccount)
    typer.echo(f"{name} may no longer sign in at {issuer}")


@account.command("person")
def name_person(
    name: str, person: Annotated[str | None, typer.Argument(help="Left out, it is nobody's of the registry.")] = None
) -> None:
    """Enter whose account it is: PERSON, by the code in the registry, is told when how they sign in is changed."""
    on_database(lambda database: name_owner(database, name, person, OPERATOR), AccountRefused, NoSuchAccount)
    typer.echo(f"{name} is the account of {person or 'nobody in the registry'}")


@account.command("second-factor-off")
def end_second_factor(name: str) -> None:
    """Take the second factor of somebody away who lost it: their sessions end, and the password alone lets them in."""
    on_database(lambda database: switch_off(database, name, OPERATOR), NoSuchAccount, NoSuchFactor)
    typer.echo(f"{name} signs in with the password alone")


@token.command("add")
def add_token(
    name: str,
    right: Annotated[list[Right] | None, typer.Option(help="What the program may do; repeated for several.")] = None,
    every_right: Annotated[bool, typer.Option("--every-right", help="It may do everything.")] = False,
    district: Annotated[str | None, _DISTRICT] = None,
    school: Annotated[str | None, _SCHOOL] = None,
    value: Annotated[str, typer.Option(envvar="CAMPUS_TOKEN_VALUE", help="Random when left out.")] = "",
) -> None:
    """Make an API token, or replace the one of that name, and print it this once. Without a right it may see."""
    secret = value or secrets.token_urlsafe(32)
    scopes = frozenset(Right) if every_right else frozenset(right or [Right.SEE])
    program = Account.of_program(name, scopes, district, school)
    on_database(lambda database: save_token(database, program, secret, OPERATOR), AccountRefused)
    typer.echo(secret)


@token.command("remove")
def end_token(name: str) -> None:
    """Remove a token: the program can no longer come in."""
    on_database(lambda database: remove_token(database, name, OPERATOR), NoSuchAccount)
    typer.echo(f"the token {name} opens nothing any more")


def _tell(one: LetIn) -> bool:
    """Prints what is to be handed out, and beside it what was refused. Says whether it was done."""
    if one.refused is not None:
        typer.echo(f"line {one.listed.line}: {one.listed.account.name}: {one.refused}", err=True)
    if one.password is not None:
        typer.echo(f"{one.listed.account.name},{one.password}")
    return one.refused is None


def _need_issuer() -> str:
    return Settings().oidc_issuer or fail("CAMPUS_OIDC_ISSUER is not set: there is no provider to sign in at")
