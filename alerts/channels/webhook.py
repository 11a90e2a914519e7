"""The webhook channel: posts each message as JSON, with `Idempotency-Key` and a signature, to one address."""

from __future__ import annotations

import time

import msgspec

from alerts.channels.channel import Handed, Message
from alerts.channels.exchange import Exchange, refuse_status
from alerts.channels.signing import sign_webhook


class WebhookChannel(Exchange):
    """2xx is a yes. 4xx says that the message is wrong and is final, but for those that ask to come again; all else,
    and silence, is tried again."""

    code = "webhook"
    confirms = False

    def __init__(self, url: str, secret: str | None = None) -> None:
        super().__init__(url)
        self._secret = secret

    async def send(self, message: Message) -> Handed:
        """Posts it. Raises ChannelRefused with the status or the fault."""
        body = msgspec.json.encode(message)
        headers = {"Content-Type": "application/json", "Idempotency-Key": str(message.idempotency_key)}
        if self._secret:
            now = int(time.time())
            headers |= {"X-Campus-Timestamp": str(now), "X-Campus-Signature": sign_webhook(self._secret, now, body)}
        refuse_status(await self.post(self.url, body, headers))
        return Handed()
