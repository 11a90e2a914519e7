"""`python -m alerts`: the engine, and what an operator does to the service from a terminal."""

from __future__ import annotations

import asyncio
import csv
import secrets
import signal
import socket
import sys
from collections.abc import AsyncIterator, Coroutine
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Annotated, Any

import msgspec
import typer
from prometheus_client import start_http_server
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TimeRemainingColumn

from alerts.accounts import save_account, save_token
from alerts.audit import verify_log
from alerts.channels.mail import MailUrlInvalid
from alerts.channels.opening import open_channels
from alerts.commands.coverage import check_coverage
from alerts.commands.figures import print_answer_times, print_test_month
from alerts.commands.plans import plans
from alerts.commands.rosters import roster, show_duty
from alerts.domain.escalation import Policy, PolicyInvalid
from alerts.domain.presses import Mode
from alerts.domain.rights import Role
from alerts.engine.engine import Engine
from alerts.importing.command import OPERATOR, import_files
from alerts.logs import configure_logs
from alerts.police.http import CertificateUnusable
from alerts.police.opening import open_police
from alerts.police.terms import write_account
from alerts.readiness.policies import list_policies, save_policy
from alerts.settings import Settings
from alerts.storage.accounts import Account
from alerts.storage.database import Database
from alerts.storage.errors import StorageUnavailable
from alerts.storage.migrations import migrate as migrate_database
from alerts.storage.station import list_accounts, list_zones
from alerts.terminal import errors, fail, run_program

app = typer.Typer(no_args_is_help=True, pretty_exceptions_enable=False, help=__doc__)
audit = typer.Typer(no_args_is_help=True, help="The tamper-evident log.")
policy = typer.Typer(no_args_is_help=True, help="Escalation policies: who is told when.")
account = typer.Typer(no_args_is_help=True, help="People who sign in at the board.")
token = typer.Typer(no_args_is_help=True, help="API tokens for programs.")
police = typer.Typer(no_args_is_help=True, help="110 and the monitoring station.")
app.add_typer(audit, name="audit")
app.add_typer(policy, name="policy")
app.add_typer(account, name="account")
app.add_typer(plans, name="plan")
app.add_typer(roster, name="roster")
app.add_typer(token, name="token")
app.add_typer(police, name="police")


def main() -> None:
    """The console entry."""
    run_program(app, StorageUnavailable, PolicyInvalid, MailUrlInvalid, CertificateUnusable)


@app.command()
def run(
    name: Annotated[str, typer.Option(help="Tells engines apart that run side by side.")] = socket.gethostname(),
) -> None:
    """Run the engine: escalate, deliver, supervise. Several may run at once."""
    settings = Settings()
    configure_logs(settings.log_format)
    if settings.engine_metrics_port:
        start_http_server(settings.engine_metrics_port)
    _run(_run_engine(settings, name))


@app.command()
def migrate() -> None:
    """Bring the database to the newest schema."""
    applied = _run(migrate_database(Settings().need_database_url()))
    typer.echo("\n".join(f"applied {one}" for one in applied) or "the schema is up to date")


app.command("import")(import_files)
app.command("duty")(show_duty)
app.command("coverage")(check_coverage)
app.command("answer-times")(print_answer_times)
app.command("test-month")(print_test_month)


