"""What becomes of a message that breaks the intake: a press rings all the same, everything else is put aside."""

from collections.abc import Sequence
from typing import Any

import pytest
from structlog.testing import capture_logs

from alerts.domain.arrivals import Arrival, Receipt
from alerts.intake import Intake
from alerts.storage.database import Database
from gateway.database_watch import DatabaseWatch
from gateway.deposit import Deposit, GaveUpError, UseCase
from gateway.metrics import LaneMetrics
from gateway.use_cases import (
    make_beat_use_case,
    make_evidence_use_case,
    make_press_use_case,
    make_stray_use_case,
)
from tests.alerts.story import Story


class FragileIntake(Intake):
    """Breaks on what carries one of these words, as a mistake in the intake would."""

    def __init__(self, database: Database, *words: bytes) -> None:
        super().__init__(database)
        self._words = words

    def _look(self, arrivals: Sequence[Arrival]) -> None:
        for arrival in arrivals:
            said = arrival.payload + (arrival.device or "").encode()
            if any(word in said for word in self._words):
                raise ZeroDivisionError("a mistake in the intake")

    async def take_presses(self, arrivals: Sequence[Arrival]) -> list[Receipt]:
        self._look(arrivals)
        return await super().take_presses(arrivals)

    async def take_reports(self, arrivals: Sequence[Arrival]) -> None:
        self._look(arrivals)
        await super().take_reports(arrivals)

    async def take_signs_of_life(self, beats: Sequence[Arrival]) -> None:
        self._look(beats)
        await super().take_signs_of_life(beats)


class AlwaysOn:
    """Nobody stops the lane."""

    stopping = False

    async def pause(self, seconds: float) -> None:
        raise AssertionError("nothing is away")


async def fetch(database: Database, statement: str) -> list[Any]:
    async with database.connection() as connection:
        return await connection.fetch(statement)


def deposit_of(use_case: UseCase) -> Deposit:
    return Deposit("test", use_case, AlwaysOn(), DatabaseWatch(), LaneMetrics("test"))


async def test_a_press_that_breaks_the_intake_rings_without_its_content(story: Story) -> None:
    deposit = deposit_of(make_press_use_case(FragileIntake(story.database, b"poison")))
    arrivals = [story.arrival({"id": each}) for each in ("p1", "p2", "poison", "p3")]
    with capture_logs() as logs:
        receipts = await deposit.store(arrivals)
    presses = await fetch(story.database, "select name, incident, problems, kind from press order by id")
    (kept,) = await fetch(story.database, "select payload, reason, device from quarantine")
    assert len(receipts) == len(presses) == 4
    assert len({press["incident"] for press in presses}) == 1
    assert [press["problems"] for press in presses if press["name"] not in ("p1", "p2", "p3")] == [["not_json"]]
    assert (kept["payload"], kept["device"]) == (arrivals[2].payload, "S1-G1")
    assert "a mistake in the intake" in kept["reason"]
    assert [log["event"] for log in logs if log["log_level"] == "error"] == ["gateway.message.poison"]


async def test_a_press_whose_topic_breaks_the_intake_rings_as_an_unplaced_one(story: Story) -> None:
    deposit = deposit_of(make_press_use_case(FragileIntake(story.database, b"poison")))
    await deposit.store([story.arrival({}, device="poison")])
    (press,) = await fetch(story.database, "select school, topic, problems from press")
    assert press["school"] is None
    assert press["topic"] == "campus/v1/370202/S1/poison/press"
    assert "not_json" in press["problems"]


async def test_a_cancel_that_breaks_the_intake_is_quarantined_and_rings_nowhere(story: Story) -> None:
    deposit = deposit_of(make_press_use_case(FragileIntake(story.database, b"poison")))
    await deposit.store([story.arrival({"id": "poison"}, channel="cancel")])
    assert await fetch(story.database, "select from press") == []
    assert len(await fetch(story.database, "select from quarantine where channel = 'cancel'")) == 1


async def test_evidence_that_breaks_the_intake_is_quarantined_and_the_rest_is_filed(story: Story) -> None:
    deposit = deposit_of(make_evidence_use_case(FragileIntake(story.database, b"poison")))
    gates = [story.arrival({"id": each, "open": True}, channel="gate") for each in ("g1", "poison", "g2")]
    await deposit.store(gates)
    assert len(await fetch(story.database, "select from evidence")) == 2
    assert [row["payload"] for row in await fetch(story.database, "select payload from quarantine")] == [
        gates[1].payload
    ]


