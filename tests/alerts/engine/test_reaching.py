"""When a message does not arrive: the person's next method in ten seconds, and the next step when nobody is reached."""

from __future__ import annotations

from datetime import timedelta

from alerts.channels.channel import ChannelRefused
from alerts.domain.reaching import CONFIRM_WITHIN
from alerts.engine.delivery import Courier
from alerts.engine.reaching import follow_up_overdue
from alerts.storage.deliveries import switch_channel
from tests.alerts.story import WANG, RecordingChannel, Story

METHODS = """
insert into contact_method (person, rank, channel, address, added_at, verified_at) values
    ('guard', 1, 'sms', '13800000001', now(), now()), ('guard', 2, 'voice', '13800000001', now(), now()),
    ('duty', 1, 'sms', '13800000002', now(), now()), ('duty', 2, 'mail', 'duty@example.cn', now(), null),
    ('desk', 1, 'sms', '13800000003', now(), now()), ('supervisor', 1, 'sms', '13800000004', now(), now()),
    ('city', 1, 'sms', '13800000005', now(), now()), ('police', 1, 'sms', '13800000006', now(), now()),
    ('head', 1, 'sms', '13800000007', now(), now())
"""


class Phones:
    """SMS, voice and mail, all of which confirm later; nothing else is on."""

    def __init__(self, story: Story) -> None:
        self.story = story
        self.channels = {code: RecordingChannel(code, confirms=True) for code in ("sms", "voice", "mail")}
        self.couriers = [Courier(story.database, one, story.composer) for one in self.channels.values()]

    async def open(self) -> Phones:
        await self.story.database_execute(METHODS)
        async with self.story.database.transaction() as connection:
            await switch_channel(connection, "log", on=False, confirms=False)
            for code in self.channels:
                await switch_channel(connection, code, on=True, confirms=True)
        return self

    async def deliver(self) -> None:
        for courier in self.couriers:
            await courier.carry_once()
            await courier.finish()

    async def let_time_run_out(self) -> None:
        """Ten seconds in which nobody confirms anything."""
        await self.deliver()
        self.story.database.shift += CONFIRM_WITHIN
        while await follow_up_overdue(self.story.database):
            pass
        await self.story.forward(0)
        await self.deliver()

    def sent(self, channel: str) -> list[str]:
        return sorted(message.person for message in self.channels[channel].sent)


async def confirm(story: Story, person: str, channel: str) -> None:
    await story.database_execute(
        "update delivery set state = 'delivered', confirm_by = null, delivered_at = now()"
        f" where person = '{person}' and channel = '{channel}'"
    )


async def test_each_person_is_told_by_the_first_of_their_verified_methods(story: Story) -> None:
    phones = await Phones(story).open()
    await story.press()
    await phones.deliver()
    assert (phones.sent("sms"), phones.sent("voice"), phones.sent("mail")) == (["duty", "guard"], [], [])
    assert [message.address for message in phones.channels["sms"].sent if message.person == "guard"] == ["13800000001"]


async def test_what_is_not_delivered_in_ten_seconds_goes_by_the_next_method_and_never_by_one_that_is_not_verified(
    story: Story,
) -> None:
    phones = await Phones(story).open()
    number = (await story.press()).incident
    await phones.let_time_run_out()
    assert phones.sent("voice") == ["guard"]
    assert phones.sent("mail") == [], "the duty teacher never proved that mail reaches them"
    assert "delivery.redirected" in await story.log_kinds()
    assert (await story.incident(number)).unreached_at is None, "the guard's telephone may still ring"


async def test_what_was_delivered_in_time_is_not_sent_again(story: Story) -> None:
    phones = await Phones(story).open()
    await story.press()
    await phones.deliver()
    await confirm(story, "guard", "sms")
    await phones.let_time_run_out()
    assert phones.sent("voice") == []


async def test_a_step_that_reached_nobody_makes_the_next_one_due_at_once_and_says_so(story: Story) -> None:
    phones = await Phones(story).open()
    number = (await story.press()).incident
    await phones.let_time_run_out()
    assert "desk" not in phones.sent("sms")
    await phones.let_time_run_out()
    incident = await story.incident(number)
    assert incident.unreached_at is not None
    assert incident.step == 2, "twenty seconds after the press, ten before its time"
    assert {"desk", "supervisor"} <= set(phones.sent("sms"))
    assert "incident.unreached" in await story.log_kinds()


