"""A press as its button knows it: what is sent until it is known to be on disk, and what the button showed since."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Literal

from alerts.domain.arrivals import Stage
from gateway import wire

Identity = Literal["id", "boot", "at", "none"]
"""By what a press says which one it is: by everything, by `boot` and `seq`, by `at`, by nothing."""


class Press:
    """One press; `name` is what its receipts call it, None when it has no identity and no receipt can be its own."""

    __slots__ = (
        "_news",
        "answered_at",
        "name",
        "payload",
        "pressed_at",
        "receipts",
        "repeat",
        "taken_at",
        "times_sent",
    )

    def __init__(self, name: str | None, payload: bytes) -> None:
        self.name = name
        self.payload = payload
        self.pressed_at = datetime.now(UTC)
        self.times_sent = 0
        self.repeat: asyncio.TimerHandle | None = None
        self.taken_at: datetime | None = None
        """When the broker first acknowledged it (PUBACK)."""
        self.answered_at: datetime | None = None
        """When the first `received` came."""
        self.receipts: list[wire.Receipt] = []
        """Everything that the button showed for this press, in the order in which it came, repeats included."""
        self._news = asyncio.Event()

    @property
    def answer_seconds(self) -> float | None:
        """From the press to its first `received`; None before that."""
        return None if self.answered_at is None else (self.answered_at - self.pressed_at).total_seconds()

    @property
    def is_closed(self) -> bool:
        """Whether the button showed that the incident ended."""
        return any(receipt.stage is Stage.CLOSED for receipt in self.receipts)

    def mark_taken(self) -> None:
        """The broker acknowledged a sending."""
        if self.taken_at is None:
            self.taken_at = datetime.now(UTC)

    def show(self, receipt: wire.Receipt) -> None:
        """The button shows a receipt."""
        self.receipts.append(receipt)
        if receipt.stage is Stage.RECEIVED and self.answered_at is None:
            self.answered_at = datetime.now(UTC)
            self.stop_repeating()
        self._news.set()
        self._news = asyncio.Event()

    def stop_repeating(self) -> None:
        """No further sending of this press."""
        if self.repeat is not None:
            self.repeat.cancel()
            self.repeat = None

    async def receipt(self, stage: str, *, timeout: float = 30.0) -> wire.Receipt:  # noqa: ASYNC109
        """The first receipt with this stage, also one that came before. Raises TimeoutError after `timeout` seconds."""
        try:
            async with asyncio.timeout(timeout):
                async for receipt in self.follow():
                    if receipt.stage == stage:
                        return receipt
        except TimeoutError as error:
            shown = ", ".join(receipt.stage for receipt in self.receipts) or "nothing"
            taken = "the broker took it" if self.taken_at else "the broker did not take it"
            raise TimeoutError(
                f"press {self.name}: no `{stage}` within {timeout} s; sent {self.times_sent} times, {taken}, "
                f"the button showed {shown}"
            ) from error
        raise AssertionError("following a press never ends")

    async def follow(self) -> AsyncIterator[wire.Receipt]:
        """Every receipt so far, then each one as it comes. Never ends by itself."""
        shown = 0
        while True:
            while shown < len(self.receipts):
                yield self.receipts[shown]
                shown += 1
            await self._news.wait()
