"""The whole way to a person and back: press, engine, provider, telephone, answer, board. Both clouds, by hand and by
itself, and with a provider that loses, doubles and stumbles."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import timedelta

import pytest
from pydantic import SecretStr

from alerts.channels.opening import open_channels
from alerts.domain.reaching import CONFIRM_WITHIN
from alerts.engine.delivery import Courier
from alerts.engine.reaching import follow_up_overdue
from alerts.messages.composing import Composer
from alerts.messages.providers import settle_strays
from alerts.settings import Settings
from alerts.storage.deliveries import switch_channel
from simulators.providers.app import Providers
from simulators.providers.phones import Item
from simulators.providers.plan import ALARM_SMS, MAIL_FROM, SPOKEN, Answering, Conduct, Plan
from tests.alerts.reachable import METHODS
from tests.alerts.story import Story
from tests.dashboard.board import PATIENCE_SECONDS, Dashboard
from tests.simulators.providers import strict_providers

TOKEN = "a-token-of-a-provider"
BY_HAND = Answering()


class Phoned:
    """A city whose people are called by SMS and telephone through fake providers, which call the dashboard back."""

    def __init__(self, story: Story, providers: Providers, couriers: list[Courier]) -> None:
        self.story = story
        self.providers = providers
        self.couriers = couriers

    async def deliver(self) -> None:
        for courier in self.couriers:
            await courier.carry_once()
            await courier.finish()

    async def let_time_run_out(self) -> None:
        """Ten seconds without a receipt, and what follows."""
        self.story.database.shift += CONFIRM_WITHIN + timedelta(seconds=1)
        await self.follow_up()

    async def follow_up(self) -> None:
        while await follow_up_overdue(self.story.database):
            pass
        await self.deliver()

    async def until(self, condition: Callable[[], Awaitable[bool]]) -> None:
        """Waits for something that a provider's call will bring about."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            while not await condition():
                await settle_strays(self.story.database)
                await asyncio.sleep(0.02)

    async def until_state(self, person: str, channel: str, state: str) -> None:
        query = "select state::text from delivery where person = $1 and channel = $2 order by id desc limit 1"

        async def reached() -> bool:
            return bool(await self.story.value(query, person, channel) == state)

        await self.until(reached)

    async def until_rung(self) -> Item:
        """Follows up until a telephone rings: a receipt that is being taken in keeps its incident locked meanwhile."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            while True:
                await self.follow_up()
                calls = self.providers.world.phones.look(lambda item: item.channel == "voice")
                if calls:
                    return calls[0]
                await asyncio.sleep(0.02)

    def told(self, channel: str) -> list[str]:
        """The telephones that got something that way."""
        return sorted(item.address[-11:] for item in self.providers.world.phones.look(lambda i: i.channel == channel))

    async def until_taken(self, incident: int) -> None:
        async def taken() -> bool:
            return (await self.story.incident(incident)).state == "acknowledged"

        await self.until(taken)


@asynccontextmanager
async def phoned(
    dashboard: Dashboard, cloud: str = "aliyun", answering: Answering = BY_HAND, *, mail: bool = False
) -> AsyncIterator[Phoned]:
    """People with telephones, or with mailboxes too, at a provider that behaves until it is told otherwise."""
    story, known = dashboard.story, dashboard.service.settings
    known.provider_token, known.sms_provider, known.voice_provider = SecretStr(TOKEN), cloud, cloud  # type: ignore[assignment]
    plan = Plan(callback_url=dashboard.address, callback_token=TOKEN, answering=answering)
    await story.database_execute(METHODS)
    async with AsyncExitStack() as stack:
        providers = await stack.enter_async_context(strict_providers(plan))
        account = {
            "key_id": plan.key_id,
            "key_secret": plan.key_secret,
            "app_id": plan.app_id,
            "endpoint": providers.url,
        }
        said = {f"{channel}_{name}": value for channel in ("sms", "voice") for name, value in account.items()}
        said |= {"sms_sign_name": plan.sign_name, "sms_template": ALARM_SMS, "voice_template": SPOKEN}
        said |= {"mail_url": providers.mail_url, "mail_from": MAIL_FROM} if mail else {}
        channels = await open_channels(Settings(sms_provider=cloud, voice_provider=cloud, **said), stack)  # type: ignore[arg-type]
        async with story.database.transaction() as connection:
            await switch_channel(connection, "log", on=False, confirms=False)
            for channel in channels:
                await switch_channel(connection, channel.code, on=True, confirms=channel.confirms)
        composer = await Composer.open(story.database, dashboard.address)
        yield Phoned(story, providers, [Courier(story.database, one, composer) for one in channels])


@pytest.mark.parametrize("cloud", ["aliyun", "tencent"])
async def test_an_sms_arrives_and_its_reply_takes_the_incident(dashboard: Dashboard, cloud: str) -> None:
    async with phoned(dashboard, cloud) as city:
        number = (await city.story.press()).incident
        await city.deliver()
        await city.until_state("guard", "sms", "delivered")
        sms = await city.providers.world.phones.expect(lambda item: item.address.endswith("13800000001"))
        async with dashboard.client() as person:
            code = sms.text.partition("回复")[2][:4]
            await person.post(f"{city.providers.url}/items/{sms.id}/reply", data={"text": f"1 {code}"})
        await city.until_taken(number)
        assert (await city.story.incident(number)).reached >= 1
        assert city.told("sms") == ["13800000001", "13800000002"]


@pytest.mark.parametrize("cloud", ["aliyun", "tencent"])
async def test_the_simulated_citys_people_can_be_called_and_answer(dashboard: Dashboard, cloud: str) -> None:
    async with phoned(dashboard, cloud, Answering(share=1, seconds=0.05)) as city:
        await city.story.database_execute("update contact_method set address = '+99905320000001' where channel = 'sms'")
        number = (await city.story.press("S2-G1")).incident
        await city.deliver()
        await city.until_taken(number)
        await city.providers.world.callbacks.finish()
        assert city.told("sms") == ["05320000001"]


@pytest.mark.parametrize("cloud", ["aliyun", "tencent"])
async def test_an_sms_that_does_not_arrive_becomes_a_call_and_a_key_takes_the_incident(
    dashboard: Dashboard, cloud: str
) -> None:
    async with phoned(dashboard, cloud) as city:
        city.providers.behave("sms", Conduct(fail_share=1))
        number = (await city.story.press()).incident
        await city.deliver()
        await city.until_state("guard", "sms", "failed")
        call = await city.until_rung()
        async with dashboard.client() as person:
            await person.post(f"{city.providers.url}/items/{call.id}/press", data={"key": "1"})
        await city.until_taken(number)
        await city.providers.world.callbacks.finish()
        assert city.told("sms") == ["13800000001", "13800000002"]


async def test_whom_no_sms_reaches_takes_the_incident_by_the_link_of_a_mail(dashboard: Dashboard) -> None:
    async with phoned(dashboard, mail=True) as city:
        city.providers.behave("sms", Conduct(reject_share=1))
        number = (await city.story.press("S2-G1")).incident
        await city.deliver()
        await city.follow_up()
        mail = await city.providers.world.phones.expect(lambda item: item.channel == "mail")
        assert (mail.address, mail.state) == ("duty@example.cn", "delivered")
        async with dashboard.client() as person:
            await person.post(mail.links[0][1])
        await city.until_taken(number)


async def test_a_lost_receipt_costs_ten_seconds_and_no_more(dashboard: Dashboard) -> None:
    async with phoned(dashboard) as city:
        city.providers.behave("sms", Conduct(lose_share=1))
        await city.story.press()
        await city.deliver()
        await city.let_time_run_out()
        assert [item.channel for item in city.providers.world.phones.of("13800000001")] == ["sms", "voice"]
        assert city.told("sms") == ["13800000001", "13800000002"]


async def test_a_provider_that_stumbles_gets_a_message_twice_and_its_receipts_count_once(dashboard: Dashboard) -> None:
    async with phoned(dashboard) as city:
        city.providers.behave("sms", Conduct(stumble_share=1, double_share=1))
        await city.story.press("S2-G1")
        await city.deliver()
        await city.until_state("duty", "sms", "delivered")
        await city.providers.world.callbacks.finish()
        kinds = await city.story.log_kinds()
        assert kinds.count("delivery.delivered") == 1
        city.providers.behave("sms", Conduct())
        city.story.database.shift += timedelta(minutes=2)
        await city.deliver()
        assert len(city.providers.world.phones.of("13800000002")) == 1, "our own key told that it had arrived"


async def test_people_who_answer_by_themselves_take_it(dashboard: Dashboard) -> None:
    async with phoned(dashboard, answering=Answering(share=1, seconds=0.05)) as city:
        number = (await city.story.press()).incident
        await city.deliver()
        await city.until_taken(number)
        await city.providers.world.callbacks.finish()
        assert city.told("sms") == ["13800000001", "13800000002"]


async def test_a_call_that_rings_out_has_failed(dashboard: Dashboard) -> None:
    async with phoned(dashboard) as city:
        city.providers.behave("sms", Conduct(refuse_share=1))
        await city.story.press("S1-G1")
        await city.deliver()
        await city.let_time_run_out()
        call = await city.providers.world.phones.expect(lambda item: item.channel == "voice")
        async with dashboard.client() as person:
            await person.post(f"{city.providers.url}/items/{call.id}/hang-up")
        await city.until_state("guard", "voice", "failed")
        error = await city.story.value("select error from delivery where person = 'guard' and channel = 'voice'")
        assert error == "200003: nobody took the call"
