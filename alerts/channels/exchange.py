"""One question to a provider over HTTP, and its answer; whatever goes wrong is a ChannelRefused with its cause."""

from __future__ import annotations

import asyncio
import re
import ssl
from collections import deque
from collections.abc import Mapping
from functools import cache
from types import TracebackType
from typing import Any, Self

import httpx
import msgspec

from alerts.channels.channel import ChannelRefused

ANSWER_SECONDS = 12.0  # well under a courier's lease of 30 s
# A pool looks at all of its connections at each request: sixteen small ones take a seventh of the time of a large one.
_POOLS = 16
_CONNECTIONS = httpx.Limits(max_connections=16, max_keepalive_connections=16, keepalive_expiry=30)
_WORTH_A_RETRY = frozenset({408, 409, 423, 425, 429})
_NUMBERS = re.compile(r"\d{7,}")


class Exchange:
    """A client for one provider, or with no address of its own for several. Refusals carry neither addresses nor
    telephone numbers."""

    def __init__(self, url: str = "") -> None:
        self.url = httpx.URL(url)
        self._clients: deque[httpx.AsyncClient] = deque()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for client in self._clients:
            await client.aclose()

    @property
    def host(self) -> str:
        """The host as it is in the `Host` header."""
        return self.url.netloc.decode()

    async def post(self, url: httpx.URL, content: bytes, headers: Mapping[str, str]) -> httpx.Response:
        """Whatever the provider answers. Raises ChannelRefused when it does not."""
        try:
            async with asyncio.timeout(ANSWER_SECONDS):
                return await self._take_turn().post(url, content=content, headers=dict(headers))
        except TimeoutError as error:
            raise ChannelRefused(f"no answer within {ANSWER_SECONDS:.0f} s") from error
        except httpx.HTTPError as error:
            raise ChannelRefused(f"{type(error).__name__}: {without_numbers(str(error))}") from error

    async def post_json(self, url: httpx.URL, body: Any, headers: Mapping[str, str] | None = None) -> dict[str, Any]:
        """The JSON object that a 2xx carries. Raises ChannelRefused for everything else."""
        sent = {"Content-Type": "application/json; charset=utf-8"} | dict(headers or {})
        answer = await self.post(url, msgspec.json.encode(body), sent)
        refuse_status(answer)
        return read_object(answer)

    def _take_turn(self) -> httpx.AsyncClient:
        if len(self._clients) < _POOLS:
            made = httpx.AsyncClient(verify=read_trusted(), timeout=ANSWER_SECONDS, limits=_CONNECTIONS)
            self._clients.appendleft(made)
        else:
            self._clients.rotate()
        return self._clients[0]


@cache
def read_trusted() -> ssl.SSLContext:
    """Whose certificates are believed; read once, for it takes longer than all else that a channel needs to open."""
    return httpx.create_ssl_context()


def refuse_status(answer: httpx.Response) -> None:
    """Raises ChannelRefused unless the answer is 2xx: 4xx says that the message is wrong and is final, but for those
    that ask to come again."""
    if answer.is_success:
        return
    final = answer.is_client_error and answer.status_code not in _WORTH_A_RETRY
    raise ChannelRefused(
        f"the address answered {answer.status_code}", final=final, retry_after_seconds=_retry_after(answer)
    )


def read_object(answer: httpx.Response) -> dict[str, Any]:
    """The JSON object of an answer. Raises ChannelRefused when it is none."""
    try:
        return msgspec.json.decode(answer.content, type=dict[str, Any])
    except msgspec.DecodeError as error:
        raise ChannelRefused(f"the address answered {answer.status_code} with something unreadable") from error


def without_numbers(text: str) -> str:
    """A provider's sentence without what could be a telephone number: it goes to the log."""
    return _NUMBERS.sub("…", text)[:300]


def _retry_after(answer: httpx.Response) -> float | None:
    said = answer.headers.get("Retry-After", "")
    return float(said) if said.isdecimal() else None