async def test_a_provider_that_refuses_for_good_costs_no_ten_seconds(story: Story) -> None:
    phones = await Phones(story).open()
    phones.channels["sms"].refusals = [ChannelRefused("no such number", final=True) for _ in range(2)]
    await story.press()
    await phones.deliver()
    await follow_up_overdue(story.database)
    await phones.deliver()
    assert phones.sent("voice") == ["guard"]


async def test_an_incident_that_somebody_took_calls_nobody_further(story: Story) -> None:
    phones = await Phones(story).open()
    number = (await story.press()).incident
    await phones.deliver()
    await story.answers.acknowledge(number, WANG)
    await phones.let_time_run_out()
    assert phones.sent("voice") == []


async def test_people_whom_no_channel_reaches_make_an_empty_step_and_are_named(story: Story) -> None:
    phones = await Phones(story).open()
    await story.database_execute("delete from contact_method where person in ('guard', 'duty')")
    await story.press()
    await phones.deliver()
    assert phones.sent("sms") == ["desk", "supervisor"], "nobody at the school can be reached: the district at once"
    body = await story.value("select body::text from log where kind = 'incident.escalated' order by position limit 1")
    assert '"unreachable":[{"person":"guard"' in body.replace(" ", "")


async def test_whoever_is_on_leave_is_not_called_and_the_deputy_is(story: Story) -> None:
    phones = await Phones(story).open()
    now = story.now
    async with story.database.connection() as connection:
        await connection.execute(
            "insert into leave (person, starts_at, ends_at, saved_by, saved_at) values ('guard', $1, $2, 'x', $1)",
            now - timedelta(hours=1),
            now + timedelta(hours=1),
        )
        await connection.execute("insert into deputy (person, deputy) values ('guard', 'head')")
    await story.press()
    await phones.deliver()
    assert phones.sent("sms") == ["duty", "head"]


async def test_a_post_with_a_roster_calls_only_who_is_on_duty_now(story: Story) -> None:
    phones = await Phones(story).open()
    now = story.now
    async with story.database.connection() as connection:
        await connection.execute(
            "insert into roster (post, definition, version, saved_by, saved_at, expanded_until)"
            " values ('S1:duty', '{}', 1, 'x', $1, $1)",
            now,
        )
        await connection.execute(
            "insert into duty (post, starts_at, ends_at, person, shift, source) values"
            " ('S1:duty', $1, $2, 'guard', 'day', 'rotation'), ('S1:duty', $2, $3, 'duty', 'night', 'rotation')",
            now - timedelta(hours=1),
            now + timedelta(hours=1),
            now + timedelta(hours=9),
        )
    await story.press()
    await phones.deliver()
    assert phones.sent("sms") == ["guard"]
    story.database.shift += timedelta(hours=2)
    await story.press("S1-C1", kind="fire")
    await phones.deliver()
    assert phones.sent("sms")[-2:] == ["duty", "guard"] or "duty" in phones.sent("sms")


async def test_a_provider_that_is_down_for_an_hour_costs_no_step_and_every_message_is_sent_when_it_is_back(
    story: Story,
) -> None:
    number = (await story.press()).incident
    story.channel.refusals = [ChannelRefused("503") for _ in range(100_000)]
    for _ in range(120):
        await story.forward(30)
        await story.deliver()
    fired = await story.value("select count(*) from log where kind = 'incident.escalated'")
    incident = await story.incident(number)
    assert fired == (incident.round - 1) * 4 + incident.step, "each round has four steps, and none was left out"
    assert incident.round > 3600 // 300
    assert story.channel.sent == []
    story.channel.refusals.clear()
    for _ in range(4):
        await story.forward(20)
        await story.deliver()
    queued = {row["idempotency_key"] for row in await story.rows("select idempotency_key from delivery")}
    assert queued <= {message.idempotency_key for message in story.channel.sent}
