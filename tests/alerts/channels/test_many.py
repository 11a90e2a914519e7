"""A notice to many people, from the outbox through a real courier to a provider over HTTP that takes it."""

from __future__ import annotations

import asyncio
import time
from contextlib import AsyncExitStack

from alerts.channels.aliyun import AliyunSms
from alerts.channels.providers import SmsAccount
from alerts.engine.delivery import Courier
from alerts.messages.notices import put_notice
from alerts.storage.deliveries import switch_channel
from alerts.storage.notices import Audience, list_notice_progress
from alerts.storage.waking import Waker
from simulators.providers.plan import ALARM_SMS, NOTICE_SMS, Plan
from tests.alerts.story import Story, commit
from tests.simulators.providers import strict_providers

PEOPLE = 600  # the bench takes the 3,500 that the city has, and measures
BOUND_SECONDS = 60  # two on a machine of its own; this one is busy and does both sides
CITY_OF_PEOPLE = f"""
insert into person (code, name) select 'n' || n, '人' || n from generate_series(1, {PEOPLE}) as n;
insert into holding (post, person) select 'S1:duty', 'n' || n from generate_series(1, {PEOPLE}) as n;
insert into contact_method (person, rank, channel, address, added_at, verified_at)
    select 'n' || n, 1, 'sms', '139' || lpad(n::text, 8, '0'), now(), now() from generate_series(1, {PEOPLE}) as n;
"""


async def test_a_notice_to_many_people_is_out_in_no_time_and_each_got_it_once(story: Story) -> None:
    await story.database_execute(CITY_OF_PEOPLE)
    async with story.database.transaction() as connection:
        await switch_channel(connection, "log", on=False, confirms=False)
        await switch_channel(connection, "sms", on=True, confirms=True)
    plan = Plan()
    async with AsyncExitStack() as stack:
        providers = await stack.enter_async_context(strict_providers(plan))
        account = SmsAccount(plan.key_id, plan.key_secret, plan.sign_name, ALARM_SMS, NOTICE_SMS, url=providers.url)
        channel = await stack.enter_async_context(AliyunSms(account))
        courier = Courier(story.database, channel, story.composer)
        began_at = time.monotonic()
        notice = await commit(story.database, put_notice, "周五停电", "停电一小时。", Audience(schools=("S1",)), "wang")
        running = asyncio.create_task(courier.run(Waker(story.database, "nobody rings")))
        while await story.value("select count(*) from delivery where state = 'queued'"):
            await asyncio.sleep(0.05)
        took_seconds = time.monotonic() - began_at
        async with story.database.connection() as connection:
            shown = (await list_notice_progress(connection, id_=notice))[0]
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        addresses = [item.address for item in providers.world.phones.look()]
    print(f"{took_seconds:.1f} s for {PEOPLE} people")
    assert (shown.handed_over, shown.unreachable) == (PEOPLE, 2)
    assert len(addresses) == len(set(addresses)) == PEOPLE
    assert took_seconds < BOUND_SECONDS
