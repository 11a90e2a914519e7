"""A provider's end of the webhook channel: takes messages, and can be as difficult as providers are."""

from __future__ import annotations

import asyncio
import json
import os
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from http import HTTPStatus
from types import TracebackType
from typing import Any, Self

from rich.console import Console

HEAD_LIMIT_BYTES = 64 * 1024
BODY_LIMIT_BYTES = 1024 * 1024


class Conduct(StrEnum):
    """What the receiver does with a request."""

    TAKE = "take"
    """Takes it and says so."""
    REFUSE = "refuse"
    """Answers 503 and has not taken it."""
    REJECT = "reject"
    """Answers 422: the message is wrong, and will not be taken later either."""
    TAKE_AND_FAIL = "take and fail"
    """Takes it, then answers 500, so that a careful sender sends it twice."""
    TAKE_AND_DROP = "take and drop"
    """Takes it, then cuts the connection, so that a careful sender sends it twice."""
    DROP = "drop"
    """Cuts the connection without having taken it."""
    HOLD = "hold"
    """Takes it, and answers only after `release`."""


_ANSWERS = {
    Conduct.TAKE: HTTPStatus.NO_CONTENT,
    Conduct.HOLD: HTTPStatus.NO_CONTENT,
    Conduct.REFUSE: HTTPStatus.SERVICE_UNAVAILABLE,
    Conduct.REJECT: HTTPStatus.UNPROCESSABLE_ENTITY,
    Conduct.TAKE_AND_FAIL: HTTPStatus.INTERNAL_SERVER_ERROR,
}
_NOT_TAKEN = frozenset({Conduct.REFUSE, Conduct.REJECT, Conduct.DROP})


@dataclass(frozen=True, slots=True)
class Request:
    """One well-formed request, and what was done with it."""

    idempotency_key: str
    body: dict[str, Any]
    conduct: Conduct
    received_at: datetime

    @property
    def is_taken(self) -> bool:
        """Whether the message reached its person."""
        return self.conduct not in _NOT_TAKEN


class UnexpectedRequestError(AssertionError):
    """Something arrived that nobody expected, or that no sender may send."""


class PortTakenError(Exception):
    """Somebody else listens where we should."""


class MalformedRequestError(Exception):
    """A request that no sender may send; the message says why."""


