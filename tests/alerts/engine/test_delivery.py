"""From the outbox to the channels: at least once, never for nothing, and the incident says whom it reached."""

from __future__ import annotations

import asyncio
import time
from datetime import timedelta

from alerts.channels.channel import ChannelRefused, Handed, Message
from alerts.domain.presses import Mode
from alerts.engine.delivery import LEASE, Courier
from alerts.readiness.windows import announce_window
from alerts.storage.database import Database
from alerts.storage.waking import Waker
from tests.alerts.police.line import run_line
from tests.alerts.story import WANG, Story

ATTEMPTS = 4  # to reach a database that is away


async def test_each_person_is_told_once_and_the_incident_says_whom_it_reached(story: Story) -> None:
    number = (await story.press(kind="intruder")).incident
    await story.deliver()
    await story.deliver()
    assert sorted(message.person for message in story.channel.sent) == ["duty", "guard"]
    incident = await story.incident(number)
    assert (incident.told, incident.reached) == (2, 2)
    text = story.channel.sent[0].text
    assert "第一小学" in text
    assert "门卫室" in text
    assert f"事件 {number}" in text


async def test_a_test_says_so_first(story: Story) -> None:
    now = story.now
    await announce_window(story.database, Mode.TEST, now - timedelta(minutes=1), now + timedelta(hours=1), "wang")
    await story.press(mode="test")
    await story.deliver()
    assert {message.text[:9] for message in story.channel.sent} == {"【测试 TEST】"}


async def test_a_channel_that_refuses_is_tried_again_with_the_same_key(story: Story) -> None:
    number = (await story.press("S2-G1")).incident
    story.channel.refusals = [ChannelRefused("busy"), ChannelRefused("busy")]
    await story.deliver()
    assert (await story.incident(number)).reached == 0
    keys = {row["idempotency_key"] for row in await story.rows("select idempotency_key from delivery")}
    story.database.shift += timedelta(seconds=2.5)
    await story.deliver()
    await story.deliver()
    assert story.channel.sent == []
    story.database.shift += timedelta(seconds=5)
    await story.deliver()
    assert {message.idempotency_key for message in story.channel.sent} == keys
    assert (await story.incident(number)).reached == 1
    assert (await story.log_kinds())[-2:] == ["delivery.failed", "delivery.delivered"]


async def test_a_final_refusal_is_not_tried_again_and_is_said(story: Story) -> None:
    await story.press("S2-G1")
    story.channel.refusals = [ChannelRefused("no such number", final=True)]
    await story.deliver()
    story.database.shift += timedelta(minutes=5)
    await story.deliver()
    assert story.channel.sent == []
    row = (await story.rows("select state, error from delivery where channel = 'log'"))[0]
    assert (row["state"], row["error"]) == ("failed", "no such number")


async def test_a_message_whose_engine_died_is_sent_by_another_after_its_lease(story: Story) -> None:
    await story.press("S2-G1")
    hangs = asyncio.Event()

    class Hanging:
        code = "log"
        confirms = False

        async def send(self, message: Message) -> Handed:
            hangs.set()
            await asyncio.Event().wait()
            return Handed()

    dying = Courier(story.database, Hanging(), story.composer)
    await dying.carry_once()
    await hangs.wait()
    await story.deliver()
    assert story.channel.sent == [], "it is leased"
    story.database.shift += LEASE + timedelta(seconds=1)
    await story.deliver()
    assert len(story.channel.sent) == 1


async def test_two_couriers_never_send_the_same_message(story: Story) -> None:
    for n in range(20):
        await story.intake.take_presses([story.arrival({"id": f"p{n}"}, f"ghost-{n}", school="nowhere")])
    other = Courier(story.database, story.channel, story.composer)
    await asyncio.gather(*(courier.carry_once() for courier in (story.courier, other) for _ in range(3)))
    await story.courier.finish()
    await other.finish()
    keys = [message.idempotency_key for message in story.channel.sent]
    assert len(keys) == len(set(keys)) == 40


async def test_what_is_covered_is_not_sent_any_more(story: Story) -> None:
    number = (await story.press()).incident
    await story.answers.acknowledge(number, WANG)
    await story.deliver()
    assert story.channel.sent == []


async def test_a_live_message_passes_a_queue_of_test_messages(story: Story) -> None:
    now = story.now
    await announce_window(story.database, Mode.TEST, now - timedelta(minutes=1), now + timedelta(hours=1), "wang")
    for school in ("S1", "S2"):
        await story.intake.take_presses(
            [story.arrival({"mode": "test", "kind": kind}, f"{school}-G1") for kind in ("panic", "fire", "medical")]
        )
    await story.press("S2-G1", id="live")
    one_hand = Courier(story.database, story.channel, story.composer, hands=2)
    await one_hand.carry_once()
    await one_hand.finish()
    assert [message.incident.mode for message in story.channel.sent] == [Mode.LIVE]


class HeldChannel:
    """Takes every message, but only when it is told to."""

    code = "log"
    confirms = False

    def __init__(self) -> None:
        self.asked = asyncio.Semaphore(0)
        self.may_answer = asyncio.Event()

    async def send(self, _message: Message) -> Handed:
        self.asked.release()
        await self.may_answer.wait()
        return Handed()


async def test_a_courier_that_cannot_mark_what_was_sent_waits_for_the_database_without_spinning(story: Story) -> None:
    await story.press("S2-G1")
    async with run_line(story.database.url) as line, asyncio.timeout(60):
        database, channel = await Database.open(line.url, application_name="test"), HeldChannel()
        courier = asyncio.create_task(Courier(database, channel, story.composer).run(Waker(database, "nobody rings")))
        await channel.asked.acquire()
        line.cut()
        cut_at = time.monotonic()
        channel.may_answer.set()
        while line.refused < ATTEMPTS:
            await asyncio.sleep(0.01)
        assert time.monotonic() - cut_at > 1.0, "an attempt a second or so, not one after the other"
        line.mend()
        while await story.value("select state::text from delivery where channel = 'log'") != "delivered":
            await asyncio.sleep(0.01)
        courier.cancel()
        await asyncio.gather(courier, return_exceptions=True)
        await database.close()
