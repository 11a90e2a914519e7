"""The providers' calls back: receipts and answers in each provider's own form, repeated until they are taken."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Coroutine
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import structlog

from simulators.providers.phones import Item
from simulators.providers.plan import Conduct, Fortune, Plan
from simulators.trust import read_trusted

_RETRIES, _RETRY_SECONDS = 5, 1.0
_ZONE = ZoneInfo("Asia/Shanghai")
_log = structlog.get_logger()


class Callbacks:
    """Sends them in the background; `finish` waits for those that are on their way."""

    def __init__(self, plan: Plan, fortune: Fortune) -> None:
        self._plan = plan
        self._fortune = fortune
        self._client = httpx.AsyncClient(verify=read_trusted(), timeout=10, limits=httpx.Limits(max_connections=20))
        self._tasks: set[asyncio.Task[None]] = set()
        self.failed: list[str] = []
        """Calls that the service did not take in the end."""

    async def close(self) -> None:
        """Gives up whatever is still to be sent."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._client.aclose()

    async def finish(self) -> None:
        """Waits for everything that is on its way."""
        while self._tasks:
            await asyncio.gather(*self._tasks)

    def start(self, work: Coroutine[Any, Any, None]) -> None:
        """Lets something happen in the background."""
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def tell(self, channel: str, body: Any, conduct: Conduct) -> None:
        """Sends a call back after the channel's time; it is lost or doubled as the dice fall."""
        if self._fortune.strikes(f"{channel}.lose", conduct.lose_share):
            return
        copies = 2 if self._fortune.strikes(f"{channel}.double", conduct.double_share) else 1
        for _ in range(copies):
            self.start(self._send(channel, body, conduct.receipt_seconds))

    async def follow_link(self, channel: str, url: str) -> None:
        """The owner of a chat or mailbox opens an answer's link, and presses the button there."""
        await self._post_until_taken(channel, self._client.build_request("POST", url))

    async def _send(self, channel: str, body: Any, seconds: float) -> None:
        if self._plan.callback_url is None:
            return
        await asyncio.sleep(seconds)
        url = f"{self._plan.callback_url}/api/v1/providers/{channel}/receipts"
        params = {"token": self._plan.callback_token}
        await self._post_until_taken(channel, self._client.build_request("POST", url, params=params, json=body))

    async def _post_until_taken(self, channel: str, request: httpx.Request) -> None:
        for _ in range(_RETRIES):
            try:
                answer = await self._client.send(request)
                if answer.status_code == 200:
                    return
                said = f"{channel}: answered {answer.status_code} {answer.text[:200]}"
            except httpx.HTTPError as error:
                said = f"{channel}: {type(error).__name__}"
            await asyncio.sleep(_RETRY_SECONDS)
        self.failed.append(said)
        _log.warning("providers.callback.failed", channel=channel, reason=said)


def write_sms_receipt(item: Item, *, arrived: bool) -> Any:
    """Whether an SMS arrived."""
    if item.provider == "tencent":
        return [
            {
                "user_receive_time": _now(),
                **_split_number(item.address),
                "report_status": "SUCCESS" if arrived else "FAIL",
                "errmsg": "DELIVRD" if arrived else "MK:0001",
                "description": "用户短信送达成功" if arrived else "空号",
                "sid": item.provider_id,
            }
        ]
    return [
        {
            "phone_number": item.address,
            "send_time": _now(),
            "report_time": _now(),
            "success": arrived,
            "err_code": "DELIVERED" if arrived else "MK:0001",
            "err_msg": "用户接收成功" if arrived else "空号",
            "sms_size": "1",
            "biz_id": item.provider_id,
            "out_id": item.key,
        }
    ]


def write_sms_reply(item: Item, text: str) -> Any:
    """What the owner of a telephone wrote back."""
    if item.provider == "tencent":
        said = {"extend": "", "sign": "", "text": text, "time": int(time.time())}
        return said | _split_number(item.address)
    return [
        {
            "phone_number": item.address,
            "send_time": _now(),
            "content": text,
            "sign_name": "",
            "dest_code": "1",
            "sequence_id": item.id,
        }
    ]


def write_key_press(item: Item, key: str) -> Any:
    """A key that was pressed in a call."""
    if item.provider == "tencent":
        return {"voicekey_callback": _tencent_call(item) | {"keypress": key}}
    return [
        {
            "call_id": item.provider_id,
            "status_code": "300000",
            "smart_status_code": "ANSWERED",
            "dtmf": key,
            "status_time": _now(),
            "out_id": item.key,
        }
    ]


def write_call_end(item: Item, *, taken: bool) -> Any:
    """How a call ended."""
    if item.provider == "tencent":
        seconds = str(int(time.time()))
        end = {"accept_time": seconds, "start_calltime": seconds, "end_calltime": seconds, "fee": "1"}
        return {"voiceprompt_callback": _tencent_call(item) | end | {"result": "0" if taken else "1"}}
    return [
        {
            "call_id": item.provider_id,
            "originate_time": _now(),
            "start_time": _now() if taken else "",
            "end_time": _now(),
            "caller": "",
            "callee": item.address,
            "duration": "10" if taken else "0",
            "status_code": "200000" if taken else "200003",
            "status_msg": "执行完成" if taken else "用户未接听",
            "out_id": item.key,
            "dtmf": "".join(item.answers),
            "voice_type": "voice",
        }
    ]


def _tencent_call(item: Item) -> dict[str, str]:
    return {"callid": item.provider_id, "call_from": ""} | _split_number(item.address)


def _split_number(address: str) -> dict[str, str]:
    """A number as Tencent tells it: the country's code, and the rest."""
    code = "999" if address.startswith("+999") else "86"
    return {"nationcode": code, "mobile": address.removeprefix(f"+{code}")}


def _now() -> str:
    return datetime.now(_ZONE).strftime("%Y-%m-%d %H:%M:%S")
