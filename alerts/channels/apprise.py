"""The long tail: whatever Apprise can speak to. The address of such a contact method is an Apprise URL, and its scheme
must be among those that the operator allows: a URL may name any host."""

from __future__ import annotations

import asyncio
from collections.abc import Collection
from concurrent.futures import ThreadPoolExecutor
from types import TracebackType
from typing import Self

import apprise

from alerts.channels.channel import ChannelRefused, Handed, Message

_ANSWER_SECONDS = 20.0
_THREADS = 16


class AppriseChannel:
    """Sends in threads of its own; Apprise says only yes or no, and takes no idempotency key."""

    code = "apprise"
    confirms = False

    def __init__(self, schemes: Collection[str]) -> None:
        self._schemes = frozenset(schemes)
        self._threads = ThreadPoolExecutor(_THREADS, "apprise")

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._threads.shutdown(wait=False, cancel_futures=True)

    async def send(self, message: Message) -> Handed:
        """Sends it. Raises ChannelRefused for an address that is not allowed or not understood, and for a no."""
        scheme = message.address.partition("://")[0].lower()
        if scheme not in self._schemes:
            raise ChannelRefused("CAMPUS_APPRISE_SCHEMES does not allow this service", final=True, address_fault=True)
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(_ANSWER_SECONDS):
                taken = await loop.run_in_executor(self._threads, _send, message)
        except TimeoutError as error:
            raise ChannelRefused(f"no answer within {_ANSWER_SECONDS:.0f} s") from error
        if not taken:
            raise ChannelRefused("the service did not take it")
        return Handed()


def _send(message: Message) -> bool:
    service = apprise.Apprise.instantiate(message.address)
    if service is None:
        raise ChannelRefused("Apprise does not understand this address", final=True, address_fault=True)
    links = "".join(f"\n{one.label}: {one.url}" for one in message.actions)
    kind = apprise.NotifyType.WARNING if message.live else apprise.NotifyType.INFO
    return bool(service.notify(title=message.title, body=message.text + links, notify_type=kind))
