"""A day that is over becomes a record: closed once, whoever dies; amended by what comes late; never changed."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import date
from typing import Any

import pytest

from alerts.compliance.figures import read_figures, read_school_verdicts
from alerts.domain.compliance.verdicts import Verdict
from alerts.engine.closing import amend_due, close_due
from alerts.storage.database import Database
from tests.alerts.compliance.living import LivingCity
from tests.alerts.engine.test_dying_engines import Killed, MortalDatabase

MONDAY, TUESDAY = date(2026, 11, 23), date(2026, 11, 24)
# As docs/compliance.md gives it to whoever computes the hash again.
HASH = """
select sha256(string_agg(sha256(
    convert_to(concat_ws(e'\\n', device, channel, identity, coalesce(occurred_at::text, ''), received_at::text), 'UTF8')
    || e'\\n'::bytea || payload), ''::bytea order by device, channel, identity, on_date)) as hash
from evidence
where place = $1 and coalesce(occurred_at, received_at) >= $2::date::timestamp at time zone 'Asia/Shanghai'
    and coalesce(occurred_at, received_at) < ($2::date + 1)::timestamp at time zone 'Asia/Shanghai'
"""
VERSIONS = "select version from school_day where school = $1 and on_date = $2 order by version"


class Town(LivingCity):
    """The living city with its closer."""

    async def close(self, database: Database | None = None) -> int:
        closed = 0
        while count := await close_due(database or self.database):
            closed += count
        return closed

    async def amend(self) -> int:
        amended = 0
        while count := await amend_due(self.database):
            amended += count
        return amended

    async def versions(self, school: str = "S1", on: date = MONDAY) -> list[int]:
        return [row["version"] for row in await self.story.rows(VERSIONS, school, on)]

    async def recorded(self, rule: str, version: int | None = None, school: str = "S1") -> Verdict:
        async with self.database.connection() as connection:
            found = await read_school_verdicts(connection, school, MONDAY, version)
        assert found is not None
        return next(one.verdict for one in found.verdicts if one.rule == rule)


@pytest.fixture
async def town(database: Database) -> Town:
    """A Monday on which the gate of S1 was heard all day and never stood open for long."""
    town = await Town.open(database, "00:00:01", MONDAY)
    assert isinstance(town, Town)
    await town.hear("S1-GATE")
    await town.gate("00:00:00", opened=False)
    await town.turn()
    assert await town.close() == 0
    return town


async def test_a_day_is_closed_half_an_hour_after_midnight_and_once(town: Town) -> None:
    await town.go("00:29", TUESDAY)
    await town.turn()
    assert await town.close() == 0
    await town.go("00:31", TUESDAY)
    assert await town.close() == 3 + 1  # the schools, and the city
    assert await town.close() == 0
    assert await town.versions() == [0]
    assert await town.recorded("C1") is Verdict.MET
    closed = await town.told("compliance.day_closed")
    assert [(row["on"], row["schools"]) for row in closed] == [("2026-11-23", 3)]


async def test_a_record_cannot_be_changed_or_taken_away(town: Town) -> None:
    await town.go("00:31", TUESDAY)
    await town.close()
    for statement in ("update school_day set verdicts = 'm'", "delete from school_day", "truncate school_day"):
        with pytest.raises(Exception, match="append-only"):
            await town.story.database_execute(statement)


async def test_a_record_rests_on_every_message_of_its_day_by_a_hash_that_anybody_can_compute(town: Town) -> None:
    for name, seconds in (("whole", "00"), ("fraction", "01.5"), ("tiny", "02.000001"), ("Ä", "03.120")):
        said = {"id": name, "at": f"2026-11-23T12:00:{seconds}+08:00", "open": False}
        await town.story.intake.take_reports([town.story.arrival(said, "S1-GATE", "gate")])
    said = {"command": "siren-1", "on": True}  # of no rule, and without a time
    await town.story.intake.take_reports([town.story.arrival(said, "S1-G1", "output")])
    await town.go("00:31", TUESDAY)
    await town.close()
    (day,) = await town.story.rows("select evidence_rows, evidence_hash from school_day where school = 'S1'")
    assert day["evidence_rows"] == 1 + 4 + 1
    assert day["evidence_hash"] == await town.story.value(HASH, "S1", MONDAY)
    assert await town.story.value("select evidence_hash from school_day where school = 'S2'") == b"", "nothing came"


async def test_days_that_nobody_closed_in_time_are_closed_in_their_order(town: Town) -> None:
    await town.go("12:00", date(2026, 11, 26))
    await town.turn()
    await town.close()
    days = await town.story.rows("select on_date from closed_day order by closed_at")
    assert [row["on_date"].day for row in days] == [23, 24, 25]


async def test_late_evidence_amends_the_day_with_a_reason_and_the_first_record_stays(town: Town) -> None:
    await town.go("00:31", TUESDAY)
    await town.turn()
    await town.close()
    await town.go("02:00", TUESDAY)  # a gateway comes back with what it held
    await town.gate("11:00", opened=True, on=MONDAY)
    await town.gate("11:20", opened=False, on=MONDAY)
    await town.turn()
    assert await town.amend() == 0  # more may come
    await town.go("02:06", TUESDAY)
    assert await town.amend() == 1
    assert await town.versions() == [0, 1]
    assert (await town.recorded("C1", 0), await town.versions("S2")) == (Verdict.MET, [0])
    assert await town.recorded("C1") is not Verdict.MET
    (amended,) = await town.told("compliance.amended")
    assert amended["school"] == "S1"
    assert "C1" in amended["changed"]
    assert "late evidence: 2" in amended["reason"]


async def test_a_repeat_of_what_is_recorded_amends_nothing(town: Town) -> None:
    await town.go("00:31", TUESDAY)
    await town.turn()
    await town.close()
    await town.gate("00:00:00", opened=False, on=MONDAY)
    await town.turn()
    await town.go("03:00", TUESDAY)
    await town.amend()
    assert await town.versions() == [0]


async def test_what_comes_between_midnight_and_closing_belongs_to_the_first_record(town: Town) -> None:
    await town.go("00:10", TUESDAY)
    await town.gate("23:50", opened=True, on=MONDAY)
    await town.turn()
    await town.go("00:31", TUESDAY)
    await town.turn()
    await town.close()
    await town.go("03:00", TUESDAY)
    assert await town.amend() == 0
    assert await town.recorded("C1") is Verdict.NOT_MET


async def test_a_day_that_is_closed_before_anybody_looked_at_its_evidence_is_not_looked_at_twice(town: Town) -> None:
    await town.go("23:51")
    await town.gate("23:50", opened=True)
    await town.go("00:31", TUESDAY)  # the judge was away all evening
    await town.close()
    assert await town.recorded("C1") is Verdict.NOT_MET
    await town.turn()
    assert await town.story.value("select count(*) from late_day") == 0
    await town.gate("23:55", opened=False, on=MONDAY)
    await town.turn()
    assert await town.story.value("select count(*) from late_day") == 1


async def test_the_figures_of_a_day_are_those_of_its_newest_record_or_as_known_then(town: Town) -> None:
    await town.go("00:31", TUESDAY)
    await town.turn()
    await town.close()
    before = town.at("01:00", TUESDAY)
    await town.gate("11:00", opened=True, on=MONDAY)
    await town.gate("11:20", opened=False, on=MONDAY)
    await town.turn()
    await town.go("02:00", TUESDAY)
    await town.amend()
    async with town.database.connection() as connection:
        now = await read_figures(connection, await town.database.read_now(connection), on=MONDAY)
        then = await read_figures(connection, before, on=MONDAY, known_at=before)
    assert then.city.rules["C1"].met == now.city.rules["C1"].met + 1
    rolled = await town.story.value("select sum(met) from district_figure where rule = 'C1' and on_date = $1", MONDAY)
    assert rolled == now.city.rules["C1"].met


@pytest.fixture
async def mortal(database_url: str) -> AsyncIterator[MortalDatabase]:
    opened: Any = await MortalDatabase.open(database_url, application_name="mortal")
    yield opened
    await opened.close()


@pytest.mark.parametrize("after_commit", [False, True], ids=["before the commit", "after the commit"])
@pytest.mark.parametrize("dies_at", range(3))
async def test_whenever_the_closer_dies_no_day_is_closed_twice_or_left_open(
    town: Town, mortal: MortalDatabase, dies_at: int, after_commit: bool
) -> None:
    await town.go("00:31", TUESDAY)
    mortal.shift, mortal.dies_at, mortal.after_commit = town.database.shift, dies_at, after_commit
    with pytest.raises(Killed):
        await town.close(mortal)
    await town.close()
    assert [await town.versions(school) for school in ("S1", "S2", "S3")] == [[0], [0], [0]]
    assert len(await town.told("compliance.day_closed")) == 1
    assert await town.story.value("select count(*) from closed_day") == 1


@pytest.mark.parametrize("after_commit", [False, True], ids=["before the commit", "after the commit"])
async def test_whenever_the_closer_dies_a_late_day_is_amended_once(
    town: Town, mortal: MortalDatabase, after_commit: bool
) -> None:
    await town.go("00:31", TUESDAY)
    await town.turn()
    await town.close()
    await town.gate("11:00", opened=True, on=MONDAY)
    await town.turn()
    await town.go("02:00", TUESDAY)
    mortal.shift, mortal.dies_at, mortal.after_commit = town.database.shift, 0, after_commit
    with pytest.raises(Killed):
        await amend_due(mortal)
    await town.amend()
    assert await town.versions() == [0, 1]
    assert len(await town.told("compliance.amended")) == 1