class WebhookReceiver:
    """Listens on this machine and records what is posted to it.

    As a context manager it is strict: leaving without an error raises UnexpectedRequestError when a message was taken
    that no `expect` asked for, or when a request was malformed.
    """

    def __init__(self, *, port: int = 0, on_request: Callable[[Request], None] | None = None) -> None:
        """`port` 0 picks a free one; `on_request` is told of every well-formed request."""
        self._port = port
        self._on_request = on_request
        self._server: asyncio.Server | None = None
        self._serving: dict[asyncio.StreamWriter, asyncio.Task[None] | None] = {}
        self._conducts: deque[Conduct] = deque()
        self._released = asyncio.Event()
        self._changed = asyncio.Condition()
        self._unexpected: list[Request] = []
        self.requests: list[Request] = []
        """Every well-formed request, repeats included."""
        self.faults: list[str] = []
        """What was wrong with the others."""

    @property
    def url(self) -> str:
        """Where to post to."""
        return f"http://127.0.0.1:{self._port}/"

    @property
    def taken(self) -> dict[str, Request]:
        """The messages that reached their person, each once, by idempotency key."""
        return {request.idempotency_key: request for request in reversed(self.requests) if request.is_taken}

    def behave(self, *conducts: Conduct) -> None:
        """How to treat the next requests, one after the other; then it takes each again."""
        self._conducts.extend(conducts)

    def release(self) -> None:
        """Answer everything that is held, now and from now on."""
        self._released.set()

    async def expect(
        self,
        matches: Callable[[Request], bool] = lambda _: True,
        *,
        timeout: float = 30.0,  # noqa: ASYNC109
    ) -> Request:
        """The first taken message that matches and was not asked for before. Raises TimeoutError."""
        async with asyncio.timeout(timeout), self._changed:
            await self._changed.wait_for(lambda: any(matches(request) for request in self._unexpected))
        found = next(request for request in self._unexpected if matches(request))
        self._unexpected.remove(found)
        return found

    def check(self) -> None:
        """Raises UnexpectedRequestError when something came that should not have."""
        surprises = [f"{request.idempotency_key}: {json.dumps(request.body)}" for request in self._unexpected]
        if surprises or self.faults:
            raise UnexpectedRequestError("\n".join(["nobody expected:", *surprises, *self.faults]))

    async def __aenter__(self) -> Self:
        await self.open()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()
        if error is None:
            self.check()

    async def open(self) -> None:
        """Listen from now on. Raises OSError when the port is taken."""
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self._port, limit=HEAD_LIMIT_BYTES)
        self._port = self._server.sockets[0].getsockname()[1]

    async def close(self) -> None:
        """Let go of whoever is connected, and listen no longer."""
        self.release()
        if self._server is not None:
            self._server.close()
            serving = dict(self._serving)
            for writer in serving:
                writer.transport.abort()
            await asyncio.gather(*filter(None, serving.values()), return_exceptions=True)
            await self._server.wait_closed()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._serving[writer] = asyncio.current_task()
        try:
            while await self._answer_one(reader, writer):
                await writer.drain()
        except ConnectionError:
            pass  # the sender gave up; whether it comes again is its own affair
        finally:
            del self._serving[writer]
            writer.close()

    async def _answer_one(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        """Read one request and answer it; False when the connection is at its end."""
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
            first, headers = _read_head(head)
            body = await reader.readexactly(min(int(headers.get("content-length", "0")), BODY_LIMIT_BYTES))
        except asyncio.IncompleteReadError:
            return False
        try:
            conduct = await self._receive(first, headers, body)
        except MalformedRequestError as error:
            self.faults.append(str(error))
            _write_answer(writer, HTTPStatus.BAD_REQUEST)
            return True
        if conduct is Conduct.HOLD:
            await self._released.wait()
        if conduct not in _ANSWERS:
            writer.transport.abort()
            return False
        _write_answer(writer, _ANSWERS[conduct])
        return True

    async def _receive(self, first: str, headers: dict[str, str], body: bytes) -> Conduct:
        """Record a request. Raises MalformedRequestError with what is wrong with it."""
        key, message = _read_message(first, headers, body)
        before = next((request for request in self.requests if request.idempotency_key == key), None)
        if before is not None and before.body != message:
            raise MalformedRequestError(f"{key} came again with another message: {json.dumps(message)}")
        repeated = key in self.taken
        conduct = self._conducts.popleft() if self._conducts else Conduct.TAKE
        request = Request(key, message, conduct, datetime.now(UTC))
        async with self._changed:
            self.requests.append(request)
            if request.is_taken and not repeated:
                self._unexpected.append(request)
            self._changed.notify_all()
        if self._on_request is not None:
            self._on_request(request)
        return conduct


async def print_messages(port: int, console: Console) -> None:
    """Listen and print each request in a line, until cancelled. Raises PortTakenError."""

    def show(request: Request) -> None:
        body = request.body
        person = f"{body.get('person_name')} {body.get('phone')} ({body.get('post_kind')})"
        console.print(f"{request.received_at:%H:%M:%S} {person}: {body.get('text')}", markup=False, soft_wrap=True)

    receiver = WebhookReceiver(port=port, on_request=show)
    try:
        await receiver.open()
    except OSError as error:
        why = os.strerror(error.errno or 0)
        raise PortTakenError(f"cannot listen on port {port}: {why}; say another --port") from error
    console.print(f"listening; the engine's CAMPUS_WEBHOOK_URL is {receiver.url}")
    try:
        await asyncio.Event().wait()
    finally:
        await receiver.close()


def _read_head(head: str) -> tuple[str, dict[str, str]]:
    first, *lines = head.rstrip("\r\n").split("\r\n")
    pairs = (line.partition(":") for line in lines)
    return first, {name.strip().lower(): value.strip() for name, _, value in pairs}


def _read_message(first: str, headers: dict[str, str], body: bytes) -> tuple[str, dict[str, Any]]:
    """Idempotency key and message. Raises MalformedRequestError."""
    if not first.startswith("POST "):
        raise MalformedRequestError(f"not a POST: {first}")
    if headers.get("content-type", "").partition(";")[0].strip() != "application/json":
        raise MalformedRequestError(f"not JSON by its Content-Type: {headers.get('content-type')!r}")
    if not headers.get("idempotency-key"):
        raise MalformedRequestError(f"no Idempotency-Key: {body!r}")
    try:
        message = json.loads(body)
    except ValueError as error:
        raise MalformedRequestError(f"not JSON ({error}): {body!r}") from error
    if not isinstance(message, dict):
        raise MalformedRequestError(f"not a JSON object: {body!r}")
    return headers["idempotency-key"], message


def _write_answer(writer: asyncio.StreamWriter, status: HTTPStatus) -> None:
    length = "" if status is HTTPStatus.NO_CONTENT else "Content-Length: 0\r\n"
    writer.write(f"HTTP/1.1 {status.value} {status.phrase}\r\n{length}\r\n".encode())
