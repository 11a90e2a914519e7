"""Contact ID to a monitoring station: told until it is acknowledged, over one line, whatever the station says."""

from __future__ import annotations

from datetime import timedelta

import pytest

from alerts.domain.contact_id import ContactId, EventCode
from alerts.domain.dc09 import Line
from alerts.domain.incidents import Cause
from alerts.domain.presses import Mode
from alerts.engine.police import PoliceCourier
from alerts.engine.station import LEASE
from alerts.police import dc09
from alerts.police.dc09 import StationLine
from alerts.police.link import LinkFailed
from alerts.police.terms import PoliceTerms
from alerts.storage.station import list_accounts, list_events
from simulators.police.receiver import Conduct, Receiver
from tests.alerts.police.police_story import announce
from tests.alerts.police.station_story import KEY, SUPERVISION, forward, tell_all, with_receiver
from tests.alerts.story import WANG, Story


@pytest.mark.parametrize("key", [None, KEY, KEY[:16]], ids=["in the clear", "AES-256", "AES-128"])
async def test_a_press_is_a_panic_alarm_of_its_schools_account(story: Story, key: bytes | None) -> None:
    async with with_receiver(story, key) as (courier, receiver):
        number = (await story.press()).incident
        await story.press("S2-G1")
        await tell_all(courier)
        first, second = await receiver.expect("1120 00 002"), await receiver.expect("1120 00 001")
        assert (first.sequence, second.sequence, receiver.connections) == (1, 2, 1)
        assert first.encrypted is (key is not None)
        async with story.database.connection() as connection:
            accounts = {one.school: f"CA{one.number:04X}" for one in await list_accounts(connection)}
            events = await list_events(connection, number)
        assert {first.account, second.account} == {accounts["S1"], accounts["S2"]}
        assert [one.state for one in events] == ["acknowledged"]


async def test_a_test_is_a_manual_test_and_an_unplaced_press_has_the_account_of_none(story: Story) -> None:
    await announce(story, Mode.TEST)
    async with with_receiver(story) as (courier, receiver):
        await story.press(mode="test")
        await story.intake.take_presses([story.arrival({"id": "p"}, "ghost", school="nowhere")])
        await tell_all(courier)
        await receiver.expect("1601 00 002")
        assert (await receiver.expect("1120 00 000")).account == "CA0000"


@pytest.mark.parametrize(("cause", "event"), [(Cause.ACCIDENTAL, "1406 00 000"), (Cause.REAL, "3120 00 002")])
async def test_a_closed_incident_is_a_cancel_or_the_end_of_its_alarm(story: Story, cause: Cause, event: str) -> None:
    async with with_receiver(story) as (courier, receiver):
        number = (await story.press()).incident
        await tell_all(courier)
        await receiver.expect("1120 00 002")
        await story.answers.acknowledge(number, WANG)
        await story.answers.close(number, WANG, cause)
        await tell_all(courier)
        await receiver.expect(event)


@pytest.mark.parametrize(("kind", "code"), [("fire", 110), ("medical", 100)])
@pytest.mark.parametrize("cause", [Cause.REAL, Cause.ACCIDENTAL])
async def test_fire_and_medical_calls_have_codes_of_their_own_to_their_end(
    story: Story, kind: str, code: int, cause: Cause
) -> None:
    async with with_receiver(story) as (courier, receiver):
        number = (await story.press(kind=kind)).incident
        await tell_all(courier)
        await receiver.expect(f"1{code} 00 002")
        await story.answers.acknowledge(number, WANG)
        await story.answers.close(number, WANG, cause)
        await tell_all(courier)
        await receiver.expect(f"3{code} 00 002" if cause is Cause.REAL else "1406 00 000")


@pytest.mark.parametrize("conduct", [Conduct.DROP, Conduct.TAKE_AND_DROP, Conduct.DUH, Conduct.GARBLE])
async def test_what_is_not_acknowledged_is_told_again_with_the_same_number(story: Story, conduct: Conduct) -> None:
    async with with_receiver(story) as (courier, receiver):
        number = (await story.press()).incident
        receiver.behave(conduct)
        await tell_all(courier)
        async with story.database.connection() as connection:
            event = (await list_events(connection, number))[0]
        assert (event.state, event.attempts) == ("queued", 1)
        assert event.error
        await forward(story, courier, 2.5)
        await receiver.expect("1120 00 002")
        assert {signal.sequence for signal in receiver.signals} == {1}
        assert len(receiver.signals) == 2
        async with story.database.connection() as connection:
            assert (await list_events(connection, number))[0].state == "acknowledged"


