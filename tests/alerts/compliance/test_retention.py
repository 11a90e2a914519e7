"""Raw evidence goes when it is old, never what a hold keeps, and its day stays as it was recorded."""

from __future__ import annotations

import asyncio
from datetime import date, timedelta
from typing import Any

import pytest
from pydantic import ValidationError
from typer.testing import CliRunner

from alerts.__main__ import app
from alerts.compliance.proof import open_evidence, tell_gone
from alerts.compliance.rejudging import rejudge_day
from alerts.compliance.retention import (
    EvidenceGone,
    HoldOutlook,
    NoSuchHold,
    drop_next_day,
    drop_old_quarantine,
    foresee_hold,
    lift_hold,
)
from alerts.compliance.retention import place_hold as place
from alerts.domain.retention import STAYS, Fate, Hold, HoldInvalid, Kept, decide_fate
from alerts.settings import Settings
from alerts.storage.database import Database
from alerts.storage.evidence import ensure_evidence_partition
from tests.alerts.compliance.living import LivingCity
from tests.alerts.compliance.test_days import MONDAY, TUESDAY, Town

KEPT = Kept()
COUNT = "select count(*) from evidence where on_date = $1 and place = any($2::text[])"


class Archive(Town):
    """The town, a long time after a Monday on which gates were heard at two schools."""

    async def count(self, *schools: str) -> int:
        found: int = await self.story.value(COUNT, MONDAY, list(schools))
        return found

    async def let_go(self) -> list[date]:
        """The days of which evidence went, for as long as one more goes."""
        gone: list[date] = []
        while (on := await drop_next_day(self.database, KEPT)) is not None:
            gone.append(on)
        return gone

    async def told(self, kind: str) -> list[Any]:
        """Bodies of the log's rows of a kind."""
        return [row["body"] for row in await self.story.rows("select body from log where kind = $1", kind)]


@pytest.fixture
async def archive(database: Database) -> LivingCity:
    """A Monday with a partition of its own is closed, and 180 days later it has just become old."""
    archive = await Archive.open(database, "00:00:01", MONDAY)
    assert isinstance(archive, Archive)
    async with database.transaction() as connection:
        await ensure_evidence_partition(connection, MONDAY)
    await archive.hear("S1-GATE", "S2-GATE")
    await archive.turn()
    assert await archive.close() == 0
    await archive.go("12:01")
    for device in ("S1-GATE", "S2-GATE"):
        await archive.gate("12:00:00", opened=False, device=device, on=MONDAY)
    await archive.go("00:31", TUESDAY)
    await archive.turn()
    assert await archive.close()
    await archive.go("00:01", MONDAY + timedelta(days=181))
    return archive


async def test_a_day_that_is_old_loses_its_raw_evidence_and_keeps_its_record(archive: Archive) -> None:
    key = await archive.story.value("select concat_ws('/', on_date, device, channel, identity) from evidence limit 1")
    assert MONDAY in await archive.let_go()
    assert await archive.story.value("select to_regclass('evidence_20261123')") is None
    assert await archive.let_go() == [], "it goes once"
    assert await archive.versions() == [0]
    [said] = [body for body in await archive.told("evidence.dropped") if '"2026-11-23"' in body]
    assert '"rows":2' in said.replace(" ", "")
    async with archive.database.connection() as connection:
        assert await open_evidence(connection, key, personal=True) is None
        assert await tell_gone(connection, key) == "raw messages of 2026-11-23 were kept until 2027-05-23"
        assert await tell_gone(connection, key.replace("11-23", "11-24")) is None
    with pytest.raises(EvidenceGone, match="2026-11-23"):
        await rejudge_day(archive.database, MONDAY)
    with pytest.raises(EvidenceGone, match="2026-11-24"):  # whose first hours lie with the day before
        await rejudge_day(archive.database, TUESDAY)


async def test_the_youngest_day_that_is_kept_stays(archive: Archive) -> None:
    await archive.go("23:59", MONDAY + timedelta(days=180))
    assert MONDAY not in await archive.let_go()
    assert await archive.count("S1", "S2") == 2


