"""While no gateway listens nobody hears devices: what they did meanwhile is unknown, what comes late is believed."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest

from alerts.compliance.loading import batch_schools, load_days
from alerts.domain.compliance.school_day import DeviceDay, SchoolDay
from alerts.domain.compliance.verdicts import Verdict
from alerts.engine.closing import amend_due, close_due
from alerts.storage.database import Database
from alerts.storage.school_days import list_schools
from tests.alerts.compliance.living import ZONE, LivingCity

MONDAY, TUESDAY = date(2026, 11, 23), date(2026, 11, 24)
SPANS = "select began_at, ended_at from deaf_span order by began_at"
MARKS = "select school, input, on_date from compliance_stale order by school, on_date"


class Listeners(LivingCity):
    """The living city with gateways that come and go."""

    async def go(self, hours: str, on: date | None = None) -> None:
        """Moves the clock, and nobody listens."""
        self.database.shift += self.at(hours, on) - self.story.now

    async def listen(self, since: str, until: str, on: date | None = None, **who: str) -> None:
        """A gateway begins to listen, and is heard of last some time later."""
        name, lane = who.get("name", "gateway-1"), who.get("lane", "beats")
        began_at = self.at(since, on)
        for hours in (since, until):
            await self.go(hours, on)
            await self.story.intake.report_listening(name, lane, began_at)

    async def spans(self) -> list[tuple[str, str]]:
        rows = await self.story.rows(SPANS)
        return [(self.tell(row["began_at"]), self.tell(row["ended_at"])) for row in rows]

    def tell(self, at: datetime) -> str:
        return (at + timedelta(seconds=0.5)).astimezone(ZONE).strftime("%d. %H:%M")

    def device(self, day: SchoolDay, code: str) -> DeviceDay:
        return next(one for one in day.devices if one.code == code)

    def tell_unheard(self, device: DeviceDay) -> list[tuple[str, str]]:
        """But for the seconds until it was first heard."""
        return [(self.tell(since), self.tell(until)) for since, until in device.unheard[1:]]

    async def day(self, on: date | None = None, school: str = "S1") -> SchoolDay:
        async with self.database.transaction() as connection:
            (batch,) = batch_schools(await list_schools(connection, [school]), on, self.story.now)
            (day,) = await load_days(connection, batch)
        return day


@pytest.fixture
async def city(database: Database) -> Listeners:
    """A Monday morning: the gate of S1 is heard and shut, and the gateway is heard of last at ten."""
    city = await Listeners.open(database, "00:00:02", MONDAY)
    assert isinstance(city, Listeners)
    await city.story.intake.report_listening("gateway-1", "beats", city.at("00:00:02"))
    await city.story.beat("S1-GATE", "S1-G1", "S2-GATE")
    await city.story.supervise()
    await city.gate("00:00:01", opened=False)
    await city.listen("00:00:03", "10:00")
    await city.turn()
    assert await close_due(city.database) == 0  # the first day to be closed is this one
    assert await city.verdict("C1") is Verdict.MET
    return city


async def test_a_sensor_that_says_nothing_of_our_outage_is_unknown_for_that_time_and_no_device_is_at_fault(
    city: Listeners,
) -> None:
    await city.listen("12:00", "12:01")
    assert await city.spans() == [("23. 10:00", "23. 12:00")]
    assert await city.turn() == 3
    assert (await city.verdict("C1"), await city.reasons("C1")) == (Verdict.UNKNOWN, ["gate_unheard"])
    day = await city.day()
    gate, button = (city.device(day, code) for code in ("S1-GATE", "S1-G1"))
    assert city.tell_unheard(gate) == [("23. 10:00", "23. 12:00")]
    assert (button.faults, button.unheard_since, button.month_unheard) == ((), None, timedelta())
    assert button.month_watched < timedelta(hours=10, minutes=2)


async def test_what_the_broker_held_back_while_we_were_away_is_believed_at_its_own_time_and_marked_late(
    city: Listeners,
) -> None:
    await city.go("12:00")
    await city.gate("10:30", opened=True, device="S2-GATE")
    await city.gate("10:50", opened=False, device="S2-GATE")
    await city.listen("12:00:01", "12:01")
    await city.turn()
    day = await city.day(school="S2")
    assert [(city.tell(event.at), event.late, event.counts) for event in day.gates] == [
        ("23. 10:30", True, True),
        ("23. 10:50", True, True),
    ]
    assert await city.verdict("C1", "S2") is Verdict.NOT_MET
    assert (await city.reasons("C1", "S2"))[0] == "gate_open"


async def test_a_clock_that_is_off_is_not_believed_for_our_having_been_away(city: Listeners) -> None:
    await city.listen("12:00", "13:40")
    for said, came in (("13:00", "13:30"), ("13:10", "13:40")):
        await city.go(came)
        await city.gate(said, opened=said == "13:00", device="S2-GATE")
    assert [(city.tell(event.at), event.counts) for event in (await city.day(school="S2")).gates] == [
        ("23. 13:30", False),
        ("23. 13:40", False),
    ]


@pytest.mark.parametrize(
    "away", ["a minute's restart", "another gateway listens", "another lane begins", "a clock ahead"]
)
async def test_nobody_was_deaf(city: Listeners, away: str) -> None:
    match away:
        case "a minute's restart":
            await city.listen("10:01", "10:02")
        case "another gateway listens":
            await city.listen("09:00", "12:00", name="gateway-2")
            await city.listen("12:00", "12:01")
        case "another lane begins":
            await city.listen("12:00", "12:01", lane="presses")
            await city.listen("12:02", "12:03", lane="evidence")  # for the first time
        case "a clock ahead":
            await city.story.intake.report_listening("gateway-1", "beats", city.at("10:20"))
    assert await city.spans() == []
    assert await city.story.rows(MARKS) == []


async def test_a_gateway_without_its_evidence_lane_is_deaf_as_well(city: Listeners) -> None:
    await city.listen("10:00", "10:01", lane="evidence")
    await city.listen("10:30", "10:31", lane="evidence")
    assert await city.spans() == [("23. 10:01", "23. 10:30")]
    assert [tuple(row) for row in await city.story.rows(MARKS)] == [
        (school, "devices", MONDAY) for school in ("S1", "S2", "S3")
    ]


async def test_a_day_that_is_closed_while_nobody_listens_is_unknown_and_amended_by_what_was_held_back(
    city: Listeners,
) -> None:
    recorded = "select verdicts, rules from school_day where school = $1 order by version"

    async def tell_recorded(school: str) -> list[str]:
        rows = await city.story.rows(recorded, school)
        return [dict(zip(row["rules"], row["verdicts"], strict=True))["C1"] for row in rows]

    await city.go("00:31", TUESDAY)
    await city.turn()
    while await close_due(city.database):
        pass
    assert await tell_recorded("S1") == ["u"]
    await city.go("06:00", TUESDAY)
    await city.gate("10:30", opened=True, on=MONDAY, device="S2-GATE")
    await city.gate("10:50", opened=False, on=MONDAY, device="S2-GATE")
    await city.listen("06:00:01", "06:06", TUESDAY)
    await city.turn()
    assert await city.story.value("select count(*) from late_day") == 3
    await city.go("06:12", TUESDAY)
    while await amend_due(city.database):
        pass
    assert (await tell_recorded("S1"), await tell_recorded("S2")) == (["u"], ["u", "n"])
    gate = city.device(await city.day(MONDAY), "S1-GATE")
    assert city.tell_unheard(gate) == [("23. 10:00", "24. 00:00")]


async def test_while_nobody_listens_no_sensor_is_believed_to_be_heard(city: Listeners) -> None:
    await city.go("10:02:30")
    assert city.tell_unheard(city.device(await city.day(), "S1-GATE")) == []
    await city.go("10:20")
    assert city.tell_unheard(city.device(await city.day(), "S1-GATE")) == [("23. 10:00", "23. 10:20")]


async def test_what_stands_on_sensors_is_unknown_before_anybody_listens_again(city: Listeners) -> None:
    await city.go("10:02:30")
    await city.judge.mark_deafness()
    assert await city.turn() == 0
    await city.go("10:04")
    await city.judge.mark_deafness()
    assert await city.turn() == 3
    assert (await city.verdict("C1"), await city.reasons("C1")) == (Verdict.UNKNOWN, ["gate_unheard"])
    await city.go("10:10")
    await city.judge.mark_deafness()  # it is said once
    assert await city.turn() == 0
    await city.listen("10:20", "10:21")
    assert await city.turn() == 3
    await city.judge.mark_deafness()
    assert await city.turn() == 0
    await city.go("11:00")
    await city.judge.mark_deafness()  # and again
    assert await city.turn() == 3


async def test_what_could_not_be_stored_was_not_heard_either(city: Listeners) -> None:
    await city.go("12:00")
    await city.story.intake.report_listening("gateway-1", "beats", city.at("00:00:03"), city.at("11:30"))
    assert await city.spans() == [("23. 10:00", "23. 11:30")]
