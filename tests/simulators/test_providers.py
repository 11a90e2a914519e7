"""The fake providers themselves: strict, steerable, and with a page for people."""

from __future__ import annotations

import asyncio
import time
from types import SimpleNamespace

import httpx
import pytest

from simulators.devices.witnesses import Witnesses
from simulators.providers.app import Providers, UnexpectedAtProvidersError, open_providers
from simulators.providers.page import write_page
from simulators.providers.phones import Item
from simulators.providers.plan import Answering, Conduct, Fortune, Plan
from simulators.providers.signatures import SignatureRefused, check_aliyun, check_tencent
from simulators.webhook import PortTakenError
from tests.simulators.providers import strict_providers


async def ask(providers: Providers, method: str, path: str, **said: object) -> httpx.Response:
    async with httpx.AsyncClient(base_url=providers.url, verify=False) as client:
        return await client.request(method, path, **said)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("method", "path", "said"),
    [
        ("GET", "/robot/send", {}),
        ("POST", "/nowhere", {}),
        ("POST", "/", {"headers": {"x-acs-action": "SendSms"}}),
        ("POST", "/", {"headers": {"x-tc-action": "SendSms"}, "json": {}}),
        ("POST", "/robot/send?access_token=x", {"json": {"msgtype": "markdown"}}),
        ("POST", "/cgi-bin/webhook/send?key=x", {"json": {"msgtype": "template_card", "more": 1}}),
        ("POST", "/open-apis/bot/v2/hook/x", {"json": {"timestamp": str(int(time.time())), "sign": "x"}}),
    ],
)
async def test_whatever_no_provider_takes_fails_the_test(method: str, path: str, said: dict[str, object]) -> None:
    with pytest.raises(UnexpectedAtProvidersError):
        async with strict_providers() as providers:
            await ask(providers, method, path, **said)


async def test_nothing_unexpected_is_no_failure() -> None:
    async with strict_providers() as providers:
        assert (await ask(providers, "GET", "/")).status_code == 200


def test_a_signature_of_yesterday_or_of_nobody_is_refused() -> None:
    names = "host;x-acs-content-sha256;x-acs-date"
    old = {
        "authorization": f"ACS3-HMAC-SHA256 Credential=k,SignedHeaders={names},Signature={'0' * 64}",
        "host": "h",
        "x-acs-content-sha256": "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        "x-acs-date": "2020-01-01T00:00:00Z",
    }
    with pytest.raises(SignatureRefused, match="not recent"):
        check_aliyun("POST", "", old, b"", {"k": "s"})
    with pytest.raises(SignatureRefused, match="digest of the body"):
        check_aliyun("POST", "", old, b"x", {"k": "s"})
    with pytest.raises(SignatureRefused, match="not of TC3"):
        check_tencent({}, b"", {})


async def test_conduct_is_set_from_outside_and_told() -> None:
    async with open_providers(Plan()) as providers:
        answer = await ask(providers, "PUT", "/control/conduct/sms", json={"refuse_share": 1, "answer_seconds": 0.01})
        assert answer.status_code == 200
        assert providers.world.conducts["sms"] == Conduct(refuse_share=1, answer_seconds=0.01)
        assert (await ask(providers, "PUT", "/control/conduct/pigeon", json={})).status_code == 404
        assert (await ask(providers, "GET", "/control/state")).json() == {"items": [], "unexpected": [], "failed": []}


def test_the_same_seed_strikes_the_same_and_purposes_do_not_disturb_each_other() -> None:
    one, other = Fortune(7), Fortune(7)
    first = [one.strikes("sms.fail", 0.5) for _ in range(50)]
    second = []
    for _ in range(50):
        other.strikes("voice.fail", 0.5)
        second.append(other.strikes("sms.fail", 0.5))
    assert first == second
    assert 10 < sum(first) < 40


def test_the_page_shows_what_each_telephone_got_with_what_its_owner_may_do() -> None:
    sms = Item(1, "sms", "aliyun", "13800000001", "<紧急> 回复4821接警", "p1", "k1")
    call = Item(2, "voice", "aliyun", "13800000001", "接警请按1", "p2", "k2", state="ringing")
    card = Item(3, "feishu", "feishu", "a-token", "card", "p3", "", links=(("Take it", "https://x/a/t"),))
    mail = Item(4, "mail", "mail", "head-of-school@campus.example", "a mail", "p4", "<k4@x>", links=card.links)
    page = write_page([sms, call, card, mail], ["a wrong request"])
    assert "<h2>head-of-school@campus.example</h2>" in page
    assert "&lt;紧急&gt;" in page
    assert 'value="1 4821"' in page
    assert 'action="/items/2/press"' in page
    assert page.count('href="https://x/a/t"') == 2
    assert "a wrong request" in page


async def test_a_taken_port_is_said() -> None:
    async with open_providers(Plan()) as providers:
        with pytest.raises(PortTakenError, match="choose another"):
            async with asyncio.timeout(20), open_providers(Plan(), port=providers.port):
                pass


async def test_people_answer_only_for_a_school_whose_witnesses_expect_messages() -> None:
    plan = Plan(answering=Answering(seconds=0.01))
    async with open_providers(plan) as providers:
        witnesses = Witnesses(providers.url, {"S1": "第一小学"})
        await witnesses.expect_messages(SimpleNamespace(school="S1"))
        await witnesses.close()
        theirs = await providers.world.phones.add("sms", "aliyun", "13800000001", "紧急报警 第一小学,回复4821接警")
        others = await providers.world.phones.add("sms", "aliyun", "13800000002", "紧急报警 第二小学,回复4822接警")
        for item in (theirs, others):
            await providers.world.arrive_sms(item)
        await providers.world.phones.expect(lambda item: bool(item.answers))
        await providers.world.callbacks.finish()
        assert (theirs.answers, others.answers) == (["1 4821"], [])
