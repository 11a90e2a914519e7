"""`python -m alerts compliance --try RULE.NUMBER=VALUE`: which schools would come out otherwise by another number."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TimeRemainingColumn

from alerts.commands.console import make_console, make_table, on_database
from alerts.compliance.places import NoSuchSchool, read_day
from alerts.compliance.rulebook import VERDICTS
from alerts.compliance.trials import Flip, NumberTrial, TriedDay, prepare_trial
from alerts.compliance.words import say_reason
from alerts.domain.compliance.headline import VerdictCount
from alerts.domain.compliance.numbers import ParameterInvalid, Wanted
from alerts.domain.compliance.terms import Level
from alerts.domain.compliance.verdicts import Judgement
from alerts.storage.database import Database
from alerts.terminal import errors, fail

_MOST_SHOWN = 50


def print_trial(said: str, level: Level, school: str | None) -> None:
    """Tries a number on the last closed days and prints what they would have come to."""
    wanted = _read(said, level, school)
    trial = on_database(lambda database: _try(database, wanted), ParameterInvalid, NoSuchSchool)
    if not trial.days:
        fail("no day is closed yet: there is nothing to try it on")
    console = make_console()
    of_days = ("day", "met", "not met", "unknown", "declared", "flips")
    console.print(make_table(of_days, (_tell_day(one) for one in trial.days)))
    flips = trial.flips
    console.print(f"\n{len(flips)} / {trial.schools} 所学校会改判 schools would come out otherwise")
    of_schools = ("school", "", "days", "last on", "before", "after", "why")
    console.print(make_table(of_schools, map(_tell_flip, flips[:_MOST_SHOWN])))
    if len(flips) > _MOST_SHOWN:
        console.print(f"… {len(flips) - _MOST_SHOWN} more")


def _read(said: str, level: Level, school: str | None) -> Wanted:
    """`C1.open_minutes=5`."""
    place, _, value = said.partition("=")
    rule, _, name = place.partition(".")
    try:
        number = float(value)
    except ValueError:
        fail(f"--try takes RULE.NUMBER=VALUE, such as C1.open_minutes=5; {said!r} is not that")
    level = Level.SCHOOL if school else level
    return Wanted(rule, name, level, number, "tried", read_day(datetime.now(UTC)), school=school)


async def _try(database: Database, wanted: Wanted) -> NumberTrial:
    trial = await prepare_trial(database, wanted)
    columns = ("schools", BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=errors, transient=True) as bar:
        task = bar.add_task("trial", total=None)
        async for step in trial.run():
            if isinstance(step, NumberTrial):
                return step
            bar.update(task, completed=step.done, total=step.total)
    raise AssertionError("a trial ends with what came of it")


def _tell_day(day: TriedDay) -> tuple[object, ...]:
    def both(name: str) -> str:
        before, after = getattr(day.before, name), getattr(day.after, name)
        return str(before) if before == after else f"{before} → {after}"

    return (day.on, *map(both, VerdictCount.__slots__[:4]), day.flips)


def _tell_flip(one: Flip) -> tuple[object, ...]:
    zone = ZoneInfo(one.zone)

    def why(judgement: Judgement) -> str:
        return "\n".join(f"{say_reason(one, 'zh', zone)} {say_reason(one, 'en', zone)}" for one in judgement.reasons)

    def tell(judgement: Judgement) -> str:
        zh, _ = VERDICTS[judgement.verdict]
        return f"{zh.partition('：')[0]} {judgement.verdict}"

    return one.school, one.name, one.days, one.on, tell(one.before), tell(one.after), why(one.after) or why(one.before)
