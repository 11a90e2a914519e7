"""`python -m alerts coverage`: the lint, and who would be called, for a person at a terminal."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any

import msgspec
import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TimeRemainingColumn
from rich.table import Table

from alerts.commands.console import on_database
from alerts.domain.coverage import Finding, Hole
from alerts.domain.policies import read_zone
from alerts.domain.presses import Kind
from alerts.readiness.coverage import ExplainedStep, Explanation, Lint, explain_press, lint_coverage
from alerts.readiness.coverage_words import say_finding, say_output, say_post, say_reason, say_time
from alerts.readiness.policies import NoSuchSchool, read_school_zone
from alerts.storage.database import Database
from alerts.terminal import errors, fail

_SHOWN = 200  # holes in the table; --json gives all


class Language(StrEnum):
    """What the answer is written in."""

    ZH = "zh"
    EN = "en"


def check_coverage(
    school: Annotated[str | None, typer.Option(help="Only this school.")] = None,
    explain: Annotated[
        str | None, typer.Option(metavar="SCHOOL", help="Say who would be called by a press at this school instead.")
    ] = None,
    at: Annotated[
        str | None,
        typer.Option(
            metavar="TIME", help="With --explain: when; by the school's clock without an offset. Now, if left out."
        ),
    ] = None,
    kind: Annotated[Kind, typer.Option(help="With --explain: what the button is pressed for.")] = Kind.PANIC,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")] = False,
    language: Annotated[Language, typer.Option(help="Of the answer.")] = Language.EN,
) -> None:
    """Prove for the coming week that every live press reaches a person within 60 s, or list the holes.

    Exit code 1: in some hole nobody at all would be reached. 2: there is no such school.
    """
    if explain is not None:
        explained = on_database(lambda database: _explain(database, explain, at, kind))
        _print_json(explained) if as_json else _print_explanation(explained, language)
        return
    if at is not None:
        fail("--at goes with --explain SCHOOL")
    lint = on_database(lambda database: _lint(database, school))
    if school is not None and not lint.schools:
        fail(f"there is no school {school}")
    _print_json(_sum_up(lint)) if as_json else _print_lint(lint, language)
    raise typer.Exit(1 if any(hole.finding is Finding.NOBODY for hole in lint.holes) else 0)


async def _lint(database: Database, school: str | None) -> Lint:
    columns = ("schools", BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=errors, transient=True) as bar:
        task = bar.add_task("coverage", total=None)
        return await lint_coverage(database, school, lambda done, total: bar.update(task, completed=done, total=total))


async def _explain(database: Database, school: str, at: str | None, kind: Kind) -> Explanation:
    try:
        zone = await read_school_zone(database, school)
    except NoSuchSchool:
        fail(f"there is no school {school}")
    explained = await explain_press(database, school, None if at is None else _read_time(at, zone), kind)
    if explained is None:
        fail(f"there is no school {school}")
    return explained


def _read_time(text: str, zone: str) -> datetime:
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        fail(f"--at {text}: write a time like 2026-11-24T02:30, with an offset if it is not the school's own clock")
    if not 2000 <= at.year <= 2100:
        fail(f"--at {text}: ask for a time from 2000 to 2100")
    return at if at.tzinfo else at.replace(tzinfo=read_zone(zone))


def _sum_up(lint: Lint) -> dict[str, Any]:
    names = {school.code: school.name for school in lint.schools}
    return {
        "checked_at": lint.checked_at,
        "until": lint.until,
        "schools": len(lint.schools),
        "schools_with_holes": len({hole.school for hole in lint.holes}),
        "holes": [msgspec.to_builtins(hole) | {"school_name": names[hole.school]} for hole in lint.holes],
    }


def _print_json(value: Any) -> None:
    typer.echo(msgspec.json.format(msgspec.json.encode(value)).decode())


def _print_lint(lint: Lint, language: Language) -> None:
    schools = {school.code: school for school in lint.schools}
    table = Table("school", "from", "to", "what", "why")
    for hole in sorted(lint.holes, key=lambda one: (one.finding is not Finding.NOBODY, one.starts_at))[:_SHOWN]:
        known = schools[hole.school]
        table.add_row(
            escape(f"{hole.school} {known.name}"), *(escape(one) for one in _cells(hole, known.zone, language))
        )
    console = Console(highlight=False, width=None if errors.is_terminal else 200)
    if lint.holes:
        console.print(table)
    if len(lint.holes) > _SHOWN:
        console.print(f"… and {len(lint.holes) - _SHOWN} more; --json prints all")
    broken = len({hole.school for hole in lint.holes})
    console.print(
        f"{len(schools)} schools looked at for seven days: {len(schools) - broken} covered, {broken} with holes"
    )


def _cells(hole: Hole, zone: str, language: Language) -> tuple[str, str, str, str]:
    kinds = f" ({', '.join(hole.kinds)})" if hole.kinds else ""
    ends = say_time(hole.ends_at, zone) + (" …" if hole.lasts else "")
    why = "\n".join(say_reason(reason, language, zone) for reason in hole.reasons)
    return say_time(hole.starts_at, zone), ends, say_finding(hole.finding, language) + kinds, why


def _print_explanation(explained: Explanation, language: Language) -> None:
    effective = explained.effective
    console = Console(highlight=False, width=None if errors.is_terminal else 200)
    console.print(
        escape(
            f"{effective.school} {effective.school_name}, {say_time(effective.at, effective.zone)}, {effective.kind}"
        )
    )
    rule = effective.rule
    origin = f"rule {rule.rule.id} {rule.rule.name}, version {rule.rule.version}" if rule else "built in"
    passed = "; ".join(f"rule {one.rule.rule.id}: {one.why}" for one in effective.passed_over)
    console.print(escape(f"policy: {origin}" + (f" (passed over: {passed})" if passed else "")))
    table = Table("after", "step", "who", "by", "on site", "not reached")
    for step in explained.steps:
        _add_step(table, step, effective.zone, language)
    console.print(table)
    reached = explained.reached_after_seconds
    console.print("NOBODY is reached" if reached is None else f"somebody is reached after {reached} s")


def _add_step(table: Table, step: ExplainedStep, zone: str, language: Language) -> None:
    who = [
        f"{one.person_name} ({say_post(one.post_kind, language)})" if one.post_kind else one.person_name
        for one in step.calls
    ]
    by = [" → ".join([*one.channels, *one.shared]) + ("" if one.works else " (failing)") for one in step.calls]
    why = [say_reason(reason, language, zone) for reason in step.reasons]
    police = ["110"] if step.police else []
    on_site = [say_output(one.output, one.devices, one.seconds, language) for one in step.outputs]
    cells = ("\n".join(police + who), "\n".join([""] * len(police) + by), "\n".join(on_site), "\n".join(why))
    table.add_row(f"{step.after_seconds} s", str(step.step), *(escape(one) for one in cells))