async def test_an_acknowledgement_that_comes_twice_is_not_that_of_the_next_event(story: Story) -> None:
    async with with_receiver(story) as (courier, receiver):
        receiver.behave(Conduct.TWICE, Conduct.DROP)
        await story.press()
        await tell_all(courier)
        second = (await story.press("S2-G1")).incident
        await tell_all(courier)
        await receiver.expect("1120 00 002")
        async with story.database.connection() as connection:
            assert [one.state for one in await list_events(connection, second)] == ["queued"]
        await forward(story, courier, 2.5)
        await receiver.expect("1120 00 001")


async def test_a_station_that_acknowledges_too_late_is_told_again_and_keeps_one_event(
    story: Story, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dc09, "_ANSWER_SECONDS", 0.3)
    async with with_receiver(story) as (courier, receiver):
        receiver.behave(Conduct.HOLD)
        number = (await story.press()).incident
        await tell_all(courier)
        async with story.database.connection() as connection:
            assert (await list_events(connection, number))[0].error == "the station does not answer"
        await forward(story, courier, 2.5)
        receiver.release()
        await receiver.expect("1120 00 002")
        assert [signal.sequence for signal in receiver.signals] == [1, 1]


async def test_a_receiver_that_does_not_take_our_time_gives_its_own_and_is_told_again_at_once(story: Story) -> None:
    async with with_receiver(story, now=lambda: story.now + timedelta(minutes=10)) as (courier, receiver):
        await story.press()
        await tell_all(courier)
        await receiver.expect("1120 00 002")
        first, second = receiver.signals
        assert (first.sequence, second.sequence) == (1, 1)
        assert second.at - first.at > timedelta(minutes=9)
        await story.press("S2-G1")
        await tell_all(courier)
        await receiver.expect("1120 00 001")
        assert len(receiver.signals) == 3, "the receiver's time is known now"


async def test_an_engine_that_died_over_an_event_leaves_it_to_another_after_its_lease(story: Story) -> None:
    async with with_receiver(story) as (courier, receiver):
        await story.press()
        await story.database_execute(
            f"update dc09_event set sequence = 77, attempts = 1, due_at = due_at + '{LEASE.total_seconds()} seconds'"
        )
        await tell_all(courier)
        assert receiver.signals == []
        await forward(story, courier, LEASE.total_seconds() + 1)
        assert (await receiver.expect("1120 00 002")).sequence == 77


async def test_after_9999_comes_0001_and_never_0000(story: Story) -> None:
    async with with_receiver(story) as (courier, receiver):
        await story.database_execute("update dc09_line set sequence = 9998")
        for device in ("S1-G1", "S2-G1", "S3-G1"):
            await story.press(device)
        await tell_all(courier)
        told = [(await receiver.expect(event)).sequence for event in ("1120 00 002", "1120 00 001", "1120 00 001")]
        assert told == [9999, 1, 2]


async def test_a_silent_line_says_that_we_are_alive_and_a_busy_one_need_not(story: Story) -> None:
    async with with_receiver(story) as (courier, receiver):
        await courier.supervise_due()
        await receiver.expect_life()
        await courier.supervise_due()
        assert len(receiver.signals) == 1
        story.database.shift += SUPERVISION / 2
        await story.press()
        await tell_all(courier)
        await receiver.expect("1120 00 002")
        story.database.shift += SUPERVISION / 2
        await courier.supervise_due()
        assert len(receiver.signals) == 2
        story.database.shift += SUPERVISION / 2
        await courier.supervise_due()
        await receiver.expect_life(2)
        assert receiver.connections == 1


async def test_live_events_pass_those_of_tests(story: Story) -> None:
    await announce(story, Mode.TEST)
    async with with_receiver(story) as (courier, receiver):
        await story.press("S1-G1", mode="test")
        await story.press("S2-G1")
        await tell_all(courier)
        assert [one.event for one in receiver.signals] == ["1120 00 001", "1601 00 002"]
        for one in receiver.signals:
            await receiver.expect(one.event)


async def test_without_a_station_nothing_is_queued_for_one(story: Story) -> None:
    await PoliceCourier(story.database, PoliceTerms()).prepare()
    await story.press()
    assert await story.value("select count(*) from dc09_event") == 0


async def test_a_station_that_is_away_or_has_another_key_is_a_named_fault(story: Story) -> None:
    event = ContactId("CA0001", 1, EventCode.PANIC)
    async with Receiver(key=KEY, now=lambda: story.now) as receiver:
        line = StationLine("127.0.0.1", receiver.port, Line(key=KEY), "CA0000")
        receiver.behave(Conduct.DUH)
        with pytest.raises(LinkFailed, match="DUH"):
            await line.report(event, 1, story.now)
    with pytest.raises(LinkFailed):
        await line.report(event, 1, story.now)
