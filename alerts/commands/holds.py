"""`python -m alerts hold`: raw evidence that must stay whatever its age."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import typer

from alerts.commands.console import OPERATOR, make_console, make_table, on_database
from alerts.compliance.places import NoSuchSchool
from alerts.compliance.retention import NoSuchHold, lift_hold, place_hold
from alerts.domain.retention import Hold, HoldInvalid
from alerts.storage.database import Database
from alerts.storage.retention import HoldRow, list_holds
from alerts.terminal import errors

hold = typer.Typer(no_args_is_help=True, help="Raw evidence that must stay whatever its age, for a case not yet over.")
_MOST = 1_000
_Day = Annotated[datetime, typer.Option(formats=["%Y-%m-%d"])]


@hold.command("place")
def place(
    since: _Day,
    until: _Day,
    reason: Annotated[str, typer.Option(help="Why, so that whoever lifts it knows.")],
    school: Annotated[str | None, typer.Option(help="The school's code; the whole city, if left out.")] = None,
    district: Annotated[str | None, typer.Option(help="The district's code, for all its schools.")] = None,
) -> None:
    """Keep the evidence of these days, the last one included."""
    wanted = Hold(school, since.date(), until.date(), district)
    row = on_database(lambda database: place_hold(database, wanted, reason, OPERATOR), HoldInvalid, NoSuchSchool)
    place = row.school or row.district or "the whole city"
    typer.echo(f"hold {row.id} keeps the evidence of {place} from {row.since} to {row.until}")
    if row.gone_days:
        errors.print(f"太晚了 too late: of {row.gone_days} of these days evidence has gone, and does not come back")


@hold.command("list")
def print_holds(all_: Annotated[bool, typer.Option("--all", help="Also those that were lifted.")] = False) -> None:
    """Print what is held."""

    async def find(database: Database) -> list[HoldRow]:
        async with database.connection() as connection:
            return await list_holds(connection, standing_only=not all_, school=None, before=None, limit=_MOST)

    rows = on_database(find)
    cells = (
        (
            row.id,
            row.school or row.district or "全市 city",
            row.since,
            row.until,
            row.gone_days or "",
            row.reason,
            row.placed_by,
            row.lifted_by,
            row.lift_reason,
        )
        for row in rows
    )
    headings = ("hold", "place", "since", "until", "days gone", "reason", "placed by", "lifted by", "because")
    make_console().print(make_table(headings, cells) if rows else "nothing is held")


@hold.command("lift")
def lift(
    number: Annotated[int, typer.Argument(help="As `list` prints it.")],
    reason: Annotated[str, typer.Option(help="Why it may go now.")],
) -> None:
    """Let the evidence go when it is old."""
    row = on_database(lambda database: lift_hold(database, number, reason, OPERATOR), HoldInvalid, NoSuchHold)
    typer.echo(f"hold {row.id} is lifted")
