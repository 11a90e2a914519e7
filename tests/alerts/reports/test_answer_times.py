"""How fast presses are taken: counted from the log, and untaken ones count as not in time."""

from __future__ import annotations

import random
from datetime import date, timedelta
from zoneinfo import ZoneInfo

import pytest

from alerts.domain.answer_times import AnswerTimes, By, PeriodInvalid
from alerts.domain.incidents import Cause
from alerts.domain.presses import Mode
from alerts.incidents.answers import Actor
from alerts.reports.answer_times import count_answer_times, find_answer_times, recount_answer_times
from alerts.storage.database import Database
from tests.alerts.story import WANG, Story

SHANGHAI = ZoneInfo("Asia/Shanghai")


def today(story: Story) -> date:
    return story.now.astimezone(SHANGHAI).date()


async def ring(story: Story, device: str, seconds: float | None, *, closed: bool = True) -> int:
    """An incident that somebody takes after so many seconds, or that nobody takes for two minutes."""
    incident = (await story.press(device)).incident
    await story.forward(120 if seconds is None else seconds)
    if seconds is not None:
        await story.answers.acknowledge(incident, WANG)
        if closed:
            await story.answers.close(incident, WANG, Cause.ACCIDENTAL)
    return incident


async def find(
    story: Story, by: By = By.DISTRICT, mode: Mode = Mode.LIVE
) -> tuple[AnswerTimes, dict[str, AnswerTimes]]:
    while await count_answer_times(story.database):
        pass
    first = today(story) - timedelta(days=2)
    found = await find_answer_times(story.database, first, today(story), by, mode=mode)
    return found.overall, {one.key: one for one in found.groups}


async def test_shares_and_percentiles_by_district_and_school(story: Story) -> None:
    for seconds in (5, 10, 20, 40):
        await ring(story, "S1-G1", seconds)
    await ring(story, "S2-G1", 90)
    await ring(story, "S3-G1", 10)
    overall, districts = await find(story)
    assert (overall.incidents, overall.taken, overall.within_30, overall.within_60) == (6, 6, 4, 5)
    assert overall.share_within_60 == pytest.approx(5 / 6)
    assert overall.p50_seconds == pytest.approx(10, abs=3)
    assert overall.p985_seconds == pytest.approx(90, abs=3)
    south = districts["370202"]
    assert (south.name, south.incidents, south.within_30) == ("市南区", 5, 3)
    assert districts["370203"].share_within_30 == 1.0
    _, schools = await find(story, By.SCHOOL)
    assert {code: (one.name, one.incidents) for code, one in schools.items()} == {
        "S1": ("第一小学", 4),
        "S2": ("第二中学", 1),
        "S3": ("第三幼儿园", 1),
    }


async def test_what_nobody_took_is_in_no_share_and_the_slowest_of_all(story: Story) -> None:
    await ring(story, "S1-G1", 10)
    await ring(story, "S2-G1", None)
    overall, _ = await find(story)
    assert (overall.incidents, overall.taken, overall.share_within_60) == (2, 1, 0.5)
    assert overall.p50_seconds == pytest.approx(10, abs=3)
    assert (overall.p90_seconds, overall.p985_seconds) == (None, None), "longer than anything measured"
    assert overall.longest_seconds == pytest.approx(10, abs=3)


async def test_what_rings_for_less_than_60_s_is_not_judged_yet(story: Story) -> None:
    incident = (await story.press("S1-G1")).incident
    await story.forward(50)
    assert (await find(story))[0].incidents == 0
    await story.forward(15)
    assert (await find(story))[0].incidents == 1
    await story.answers.respond(incident, WANG)
    overall, _ = await find(story)
    assert (overall.taken, overall.within_60) == (1, 0)


async def test_the_first_who_took_it_counts_also_when_it_rang_again(story: Story) -> None:
    incident = await ring(story, "S1-G1", 10, closed=False)
    await story.forward(400)
    await story.answers.acknowledge(incident, Actor("li", "李主任"))
    overall, _ = await find(story)
    assert overall.longest_seconds == pytest.approx(10, abs=3)


async def test_by_hour_and_day_of_the_schools_clock_and_by_mode(story: Story) -> None:
    opened = story.now.astimezone(SHANGHAI)
    await ring(story, "S1-G1", 10)
    assert set((await find(story, By.HOUR))[1]) == {f"{opened:%H}"}
    assert set((await find(story, By.DAY))[1]) == {f"{opened:%Y-%m-%d}"}
    assert (await find(story, mode=Mode.TEST))[0].incidents == 0


async def test_counting_again_and_counting_anew_change_nothing(story: Story) -> None:
    for seconds in (5, None, 70):
        await ring(story, random.Random(1).choice(["S1-G1", "S2-G1", "S3-G1"]), seconds)
    counted = await find(story, By.SCHOOL)
    rows = await story.rows("select * from answer_time order by incident")
    await story.database_execute("update log_reader set position = 3 where name = 'answer_times'")
    assert await find(story, By.SCHOOL) == counted
    await recount_answer_times(story.database)
    assert await story.rows("select * from answer_time order by incident") == rows


async def test_two_engines_count_each_row_once(story: Story, database_url: str) -> None:
    await ring(story, "S1-G1", 10)
    other = await Database.open(database_url, application_name="other")
    try:
        async with story.database.transaction() as connection:
            await connection.execute("select from log_reader where name = 'answer_times' for update")
            assert await count_answer_times(other) == 0, "the other one has it: pass by instead of waiting"
    finally:
        await other.close()
    assert (await find(story))[0].incidents == 1


async def test_a_period_that_cannot_be_says_what_to_mend(story: Story) -> None:
    with pytest.raises(PeriodInvalid, match="swap"):
        await find_answer_times(story.database, date(2026, 2, 2), date(2026, 2, 1), By.DAY)
    with pytest.raises(PeriodInvalid, match="366 days"):
        await find_answer_times(story.database, date(2024, 1, 1), date(2026, 2, 1), By.DAY)
