"""When the receipt of a press had left for its button is evidence: of the press's own day and school, the first one."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest
from msgspec.structs import replace

from alerts.compliance.rejudging import rejudge_day
from alerts.domain.arrivals import Confirmation, Source
from alerts.domain.compliance.headline import VERDICT_OF
from alerts.domain.compliance.verdicts import Verdict
from alerts.storage.database import Database
from tests.alerts.compliance.test_days import Town

MONDAY, TUESDAY = date(2026, 11, 23), date(2026, 11, 24)
MARKS = "select school, input, on_date from compliance_stale"
RECEIPTS = "select place, device, identity, received_at - occurred_at as after from evidence where channel = 'receipt'"
SOON, LATE = timedelta(milliseconds=12), timedelta(seconds=1.2)
ANNOUNCED = """
insert into press_window (mode, school, starts_at, ends_at, announced_by, announced_at) values
    ('test', 'S1', '2026-11-23', '2026-11-24', 'test', now());
"""


class Gatehouse(Town):
    """The town with presses, whose receipts a broker confirms when a test says so."""

    async def press(self, name: str, hours: str = "10:00", source: Source = Source.MQTT) -> datetime:
        """Somebody presses the button of S1; returns when that arrived."""
        arrived_at = self.at(hours)
        await self.story.intake.take_presses(
            [replace(self.story.arrival({"id": name}, received_at=arrived_at), source=source)]
        )
        return arrived_at

    async def confirm(self, *confirmed: tuple[str, datetime]) -> None:
        """The broker confirmed the receipts of these presses then."""
        topic, payload = "campus/v1/370202/S1/S1-G1/receipt", b'{"stage":"received"}'
        await self.story.intake.take_confirmations(
            [Confirmation("S1-G1", f"id:{name}", topic, payload, at) for name, at in confirmed]
        )

    async def judged(self) -> tuple[Verdict, list[str]]:
        await self.turn()
        return await self.verdict("R1"), await self.reasons("R1")

    async def close_monday(self) -> None:
        await self.go("00:31", TUESDAY)
        await self.turn()
        await self.close()

    async def rejudged(self) -> Verdict:
        (found,) = [one for one in await rejudge_day(self.database, MONDAY) if one.school == "S1"]
        return VERDICT_OF[dict(zip(found.rules, found.verdicts, strict=True))["R1"]]


@pytest.fixture
async def gatehouse(database: Database) -> Gatehouse:
    gatehouse = await Gatehouse.open(database, "10:00:05", MONDAY)
    assert isinstance(gatehouse, Gatehouse)
    await gatehouse.turn()
    await gatehouse.close()
    return gatehouse


async def test_r1_is_unknown_until_each_receipt_is_confirmed_and_then_tells_how_long_it_took(
    gatehouse: Gatehouse,
) -> None:
    assert (await gatehouse.judged())[0] is Verdict.NOT_APPLICABLE
    first, second = await gatehouse.press("p1"), await gatehouse.press("p2", "10:00:01")
    assert await gatehouse.judged() == (Verdict.UNKNOWN, ["button_not_confirmed"])
    await gatehouse.confirm(("p1", first + SOON))
    assert await gatehouse.judged() == (Verdict.MET, ["button_confirmed", "few_presses"])  # the other one's may come
    await gatehouse.go("10:00:12")
    assert await gatehouse.judged() == (Verdict.UNKNOWN, ["button_not_confirmed"])
    await gatehouse.confirm(("p2", second + SOON))
    assert await gatehouse.judged() == (Verdict.MET, ["button_confirmed", "few_presses"])

    third = await gatehouse.press("p3", "10:00:02")
    await gatehouse.confirm(("p3", third + LATE))
    assert await gatehouse.judged() == (Verdict.NOT_MET, ["button_confirmed_late", "few_presses"])
    (breach,) = await gatehouse.story.rows("select judgement::text as told from breach where rule = 'R1'")
    assert "2026-11-23/S1-G1/receipt/id:p3" in breach["told"]


async def test_of_a_press_that_was_repeated_the_first_confirmation_counts_and_marks_once(gatehouse: Gatehouse) -> None:
    arrived_at = await gatehouse.press("p1")
    await gatehouse.turn()
    await gatehouse.confirm(("p1", arrived_at + LATE), ("p1", arrived_at + SOON))
    assert [tuple(row) for row in await gatehouse.story.rows(MARKS)] == [("S1", "presses", MONDAY)]
    await gatehouse.turn()
    await gatehouse.confirm(("p1", arrived_at + 2 * LATE))
    assert await gatehouse.story.rows(MARKS) == []
    (stored,) = await gatehouse.story.rows(RECEIPTS)
    assert tuple(stored) == ("S1", "S1-G1", "id:p1", SOON)


async def test_tests_are_not_asked_about_and_a_press_over_https_has_no_receipt_that_anybody_confirms(
    gatehouse: Gatehouse,
) -> None:
    await gatehouse.story.database_execute(ANNOUNCED)
    await gatehouse.story.intake.take_presses([gatehouse.story.arrival({"id": "t1", "mode": "test"})])
    await gatehouse.confirm(("t1", gatehouse.story.now), ("never pressed", gatehouse.story.now))
    assert await gatehouse.story.rows(RECEIPTS) == []
    assert (await gatehouse.judged())[0] is Verdict.NOT_APPLICABLE
    await gatehouse.press("h1", source=Source.HTTP)
    assert (await gatehouse.judged())[0] is Verdict.UNKNOWN


async def test_a_confirmation_that_comes_after_the_day_was_closed_amends_it_and_judging_again_agrees(
    gatehouse: Gatehouse,
) -> None:
    arrived_at = await gatehouse.press("p1")
    await gatehouse.close_monday()
    assert await gatehouse.recorded("R1") is await gatehouse.rejudged() is Verdict.UNKNOWN
    await gatehouse.confirm(("p1", arrived_at + SOON))  # the database took nothing of it until now
    await gatehouse.turn()
    await gatehouse.go("02:00", TUESDAY)
    assert await gatehouse.amend() == 1
    assert await gatehouse.recorded("R1", 0) is Verdict.UNKNOWN
    assert await gatehouse.recorded("R1") is await gatehouse.rejudged() is Verdict.MET
    (amended,) = await gatehouse.told("compliance.amended")
    assert (amended["school"], amended["changed"]) == ("S1", ["R1"])
    assert "late evidence: 1" in amended["reason"]


async def test_a_receipt_confirmed_just_after_midnight_belongs_to_the_day_of_its_press(gatehouse: Gatehouse) -> None:
    await gatehouse.go("23:59:59", MONDAY)
    arrived_at = await gatehouse.press("p1", "23:59:59.900000")
    await gatehouse.confirm(("p1", arrived_at + timedelta(milliseconds=300)))
    await gatehouse.close_monday()
    assert await gatehouse.recorded("R1") is await gatehouse.rejudged() is Verdict.MET
    rows = await gatehouse.story.value(
        "select evidence_rows from school_day where school = 'S1' and on_date = $1", MONDAY
    )
    assert rows == 1, "the day's hash is over it"