@audit.command()
def verify() -> None:
    """Walk the whole log and name the first row that does not fit (exit code 1)."""

    async def work(database: Database) -> None:
        columns = ("the log", BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
        with Progress(*columns, console=errors, transient=True) as bar:
            task = bar.add_task("verify", total=None)
            verdict = await verify_log(database, lambda done, total: bar.update(task, completed=done, total=total))
        if verdict.misfit:
            fail(f"row {verdict.misfit.position} does not fit: {verdict.misfit.reason}", code=1)
        typer.echo(f"{verdict.held.position} rows hold; head {verdict.head.hash.hex()}")

    _with_database(work)


@policy.command("show")
def show_policies() -> None:
    """Print the policy in force for each mode, as JSON that `policy set` takes."""

    async def work(database: Database) -> None:
        for one in await list_policies(database):
            origin = f"version {one.version} by {one.saved_by}" if one.version else "built in"
            typer.echo(f"{one.mode} ({origin})")
            typer.echo(msgspec.json.format(msgspec.json.encode(one.definition)).decode())

    _with_database(work)


@policy.command("set")
def set_policy(mode: Mode, file: Annotated[Path, typer.Argument(exists=True, dir_okay=False)]) -> None:
    """Check a policy and put it in force for incidents that open from now on."""

    async def work(database: Database) -> None:
        try:
            wanted = msgspec.json.decode(file.read_bytes(), type=Policy)
        except msgspec.DecodeError as error:
            fail(f"{file}: {error}; `policy show` prints the form")
        saved = await save_policy(database, mode, wanted, OPERATOR)
        typer.echo(f"{mode}: version {saved.version} is in force")

    _with_database(work)


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
    if len(password) < 8:
        fail("a password needs at least 8 characters")

    async def work(database: Database) -> None:
        await save_account(database, Account(name, display_name or name, role), password, OPERATOR)
        typer.echo(f"{name} may sign in as {role}")

    _with_database(work)


@token.command("add")
def add_token(
    name: str,
    role: Annotated[Role, typer.Option(help="What the program may do.")] = Role.READER,
    value: Annotated[str, typer.Option(envvar="CAMPUS_TOKEN_VALUE", help="Random when left out.")] = "",
) -> None:
    """Make an API token, or replace the one of that name, and print it this once."""
    secret = value or secrets.token_urlsafe(32)

    async def work(database: Database) -> None:
        await save_token(database, name, role, secret, OPERATOR)
        typer.echo(secret)

    _with_database(work)


@police.command("accounts")
def list_station_accounts() -> None:
    """Print each school's account at the monitoring station, as CSV for the station's people."""

    async def work(database: Database) -> None:
        async with database.connection() as connection:
            accounts = await list_accounts(connection)
        rows = csv.writer(sys.stdout, lineterminator="\n")
        rows.writerow(["account", "school", "name"])
        prefix = Settings().dc09_account or ""
        rows.writerows([write_account(prefix, one.number), one.school, one.name] for one in accounts)

    _with_database(work)


@police.command("zones")
def list_station_zones() -> None:
    """Print each device's zone in its school's account at the monitoring station, as CSV."""

    async def work(database: Database) -> None:
        async with database.connection() as connection:
            zones = await list_zones(connection)
        rows = csv.writer(sys.stdout, lineterminator="\n")
        rows.writerow(["account", "zone", "school", "device", "point"])
        prefix = Settings().dc09_account or ""
        rows.writerows(
            [write_account(prefix, one.account), f"{one.number:03d}", one.school, one.device, one.point]
            for one in zones
        )

    _with_database(work)


async def _run_engine(settings: Settings, name: str) -> None:
    """Runs until SIGTERM or SIGINT."""
    stopped = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stopped.set)
    async with AsyncExitStack() as stack:
        database = await stack.enter_async_context(_database(settings))
        channels = await open_channels(settings, stack)
        engine = Engine(database, channels, name, settings.public_url, await open_police(settings, stack))
        running = asyncio.create_task(engine.run(), name="engine")
        waiter = asyncio.create_task(stopped.wait(), name="stop")
        await asyncio.wait({running, waiter}, return_when=asyncio.FIRST_COMPLETED)
        if running.done():
            await running
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


@asynccontextmanager
async def _database(settings: Settings) -> AsyncIterator[Database]:
    database = await Database.open(settings.need_database_url(), application_name="campus-alerts", max_size=8)
    try:
        yield database
    finally:
        await database.close()


def _with_database(work: Any) -> None:
    async def whole() -> None:
        async with _database(Settings()) as database:
            await work(database)

    _run(whole())


def _run(work: Coroutine[Any, Any, Any]) -> Any:
    try:
        return asyncio.run(work)
    except OSError as error:
        fail(f"the database does not answer: {error}")


if __name__ == "__main__":
    main()
