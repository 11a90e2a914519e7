"""`python -m alerts answer-times` and `test-month`: the figures for a person at a terminal."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Annotated
from zoneinfo import ZoneInfo

import typer
from rich.console import Console
from rich.table import Table

from alerts.commands.console import on_database
from alerts.domain.answer_times import AnswerTimes, By, PeriodInvalid
from alerts.domain.policies import DEFAULT_ZONE
from alerts.domain.practice import find_missing_hop
from alerts.domain.presses import Mode
from alerts.readiness.practice import TestMonth, read_test_month
from alerts.reports.answer_times import count_answer_times, find_answer_times, recount_answer_times
from alerts.storage.database import Database
from alerts.storage.practice import ButtonProof, list_button_proofs

_USUAL_DAYS = 30
_PAGE = 500

_out = Console(highlight=False)


def print_answer_times(
    first: Annotated[
        datetime | None, typer.Option("--from", formats=["%Y-%m-%d"], help="The first day; 30 days ago.")
    ] = None,
    last: Annotated[datetime | None, typer.Option("--to", formats=["%Y-%m-%d"], help="The last day; today.")] = None,
    by: Annotated[By, typer.Option(help="What they are grouped by.")] = By.DISTRICT,
    mode: Annotated[Mode, typer.Option(help="Live ones, or tests or drills.")] = Mode.LIVE,
    recount: Annotated[bool, typer.Option("--recount", help="Count the whole log anew first.")] = False,
) -> None:
    """Print how fast presses are taken: shares within 30 and 60 s, and percentiles."""

    async def work(database: Database) -> None:
        if recount:
            await recount_answer_times(database)
        while await count_answer_times(database):
            pass
        until = last.date() if last else await _read_today(database)
        since = first.date() if first else until - timedelta(days=_USUAL_DAYS - 1)
        groups: list[AnswerTimes] = []
        while True:
            after = groups[-1].key if groups else None
            found = await find_answer_times(database, since, until, by, mode=mode, after=after, limit=_PAGE)
            groups += found.groups
            if len(found.groups) < _PAGE:
                break
        _out.print(_draw_answer_times([*groups, found.overall], f"{mode}, {since} to {until}"))

    on_database(work, PeriodInvalid)


def print_test_month(
    month: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m"], help="A calendar month, 2026-01; this one when left out.")
    ] = None,
    district: Annotated[str | None, typer.Option(help="List the buttons of this district that are not proved.")] = None,
    school: Annotated[str | None, typer.Option(help="List the buttons of this school that are not proved.")] = None,
) -> None:
    """Print how many buttons are proved end to end in a month, and which are not."""

    async def work(database: Database) -> None:
        first = (month.date() if month else await _read_today(database)).replace(day=1)
        async with database.connection() as connection:
            _out.print(_draw_month(await read_test_month(connection, first)))
            found: list[ButtonProof] = []
            page: list[ButtonProof] | None = None if district or school else []
            while page is None or len(page) == _PAGE:
                after = found[-1].device if found else None
                page = await list_button_proofs(
                    connection, first, district=district, school=school, proved=False, after=after, limit=_PAGE
                )
                found += page
        if district or school:
            _out.print(_draw_buttons(found))

    on_database(work, PeriodInvalid)


def _draw_answer_times(groups: list[AnswerTimes], title: str) -> Table:
    table = Table("", "incidents", "taken", "in 30 s", "in 60 s", "p50 s", "p90 s", "p98.5 s", title=title)
    for one in groups:
        name = f"{one.key} {one.name}".strip() if one.key != one.name else one.key or "-"
        shares = [_share(one.share_within_30), _share(one.share_within_60)]
        seconds = [_seconds(value, one) for value in (one.p50_seconds, one.p90_seconds, one.p985_seconds)]
        table.add_row(name, str(one.incidents), str(one.taken), *shares, *seconds)
    if table.rows:
        table.rows[-1].style = "bold"
    return table


def _draw_month(month: TestMonth) -> Table:
    names = ("devices", "pressed", "shown", "police", "receipted", "proved", "objected", "closed")
    table = Table("", *names, title=f"{month.month:%Y-%m}")
    for one in (*month.districts, month.city):
        name = f"{one.district} {one.district_name}".strip() or "all"
        table.add_row(name, *(str(getattr(one, figure)) for figure in names))
    table.rows[-1].style = "bold"
    return table


def _draw_buttons(buttons: list[ButtonProof]) -> Table:
    table = Table("device", "school", "point", "missing", "objection", title="not proved")
    for one in buttons:
        missing = find_missing_hop(one.pressed_at, one.shown_at, one.police_receipt_at, one.receipted_at)
        table.add_row(one.device, f"{one.school} {one.school_name}", one.point, missing or "", one.objection or "")
    return table


def _share(value: float | None) -> str:
    return "-" if value is None else f"{100 * value:.1f} %"


def _seconds(value: float | None, group: AnswerTimes) -> str:
    if value is not None:
        return f"{value:.1f}"
    return "never" if group.incidents else "-"


async def _read_today(database: Database) -> date:
    async with database.connection() as connection:
        return (await database.read_now(connection)).astimezone(ZoneInfo(DEFAULT_ZONE)).date()
