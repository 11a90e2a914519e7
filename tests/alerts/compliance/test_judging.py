"""Judged live: a breach stands with its evidence or its deadline, and goes with its proof; else it is unknown."""

from __future__ import annotations

import asyncio
from datetime import date, timedelta

import asyncpg
import pytest

from alerts.compliance.facts import declare_fact
from alerts.domain.compliance.catalogue import RULES
from alerts.domain.compliance.facts import Declaration
from alerts.domain.compliance.school_day import FactKind
from alerts.domain.compliance.verdicts import Verdict
from alerts.domain.retention import Kept
from alerts.engine.closing import close_due
from alerts.engine.compliance import ComplianceJudge
from alerts.engine.judge import Judge
from alerts.storage.database import Database
from tests.alerts.compliance.living import LivingCity
from tests.alerts.engine.test_dying_engines import Killed, MortalDatabase
from tests.alerts.police.police_story import until


@pytest.fixture
async def city(database: Database) -> LivingCity:
    return await LivingCity.open(database, "09:00")


async def test_a_school_of_which_nothing_is_known_is_unknown_and_told_once(city: LivingCity) -> None:
    assert await city.turn() == 3
    assert await city.verdict("C1") is Verdict.UNKNOWN
    assert await city.turn() == 0
    told = await city.told("compliance.judged")
    assert [row["school"] for row in told] == ["S1", "S2", "S3"]
    assert {row["rule"] for row in told[0]["changed"]} == {rule.code for rule in RULES}


async def test_a_gate_that_stands_open_is_a_breach_when_its_minutes_are_over_and_not_before(city: LivingCity) -> None:
    await city.hear("S1-GATE")
    await city.gate("09:00", opened=False)
    await city.turn()
    await city.go("09:10")
    await city.gate("09:10", opened=True)
    await city.turn()
    before = len(await city.told("compliance.judged"))
    await city.go("09:12:59")
    assert await city.turn() == 0
    await city.go("09:13:01")
    assert await city.turn() == 1
    assert await city.verdict("C1") is Verdict.NOT_MET
    changed = (await city.told("compliance.judged"))[before:]
    assert [one["rule"] for row in changed for one in row["changed"]] == ["C1"]
    assert "C1" in [one["rule"] for one in await city.told("breach.opened")]


async def test_evidence_of_one_kind_judges_only_the_rules_that_look_at_it(city: LivingCity) -> None:
    await city.turn()
    stamps = "select rule, judged_at from standing_verdict where school = 'S1'"
    before = {row["rule"]: row["judged_at"] for row in await city.story.rows(stamps)}
    await city.go("10:00")
    await city.gate("10:00", opened=False)
    await city.turn()
    after = {row["rule"]: row["judged_at"] for row in await city.story.rows(stamps)}
    moved = {rule for rule in after if after[rule] != before[rule]}
    assert "C7" not in moved
    assert await city.story.value("select count(*) from compliance_stale") == 0


async def test_a_gate_that_is_unplugged_turns_its_school_unknown_and_never_green(city: LivingCity) -> None:
    await city.go("00:00:10")
    await city.hear("S1-GATE")
    await city.gate("00:00:05", opened=False)
    await city.turn()
    assert await city.verdict("C1") is Verdict.MET
    await city.go("00:20")
    await city.story.supervise()  # nothing was heard for twenty minutes
    assert await city.turn() >= 1
    assert await city.verdict("C1") is Verdict.UNKNOWN
    assert await city.reasons("C1") == ["gate_unheard"]


async def test_a_new_day_begins_at_the_schools_own_midnight(city: LivingCity) -> None:
    await city.turn()
    await city.go("23:59:59")
    await city.turn()
    assert await city.story.value("select max(on_date) from school_standing") == date(2026, 11, 23)
    await city.go("00:00:01", date(2026, 11, 24))
    assert await city.turn() == 3
    assert await city.story.value("select min(on_date) from school_standing") == date(2026, 11, 24)
    assert await city.story.value("select min(on_date) from standing_verdict") == date(2026, 11, 24)


