"""A day is loaded in batches as far as rules look, and a rule finds in it what it would find in the whole day."""

from __future__ import annotations

from datetime import date

import pytest

from alerts.compliance.loading import EVERYTHING, KnownDuties, batch_schools, load_days
from alerts.domain.compliance.catalogue import RULES, judge_day
from alerts.domain.compliance.rules import Input
from alerts.domain.compliance.school_day import SchoolDay
from alerts.storage.database import Database
from alerts.storage.school_days import list_schools
from tests.alerts.compliance.living import LivingCity
from tests.alerts.readiness.test_test_month import Practice

PEOPLE = """
insert into post (code, kind, name, school) values
    ('S1:guard', 'guard', '保安', 'S1'), ('S1:team', 'guard_team', '护校队', 'S1'),
    ('S1:cross', 'crossing_post', '护学岗', 'S1');
insert into holding (post, person) values ('S1:guard', 'guard'), ('S1:team', 'duty'), ('S1:cross', 'desk');
insert into declared_fact (school, kind, at, by, grade, said, recorded_at) values
    ('S1', 'wall_survey', '2026-11-20', 'test', 'C', '{"height_centimetres": 210, "gaps": 0}', now()),
    ('S1', 'kit', '2026-11-20', 'test', 'C', '{}', now());
insert into hazard (school, source, title, fingerprint, opened_at, opened_by, due_at) values
    ('S1', 'school', '灯坏', 'f', '2026-11-20', 'test', '2026-11-22');
insert into check_point (code, school, name, latitude, longitude, secret, saved_at) values
    ('P1', 'S1', '东墙', 36.0, 120.0, 'x', now()), ('P2', 'S1', '西墙', 36.01, 120.0, 'x', now());
insert into press_window (mode, school, starts_at, ends_at, announced_by, announced_at) values
    ('test', 'S1', '2026-11-22', '2026-11-25', 'test', now());
"""


@pytest.fixture
async def city(database: Database) -> LivingCity:
    """A Monday with something of everything."""
    city = await LivingCity.open(database, "07:00")
    await city.story.database_execute(PEOPLE)
    await city.hear("S1-GATE", "S1-VIS", "S1-READ", "S1-G1")
    await city.gate("07:00", opened=False)
    await Practice(city.story).press("S1-G1", "t1")
    await city.go("10:00:01")
    await city.gate("09:50", opened=True)
    await city.gate("10:00", opened=False)
    for number, (device, channel, said) in enumerate(
        [
            ("S1-VIS", "visit", {"visit": "v1", "step": "register", "name": "n"}),
            ("S1-VIS", "visit", {"visit": "v1", "step": "enter"}),
            ("S1-READ", "post", {"person": "guard", "post": "S1:guard", "action": "on"}),
            ("S1-READ", "post", {"person": "guard", "post": "P1", "action": "point"}),
            ("S1-READ", "post", {"person": "guard", "post": "P2", "action": "point"}),
        ]
    ):
        at = city.at(f"09:58:{number}0").isoformat()
        await city.story.intake.take_reports(
            [city.story.arrival({"id": str(number), "at": at, **said}, device, channel)]
        )
    return city


async def load(city: LivingCity, wanted: frozenset[Input] = EVERYTHING, on: date | None = None) -> SchoolDay:
    """The day of S1 as far as it is wanted, at one and the same instant."""
    async with city.database.transaction() as connection:
        schools = await list_schools(connection, ["S1"])
        (batch,) = batch_schools(schools, on, city.at("10:01", date(2026, 11, 23)), wanted)
        (day,) = await load_days(connection, batch, KnownDuties(city.database).find)
    return day


async def test_a_rule_finds_in_what_it_says_it_looks_at_what_it_finds_in_the_whole_day(city: LivingCity) -> None:
    whole = judge_day(await load(city), {})
    partly = {}
    for rule in RULES:
        partly |= judge_day(await load(city, rule.inputs), {}, [rule])
    assert {code: one for code, one in partly.items() if one != whole[code]} == {}


async def test_a_day_has_its_events_in_order_and_marks_what_cannot_be(city: LivingCity) -> None:
    day = await load(city)
    assert [event.open for event in day.gates] == [False, True, False]
    assert [event.step for event in day.visits] == ["register", "enter"]
    assert day.visits[0].said == {"name"}
    guard, *points = day.check_ins
    assert (guard.post, guard.grade, guard.counts) == ("S1:guard", "A", True)
    # A kilometre in ten seconds: nobody walks so fast.
    assert [event.implausible for event in points] == [("faster_than_walking",)] * 2
    assert {fact.kind for fact in day.facts} == {"wall_survey", "kit"}
    assert [hazard.due_at for hazard in day.hazards]
    assert [press.device for press in day.practice] == ["S1-G1"]
    gate = next(device for device in day.devices if device.code == "S1-GATE")
    assert gate.heard_ever
    assert gate.clock_offset_seconds is not None
