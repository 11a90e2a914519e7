"""`python -m alerts police`: 110 and the monitoring station."""

from __future__ import annotations

import csv
import sys
from collections.abc import Iterable, Sequence

import typer

from alerts.commands.console import on_database
from alerts.police.terms import write_account
from alerts.settings import Settings
from alerts.storage.database import Database
from alerts.storage.station import StationAccount, StationZone, list_accounts, list_zones

police = typer.Typer(no_args_is_help=True, help="110 and the monitoring station.")


@police.command("accounts")
def print_accounts() -> None:
    """Print each school's account at the monitoring station, as CSV for the station's people."""
    prefix = Settings().dc09_account or ""
    accounts = on_database(_list_accounts)
    _print_csv(
        ("account", "school", "name"),
        ((write_account(prefix, one.number), one.school, one.name) for one in accounts),
    )


@police.command("zones")
def print_zones() -> None:
    """Print each device's zone in its school's account at the monitoring station, as CSV."""
    prefix = Settings().dc09_account or ""
    zones = on_database(_list_zones)
    _print_csv(
        ("account", "zone", "school", "device", "point"),
        ((write_account(prefix, one.account), f"{one.number:03d}", one.school, one.device, one.point) for one in zones),
    )


def _print_csv(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    lines = csv.writer(sys.stdout, lineterminator="\n")
    lines.writerow(headings)
    lines.writerows(rows)


async def _list_accounts(database: Database) -> Sequence[StationAccount]:
    async with database.connection() as connection:
        return await list_accounts(connection)


async def _list_zones(database: Database) -> Sequence[StationZone]:
    async with database.connection() as connection:
        return await list_zones(connection)