async def test_what_a_device_says_of_another_schools_gate_proves_nothing(city: LivingCity) -> None:
    await city.hear("S1-GATE")
    await city.turn()
    await city.gate("09:00", opened=True, school="S2")
    await city.go("09:30")
    await city.turn()
    assert await city.verdict("C1", "S2") is Verdict.UNKNOWN
    assert await city.verdict("C1", "S1") is Verdict.UNKNOWN


async def test_two_engines_share_the_schools_and_judge_each_once(city: LivingCity) -> None:
    one, other = ComplianceJudge(city.database), ComplianceJudge(city.database)
    assert await city.turn(one) + await city.turn(other) == 3
    assert len(await city.told("compliance.judged")) == 3


async def test_a_rule_that_is_set_aside_is_declared_at_once_though_it_looks_at_no_facts(city: LivingCity) -> None:
    await city.turn()
    assert await city.verdict("A2") is Verdict.UNKNOWN
    await city.go("09:30")
    aside = Declaration(FactKind.DISABLED, city.at("09:20"), "A2", {"why": "校门在建"}, city.today)
    await declare_fact(city.database, "S1", aside, [], "wang")
    assert await city.turn() == 1
    assert await city.verdict("A2") is Verdict.DECLARED
    assert (await city.reasons("A2"))[0] == "rule_set_aside"
    assert await city.verdict("A2", "S2") is Verdict.UNKNOWN


@pytest.mark.parametrize("after_commit", [False, True], ids=["before the commit", "after the commit"])
async def test_whenever_a_judge_dies_another_one_opens_the_breach_once(
    city: LivingCity, database_url: str, after_commit: bool
) -> None:
    await city.hear("S1-GATE")
    await city.gate("09:00", opened=False)
    await city.turn()
    await city.go("09:20")
    await city.gate("09:05", opened=True)
    await city.gate("09:20", opened=False)
    mortal = await MortalDatabase.open(database_url, application_name="mortal")
    assert isinstance(mortal, MortalDatabase)
    mortal.shift, mortal.dies_at, mortal.after_commit = city.database.shift, 0, after_commit
    with pytest.raises(Killed):
        await ComplianceJudge(mortal).judge_due()
    await mortal.close()
    await city.turn()
    assert await city.verdict("C1") is Verdict.NOT_MET
    assert [one["rule"] for one in await city.told("breach.opened")].count("C1") == 1
    assert await city.story.value("select count(*) from compliance_stale") == 0


async def test_what_concerns_all_schools_waits_while_a_day_is_closed_and_what_concerns_one_does_not(
    city: LivingCity, database_url: str
) -> None:
    await city.story.database_execute(
        "insert into school (code, district, name, kind, ownership, students, boarders) select 'T' || n, '370202', "
        "'学校' || n, 'primary', 'public', 100, 0 from generate_series(10, 90) as n"
    )
    await city.turn()
    assert await close_due(city.database) == 0  # the first day to be closed is this one
    await city.go("00:40", city.today + timedelta(days=1))
    judged_today = "select array_agg(school order by school) from school_standing where on_date = $1"
    all_judged = "select count(*) = 84 from school_standing where on_date = $1"
    blocking = await asyncpg.connect(database_url)
    async with asyncio.TaskGroup() as tasks:
        async with blocking.transaction():
            await blocking.execute("lock table school_day in exclusive mode")
            judge = tasks.create_task(Judge(city.database, "test", Kept()).run())
            await until(lambda: city.story.value("select exists (select from pg_locks where not granted)"))
            await city.story.database_execute(
                "insert into compliance_stale (school, input, on_date) values ('T80', 'gates', current_date - 400), "
                "('T90', 'devices', null)"
            )
            await until(lambda: city.story.value(judged_today, city.today))
            assert await city.story.value(judged_today, city.today) == ["T90"]
        await until(lambda: city.story.value(all_judged, city.today))
        assert await city.story.value("select schools from closed_day") == 84
        judge.cancel()
    await blocking.close()
