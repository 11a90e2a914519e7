"""`python -m alerts roster` and `python -m alerts duty`: rosters and who is on duty, for a person at a terminal."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import fields
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any
from zoneinfo import ZoneInfo

import msgspec
import typer
from rich.text import Text

from alerts.commands.console import OPERATOR, make_console, make_table, on_database
from alerts.domain.rosters import Roster, RosterInvalid, Shift
from alerts.staff.calendars import UnknownYear
from alerts.staff.duty import Recalculated
from alerts.staff.ical import IcalUnreadable
from alerts.staff.roster_views import DutyNow, NoSuchSchool, RosterDetail, read_on_duty, read_roster
from alerts.staff.rosters import ImportedCalendar, NoSuchPost, SavedRoster, import_calendar, save_roster
from alerts.storage.calendars import find_school_place
from alerts.storage.database import Database
from alerts.terminal import errors, fail

roster = typer.Typer(no_args_is_help=True, help="Rosters: who takes turns at a post.")
_REFUSALS = (NoSuchPost, NoSuchSchool, RosterInvalid, IcalUnreadable)
_SHOWN_HOLES = 20


@roster.command("show")
def show_roster(
    post: Annotated[str, typer.Argument(help="The post's code, like S1:guard.")],
) -> None:
    """Print a post's roster as JSON that `roster set` takes; what is to be worried about goes to the error stream."""
    detail = on_database(lambda database: read_roster(database, post), *_REFUSALS)
    if detail.roster is None or detail.roster.definition is None:
        fail(f"{detail.post.name} has no roster: its {len(detail.holders)} holders have it round the clock", code=1)
    typer.echo(msgspec.json.format(msgspec.json.encode(detail.roster.definition)).decode())
    errors.print(f"{detail.post.name}: version {detail.roster.version} by {detail.roster.saved_by}", markup=False)
    _print_worries(detail)


@roster.command("set")
def set_roster(
    post: Annotated[str, typer.Argument(help="The post's code, like S1:guard.")],
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="JSON in the form of `roster show`.")],
) -> None:
    """Check a roster and put it in force at once. What has been stays as it was."""
    wanted = _read_definition(file)
    saved: SavedRoster = on_database(lambda database: save_roster(database, post, wanted, OPERATOR), *_REFUSALS)
    typer.echo(f"{post}: version {saved.version.version} is in force; {_say_holes(saved.duty)}")


@roster.command("import-ical")
def import_ical(
    post: Annotated[str, typer.Argument(help="The post's code, like S1:guard.")],
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="An .ics whose events name people.")],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only look: keep nothing.")] = False,
) -> None:
    """Make the events of a calendar a post's duty, in the place of a calendar imported before.

    Exit code 0: every event names somebody we know. 1: some do not, they are listed, the others landed.
    """
    data = file.read_bytes()
    done: ImportedCalendar = on_database(
        lambda database: import_calendar(database, post, data, OPERATOR, dry_run=dry_run), *_REFUSALS
    )
    outcome = "nothing was kept" if done.version is None else f"version {done.version} is in force"
    typer.echo(f"{post}: {done.events} events of {len(done.people)} people; {outcome}")
    if done.duty:
        typer.echo(_say_holes(done.duty))
    if done.problems:
        rows = ([str(one.line), one.summary, one.reason] for one in done.problems)
        make_console().print(make_table(("line", "event", "reason"), rows))
        raise typer.Exit(1)


def show_duty(
    school: Annotated[str, typer.Option(help="The school's code.")],
    at: Annotated[
        str | None,
        typer.Option(metavar="TIME", help="When; by the school's clock without an offset. Now, if left out."),
    ] = None,
) -> None:
    """Say who is on duty at a school, and at which posts nobody is (exit code 1)."""
    found, zone = on_database(lambda database: _read_duty(database, school, at), *_REFUSALS)
    console = make_console()
    console.print(f"{school} {found.at.astimezone(zone):%Y-%m-%d %H:%M %Z}", markup=False)
    rows = (
        [
            one.post_name,
            f"{one.person_name} ({one.person})",
            one.shift,
            "" if one.ends_at is None else f"{one.ends_at.astimezone(zone):%m-%d %H:%M}",
            f"{one.source}{f' for {one.instead_of_name}' if one.instead_of_name else ''}"
            f"{', assumed' if one.assumed else ''}",
        ]
        for one in found.people
    )
    console.print(make_table(("post", "on duty", "shift", "until", "by"), rows))
    for post in found.vacant:
        errors.print(Text(f"{post.post_name} ({post.post}): nobody is on duty", style="red"))
    if found.vacant or not found.people:
        raise typer.Exit(1)


async def _read_duty(database: Database, school: str, at: str | None) -> tuple[DutyNow, ZoneInfo]:
    async with database.connection() as connection:
        place = await find_school_place(connection, school)
    if place is None:
        raise NoSuchSchool(f"there is no school {school}")
    zone = ZoneInfo(place.zone)
    return await read_on_duty(database, school, None if at is None else _read_time(at, zone)), zone


def _read_time(text: str, zone: ZoneInfo) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        fail(f"“{text}” is no time: write it as 2026-12-01T22:00")
    return moment if moment.tzinfo else moment.replace(tzinfo=zone)


def _read_definition(file: Path) -> Roster:
    try:
        said = msgspec.json.decode(file.read_bytes())
        wanted = msgspec.convert(said, Roster)
    except (msgspec.DecodeError, msgspec.ValidationError) as error:
        fail(f"{file}: {error}; `roster show` prints the form")
    unknown = _list_unknown(said, Roster)
    unknown += [name for one in said.get("shifts", ()) for name in _list_unknown(one, Shift)]
    if unknown:
        fail(f"{file}: a roster has no {', '.join(dict.fromkeys(unknown))}; `roster show` prints the form")
    return wanted


def _list_unknown(said: dict[str, Any], shape: type) -> list[str]:
    known = {field.name for field in fields(shape)}
    return [name for name in said if name not in known]


def _print_worries(detail: RosterDetail) -> None:
    names = {
        "unreachable": "no verified method reaches them",
        "not_holder": "does not hold the post",
    }
    zone = ZoneInfo(detail.post.zone)
    for one in detail.worries:
        errors.print(Text(f"{one.person_name} ({one.person}): {names[one.worry]}", style="yellow"))
    for hole in detail.holes[:_SHOWN_HOLES]:
        since, until = hole.starts_at.astimezone(zone), hole.ends_at.astimezone(zone)
        times = f"{since:%Y-%m-%d %H:%M} to {until:%m-%d %H:%M}"
        errors.print(Text(f"{times}: {hole.person_name} {hole.shift} is missing ({hole.reason})", style="red"))
    if len(detail.holes) > _SHOWN_HOLES:
        errors.print(f"… and {len(detail.holes) - _SHOWN_HOLES} more holes")
    _print_years(detail.unknown_years)


def _print_years(years: Iterable[UnknownYear]) -> None:
    for one in years:
        errors.print(Text(one.advice, style="red"))


def _say_holes(duty: Recalculated) -> str:
    return f"{duty.holes} holes in the coming 35 days" if duty.holes else "no holes in the coming 35 days"