async def test_a_beat_that_breaks_the_intake_does_not_hide_the_others(story: Story) -> None:
    deposit = deposit_of(make_beat_use_case(FragileIntake(story.database, b"poison")))
    beats = [story.arrival({}, device, "beat") for device in ("S1-G1", "poison", "S2-G1")]
    await deposit.store(beats)
    seen = await fetch(story.database, "select device from device_status where last_seen_at is not null")
    assert {row["device"] for row in seen} == {"S1-G1", "S2-G1"}


async def test_strays_are_quarantined_with_what_is_wrong_with_each(story: Story) -> None:
    await deposit_of(make_stray_use_case(story.intake)).store(
        [story.arrival({}, channel="knock"), story.arrival({}, "S1 G1", "beat")]
    )
    reasons = [row["reason"] for row in await fetch(story.database, "select reason from quarantine order by id")]
    assert reasons == [
        "no device speaks on the channel 'knock'",
        "the device level 'S1 G1' is not 1 to 64 of A-Z a-z 0-9 _ -",
    ]


@pytest.mark.parametrize(
    "payload",
    [
        b"",
        b"{",
        b"\xff\xfe\x00",
        b"\x00",
        b"null",
        b"[]",
        b'"text"',
        b"NaN",
        b'{"id":"\\u0000"}',
        b'{"id":"\\ud800"}',
        b'{"id":"' + b"x" * 65 + b'"}',
        b'{"id":7,"kind":[],"mode":{},"at":"yesterday"}',
        b'{"boot":1e400,"seq":99999999999999999999999999}',
        b'{"boot":"\\u0000","seq":-1}',
        b'{"at":"0000-00-00T00:00:00Z"}',
        b'{"at":"9999-12-31T23:59:59.999999999-23:59"}',
        b'{"at":"0001-01-01T00:00:00+23:59"}',
        b'{"at":1e308}',
        b'{"kind":"' + "火".encode() * 1000 + b'"}',
        b'{"kind":"\\u0000","mode":"\\u0000"}',
        b'{"id":"p","id":"q"}',
        b"[" * 100_000,
        b'{"a":' * 50_000,
        b"x" * 1_000_000,
        b'{"press":"\\u0000","command":"\\u0000","on":true,"open":true,"online":true}',
        b'{"online":true,"battery":1e99,"rssi":-1e99,"interval":1e99,"boot":"\\u0000","firmware":"\\u0000"}',
        b'{"online":true,"battery":-5,"rssi":99999999999,"interval":-1,"mains":"yes","tamper":2}',
        b'{"visit":"\\u0000","step":"register","name":"\\u0000"}',
        b'{"person":"\\u0000","post":"\\u0000","action":"on"}',
    ],
    ids=lambda payload: repr(payload[:40]),
)
async def test_nothing_that_devices_can_say_breaks_the_intake(story: Story, payload: bytes) -> None:
    channels = ("press", "cancel", "state", "gate", "visit", "post", "output")
    devices = ("S1-G1", "unknown", "\x01\u2028", "x" * 70_000)
    said = {channel: [story.arrival(payload, device, channel) for device in devices] for channel in channels}
    await story.intake.take_presses([*said["press"], *said["cancel"]])
    await story.intake.take_reports([arrival for channel in channels[2:] for arrival in said[channel]])
    await story.intake.take_signs_of_life([story.arrival(payload, device, "beat") for device in devices])
    assert len(await fetch(story.database, "select from press")) >= len(devices)


async def test_a_stop_while_the_database_is_away_gives_up_what_is_not_stored(open_database_away: Database) -> None:
    class Stopping(AlwaysOn):
        stopping = True

    use_case = make_press_use_case(Intake(open_database_away))
    deposit = Deposit("test", use_case, Stopping(), DatabaseWatch(), LaneMetrics("test"))
    with pytest.raises(GaveUpError):
        await deposit.store([Story(open_database_away).arrival({})])


@pytest.fixture
async def open_database_away() -> Any:
    """A database that nobody serves."""
    database = await Database.open("postgresql://nobody@127.0.0.1:1/none", application_name="test")
    yield database
    await database.close()