async def test_what_is_held_stays_until_the_hold_is_lifted(archive: Archive) -> None:
    hold = await place(archive.database, Hold("S1", MONDAY, TUESDAY), "案件", "wang")
    assert MONDAY in await archive.let_go()
    assert (await archive.count("S1"), await archive.count("S2")) == (1, 0)
    assert await archive.let_go() == [], "what is held is not looked at again and again"
    async with archive.database.connection() as connection:
        assert await connection.fetchval("select held from evidence_gone where on_date = $1", MONDAY) == ["S1"]
    await lift_hold(archive.database, hold.id, "结案", "wang")
    assert await archive.let_go() == [MONDAY]
    assert await archive.count("S1") == 0
    assert [len(await archive.told(kind)) for kind in ("hold.placed", "hold.lifted")] == [1, 1]
    with pytest.raises(NoSuchHold):
        await lift_hold(archive.database, hold.id, "结案", "wang")


async def test_a_hold_on_the_city_keeps_the_whole_day(archive: Archive) -> None:
    await place(archive.database, Hold(None, MONDAY, MONDAY), "检查", "wang")
    assert MONDAY not in await archive.let_go()
    assert await archive.count("S1", "S2") == 2


async def test_whoever_reads_evidence_is_not_waited_for(archive: Archive) -> None:
    async with archive.database.transaction() as reader:
        await reader.fetchval("select count(*) from evidence")
        async with asyncio.timeout(15):
            assert await archive.let_go() == []
    assert MONDAY in await archive.let_go()


async def test_what_comes_in_of_a_day_that_has_gone_changes_nothing_and_is_told(archive: Archive) -> None:
    await archive.let_go()
    await archive.gate("10:00:00", opened=True, on=MONDAY)
    await archive.turn()
    archive.database.shift += timedelta(hours=2)
    assert await archive.amend() == 1
    assert await archive.versions() == [0]
    assert len(await archive.told("compliance.too_late")) == 1
    assert await archive.count("S1") == 1
    assert await archive.let_go() == [MONDAY], "it does not stay either"
    assert await archive.count("S1") == 0


async def test_what_could_not_be_read_goes_after_ninety_days(archive: Archive) -> None:
    await archive.story.intake.take_reports([archive.story.arrival(b"\xff", "S1-GATE", "gate")])
    assert await archive.story.value("select count(*) from quarantine") == 1
    assert await drop_old_quarantine(archive.database, KEPT) == 0
    archive.database.shift += timedelta(days=91)
    assert await drop_old_quarantine(archive.database, KEPT) == 1
    assert await archive.story.value("select count(*) from quarantine") == 0


