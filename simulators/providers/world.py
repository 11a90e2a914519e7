"""What all the fake providers share: telephones, dice, calls back, and a list of everything that nobody expected."""

from __future__ import annotations

import asyncio
import re
import time
from enum import StrEnum

from simulators.providers.callbacks import (
    Callbacks,
    write_call_end,
    write_key_press,
    write_sms_receipt,
    write_sms_reply,
)
from simulators.providers.phones import Item, Phones
from simulators.providers.plan import Conduct, Fortune, Plan

CHANNELS = ("sms", "voice", "dingtalk", "wecom", "feishu", "mail")
_RINGS_SECONDS = 30.0
_CODE = re.compile(r"回复(\d{4})")
_EXPECTED_FOR_SECONDS = 600.0


class Fate(StrEnum):
    """What becomes of a request that is in good order."""

    TAKE = "take"
    DROP = "drop"
    """The connection is cut, and nothing was taken."""
    REFUSE = "refuse"
    """Not now."""
    REJECT = "reject"
    """Never: the address cannot be reached."""


class World:
    """One run of the fake providers."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.fortune = Fortune(plan.seed)
        self.phones = Phones()
        self.callbacks = Callbacks(plan, self.fortune)
        self.conducts = {channel: Conduct() for channel in CHANNELS}
        self.unexpected: list[str] = []
        self.nonces: set[str] = set()
        self._ended: dict[int, asyncio.Event] = {}
        self._expected: dict[str, float] = {}

    def expect(self, words: str) -> None:
        """For ten minutes, whoever gets a message with these words in it answers by themselves."""
        self._expected[words] = time.monotonic() + _EXPECTED_FOR_SECONDS

    async def decide(self, channel: str) -> Fate:
        """What becomes of a request, once the channel has taken its time."""
        conduct = self.conducts[channel]
        await asyncio.sleep(self.fortune.around(f"{channel}.answer time", conduct.answer_seconds))
        shares = {Fate.DROP: conduct.drop_share, Fate.REFUSE: conduct.refuse_share, Fate.REJECT: conduct.reject_share}
        return next((fate for fate, share in shares.items() if self.strikes(channel, fate, share)), Fate.TAKE)

    def stumbles(self, channel: str) -> bool:
        """Whether something that was taken is not said to be."""
        return self.strikes(channel, "stumble", self.conducts[channel].stumble_share)

    def strikes(self, channel: str, what: str, share: float) -> bool:
        """Whether it happens to this channel this time."""
        return self.fortune.strikes(f"{channel}.{what}", share)

    async def arrive(
        self, channel: str, address: str, text: str, *, key: str = "", links: tuple[tuple[str, str], ...] = ()
    ) -> None:
        """A card or a mail, of which nobody is told whether it arrived: once, not at all, or twice."""
        conduct = self.conducts[channel]
        for _ in range(2 if self.strikes(channel, "double", conduct.double_share) else 1):
            item = await self.phones.add(channel, channel, address, text, key=key, links=links)
            item.state = "failed" if self.strikes(channel, "fail", conduct.fail_share) else "delivered"
            if item.state == "delivered" and links and self._is_answered(item):
                self.callbacks.start(self._tap(item))

    async def arrive_sms(self, item: Item) -> None:
        """An SMS that was taken: its receipt, and perhaps an answer."""
        conduct = self.conducts["sms"]
        arrived = not self.fortune.strikes("sms.fail", conduct.fail_share)
        item.state = "delivered" if arrived else "failed"
        self.callbacks.tell("sms", write_sms_receipt(item, arrived=arrived), conduct)
        code = _CODE.search(item.text)
        if arrived and code and self._is_answered(item):
            self.callbacks.start(self._answer_sms(item, code[1]))

    async def ring(self, item: Item) -> None:
        """A call that was begun: somebody takes it, presses a key, or lets it ring out."""
        conduct = self.conducts["voice"]
        if self.fortune.strikes("voice.fail", conduct.fail_share):
            await self.end_call(item, taken=False)
            return
        item.state = "ringing"
        self.callbacks.start(self._pick_up(item) if self._is_answered(item) else self._ring_out(item))

    async def reply(self, item: Item, text: str) -> None:
        """The owner of a telephone writes back."""
        item.answers.append(text)
        await self.phones.note_change()
        self.callbacks.tell("sms", write_sms_reply(item, text), Conduct(receipt_seconds=0))

    async def press_key(self, item: Item, key: str) -> None:
        """The owner of a telephone takes the call and presses a key."""
        item.answers.append(key)
        self.callbacks.tell("voice", write_key_press(item, key), Conduct(receipt_seconds=0))
        await self.end_call(item, taken=True)

    async def end_call(self, item: Item, *, taken: bool) -> None:
        """The call is over, and its receipt tells how."""
        if item.state in {"taken", "not taken"}:
            return
        item.state = "taken" if taken else "not taken"
        if item.id in self._ended:
            self._ended[item.id].set()
        await self.phones.note_change()
        self.callbacks.tell("voice", write_call_end(item, taken=taken), self.conducts["voice"])

    def _is_answered(self, item: Item) -> bool:
        now = time.monotonic()
        expected = any(words in item.text for words, until in self._expected.items() if now < until)
        return expected or self.fortune.strikes(f"{item.channel}.answer", self.plan.answering.share)

    async def _answer_sms(self, item: Item, code: str) -> None:
        await asyncio.sleep(self.fortune.around("sms.time", self.plan.answering.seconds))
        await self.reply(item, f"1 {code}")

    async def _tap(self, item: Item) -> None:
        await asyncio.sleep(self.fortune.around(f"{item.channel}.time", self.plan.answering.seconds))
        label, url = item.links[0]
        item.answers.append(label)
        await self.phones.note_change()
        await self.callbacks.follow_link(item.channel, url)

    async def _pick_up(self, item: Item) -> None:
        await asyncio.sleep(self.fortune.around("voice.time", self.plan.answering.seconds))
        if item.state == "ringing":
            await self.press_key(item, "1")

    async def _ring_out(self, item: Item) -> None:
        """Rings until somebody does something, or nobody did."""
        ended = self._ended[item.id] = asyncio.Event()
        try:
            async with asyncio.timeout(_RINGS_SECONDS):
                await ended.wait()
        except TimeoutError:
            await self.end_call(item, taken=False)
        finally:
            del self._ended[item.id]
