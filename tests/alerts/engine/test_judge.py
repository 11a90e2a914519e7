"""The judge beside the engine: a process of its own that comes again when it dies and never outlives its engine."""

from __future__ import annotations

import asyncio
import os
import signal
from contextlib import suppress
from datetime import date

import psutil

from alerts.domain.retention import Kept
from alerts.engine.closing import close_due
from alerts.engine.judge import Judge
from alerts.storage.database import Database
from tests.alerts.compliance.living import LivingCity
from tests.alerts.police.police_story import until
from tests.alerts.police.test_police_process import run_engine
from tests.alerts.story import Story
from tests.programs import Program


def find_judges(engine: Program) -> list[psutil.Process]:
    return [one for one in psutil.Process(engine.pid).children() if one.is_running() and "judge" in one.cmdline()]


async def await_judge(engine: Program, times: int) -> psutil.Process:
    """The judge, once judges have begun to turn so many times."""

    async def turns() -> bool:
        return engine.errors.count("engine.judge.started") == times

    await until(turns, 60)
    [judge] = find_judges(engine)
    return judge


async def test_a_judge_that_dies_is_said_and_comes_again_while_the_engine_goes_on(story: Story) -> None:
    with run_engine(story) as engine:
        judge = await await_judge(engine, 1)
        assert judge.nice() > psutil.Process(engine.pid).nice(), "calls go first"
        judge.send_signal(signal.SIGKILL)
        again = await await_judge(engine, 2)
        assert again.pid != judge.pid
        assert engine.errors.count("engine.judge.ended") == 1
        assert engine.returncode is None
    assert engine.returncode == 0
    assert not again.is_running(), "an engine that stops takes its judge along"


async def test_an_engine_that_is_killed_leaves_no_judge_behind(story: Story) -> None:
    with run_engine(story) as engine:
        judge = await await_judge(engine, 1)
        engine.send_signal(signal.SIGKILL)
        await asyncio.to_thread(judge.wait, 60)


async def test_a_judge_may_run_elsewhere(story: Story) -> None:
    with run_engine(story, "--no-judge") as engine:
        judge = Program("alerts", "judge", environment=os.environ | {"CAMPUS_DATABASE_URL": story.database.url})

        async def judged() -> bool:
            return bool(await story.value("select count(*) = 3 from standing_verdict where rule = 'C1'"))

        await until(judged, 60)
        assert find_judges(engine) == []
        judge.send_signal(signal.SIGTERM)
        assert judge.wait() == 0


async def test_a_day_is_closed_before_the_coming_week_is_proved_and_what_is_old_goes(database: Database) -> None:
    town = await LivingCity.open(database, "23:59:00", date(2026, 11, 23))
    await town.turn()
    assert await close_due(database) == 0, "nobody looked back before this day"
    await town.go("00:31", date(2026, 11, 24))
    await town.story.database_execute(
        "insert into board_keyframe select at, now() - interval '40 days', '' from generate_series(1, 3) as at"
    )
    judge = asyncio.create_task(Judge(database, "judge", Kept()).run())

    async def done() -> bool:
        keyframes = "(select array_agg(position order by position) = '{1,3}' from board_keyframe)"
        return bool(await town.story.value(f"select count(*) = 3 and {keyframes} from coverage_check"))

    await until(done, 60)
    judge.cancel()
    with suppress(asyncio.CancelledError):
        await judge
    assert await town.story.value("select count(*) from school_day") == 3
    assert await town.story.value(
        "select max(closed_at) < (select min(checked_at) from coverage_check) from school_day"
    )
