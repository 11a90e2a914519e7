"""From what arrives to what is stored: nothing is refused, nothing is stored twice."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from alerts.domain.arrivals import Stage
from alerts.domain.incidents import Cause, State
from alerts.domain.presses import Mode
from alerts.readiness.windows import announce_window
from tests.alerts.story import WANG, Story


async def test_fifty_presses_in_one_batch_are_fifty_stored_presses_in_one_incident(story: Story) -> None:
    receipts = await story.intake.take_presses([story.arrival({"id": f"p{n}"}) for n in range(50)])
    assert len({receipt.incident for receipt in receipts}) == 1
    assert await story.value("select count(*) from press") == 50
    assert (await story.incident(receipts[0].incident)).presses == 50


async def test_fifty_presses_one_by_one_are_fifty_stored_presses_in_one_incident(story: Story) -> None:
    incidents = {(await story.press(id=f"p{n}")).incident for n in range(50)}
    assert len(incidents) == 1
    assert await story.value("select count(*) from press") == 50


async def test_the_same_id_five_times_is_stored_once_and_answered_five_times(story: Story) -> None:
    first = await story.press(id="same")
    again = await story.intake.take_presses([story.arrival({"id": "same"}) for _ in range(4)])
    assert {(receipt.press, receipt.incident, receipt.stage) for receipt in again} == {
        ("same", first.incident, Stage.RECEIVED)
    }
    assert len(again) == 4
    assert await story.value("select count(*) from press") == 1
    assert (await story.log_kinds()).count("press.received") == 1


async def test_the_same_id_from_two_devices_is_two_presses(story: Story) -> None:
    await story.press("S1-G1", id="same")
    await story.press("S1-C1", id="same")
    assert await story.value("select count(*) from press") == 2


async def test_presses_without_any_identity_count_each(story: Story) -> None:
    await story.intake.take_presses([story.arrival(b""), story.arrival(b"{}"), story.arrival(b"")])
    assert await story.value("select count(*) from press") == 3


async def test_a_copy_that_says_another_kind_is_still_the_same_press(story: Story) -> None:
    receipts = await story.intake.take_presses(
        [story.arrival({"id": "a", "kind": "panic"}), story.arrival({"id": "a", "kind": "fire"})]
    )
    assert len({receipt.incident for receipt in receipts}) == 1
    assert await story.value("select count(*) from incident") == 1


async def test_fire_and_panic_at_one_school_are_two_incidents(story: Story) -> None:
    panic = await story.press(kind="panic")
    fire = await story.press(kind="fire")
    assert panic.incident != fire.incident


@pytest.mark.parametrize(
    ("payload", "problem"),
    [
        (b"{broken", "not_json"),
        (b"[]", "not_object"),
        (b'{"id":7}', "bad_id"),
        (b'{"id":"n\\u0000l","kind":"\\u0000"}', "bad_id"),
        (b'{"x":"' + b"y" * 1_000_000 + b'"}', "too_large"),
        (b'{"at":"2099-01-01T00:00:00Z"}', "future"),
        (b'{"mode":"test"}', "no_window"),
    ],
)
async def test_a_bad_press_is_stored_with_what_is_wrong_and_rings(story: Story, payload: bytes, problem: str) -> None:
    receipts = await story.intake.take_presses([story.arrival(payload)])
    assert receipts[0].stage is Stage.RECEIVED
    incident = await story.incident(receipts[0].incident)
    assert incident.state is State.OPEN
    assert incident.mode is Mode.LIVE
    assert problem in incident.problems
    row = (await story.rows("select problems, payload_bytes from press"))[0]
    assert problem in row["problems"]
    assert row["payload_bytes"] == len(payload)


async def test_an_hour_old_press_is_late_with_both_times_kept(story: Story) -> None:
    at = story.now - timedelta(hours=1)
    receipt = await story.press(id="late", at=at)
    assert (await story.incident(receipt.incident)).late
    row = (await story.rows("select occurred_at, received_at from press"))[0]
    assert row["received_at"] - row["occurred_at"] >= timedelta(hours=1)


async def test_a_press_of_an_unknown_device_at_an_unknown_school_is_unplaced_and_calls_the_city(story: Story) -> None:
    receipts = await story.intake.take_presses([story.arrival({"id": "x"}, "ghost", school="nowhere", district="0")])
    incident = await story.incident(receipts[0].incident)
    assert incident.school is None
    assert incident.place == "unplaced:ghost"
    assert "unknown_device" in incident.problems
    assert {told.person for told in await story.newly_told()} == {"city", "police"}


async def test_a_press_of_an_unknown_device_rings_at_the_school_that_its_topic_names(story: Story) -> None:
    receipts = await story.intake.take_presses([story.arrival({"id": "x"}, "ghost")])
    incident = await story.incident(receipts[0].incident)
    assert (incident.school, incident.problems) == ("S1", ("unknown_device",))


async def test_a_press_on_another_schools_topic_rings_where_the_device_is_registered(story: Story) -> None:
    receipts = await story.intake.take_presses([story.arrival({"id": "x"}, "S1-G1", school="S3", district="370203")])
    incident = await story.incident(receipts[0].incident)
    assert (incident.school, incident.problems) == ("S1", ("wrong_school",))
    assert (receipts[0].district, receipts[0].school) == ("370203", "S3"), "it is answered where it listens"


async def test_in_an_announced_window_a_test_is_a_test_and_a_live_press_is_live(story: Story) -> None:
    now = story.now
    await announce_window(
        story.database, Mode.TEST, now - timedelta(minutes=1), now + timedelta(hours=1), "wang", school="S1"
    )
    test = await story.incident((await story.press(mode="test")).incident)
    live = await story.incident((await story.press()).incident)
    other_school = await story.incident((await story.press("S2-G1", mode="test")).incident)
    assert (test.mode, live.mode, other_school.mode) == (Mode.TEST, Mode.LIVE, Mode.LIVE)


async def test_the_next_press_after_closing_opens_a_new_incident_and_a_repeat_of_an_old_one_does_not(
    story: Story,
) -> None:
    first = await story.press(id="a")
    await story.answers.acknowledge(first.incident, WANG)
    await story.answers.close(first.incident, WANG, Cause.ACCIDENTAL)
    repeat = await story.press(id="a")
    second = await story.press(id="b")
    assert repeat.incident == first.incident
    assert second.incident != first.incident


async def test_a_button_hears_at_once_what_its_incident_has_come_to(story: Story) -> None:
    first = await story.press(id="a")
    await story.answers.respond(first.incident, WANG)
    receipts = await story.intake.take_presses([story.arrival({"id": "b"})])
    assert [receipt.stage for receipt in receipts] == [Stage.RECEIVED, Stage.SEEN, Stage.COMING]


async def test_a_cancel_is_kept_and_shown_and_stops_nothing(story: Story) -> None:
    receipt = await story.press(id="a")
    cancel = story.arrival({"id": "c", "press": "a"}, channel="cancel")
    await story.intake.take_presses([cancel, cancel])
    await story.intake.take_presses([cancel])
    incident = await story.incident(receipt.incident)
    assert incident.cancel_asked_at is not None
    assert incident.state is State.OPEN
    assert (await story.log_kinds()).count("press.cancel_asked") == 1


async def test_a_cancel_of_a_press_that_nobody_knows_is_kept_with_what_is_wrong(story: Story) -> None:
    await story.intake.take_presses([story.arrival(b"{", "ghost", "cancel")])
    row = (await story.rows("select incident, problems from press_cancel"))[0]
    assert row["incident"] is None
    assert set(row["problems"]) == {"not_json", "no_such_press"}


async def test_two_gateways_that_take_the_same_presses_at_once_store_them_once(story: Story) -> None:
    batches = [[story.arrival({"id": f"p{n}"}, device) for n in range(20)] for device in ("S1-G1", "S1-C1")]
    await asyncio.gather(*(story.intake.take_presses(batch) for batch in batches * 4))
    assert await story.value("select count(*) from press") == 40
    assert await story.value("select count(*) from incident") == 1
    assert await story.value("select presses from incident") == 40
    assert (await story.log_kinds()).count("incident.opened") == 1


async def test_reports_that_cannot_be_read_are_in_the_quarantine_with_the_reason(story: Story) -> None:
    await story.intake.take_reports(
        [
            story.arrival(b"{", channel="state"),
            story.arrival({"battery": 50}, channel="state"),
            story.arrival({"online": True}, "ghost", "state"),
            story.arrival({"online": True, "battery": "full"}, channel="state"),
            story.arrival({"open": "yes"}, channel="gate"),
            story.arrival({"visit": "v", "step": "fly"}, channel="visit"),
            story.arrival(b"x" * 5000, channel="post"),
        ]
    )
    reasons = [row["reason"] for row in await story.rows("select reason from quarantine order by reason")]
    assert reasons == ["bad_battery", "bad_online", "bad_open", "bad_step", "not_json", "not_json", "unknown_device"]


async def test_evidence_is_stored_once_however_often_it_arrives(story: Story) -> None:
    gate = story.arrival({"id": "g1", "at": story.now, "open": True}, channel="gate")
    await story.intake.take_reports([gate, gate])
    await story.intake.take_reports([gate, story.arrival({"open": False}, channel="gate")])
    assert await story.value("select count(*) from evidence") == 2
