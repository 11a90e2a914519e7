"""A breach has an owner and a deadline, closes itself with proof and nothing less, and is told on when it lasts."""

from __future__ import annotations

from datetime import date

import pytest

from alerts.domain.compliance.verdicts import Verdict
from alerts.engine.breaches import escalate_breaches
from alerts.storage.database import Database
from alerts.storage.figures import BreachItem, list_breaches
from tests.alerts.compliance.living import LivingCity

TUESDAY, WEDNESDAY = date(2026, 11, 24), date(2026, 11, 25)


@pytest.fixture
async def city(database: Database) -> LivingCity:
    """A gate that is heard all the time, closed at midnight."""
    city = await LivingCity.open(database, "00:00:01")
    await city.story.database_execute(
        "insert into person (code, name) values ('head', '校长'), ('boss', '督导') on conflict do nothing;"
        "insert into post (code, kind, name, school) values ('S1:head', 'principal', '校长', 'S1');"
        "insert into holding (post, person) values ('S1:head', 'duty')"
    )
    await city.hear("S1-GATE")
    await city.gate("00:00:00", opened=False)
    await city.turn()
    return city


async def breaches(city: LivingCity, rule: str = "C1") -> list[BreachItem]:
    async with city.database.connection() as connection:
        return await list_breaches(connection, school="S1", rule=rule)


async def stand_open(city: LivingCity, hours: str, on: date | None = None) -> None:
    """The gate stands open for ten minutes outside the windows."""
    await city.go(hours, on)
    await city.gate(hours, opened=True)
    await city.go(f"{hours[:3]}{int(hours[3:]) + 10:02}")
    await city.gate(f"{hours[:3]}{int(hours[3:]) + 10:02}", opened=False)
    await city.turn()


async def test_a_breach_belongs_to_the_principal_and_is_due_in_a_day(city: LivingCity) -> None:
    await stand_open(city, "10:00")
    (breach,) = await breaches(city)
    assert (breach.owner, breach.owner_post, breach.closed_at) == ("duty", "S1:head", None)
    assert (breach.due_at - breach.opened_at).total_seconds() == 24 * 3600
    assert breach.judgement.reasons[0].code == "gate_open"


async def test_a_breach_closes_with_its_proof_on_the_next_day_and_counts_when_it_comes_back(city: LivingCity) -> None:
    await stand_open(city, "10:00")
    await city.go("00:00:01", TUESDAY)
    await city.turn()
    (closed,) = await breaches(city)
    assert closed.closed_at is not None
    assert closed.proof is not None
    assert closed.proof.verdict is Verdict.MET
    await stand_open(city, "10:00")
    again, first = await breaches(city)
    assert (again.repeats, again.closed_at, first.id) == (1, None, closed.id)


async def test_what_is_not_known_any_more_proves_nothing_and_leaves_the_breach_open(city: LivingCity) -> None:
    await stand_open(city, "10:00")
    await city.go("00:10", TUESDAY)
    await city.story.supervise()  # the gate was not heard for fourteen hours
    await city.turn()
    assert await city.verdict("C1") is Verdict.UNKNOWN
    (breach,) = await breaches(city)
    assert breach.closed_at is None


async def test_an_overdue_breach_is_told_to_those_who_supervise_the_district_and_once(city: LivingCity) -> None:
    await stand_open(city, "10:00")
    await city.story.supervise()
    assert await escalate_breaches(city.database) == 0
    await city.go("10:20", TUESDAY)
    assert await escalate_breaches(city.database) > 0
    assert await escalate_breaches(city.database) == 0
    (row,) = [row for row in await city.told("breach.escalated") if (await breaches(city))[0].id in row["breaches"]]
    audience = await city.story.rows("select person from delivery where notice = $1 order by person", row["notice"])
    assert [one["person"] for one in audience] == ["desk", "supervisor"]
    assert (await breaches(city))[0].escalated_at is not None


async def test_a_breach_that_nobody_can_be_told_of_is_marked_and_the_log_says_why(city: LivingCity) -> None:
    await city.story.database_execute("delete from holding where post like '370202:%'")
    await stand_open(city, "10:00")
    await city.go("10:20", TUESDAY)
    await escalate_breaches(city.database)
    assert (await city.told("breach.escalated"))[0]["why"]


async def test_a_number_of_the_school_gives_a_breach_its_own_deadline(city: LivingCity) -> None:
    await city.story.database_execute(
        "insert into rule_parameter (rule, name, level, school, value, source, valid_from, saved_by, saved_at) values "
        "('C1', 'mend_hours', 'school', 'S1', 2, 'test', '2026-11-01', 'test', now()), "
        "('breach', 'mend_hours', 'city', null, 48, 'test', '2026-11-01', 'test', now())"
    )
    await stand_open(city, "10:00")
    (breach,) = await breaches(city)
    assert (breach.due_at - breach.opened_at).total_seconds() == 2 * 3600
