"""A number tried before it is set: which schools would have come out otherwise on the days that are closed, and why."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from alerts.compliance.places import NoSuchSchool
from alerts.compliance.trials import NumberTrial, Progress, prepare_trial
from alerts.domain.compliance.numbers import ParameterInvalid, Wanted
from alerts.domain.compliance.terms import Level
from alerts.domain.compliance.verdicts import Verdict
from alerts.engine.closing import close_due
from alerts.storage.database import Database
from tests.alerts.compliance.living import LivingCity

MONDAY, TUESDAY, WEDNESDAY = (date(2026, 11, day) for day in (23, 24, 25))
STRICTER = Wanted("C1", "open_minutes", Level.CITY, 1, "试算", WEDNESDAY)
OWN = """
insert into rule_parameter (rule, name, level, school, value, source, valid_from, saved_by, saved_at)
values ('C1', 'open_minutes', 'school', 'S1', 5, 'test', '2026-11-01', 'test', now())
"""


@pytest.fixture
async def city(database: Database) -> LivingCity:
    """Wednesday morning. On Monday the gate of S1 stood open for two minutes, which was allowed; it was shut since."""
    city = await LivingCity.open(database, "00:00:01", MONDAY)
    await city.hear("S1-GATE")
    await city.gate("00:00:00", opened=False)
    await close(city)
    await city.go("10:02:01")
    await city.gate("10:00", opened=True)
    await city.gate("10:02", opened=False)
    for on in (TUESDAY, WEDNESDAY):
        await city.turn()
        await city.go("00:31", on)
        await close(city)
    return city


async def close(city: LivingCity) -> None:
    while await close_due(city.database):
        pass


async def try_it(city: LivingCity, wanted: Wanted = STRICTER) -> tuple[list[Progress], NumberTrial]:
    trial = await prepare_trial(city.database, wanted)
    *progress, last = [step async for step in trial.run()]
    assert isinstance(last, NumberTrial)
    return [one for one in progress if isinstance(one, Progress)], last


async def test_a_number_tells_which_schools_would_have_flipped_on_which_closed_days_and_why(city: LivingCity) -> None:
    before = await city.story.value("select count(*) from rule_parameter"), await city.story.log_kinds()
    progress, trial = await try_it(city)
    assert progress == [Progress(3, 6), Progress(6, 6)]
    assert [(day.on, day.before.met, day.after.met, day.after.not_met, day.flips) for day in trial.days] == [
        (MONDAY, 1, 0, 1, 1),
        (TUESDAY, 1, 1, 0, 0),
    ]
    (flip,) = trial.flips
    assert (flip.school, flip.name, flip.days, flip.on) == ("S1", "第一小学", 1, MONDAY)
    assert (flip.before.verdict, flip.after.verdict) == (Verdict.MET, Verdict.NOT_MET)
    assert [reason.code for reason in flip.after.reasons] == ["gate_open"]
    # Nothing of it is kept.
    assert (await city.story.value("select count(*) from rule_parameter"), await city.story.log_kinds()) == before


async def test_a_school_with_a_number_of_its_own_keeps_it_unless_that_is_what_is_tried(city: LivingCity) -> None:
    await city.story.database_execute(OWN)
    assert (await try_it(city))[1].flips == ()
    of_school = replace(STRICTER, level=Level.SCHOOL, school="S1")
    progress, trial = await try_it(city, of_school)
    assert progress[-1] == Progress(2, 2)
    assert [(flip.school, flip.days) for flip in trial.flips] == [("S1", 1)]


async def test_a_day_whose_evidence_has_gone_is_not_judged_again(city: LivingCity) -> None:
    await city.story.rows("insert into evidence_gone values ($1, now(), 7, '{}')", date(2026, 11, 22))
    progress, trial = await try_it(city)
    assert [day.on for day in trial.days] == [TUESDAY]
    assert (progress, trial.flips) == ([Progress(3, 3)], ())


async def test_what_cannot_be_set_cannot_be_tried_and_before_any_day_is_closed_there_is_nothing_to_try(
    database: Database,
) -> None:
    city = await LivingCity.open(database)
    with pytest.raises(ParameterInvalid, match="value: -1 makes no sense"):
        await prepare_trial(city.database, replace(STRICTER, value=-1))
    with pytest.raises(NoSuchSchool):
        await prepare_trial(city.database, replace(STRICTER, level=Level.SCHOOL, school="S9"))
    assert await try_it(city) == ([], NumberTrial(3, (), ()))
