"""Each channel against a provider that is slow, refuses, hangs up, stumbles, loses and doubles."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack

import pytest

from alerts.channels import exchange, mail
from alerts.channels.channel import Channel, ChannelRefused
from simulators.providers.app import Providers
from simulators.providers.plan import Conduct
from tests.alerts.messages import LINK, make_message
from tests.simulators.providers import open_by_code, settings_for, strict_providers

EVERY_WAY = [
    ("sms", "aliyun"),
    ("sms", "tencent"),
    ("voice", "aliyun"),
    ("voice", "tencent"),
    ("dingtalk", "aliyun"),
    ("wecom", "aliyun"),
    ("feishu", "aliyun"),
    ("mail", "aliyun"),
]
WITHOUT_RECEIPTS = ["dingtalk", "wecom", "feishu", "mail"]
ADDRESSES = {"sms": "13800000001", "voice": "13800000001", "mail": "duty@example.cn"}


class Way:
    """A channel, its provider, and what became of a message."""

    def __init__(self, channel: Channel, providers: Providers) -> None:
        self.channel = channel
        self.providers = providers

    def behave(self, conduct: Conduct) -> None:
        self.providers.behave(self.channel.code, conduct)

    async def send(self) -> ChannelRefused | None:
        try:
            await self.channel.send(make_message(ADDRESSES.get(self.channel.code, "a-robots-token")))
        except ChannelRefused as error:
            return error
        return None

    def arrived(self) -> list[str]:
        return [item.state for item in self.providers.world.phones.look()]


@pytest.fixture
async def way(request: pytest.FixtureRequest) -> AsyncIterator[Way]:
    """The channel and cloud that the test is asked for."""
    code, cloud = request.param
    async with strict_providers() as providers, AsyncExitStack() as stack:
        channels = await open_by_code(stack, settings_for(providers, cloud))
        yield Way(channels[code], providers)


def name(way: tuple[str, str]) -> str:
    return "-".join(way)


@pytest.mark.parametrize("way", EVERY_WAY, ids=name, indirect=True)
@pytest.mark.parametrize("conduct", [Conduct(refuse_share=1), Conduct(drop_share=1)], ids=["refuses", "hangs up"])
async def test_what_was_not_taken_is_tried_again(way: Way, conduct: Conduct) -> None:
    way.behave(conduct)
    refused = await way.send()
    assert refused is not None
    assert not refused.final
    assert way.arrived() == []
    way.behave(Conduct())
    assert await way.send() is None
    assert len(way.arrived()) == 1


@pytest.mark.parametrize("way", EVERY_WAY, ids=name, indirect=True)
async def test_an_address_that_is_refused_for_good_is_its_owners_fault(way: Way) -> None:
    way.behave(Conduct(reject_share=1))
    refused = await way.send()
    assert refused is not None
    assert (refused.final, refused.address_fault) == (True, True)
    assert "1380000" not in str(refused)
    assert way.arrived() == []


@pytest.mark.parametrize("way", EVERY_WAY, ids=name, indirect=True)
async def test_what_was_taken_and_not_said_so_is_sent_again(way: Way) -> None:
    way.behave(Conduct(stumble_share=1))
    refused = await way.send()
    assert refused is not None
    assert not refused.final
    way.behave(Conduct())
    assert await way.send() is None
    first, second = way.providers.world.phones.look()
    assert (first.text, first.key) == (second.text, second.key)


@pytest.mark.parametrize("way", EVERY_WAY, ids=name, indirect=True)
async def test_nobody_waits_for_a_slow_provider_for_long(way: Way, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exchange, "ANSWER_SECONDS", 0.2)
    monkeypatch.setattr(mail, "_ANSWER_SECONDS", 0.2)
    way.behave(Conduct(answer_seconds=1))
    refused = await way.send()
    assert refused is not None
    assert not refused.final
    way.arrived()


@pytest.mark.parametrize("way", [(code, "aliyun") for code in WITHOUT_RECEIPTS], ids=name, indirect=True)
async def test_a_card_or_a_mail_may_be_lost_or_come_twice_and_nobody_is_told(way: Way) -> None:
    way.behave(Conduct(double_share=1))
    assert await way.send() is None
    assert way.arrived() == ["delivered", "delivered"]
    way.behave(Conduct(fail_share=1))
    assert await way.send() is None
    assert way.arrived()[2:] == ["failed"]


@pytest.mark.parametrize("way", [("mail", "aliyun")], ids=name, indirect=True)
async def test_a_mail_has_both_forms_a_link_for_each_answer_and_one_identity_however_often_it_is_sent(way: Way) -> None:
    handed = [await way.channel.send(make_message("duty@example.cn")) for _ in range(2)]
    first, second = way.providers.world.phones.of("duty@example.cn")
    assert first.key == second.key == f"<{make_message().idempotency_key}@campus.example>"
    assert [(type(one.provider_id), one.provider_id) for one in handed] == [(str, first.key)] * 2
    assert "第一小学" in first.text
    assert [url for _, url in first.links] == [LINK, LINK + "c"]


@pytest.mark.parametrize("way", [("mail", "aliyun")], ids=name, indirect=True)
async def test_a_mailbox_that_is_not_there_is_its_owners_fault(way: Way) -> None:
    with pytest.raises(ChannelRefused, match="550: there is no such mailbox") as refused:
        await way.channel.send(make_message("nobody@example.cn"))
    assert (refused.value.final, refused.value.address_fault) == (True, True)


async def test_a_mail_server_that_does_not_let_us_in_is_asked_again() -> None:
    async with strict_providers() as providers, AsyncExitStack() as stack:
        url = f"smtp://alarm:wrong-password@127.0.0.1:{providers.mail_port}"
        channels = await open_by_code(stack, settings_for(providers, "aliyun", mail_url=url))
        with pytest.raises(ChannelRefused) as refused:
            await channels["mail"].send(make_message("duty@example.cn"))
        assert not refused.value.final
        assert "wrong-password" not in str(refused.value)
        assert set(providers.world.unexpected) == {"mail: 535 5.7.8 Authentication credentials invalid"}
        providers.world.unexpected.clear()
