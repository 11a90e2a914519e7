"""`python -m alerts compliance`: the figures of now or of any past day, for a person at a terminal."""

from __future__ import annotations

import calendar
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import partial
from typing import Annotated
from zoneinfo import ZoneInfo

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TimeRemainingColumn

from alerts.commands.console import make_console, make_table, on_database
from alerts.commands.number_trials import print_trial
from alerts.compliance.figures import FigureLine, Figures, Split, read_figures
from alerts.compliance.rejudging import rejudge_figures
from alerts.compliance.retention import EvidenceGone
from alerts.domain.compliance.headline import HUNDREDS, TEAMS
from alerts.domain.compliance.rules import Group
from alerts.domain.compliance.terms import Level
from alerts.domain.policies import DEFAULT_ZONE
from alerts.storage.database import Database
from alerts.terminal import errors, fail

_WORDS = {
    Group.CLOSED: "封闭管理 closed",
    Group.ALARM: "一键报警 alarm",
    Group.GUARDS: "专职保安 guards",
    Group.TEAM: "护校队 team",
    Group.CROSSING: "护学岗 crossing",
}


@dataclass(frozen=True, slots=True)
class _Answer:
    """What came of the days that were asked for: figures, and of each day that cannot be judged again why not."""

    figures: tuple[Figures, ...]
    gone: tuple[str, ...] = ()


def print_compliance(
    on: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="A past day, as it was recorded; now, if left out.")
    ] = None,
    by: Annotated[Split, typer.Option(help="By what schools are told apart.")] = Split.DISTRICT,
    rejudge: Annotated[
        bool, typer.Option("--rejudge", help="Judge that day again by the rules and numbers of today; nothing is kept.")
    ] = False,
    month: Annotated[bool, typer.Option("--month", help="Each day of that day's month, the city in one line.")] = False,
    tried: Annotated[
        str | None,
        typer.Option(
            "--try",
            metavar="RULE.NUMBER=VALUE",
            help="Which schools it would make come out otherwise on the last 30 closed days; nothing is kept.",
        ),
    ] = None,
    level: Annotated[Level, typer.Option(help="With --try: the level that sets it.")] = Level.CITY,
    school: Annotated[str | None, typer.Option(help="With --try: for this school alone.")] = None,
) -> None:
    """Print how many schools meet the hundreds and have the teams: met/not met/unknown/declared."""
    if tried is not None:
        print_trial(tried, level, school)
        return
    if (rejudge or month) and on is None:
        fail("--rejudge and --month go with --on DATE")
    answer = on_database(lambda database: _find(database, on.date() if on else None, by, rejudge=rejudge, month=month))
    if not answer.figures and not answer.gone:
        fail("that day is not closed: nothing is recorded of it")
    if month:
        _print_month(answer)
        return
    if answer.gone:
        fail(answer.gone[0])
    console = make_console()
    (found,) = answer.figures
    lines = [(f"{line.name} {line.name_en}", line) for line in found.lines]
    console.print(f"{found.on}, {_tell_kind(found, rejudge=rejudge)}")
    console.print(_draw(by.value, [*lines, ("全市 city", found.city)]))


async def _find(database: Database, on: date | None, by: Split, *, rejudge: bool, month: bool) -> _Answer:
    async with database.connection() as connection:
        now = await database.read_now(connection)
    if on is None:
        async with database.connection() as connection:
            return _Answer((await read_figures(connection, now, by),))
    today = now.astimezone(ZoneInfo(DEFAULT_ZONE)).date()
    if on >= today:
        fail("a past day, please: what stands now is told without --on")
    days = [day for day in _list_month(on) if day < today] if month else [on]
    if rejudge:
        return await _rejudge(database, days, by)
    found = []
    for day in days:
        async with database.connection() as connection:
            figures = await read_figures(connection, now, by, on=day)
        found += [figures] if figures.city.schools else []
    return _Answer(tuple(found))


async def _rejudge(database: Database, days: list[date], by: Split) -> _Answer:
    columns = ("schools", BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=errors, transient=True) as bar:
        task = bar.add_task("compliance", total=None)

        def show(number: int, done: int, total: int) -> None:
            bar.update(task, completed=number * total + done, total=len(days) * total)

        judged, gone = [], []
        for number, day in enumerate(days):
            try:
                judged.append(await rejudge_figures(database, day, by, partial(show, number)))
            except EvidenceGone as error:
                gone.append(str(error))
    return _Answer(tuple(judged), tuple(gone))


def _print_month(answer: _Answer) -> None:
    """Days that cannot be judged again are named after those that were; who reads the code alone is told, too."""
    if answer.figures:
        make_console().print(_draw("day", [(str(one.on), one.city) for one in answer.figures]))
    if not answer.gone:
        return
    judged, gone = len(answer.figures), len(answer.gone)
    said = f"{judged + gone} 天中重判了 {judged} 天，{gone} 天的原始记录已过保存期，不能重判"
    fail("\n".join([f"{said} {judged} of {judged + gone} days judged again, {gone} cannot be:", *answer.gone]), code=1)


def _list_month(on: date) -> list[date]:
    first = on.replace(day=1)
    return [first + timedelta(days=number) for number in range(calendar.monthrange(on.year, on.month)[1])]


def _tell_kind(figures: Figures, *, rejudge: bool) -> str:
    if rejudge:
        return "按今天的规则和参数重判 judged again by the rules and numbers of today"
    return (
        f"{'已封存 as recorded' if figures.closed else '当前 now'}, {figures.at:%Y-%m-%d %H:%M:%S%z}"
        if figures.at
        else ""
    )


def _draw(key: str, lines: list[tuple[str, FigureLine]]) -> object:
    headings = (key, "schools", *(_WORDS[group] for group in (*HUNDREDS, *TEAMS)))
    return make_table(headings, ((name, line.schools, *_tell(line)) for name, line in lines))


def _tell(line: FigureLine) -> list[str]:
    counts = [line.groups.get(group) for group in (*HUNDREDS, *TEAMS)]
    return [f"{one.met}/{one.not_met}/{one.unknown}/{one.declared}" if one else "" for one in counts]
