"""Notifications in people's own browsers, by Web Push: https://www.rfc-editor.org/rfc/rfc8030."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence

import httpx
import msgspec

from alerts.channels.channel import ChannelRefused, Handed, Message
from alerts.channels.exchange import Exchange, refuse_status
from alerts.channels.texts import write_push
from alerts.channels.webpush import Sender, encrypt
from alerts.domain.people import PUSH
from alerts.domain.push import is_spoken_to
from alerts.storage.database import Database
from alerts.storage.errors import StorageUnavailable
from alerts.storage.log import Entry, append_log
from alerts.storage.push import Ringing, forget_gone, list_ringing, note_taken

_GONE = frozenset({404, 410})
_ALARM_SECONDS, _NOTICE_SECONDS = 300, 43_200  # how long a push service keeps it for a telephone that is off


class BrowserGone(Exception):
    """A push service does not know a browser any more."""


class PushChannel(Exchange):
    """All browsers of a person are one address. A push service says only that it took a message; the browser itself
    says that it showed it, and that it was tapped, with the message's key."""

    code = PUSH
    confirms = True

    def __init__(self, database: Database, sender: Sender, services: Sequence[str]) -> None:
        super().__init__()
        self._database = database
        self._sender = sender
        self._services = services

    async def send(self, message: Message) -> Handed:
        """Sends it to each browser of the person; one that takes it is enough. Raises ChannelRefused."""
        try:
            async with self._database.connection() as connection:
                ringing = await list_ringing(connection, message.person)
            outcomes = await asyncio.gather(*(self._try(one, message) for one in ringing))
            await self._note(message.person, dict(zip((one.id for one in ringing), outcomes, strict=True)))
        except StorageUnavailable as error:
            raise ChannelRefused("the database is away") from error
        if None in outcomes:
            return Handed()
        refused = [one for one in outcomes if isinstance(one, ChannelRefused)]
        # One that may be tried again, before one that is refused for good; none of either: all are gone.
        if refused:
            raise min(refused, key=lambda one: one.final)
        raise ChannelRefused("no browser of theirs takes notifications", final=True, address_fault=True)

    async def _try(self, ringing: Ringing, message: Message) -> ChannelRefused | BrowserGone | None:
        try:
            await self._send(ringing, message)
        except (ChannelRefused, BrowserGone) as error:
            return error
        return None

    async def _send(self, ringing: Ringing, message: Message) -> None:
        """Raises ChannelRefused and BrowserGone."""
        if not is_spoken_to(ringing.endpoint, self._services):  # the setting may be narrower than it was
            raise ChannelRefused("its push service is none of CAMPUS_PUSH_SERVICES", final=True)
        url = httpx.URL(ringing.endpoint)
        headers = {
            "Authorization": self._sender.sign(f"{url.scheme}://{url.netloc.decode()}", time.time()),
            "Content-Encoding": "aes128gcm",
            "Content-Type": "application/octet-stream",
            "TTL": str(_ALARM_SECONDS if message.incident else _NOTICE_SECONDS),
            "Urgency": "high" if message.incident else "normal",
        }
        if message.incident:
            headers["Topic"] = name_topic(message)
        answer = await self.post(url, encrypt(_write_payload(message, ringing), ringing.browser), headers)
        if answer.status_code in _GONE:
            raise BrowserGone
        refuse_status(answer)

    async def _note(self, person: str, outcomes: dict[int, ChannelRefused | BrowserGone | None]) -> None:
        """Keeps when a browser was last sent something, and forgets those that have gone."""
        taken = [id_ for id_, outcome in outcomes.items() if outcome is None]
        gone = [id_ for id_, outcome in outcomes.items() if isinstance(outcome, BrowserGone)]
        if not taken and not gone:
            return
        async with self._database.transaction() as connection:
            now = await self._database.read_now(connection)
            await note_taken(connection, taken, now)
            forgotten = await forget_gone(connection, gone) if gone else []
            entries = [Entry("engine", f"person:{person}", "browser.gone", {"browser": id_}) for id_ in forgotten]
            if entries:
                await append_log(connection, now, entries)


def name_topic(message: Message) -> str:
    """What a message is about: a later one takes the place of an earlier one, at the push service and on the screen."""
    return f"incident-{message.incident.id}" if message.incident else f"message-{message.idempotency_key}"


def _write_payload(message: Message, ringing: Ringing) -> bytes:
    words = write_push(message, ringing.language)
    return msgspec.json.encode(
        {
            "key": message.idempotency_key,
            "incident": message.incident.id if message.incident else None,
            "tag": name_topic(message),
            "title": words.title,
            "text": words.text,
            "live": message.live,
            "language": ringing.language,
        }
    )
