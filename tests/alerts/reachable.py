"""People with telephones and mailboxes, and channels that confirm later, for stories about how people are reached."""

from __future__ import annotations

from alerts.engine.delivery import Courier
from alerts.engine.reaching import follow_up_overdue
from alerts.storage.deliveries import switch_channel
from tests.alerts.story import RecordingChannel, Story

METHODS = """
insert into contact_method (person, rank, channel, address, added_at, verified_at) values
    ('guard', 1, 'sms', '13800000001', now(), now()), ('guard', 2, 'voice', '13800000001', now(), now()),
    ('duty', 1, 'sms', '13800000002', now(), now()), ('duty', 2, 'mail', 'duty@example.cn', now(), now()),
    ('desk', 1, 'sms', '13800000003', now(), now()), ('city', 1, 'mail', 'city@example.cn', now(), now()),
    ('supervisor', 1, 'sms', '13800000004', now(), null)
"""


class Reachable:
    """SMS and calls, whose providers tell later what arrived, and mail, which does not; nothing else is on."""

    def __init__(self, story: Story) -> None:
        self.story = story
        self.channels = {code: RecordingChannel(code, confirms=code != "mail") for code in ("sms", "voice", "mail")}
        self.couriers = {code: Courier(story.database, one, story.composer) for code, one in self.channels.items()}

    async def open(self) -> Reachable:
        await self.story.database_execute(METHODS)
        async with self.story.database.transaction() as connection:
            await switch_channel(connection, "log", on=False, confirms=False)
            for code, channel in self.channels.items():
                await switch_channel(connection, code, on=True, confirms=channel.confirms)
        return self

    async def deliver(self) -> None:
        for courier in self.couriers.values():
            await courier.carry_once()
            await courier.finish()

    async def follow_up(self) -> None:
        """What is overdue goes by the next method."""
        while await follow_up_overdue(self.story.database):
            pass
        await self.deliver()

    def sent(self, channel: str) -> list[str]:
        return sorted(message.person for message in self.channels[channel].sent)

    async def provider_id(self, person: str, channel: str) -> str:
        id_: str = await self.story.value(
            "select provider_id from delivery where person = $1 and channel = $2 order by id desc limit 1",
            person,
            channel,
        )
        return id_

    async def state(self, person: str, channel: str) -> str:
        state: str = await self.story.value(
            "select state::text from delivery where person = $1 and channel = $2 order by id desc limit 1",
            person,
            channel,
        )
        return state
