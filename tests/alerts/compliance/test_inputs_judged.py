"""What people put in reaches the verdicts: each input marks what is to be judged again, and the judge finds it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import msgspec
import pytest

from alerts.compliance.check_ins import Said, check_in
from alerts.compliance.check_points import add_point, show_code
from alerts.compliance.facts import correct_fact, declare_fact, withdraw_fact
from alerts.compliance.hazards import Told, assign_hazard, close_hazard, open_hazard
from alerts.compliance.parameters import put_parameter
from alerts.compliance.schedules import end_timetable, put_exception
from alerts.domain.compliance.events import PostAction
from alerts.domain.compliance.facts import Declaration
from alerts.domain.compliance.hazard_reports import HazardSource
from alerts.domain.compliance.numbers import Wanted
from alerts.domain.compliance.schedule import ExceptionKind
from alerts.domain.compliance.school_day import FactKind
from alerts.domain.compliance.terms import Level
from alerts.domain.compliance.verdicts import Verdict
from alerts.engine.hazards import escalate_hazards_due
from alerts.storage.check_points import CheckPoint
from alerts.storage.database import Database
from alerts.storage.schedules import ExceptionRow
from tests.alerts.compliance.living import LivingCity
from tests.alerts.story import commit

JPEG = b"\xff\xd8\xff\xe0 a wall"


@pytest.fixture
async def city(database: Database) -> LivingCity:
    city = await LivingCity.open(database, "09:00")
    await city.turn()
    return city


def wall(city: LivingCity, height: int = 210, gaps: int = 0) -> Declaration:
    said: dict[str, Any] = {"height_centimetres": height, "gaps": gaps}
    return Declaration(FactKind.WALL_SURVEY, city.story.now, None, said)


async def judged(city: LivingCity, rule: str) -> Verdict:
    """The verdict once the judge has done what is due."""
    await city.turn()
    return await city.verdict(rule)


async def test_a_survey_is_declared_without_a_photo_met_with_one_and_follows_its_corrections(city: LivingCity) -> None:
    assert await judged(city, "C7") is Verdict.UNKNOWN
    form = await declare_fact(city.database, "S1", wall(city), [], "wang")
    assert await judged(city, "C7") is Verdict.DECLARED
    seen = await correct_fact(city.database, form.id, wall(city), [JPEG], "补拍照片", "wang")
    assert await judged(city, "C7") is Verdict.MET
    worse = await correct_fact(city.database, seen.id, wall(city, gaps=1), [], "北墙有缺口", "li")
    assert await judged(city, "C7") is Verdict.NOT_MET
    await withdraw_fact(city.database, worse.id, "不是这所学校", "li")
    assert await judged(city, "C7") is Verdict.UNKNOWN


async def test_a_number_that_the_city_sets_judges_the_schools_anew(city: LivingCity) -> None:
    await declare_fact(city.database, "S1", wall(city), [JPEG], "wang")
    assert await judged(city, "C7") is Verdict.MET
    higher = Wanted("C7", "height_centimetres", Level.CITY, 250, "示例文件", city.today)
    await commit(city.database, put_parameter, higher, "wang")
    assert await judged(city, "C7") is Verdict.NOT_MET
    own = Wanted("C7", "height_centimetres", Level.SCHOOL, 200, "示例批复", city.today, None, "S1")
    await commit(city.database, put_parameter, own, "wang")
    assert await judged(city, "C7") is Verdict.MET


async def test_a_hazard_that_is_overdue_is_not_met_until_it_is_closed_with_proof(city: LivingCity) -> None:
    hazard = await open_hazard(city.database, "S1", Told(HazardSource.PARENT, "栏杆断裂", owner="guard"), "wang")
    before = await judged(city, "Z1")
    assert before is not Verdict.NOT_MET
    city.database.shift += timedelta(days=8)
    assert await escalate_hazards_due(city.database) == 1
    assert await judged(city, "Z1") is Verdict.NOT_MET
    await assign_hazard(city.database, hazard.id, "guard", city.story.now + timedelta(days=1), "wang")
    assert await judged(city, "Z1") is before
    mended = Declaration(FactKind.HAZARD, city.story.now, str(hazard.id), {"mended": True})
    proof = await declare_fact(city.database, "S1", mended, [JPEG], "wang")
    await close_hazard(city.database, hazard.id, "换了新栏杆", proof.id, "wang")
    assert await judged(city, "Z1") is not Verdict.NOT_MET


async def test_without_its_timetable_nobody_knows_and_the_rules_say_so(city: LivingCity) -> None:
    await city.hear("S1-GATE")
    await city.gate("09:00", opened=False)
    await city.turn()
    before = await city.reasons("C1")
    number = await city.story.value("select id from timetable where school_kind = 'primary'")
    await city.story.rows("update timetable set valid_from = '2026-11-23' where id = $1", number)
    await end_timetable(city.database, number, "wang")
    assert await judged(city, "C1") is Verdict.UNKNOWN
    assert "no_timetable" not in before
    assert "no_timetable" in await city.reasons("C1")


async def test_an_early_closing_moves_when_nobody_is_expected_inside(city: LivingCity) -> None:
    early = ExceptionRow(
        0, ExceptionKind.EARLY_CLOSING, city.today, city.today, None, "S1", city.at("12:00").time(), None, "大风", "",
        city.story.now,
    )  # fmt: skip
    marks = "select count(*) from compliance_stale"
    assert await city.story.value(marks) == 0
    await commit(city.database, put_exception, early, "wang")
    assert await city.story.value(marks) == 1
    assert await city.turn() == 1


async def rounds(city: LivingCity) -> int:
    """How many rounds of today's patrols count so far."""
    await city.turn()
    judgement = await city.story.value(
        "select judgement::text from standing_verdict where school = 'S1' and rule = 'P1'"
    )
    said: int = msgspec.json.decode(judgement)["reasons"][0]["said"]["rounds"]
    return said


async def test_a_point_passed_by_telephone_is_a_round_and_a_screenshot_of_it_is_none(city: LivingCity) -> None:
    point = CheckPoint("S1-P", "S1", None, "东墙", True, None, None, 0.0, 0.0, city.story.now)
    key = (await add_point(city.database, point, "wang")).path.rpartition("/")[2]
    assert await rounds(city) == 0
    shown = await show_code(city.database, "S1-P", key)
    assert (await check_in(city.database, "guard", Said(shown.code, PostAction.POINT), "guard")).counts
    assert await rounds(city) == 1
    city.database.shift += timedelta(minutes=30)
    for person in ("guard", "duty"):
        assert not (await check_in(city.database, person, Said(shown.code, PostAction.POINT), person)).counts
    assert await rounds(city) == 1
    fresh = await show_code(city.database, "S1-P", key)
    assert (await check_in(city.database, "duty", Said(fresh.code, PostAction.POINT), "duty")).counts
    assert await rounds(city) == 2
