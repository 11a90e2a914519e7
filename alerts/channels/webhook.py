"""The webhook channel: posts each message as JSON, with `Idempotency-Key`, to one address."""

from __future__ import annotations

from types import TracebackType

import httpx
import msgspec

from alerts.channels.channel import ChannelRefused, Handed, Message

_TIMEOUT_SECONDS = 10.0
_CLIENT_FAULTS_WORTH_A_RETRY = frozenset({408, 409, 423, 425, 429})


class WebhookChannel:
    """2xx is a yes. 4xx says that the message is wrong and is final, but for those that ask to come again; all else,
    and silence, is tried again."""

    code = "webhook"
    confirms = False

    def __init__(self, url: str) -> None:
        self._url = url
        self._client = httpx.AsyncClient(timeout=_TIMEOUT_SECONDS)

    async def __aenter__(self) -> WebhookChannel:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._client.aclose()

    async def send(self, message: Message) -> Handed:
        """Posts it. Raises ChannelRefused with the status or the fault."""
        try:
            answer = await self._client.post(
                self._url,
                content=msgspec.json.encode(message),
                headers={"Content-Type": "application/json", "Idempotency-Key": str(message.idempotency_key)},
            )
        except httpx.HTTPError as error:
            raise ChannelRefused(f"{type(error).__name__}: {error}") from error
        if answer.is_success:
            return Handed()
        final = answer.is_client_error and answer.status_code not in _CLIENT_FAULTS_WORTH_A_RETRY
        raise ChannelRefused(
            f"the address answered {answer.status_code}", final=final, retry_after_seconds=_retry_after(answer)
        )


def _retry_after(answer: httpx.Response) -> float | None:
    said = answer.headers.get("Retry-After", "")
    return float(said) if said.isdecimal() else None
