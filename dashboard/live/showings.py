"""What boards say of what stands on their screens: gathered, and written in batches, however many boards there are."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Annotated, Literal

import msgspec
import structlog

from alerts.domain.incidents import State
from alerts.domain.showings import Screen
from alerts.incidents.showings import keep_showings
from alerts.outage import Outage
from alerts.passwords import digest_token
from alerts.storage.database import Database
from alerts.storage.errors import StorageUnavailable
from alerts.storage.showings import SaidShowing
from dashboard.metrics import SHOWINGS
from dashboard.rights import Proof

STORE_SECONDS = 2.0
MOST_WAITING = 20_000  # while the database is away; what screens say beyond it is not kept
BATCH = 2_000
MOST_MESSAGES = 40  # of one board between two batches; a page sends one each second or less
_LONGEST_AGO_MS = 10_000

log = structlog.get_logger()

_Number = Annotated[int, msgspec.Meta(ge=1, lt=1 << 31)]
_Ago = Annotated[int, msgspec.Meta(ge=0)]
_Key = tuple[int, int, State, bytes, Screen]


class _Item(msgspec.Struct):
    incident: _Number
    round: _Number
    state: State
    screen: Screen
    ago: _Ago = 0
    seen_ago: _Ago | None = None


class _Message(msgspec.Struct):
    type: Literal["shown"]
    items: Annotated[list[_Item], msgspec.Meta(max_length=32)]


_decode = msgspec.json.Decoder(_Message).decode


class Showings:
    """What the boards of this process said and is not written down yet."""

    def __init__(self, database: Database, read_clock: Callable[[], datetime]) -> None:
        self._database = database
        self._read_clock = read_clock
        self._waiting: dict[_Key, SaidShowing] = {}
        self._outage = Outage()
        self._turn = 0

    def listen_to(self, proof: Proof) -> Listener:
        """What takes a board's messages. Programs have no screens of their own."""
        return Listener(self, digest_token(proof.token) if proof.by_cookie else None)

    @property
    def turn(self) -> int:
        """How many batches were made: what a board may say is counted from one to the next."""
        return self._turn

    def add(self, digest: bytes, items: list[_Item]) -> None:
        """Takes what a board of a session says."""
        now = self._read_clock()
        for item in items:
            key = (item.incident, item.round, item.state, digest, item.screen)
            if key not in self._waiting and len(self._waiting) >= MOST_WAITING:
                SHOWINGS.labels("dropped").inc()
                continue
            seen_at = None if item.seen_ago is None else _before(now, item.seen_ago)
            before = self._waiting.get(key)
            shown_at = _before(now, item.ago) if before is None else before.shown_at
            self._waiting[key] = SaidShowing(
                item.incident,
                item.round,
                item.state,
                digest,
                item.screen,
                shown_at,
                seen_at if before is None or before.seen_at is None else before.seen_at,
            )

    async def store_for_ever(self) -> None:
        """Writes down what was said, each few seconds."""
        while True:
            await asyncio.sleep(STORE_SECONDS)
            await self.store()

    async def store(self) -> None:
        """Writes down what was said until now; while the database is away it waits."""
        self._turn += 1
        while self._waiting:
            batch = {key: self._waiting[key] for key in list(self._waiting)[:BATCH]}
            try:
                kept = await keep_showings(self._database, list(batch.values()))
            except StorageUnavailable as error:
                if self._outage.begin():
                    log.warning("dashboard.showings.waiting", error=str(error))
                return
            self._outage.end()
            SHOWINGS.labels("kept").inc(kept)
            for key, said in batch.items():
                if self._waiting.get(key) is said:  # else somebody touched something meanwhile
                    del self._waiting[key]


class Listener:
    """Takes one board's messages, no more of them than a page sends."""

    def __init__(self, showings: Showings, digest: bytes | None) -> None:
        self._showings = showings
        self._digest = digest
        self._turn = -1
        self._heard = 0

    def take(self, text: str | None) -> None:
        """Takes a message. What cannot be read, or is too much, is passed over: a board may be newer than we are."""
        if self._digest is None or text is None:
            return
        if self._turn != self._showings.turn:
            self._turn, self._heard = self._showings.turn, 0
        self._heard += 1
        if self._heard > MOST_MESSAGES:
            SHOWINGS.labels("dropped").inc()
            return
        try:
            message = _decode(text)
        except msgspec.DecodeError:
            SHOWINGS.labels("unreadable").inc()
            return
        self._showings.add(self._digest, message.items)


def _before(now: datetime, ago_ms: int) -> datetime:
    return now - timedelta(milliseconds=min(ago_ms, _LONGEST_AGO_MS))
