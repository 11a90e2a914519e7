"""One row a school holds what stands there, whoever judges, and at the same time as others."""

from __future__ import annotations

import asyncio
from datetime import date

import asyncpg

from alerts.storage.compliance_reads import list_standing
from alerts.storage.database import Database
from tests.alerts.compliance.living import LivingCity
from tests.alerts.story import CITY

JUDGE = """
insert into standing_verdict (school, rule, on_date, verdict, since, judged_at, judgement)
select school, rule, $3, $4, $5, $5, '{}' from unnest($1::text[]) as s (school), unnest($2::text[]) as r (rule)
on conflict (school, rule) do update set verdict = excluded.verdict, judged_at = excluded.judged_at
"""
ANOTHER_SCHOOL = """
insert into school (code, district, name, kind, ownership, students, boarders)
    values ('S4', '370203', '第四小学', 'primary', 'public', 400, 0)
"""
MONDAY = date(2026, 11, 23)


async def test_what_stands_at_a_school_is_one_row_that_follows_its_verdicts(database: Database) -> None:
    async with database.connection() as connection:
        await connection.execute(CITY)
        now = await database.read_now(connection)
        await connection.execute(JUDGE, ["S1", "S2"], ["C2", "C1"], MONDAY, "unknown", now)
        await connection.execute(JUDGE, ["S1"], ["C1"], MONDAY, "met", now)
        await connection.execute(JUDGE, ["S1"], ["C3"], MONDAY, "not_applicable", now)
        found = await list_standing(connection)
        named = await list_standing(connection, ["S2", "S3"])
    assert [(one.school, one.on_date, one.rules, one.verdicts) for one in found] == [
        ("S1", MONDAY, ("C1", "C2", "C3"), "mu-"),
        ("S2", MONDAY, ("C1", "C2"), "uu"),
    ]
    assert [(one.school, one.judged_at) for one in named] == [("S2", now)]


async def test_two_who_judge_rules_of_one_school_at_once_lose_neither(database: Database) -> None:
    async with database.connection() as connection:
        await connection.execute(CITY)
        now = await database.read_now(connection)
    first, second = await asyncpg.connect(database.url), await asyncpg.connect(database.url)
    try:
        begun = first.transaction()
        await begun.start()
        await first.execute(JUDGE, ["S1"], ["C1"], MONDAY, "met", now)
        other = asyncio.create_task(second.execute(JUDGE, ["S1"], ["C2"], MONDAY, "not_met", now))
        while not await first.fetchval("select count(*) from pg_locks where not granted"):
            assert not other.done()
        await begun.commit()
        await other
        async with database.connection() as connection:
            assert [one.verdicts for one in await list_standing(connection)] == ["mn"]
    finally:
        await first.close()
        await second.close()


async def test_a_quiet_city_is_asked_one_question_and_whatever_happens_answers_it(database: Database) -> None:
    city = await LivingCity.open(database)
    assert await city.turn() == 3, "schools that are new"
    assert await city.turn() == 0, "what it said itself"
    assert not await city.judge.has_work()
    happenings = {
        "news in the log": lambda: city.story.press("S1-G1"),
        "a mark": lambda: city.gate("06:01", opened=True),
        "a new school": lambda: city.story.database_execute(ANOTHER_SCHOOL),
        "a deadline": lambda: city.go("23:59"),
    }
    for what, happen in happenings.items():
        await happen()
        assert await city.judge.has_work(), what
        await city.turn()
        await city.turn()
        assert not await city.judge.has_work(), what
