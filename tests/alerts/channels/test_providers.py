"""Each channel against providers that check signatures and forms themselves."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack
from email import message_from_bytes
from email.message import Message as Mail
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, LoginPassword

from alerts.channels.channel import ChannelRefused
from alerts.channels.opening import open_channels
from alerts.domain.contacts import read_address
from alerts.settings import SettingMissing, Settings
from simulators.embedded.process import find_free_port
from simulators.providers.app import Providers
from simulators.providers.plan import Plan
from tests.alerts.messages import LINK, make_incident, make_message
from tests.simulators.providers import open_by_code, settings_for, strict_providers

PLAN = Plan()
TEXT = "紧急报警 第一小学 门卫室 panic alarm,10:15:07起。回复4821接警"


@pytest.fixture
async def providers() -> AsyncIterator[Providers]:
    """Strict fake providers."""
    async with strict_providers(PLAN) as running:
        yield running


@pytest.mark.parametrize("cloud", ["aliyun", "tencent"])
async def test_a_cloud_takes_our_sms_and_calls_signed_as_it_wants(providers: Providers, cloud: str) -> None:
    async with AsyncExitStack() as stack:
        channels = await open_by_code(stack, settings_for(providers, cloud))
        handed = await channels["sms"].send(make_message())
        called = await channels["voice"].send(make_message())
        noticed = await channels["sms"].send(make_message(incident=None))
    sms, call, notice = providers.world.phones.look()
    assert (handed.provider_id, called.provider_id, noticed.provider_id) == (
        sms.provider_id,
        call.provider_id,
        notice.provider_id,
    )
    assert sms.text == f"{TEXT} {LINK}"
    assert sms.key == call.key == str(make_message().idempotency_key)
    assert "接警请按1" in call.text
    assert notice.text == "周五停电:周五 12 点停电一小时。"
    assert sms.address.endswith("13800000001")
    assert channels["sms"].confirms
    assert channels["voice"].confirms


@pytest.mark.parametrize("cloud", ["aliyun", "tencent"])
async def test_a_number_that_cannot_be_is_refused_for_good_and_is_its_owners_fault(
    providers: Providers, cloud: str
) -> None:
    async with AsyncExitStack() as stack:
        channels = await open_by_code(stack, settings_for(providers, cloud))
        for code in ("sms", "voice"):
            with pytest.raises(ChannelRefused, match="the number is not valid") as refused:
                await channels[code].send(make_message("12345678"))
            assert (refused.value.final, refused.value.address_fault) == (True, True)
            assert "12345678" not in str(refused.value)


@pytest.mark.parametrize("cloud", ["aliyun", "tencent"])
async def test_a_wrong_secret_is_refused_and_can_be_mended(cloud: str) -> None:
    async with AsyncExitStack() as stack:
        providers = await stack.enter_async_context(strict_providers(PLAN))
        channels = await open_by_code(stack, settings_for(providers, cloud, sms_key_secret="another"))
        with pytest.raises(ChannelRefused, match="SignatureDoesNotMatch") as refused:
            await channels["sms"].send(make_message())
        assert not refused.value.final
        assert "another" not in str(refused.value)
        assert len(providers.world.unexpected) == 1
        providers.world.unexpected.clear()


async def test_without_a_template_for_notices_they_do_not_go_by_sms(providers: Providers) -> None:
    async with AsyncExitStack() as stack:
        channels = await open_by_code(stack, settings_for(providers, "aliyun", sms_notice_template=None))
        with pytest.raises(ChannelRefused, match="CAMPUS_SMS_NOTICE_TEMPLATE") as refused:
            await channels["sms"].send(make_message(incident=None))
    assert refused.value.final


@pytest.mark.parametrize("robot", ["dingtalk", "wecom", "feishu"])
async def test_a_robots_card_has_a_button_for_each_answer(providers: Providers, robot: str) -> None:
    async with AsyncExitStack() as stack:
        channels = await open_by_code(stack, settings_for(providers, "aliyun"))
        await channels[robot].send(make_message("a-robots-token"))
        await channels[robot].send(make_message("a-robots-token", incident=None))
    card, notice = providers.world.phones.of("a-robots-token")
    assert "第一小学" in card.text
    assert [url for _, url in card.links] == [LINK, LINK + "c"]
    assert (notice.links, "停电" in notice.text) == ((), True)


async def test_a_robot_may_bring_a_secret_of_its_own(providers: Providers) -> None:
    address = read_address("dingtalk", f" a-token-of-its-own#{PLAN.robot_secret} ")
    async with AsyncExitStack() as stack:
        channels = await open_by_code(stack, settings_for(providers, "aliyun", dingtalk_secret="another"))
        await channels["dingtalk"].send(make_message(address))
    assert len(providers.world.phones.of("a-token-of-its-own")) == 1


async def test_a_robots_wrong_secret_is_told_with_the_providers_own_code() -> None:
    async with AsyncExitStack() as stack:
        providers = await stack.enter_async_context(strict_providers(PLAN))
        channels = await open_by_code(stack, settings_for(providers, "aliyun", feishu_secret="another"))
        with pytest.raises(ChannelRefused, match="19021: sign match fail"):
            await channels["feishu"].send(make_message("a-robots-token"))
        providers.world.unexpected.clear()


class Mailbox:
    """Takes whatever mails come: those of Apprise are its own affair."""

    def __init__(self) -> None:
        self.mails: list[Mail] = []

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: Any) -> str:
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        self.mails.append(message_from_bytes(envelope.content))
        return "250 OK"


class LoggedIn:
    """Lets one user in."""

    def __call__(self, server: Any, session: Any, envelope: Any, mechanism: str, said: LoginPassword) -> AuthResult:
        return AuthResult(success=(said.login, said.password) == (b"alarm", b"p@ss word"), handled=False)


@pytest.fixture
def mail_server() -> Iterator[tuple[Mailbox, int]]:
    """A mail server on this machine."""
    mailbox = Mailbox()
    controller = Controller(
        mailbox,
        hostname="127.0.0.1",
        port=find_free_port(),
        authenticator=LoggedIn(),
        auth_require_tls=False,
        auth_required=True,
    )
    controller.start()
    yield mailbox, controller.port
    controller.stop()


async def test_apprise_sends_only_by_services_that_are_allowed(mail_server: tuple[Mailbox, int]) -> None:
    mailbox, port = mail_server
    async with AsyncExitStack() as stack:
        channels = await open_by_code(stack, Settings(apprise_schemes="mailto,tgram"))
        address = (
            f"mailto://alarm:p%40ss%20word@127.0.0.1:{port}?from=alarm@example.cn&to=duty@example.cn&mode=insecure"
        )
        await channels["apprise"].send(make_message(address))
        for wrong in ("json://127.0.0.1/", "tgram://not-a-token"):
            with pytest.raises(ChannelRefused) as refused:
                await channels["apprise"].send(make_message(wrong))
            assert (refused.value.final, refused.value.address_fault) == (True, True)
    assert len(mailbox.mails) == 1


async def test_a_channel_that_is_half_set_says_what_is_missing() -> None:
    async with AsyncExitStack() as stack:
        with pytest.raises(SettingMissing, match="CAMPUS_SMS_KEY_ID"):
            await open_channels(Settings(sms_provider="aliyun"), stack)
        with pytest.raises(SettingMissing, match="CAMPUS_MAIL_FROM"):
            await open_channels(Settings(mail_url="smtp://127.0.0.1:25"), stack)


async def test_while_nothing_is_set_messages_go_to_the_log() -> None:
    async with AsyncExitStack() as stack:
        assert list(await open_by_code(stack, Settings())) == ["log"]


async def test_a_drill_looks_like_one_in_feishu(providers: Providers) -> None:
    async with AsyncExitStack() as stack:
        channels = await open_by_code(stack, settings_for(providers, "aliyun"))
        await channels["feishu"].send(make_message("a-token", incident=make_incident(mode="drill")))
    assert providers.world.phones.of("a-token")[0].text.startswith("【演练 DRILL】")
