"""`python -m alerts plan`: plans, and how far their responsibilities are covered, for a person at a terminal."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

import typer
from rich.table import Table
from rich.text import Text

from alerts.commands.console import add_row, make_console, make_table, on_database
from alerts.commands.importing import import_files
from alerts.domain.plans import Gap
from alerts.readiness.plans import CityFigure, SchoolCoverage, read_city_figure, read_school_coverage
from alerts.storage.database import Database
from alerts.storage.plans import PlanHead, Tally, list_plans, list_responsibilities, list_versions
from alerts.terminal import fail

plans = typer.Typer(
    no_args_is_help=True, help="Plans for emergencies: what is to be done by whom, and whether it could."
)
plans.command("import")(import_files)

_MOST_PLANS = 100_000
_SAMPLE = "Some of these plans are an invented sample (示例): they say nothing of the real city."


@plans.command("show")
def show_plans(
    code: Annotated[str | None, typer.Argument(help="One plan with all that it asks; all plans when left out.")] = None,
) -> None:
    """List the plans, or one of them whole."""

    async def work(database: Database) -> None:
        async with database.transaction(isolation="repeatable_read") as connection:
            now = await database.read_now(connection)
            if code is None:
                _print_heads(await list_plans(connection, now, after=None, limit=_MOST_PLANS))
                return
            versions = await list_versions(connection, code, now)
            if not versions:
                fail(f"there is no plan {code}; `python -m alerts plan show` lists them")
            head = versions[0]
            _print_heads([head])
            table = make_table(("number", "phase", "post", "person", "deputy", "what"))
            for one in (await list_responsibilities(connection, [(code, head.version)]))[code, head.version]:
                add_row(table, one.number, one.phase, one.post, one.person, one.deputy, one.text)
        make_console().print(table)

    on_database(work)


@plans.command("coverage")
def show_coverage(
    school: Annotated[
        str | None, typer.Option(help="One school, with what is in the way of each responsibility.")
    ] = None,
) -> None:
    """Count how many responsibilities somebody could carry out now, and say why not the others.

    Covered: somebody holds the post, is not on leave, has a verified way to be reached, was trained for the plan within
    a year, and it was exercised there within a year.
    """

    async def work(database: Database) -> None:
        if school is None:
            _print_city(await read_city_figure(database))
            return
        found = await read_school_coverage(database, school)
        if found is None:
            fail(f"there is no school {school}")
        _print_school(found)

    on_database(work)


def _print_heads(heads: Sequence[PlanHead]) -> None:
    table = make_table(("plan", "name", "for", "school", "version", "in force", "valid", "responsibilities", ""))
    for head in heads:
        valid = f"{head.valid_from} – {head.valid_until or ''}"
        kinds = ", ".join(head.kinds) or "every kind"
        sample = "invented sample" if head.sample else ""
        in_force = "no" if head.in_force is None else f"version {head.in_force}"
        row = (head.code, head.name, kinds, head.school or "the city", head.version, in_force, valid)
        add_row(table, *row, head.responsibilities, sample)
    make_console().print(table)


def _print_city(figure: CityFigure) -> None:
    console = make_console()
    if figure.sample:
        console.print(Text(_SAMPLE, style="yellow"))
    said = f"{figure.everywhere} of {figure.responsibilities} responsibilities are covered at every place of their post"
    console.print(
        f"{said}; {figure.coverage.covered:,} of {figure.coverage.asked:,} over all places. {figure.at:%F %T %Z}"
    )
    table = make_table(("district", "asked", "covered", *Gap))
    for district in figure.districts:
        _add_tally(table, f"{district.name} {district.name_en}", district.coverage)
    _add_tally(table, "all", figure.coverage)
    console.print(table)
    worst = make_table(("responsibility", "asked", "covered", *Gap))
    for one in sorted(figure.items, key=lambda item: item.coverage.covered / max(1, item.coverage.asked)):
        _add_tally(worst, f"{one.plan} {one.number} {one.text}", one.coverage)
    console.print(worst)


def _print_school(found: SchoolCoverage) -> None:
    console = make_console()
    if found.sample:
        console.print(Text(_SAMPLE, style="yellow"))
    console.print(f"{found.covered} of {found.asked} responsibilities are covered. {found.at:%F %T %Z}")
    table = make_table(("plan", "number", "phase", "post", "person", "in the way", "what"))
    for one in found.items:
        gaps = ", ".join(one.gaps) or "covered"
        add_row(table, one.plan, one.number, one.phase, one.post, one.person_name, gaps, one.text)
    console.print(table)


def _add_tally(table: Table, name: str, tally: Tally) -> None:
    add_row(table, name, tally.asked, tally.covered, *(getattr(tally, gap) for gap in Gap))
