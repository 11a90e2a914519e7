"""Notifications in people's own browsers."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, derive_private_key

from alerts.accounts import save_account
from alerts.channels.push import PushChannel
from alerts.channels.receipts import Receipt
from alerts.channels.webpush import Sender, encrypt, make_private_key
from alerts.domain.people import DeliveryState
from alerts.domain.push import Browser, BrowserInvalid, PushLanguage, is_spoken_to, read_base64, read_browser
from alerts.domain.rights import Role
from alerts.engine.delivery import Courier
from alerts.messages.providers import take_receipts
from alerts.owners import name_owner
from alerts.passwords import digest_token
from alerts.settings import Settings, SettingUnusable
from alerts.staff.browsers import NobodysAccount, SaidBrowser, SessionEnded, TooManyBrowsers, switch_off, switch_on
from alerts.storage.accounts import Account, Origin, start_session
from alerts.storage.deliveries import switch_channel
from tests.alerts.channels.push_service import PushService, Subscribed, open_push_service
from tests.alerts.reachable import Reachable
from tests.alerts.story import Story

USUAL = Settings().list_push_services()
GUARD = Account("zhao", "赵保安", Role.GUARD, school="S1")
EN, ZH = PushLanguage.EN, PushLanguage.ZH


def test_what_is_sent_is_encrypted_as_in_the_example_of_the_rfc() -> None:
    """RFC 8291, appendix A."""
    browser = Browser(
        "https://push.example.net",
        read_base64("BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4"),
        read_base64("BTBZMqHH6r4Tts7J_aSIgg"),
    )
    number = int.from_bytes(read_base64("yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw"), "big")
    own, salt = derive_private_key(number, SECP256R1()), read_base64("DGv6ra1nlYgDCS1FRnbzlw")
    assert encrypt(b"When I grow up, I want to be a watermelon", browser, own=own, salt=salt) == read_base64(
        "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl"
        "7A_yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN"
    )


@pytest.mark.parametrize(
    ("endpoint", "spoken_to"),
    [
        ("https://fcm.googleapis.com/fcm/send/x", True),
        ("https://updates.push.services.mozilla.com/wpush/v2/x", True),
        ("https://wns2-by3p.notify.windows.com/w/?token=x", True),
        ("https://web.push.apple.com/x", True),
        ("http://fcm.googleapis.com/x", False),
        ("https://fcm.googleapis.com:8443/x", False),
        ("https://fcm.googleapis.com@127.0.0.1/x", False),
        ("https://x@fcm.googleapis.com/x", False),
        ("https://notify.windows.com.example.cn/x", False),
        ("https://evilnotify.windows.com/x", False),
        ("https://127.0.0.1/x", False),
        ("https://[::1]/x", False),
        ("https://[::1/x", False),
        ("https://fcm.googleapis.com:x/", False),
        ("file:///etc/passwd", False),
    ],
)
def test_nobody_but_the_push_services_of_the_setting_is_called(endpoint: str, spoken_to: bool) -> None:
    assert is_spoken_to(endpoint, USUAL) == spoken_to


def test_what_no_browser_tells_is_refused() -> None:
    told = Subscribed("https://web.push.apple.com/x").told
    assert read_browser(told["endpoint"], told["p256dh"], told["auth"], USUAL).endpoint == told["endpoint"]
    point = read_base64(told["p256dh"])
    off_the_curve = (point[:-1] + bytes([point[-1] ^ 1])).hex()
    wrong = ({"endpoint": "https://10.0.0.1/x"}, {"p256dh": off_the_curve}, {"p256dh": "!"}, {"auth": "AAAA"})
    for change in (*wrong, {"endpoint": "https://web.push.apple.com/" + "x" * 1000}):
        with pytest.raises(BrowserInvalid):
            read_browser(**_as_asked(told | change), services=USUAL)
    for key in ("", "AAAA", "no key", "A" * 43):
        with pytest.raises(SettingUnusable, match="push-keys"):
            Sender.of(key, "mailto:alarm@example.cn")


def _as_asked(told: Mapping[str, str]) -> dict[str, str]:
    return {"endpoint": told["endpoint"], "key": told["p256dh"], "secret": told["auth"]}


class Ringing:
    """The guard's browsers, beside their SMS and calls."""

    def __init__(self, story: Story, people: Reachable, service: PushService) -> None:
        self.story = story
        self.people = people
        self.service = service
        sender = Sender.of(make_private_key(), "mailto:alarm@example.cn")
        self.channel = PushChannel(story.database, sender, (service.origin,))
        self.courier = Courier(story.database, self.channel, story.composer)

    async def switch_on(self, subscribed: Subscribed, language: PushLanguage = ZH, account: Account = GUARD) -> int:
        said = SaidBrowser(subscribed.browser, language, "Chrome")
        row = await switch_on(self.story.database, account.name, account.name, said)
        return row.id

    async def let_in(self, account: Account, person: str) -> None:
        """A person's account that is signed in; its session's token is its name."""
        await save_account(self.story.database, account, None, "test", needs_password=False)
        await name_owner(self.story.database, account.name, person, "test")
        async with self.story.database.connection() as connection:
            until = self.story.now + timedelta(hours=12)
            token = digest_token(account.name)
            await start_session(connection, token, account.name, self.story.now, until, Origin())

    async def deliver(self) -> None:
        await self.people.deliver()
        await self.courier.carry_once()
        await self.courier.finish()

    async def tell(self, said: Mapping[str, Any], state: DeliveryState) -> None:
        """What a browser says of what it was sent."""
        await take_receipts(self.story.database, "push", [Receipt(state, None, UUID(said["key"]))])

    async def browsers(self) -> list[int]:
        return [row["id"] for row in await self.story.rows("select id from push_subscription order by id")]

    async def methods(self) -> list[str]:
        rows = await self.story.rows("select channel from contact_method where person = 'guard' order by rank")
        return [row["channel"] for row in rows]