async def test_an_operator_places_lists_and_lifts_holds_at_a_terminal(
    archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CAMPUS_DATABASE_URL", archive.database.url)

    async def type_in(*words: str) -> tuple[int, str]:
        done = await asyncio.to_thread(CliRunner().invoke, app, ["hold", *words])
        return done.exit_code, done.output

    days = ("--since", "2026-11-23", "--until", "2026-11-24")
    assert await type_in("list") == (0, "nothing is held\n")
    assert (await type_in("place", *days, "--reason", "案件 117", "--school", "S1"))[0] == 0
    listed = await type_in("list")
    assert "S1" in listed[1]
    assert "案件 117" in listed[1]
    assert (await type_in("place", *days, "--reason", "x", "--school", "S9"))[0] == 2
    assert (await type_in("place", "--since", "2026-11-24", "--until", "2026-11-23", "--reason", "x"))[0] == 2
    assert await type_in("lift", "1", "--reason", "结案") == (0, "hold 1 is lifted\n")
    assert (await type_in("lift", "1", "--reason", "结案"))[0] == 2
    assert "operator" in (await type_in("list", "--all"))[1]
    assert "结案" in (await type_in("list", "--all"))[1]
    await archive.let_go()
    late = await type_in("place", *days, "--reason", "案件 118", "--district", "370202")
    assert late[0] == 0
    assert "of 2 of these days evidence has gone" in late[1]
    assert (await type_in("place", *days, "--reason", "x", "--district", "999999"))[0] == 2


@pytest.mark.parametrize(
    ("on", "holds", "fate"),
    [
        (date(2026, 5, 1), [], STAYS),
        (date(2026, 4, 30), [], Fate(stays=False)),
        (date(2026, 4, 30), [Hold(None, date(2026, 4, 30), date(2026, 4, 30))], STAYS),
        (
            date(2026, 4, 30),
            [Hold("S1", date(2026, 4, 30), date(2026, 5, 9))],
            Fate(stays=False, held=frozenset({"S1"})),
        ),
        (
            date(2026, 4, 30),
            [Hold("S1", date(2026, 4, 1), date(2026, 4, 29))],
            Fate(stays=False, held=frozenset({"S1"})),
        ),
        (date(2026, 4, 30), [Hold("S1", date(2026, 4, 1), date(2026, 4, 28))], Fate(stays=False)),
    ],
)
def test_a_day_goes_when_it_is_old_and_nobody_holds_it(on: date, holds: list[Hold], fate: Fate) -> None:
    assert decide_fate(on, date(2026, 5, 1), holds) == fate


def test_nothing_is_kept_for_less_than_the_rules_ask() -> None:
    with pytest.raises(ValueError, match="180 days"):
        Kept(evidence_days=179)
    with pytest.raises(ValidationError, match="keep_evidence_days"):
        Settings(keep_evidence_days=179)


async def test_a_hold_without_a_reason_is_refused(archive: Archive) -> None:
    with pytest.raises(HoldInvalid, match="reason"):
        await place(archive.database, Hold("S1", MONDAY, MONDAY), " ", "wang")


async def test_a_district_that_is_held_keeps_the_evidence_of_its_schools_and_of_no_others(archive: Archive) -> None:
    await archive.story.rows("update school set district = '370203' where code = 'S2'")
    await place(archive.database, Hold(None, MONDAY, MONDAY, "370202"), "案件", "wang")
    assert MONDAY in await archive.let_go()
    assert (await archive.count("S1"), await archive.count("S2")) == (1, 0)


async def test_a_district_without_schools_holds_nothing_and_not_the_city(archive: Archive) -> None:
    await archive.story.rows("insert into district values ('370299', '空区', 'Empty', 9)")
    await place(archive.database, Hold(None, MONDAY, MONDAY, "370299"), "案件", "wang")
    assert MONDAY in await archive.let_go()
    assert await archive.count("S1", "S2") == 0


async def test_the_first_hours_of_the_first_day_of_a_hold_stay_though_they_lie_under_the_day_before(
    archive: Archive,
) -> None:
    await place(archive.database, Hold("S1", TUESDAY, TUESDAY), "案件", "wang")
    assert MONDAY in await archive.let_go()
    assert (await archive.count("S1"), await archive.count("S2")) == (1, 0)


async def test_of_a_hold_it_is_told_of_which_days_it_comes_too_late(archive: Archive) -> None:
    await place(archive.database, Hold("S2", MONDAY, MONDAY), "案件", "wang")
    await archive.let_go()
    week = (MONDAY, MONDAY + timedelta(days=6))
    wanted = [Hold("S1", *week), Hold("S2", *week), Hold(None, *week), Hold(None, *week, "370202")]
    found = [await foresee_hold(archive.database, one) for one in wanted]
    gone = HoldOutlook(7, 2, MONDAY, TUESDAY)
    assert found == [gone, HoldOutlook(7, 0, None, None), gone, gone]
    placed = await place(archive.database, wanted[0], "案件", "wang")
    assert placed.gone_days == 2
    lifted = await lift_hold(archive.database, placed.id, "结案", "wang")
    assert (lifted.gone_days, lifted.lift_reason) == (0, "结案")
    for wrong in (Hold("S1", MONDAY, MONDAY, "370202"), Hold(None, MONDAY, MONDAY, "x"), Hold("S1", TUESDAY, MONDAY)):
        with pytest.raises(HoldInvalid):
            await foresee_hold(archive.database, wrong)


async def test_a_hold_that_comes_too_late_does_not_bring_evidence_back(archive: Archive) -> None:
    await place(archive.database, Hold("S2", MONDAY, TUESDAY), "案件", "wang")
    await archive.let_go()
    await place(archive.database, Hold("S1", MONDAY, TUESDAY), "案件", "wang")
    async with asyncio.timeout(20):
        assert await archive.let_go() == []
    assert await archive.story.value("select held from evidence_gone where on_date = $1", MONDAY) == ["S2"]


async def test_what_strays_in_of_a_school_that_is_held_stays_and_is_told_of_once(archive: Archive) -> None:
    await archive.let_go()
    await place(archive.database, Hold("S1", MONDAY, TUESDAY), "案件", "wang")
    await archive.gate("10:00:00", opened=True, on=MONDAY)
    told = len(await archive.told("evidence.dropped"))
    async with asyncio.timeout(20):
        assert await archive.let_go() == []
    assert await archive.count("S1") == 1
    assert len(await archive.told("evidence.dropped")) == told