@asynccontextmanager
async def ringing(story: Story) -> AsyncIterator[Ringing]:
    people = Reachable(story)
    async with open_push_service() as service:
        rings = Ringing(story, people, service)
        await rings.let_in(GUARD, "guard")  # who is told of that by message; they have no telephone yet
        await people.open()
        async with story.database.transaction() as connection:
            await switch_channel(connection, "push", on=True, confirms=True)
        async with rings.channel:
            yield rings


async def test_an_alarm_rings_in_a_persons_browsers_beside_their_sms_and_the_browser_says_that_it_showed_it(
    story: Story,
) -> None:
    async with ringing(story) as rings:
        phone, pc = rings.service.subscribe(), rings.service.subscribe()
        await rings.switch_on(phone)
        await rings.switch_on(pc, EN)
        assert await rings.methods() == ["sms", "voice", "push"]
        await story.database_execute("update contact_method set rank = rank + 3 where channel <> 'push'")
        assert await rings.methods() == ["push", "sms", "voice"], "and even where it is put first, nothing waits for it"
        await story.press()
        await rings.deliver()
        assert rings.people.sent("sms") == ["duty", "guard"]
        headers, said = phone.headers[0], phone.shown[0]
        assert (headers["topic"], headers["urgency"], headers["ttl"]) == ("incident-1", "high", "300")
        assert said["title"] == "紧急报警 · 第一小学 门卫室"
        assert (said["incident"], said["tag"], said["live"], said["language"]) == (1, "incident-1", True, "zh")
        assert pc.shown[0]["title"] == "Panic alarm · 第一小学 门卫室"
        assert "赵" not in str(said) + str(pc.shown[0]), "a locked screen names no person"
        assert await rings.people.state("guard", "push") == "handed_over", "a push service says only that it took it"

        # The SMS gets lost: the call follows, unless the browser says that it showed it.
        await rings.tell(said, DeliveryState.DELIVERED)
        assert await rings.people.state("guard", "push") == "delivered"
        assert (await story.incident(1)).reached == 1
        await story.forward(11)
        await rings.people.follow_up()
        assert rings.people.sent("voice") == []
        assert rings.people.sent("mail") == ["duty"], "whom nothing reached is tried by the next method"
        await rings.tell(pc.shown[0], DeliveryState.SEEN)
        assert await rings.people.state("guard", "push") == "seen"


async def test_a_browser_that_has_gone_is_forgotten_with_the_last_one_the_method_and_a_busy_service_is_asked_later(
    story: Story,
) -> None:
    async with ringing(story) as rings:
        phone, pc = rings.service.subscribe(), rings.service.subscribe()
        first, second = await rings.switch_on(phone), await rings.switch_on(pc)
        phone.status = "410 Gone"
        await story.press()
        await rings.deliver()
        assert len(pc.shown) == 1
        assert await rings.browsers() == [second]
        assert (await story.log_kinds()).count("browser.gone") == 1

        pc.status, pc.retry_after = "429 Too Many Requests", "20"
        await story.press(kind="fire")
        await rings.deliver()
        waits = (
            "select extract(epoch from due_at - queued_at) from delivery where channel = 'push' and state = 'queued'"
        )
        assert 20 <= await story.value(waits) < 25
        pc.status, pc.retry_after = "201 Created", ""
        await story.forward(25)
        await rings.deliver()
        assert (pc.shown[-1]["title"], pc.headers[-1]["topic"]) == ("火情 · 第一小学 门卫室", "incident-2")

        pc.status = "404 Not Found"
        await story.press(kind="medical")
        await rings.deliver()
        assert await rings.people.state("guard", "push") == "failed"
        assert await rings.browsers() == []
        assert await rings.methods() == ["sms", "voice"]
        assert first < second


async def test_a_browser_is_one_accounts_and_whose_account_is_nobodys_is_told(story: Story) -> None:
    async with ringing(story) as rings:
        phone = rings.service.subscribe()
        first = await rings.switch_on(phone)
        assert await rings.switch_on(phone, EN) == first, "the same browser is there still"
        colleague = Account("qian", "钱值班", Role.DUTY_LEADER, school="S1")
        await rings.let_in(colleague, "duty")
        taken = await rings.switch_on(phone, account=colleague)
        assert await rings.browsers() == [taken], "who signed in there last is rung"
        assert await rings.methods() == ["sms", "voice"]
        with pytest.raises(NobodysAccount):
            await rings.switch_on(phone, account=Account("wang", "王值班", Role.CITY_DESK))
        for _ in range(10):
            last = await rings.switch_on(rings.service.subscribe())
        with pytest.raises(TooManyBrowsers):
            await rings.switch_on(rings.service.subscribe())
        await switch_off(story.database, "zhao", last)
        await rings.switch_on(rings.service.subscribe())
        await name_owner(story.database, "zhao", "desk", "test")
        assert await rings.browsers() == [taken], "whoever is not that person any more is not rung as them"
        await story.database_execute("delete from session where account = 'qian'")
        with pytest.raises(SessionEnded):
            await rings.switch_on(phone, account=colleague)
