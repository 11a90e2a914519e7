"""A 110 station: takes hand-overs over HTTPS from whoever shows a certificate of its authority, decides, tells how they
go on, and can be as difficult as stations are."""

from __future__ import annotations

import asyncio
import hmac
import json
import ssl
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from http import HTTPStatus
from itertools import count
from types import TracebackType
from typing import Any, Self

import httpx

from simulators.police.certificates import Certificates
from simulators.trust import read_trusted

HEAD_LIMIT_BYTES = 64 * 1024
BODY_LIMIT_BYTES = 1024 * 1024
_PATIENCE_SECONDS = 30.0
_MODES = {"Actual": "live", "Test": "test", "Exercise": "drill"}
_FIELDS = frozenset(
    {
        *("id", "status", "mode", "incident", "kind", "category", "opened_at", "handed_over_at", "presses", "late"),
        *("state", "device", "point", "school", "cap"),
    }
)
_WITHDRAWAL_FIELDS = frozenset({"incident", "closed_at", "cause", "cap"})


class Conduct(StrEnum):
    """What the station does with a hand-over."""

    ACCEPT = "accept"
    """Takes it and accepts it in its answer."""
    RECEIVE = "receive"
    """Takes it and has not decided."""
    REJECT = "reject"
    """Takes it and rejects it in its answer, with a reason."""
    REFUSE = "refuse"
    """Answers 503 and has not taken it."""
    DROP = "drop"
    """Cuts the connection without having taken it."""
    TAKE_AND_DROP = "take and drop"
    """Takes it, then cuts the connection, so that a careful sender sends it twice."""
    HOLD = "hold"
    """Takes it, and answers only after `release`."""


_NOT_TAKEN = frozenset({Conduct.REFUSE, Conduct.DROP})
_CUT = frozenset({Conduct.DROP, Conduct.TAKE_AND_DROP})


@dataclass(slots=True)
class StationCase:
    """A case as the station keeps it. `times` counts how often it was handed over."""

    key: str
    body: dict[str, Any]
    number: str
    state: str = "received"
    times: int = 1
    reason: str | None = None
    disposition: str | None = None
    withdrawal: dict[str, Any] | None = None
    received_at: datetime = field(default_factory=lambda: datetime.now(UTC))

    def tell(self) -> dict[str, Any]:
        """What the station answers when it is asked."""
        said = {"state": self.state, "number": self.number, "reason": self.reason, "disposition": self.disposition}
        return {name: value for name, value in said.items() if value is not None}


class UnexpectedCallError(AssertionError):
    """Something arrived at a station that nobody expected, or that no sender may send."""


class MalformedCallError(Exception):
    """A call that no sender may make; the message says why."""


class Station110:
    """Listens on this machine. As a context manager it is strict: leaving without an error raises UnexpectedCallError
    when a case or a withdrawal came that no `expect` asked for, or when a call was malformed."""

    def __init__(
        self,
        certificates: Certificates,
        *,
        port: int = 0,
        on_case: Callable[[StationCase], None] | None = None,
        trouble: Callable[[], Conduct | None] = lambda: None,
    ) -> None:
        """`port` 0 picks a free one; `on_case` is told of each new case, and again of each withdrawal. `trouble` is
        asked how to treat a hand-over of which `behave` says nothing; None is as usual."""
        self._certificates = certificates
        self._port = port
        self._on_case = on_case
        self._trouble = trouble
        self._server: asyncio.Server | None = None
        self._serving: dict[asyncio.StreamWriter, asyncio.Task[None] | None] = {}
        self._conducts: deque[Conduct] = deque()
        self._usual = Conduct.ACCEPT
        self._released = asyncio.Event()
        self._changed = asyncio.Condition()
        self._numbers = count(1)
        self._unexpected: list[str] = []
        self._withdrawals: set[str] = set()
        self.cases: dict[str, StationCase] = {}
        self.asked = 0
        self.faults: list[str] = []

    @property
    def url(self) -> str:
        """Where to hand over to."""
        return f"https://127.0.0.1:{self._port}/cases"

    def behave(self, *conducts: Conduct, usual: Conduct | None = None) -> None:
        """How to treat the next hand-overs, one after the other; then each as `usual` (it stays what it was)."""
        self._conducts.extend(conducts)
        self._usual = usual or self._usual

    def release(self) -> None:
        """Answer everything that is held, now and from now on."""
        self._released.set()

    async def expect(self, matches: Callable[[StationCase], bool] = lambda _: True) -> StationCase:
        """The first case that matches and was not asked for before. Raises TimeoutError."""
        async with asyncio.timeout(_PATIENCE_SECONDS), self._changed:
            await self._changed.wait_for(lambda: any(matches(self.cases[key]) for key in self._unexpected))
        key = next(key for key in self._unexpected if matches(self.cases[key]))
        self._unexpected.remove(key)
        return self.cases[key]

    async def expect_withdrawal(self, key: str) -> dict[str, Any]:
        """What a case was withdrawn with. Raises TimeoutError."""
        async with asyncio.timeout(_PATIENCE_SECONDS), self._changed:
            await self._changed.wait_for(lambda: self.cases[key].withdrawal is not None)
        self._withdrawals.discard(key)
        return self.cases[key].withdrawal or {}

    def check(self) -> None:
        """Raises UnexpectedCallError when something came that should not have."""
        surprises = [json.dumps(self.cases[key].body, ensure_ascii=False) for key in self._unexpected]
        surprises += [f"withdrawal of {key}" for key in sorted(self._withdrawals)]
        if surprises or self.faults:
            raise UnexpectedCallError("\n".join(["nobody expected:", *surprises, *self.faults]))

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
        tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=str(self._certificates.authority))
        tls.load_cert_chain(self._certificates.station, self._certificates.station_key)
        tls.verify_mode = ssl.CERT_REQUIRED
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self._port, ssl=tls, limit=HEAD_LIMIT_BYTES)
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
        except (ConnectionError, ssl.SSLError):
            pass  # the sender gave up; whether it comes again is its own affair
        finally:
            del self._serving[writer]
            writer.close()

    async def _answer_one(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        """Read one call and answer it; False when the connection is at its end."""
        try:
            method, path, headers, body = await _read_call(reader)
        except asyncio.IncompleteReadError:
            return False
        try:
            status, answer = await self._take(method, path, headers, body)
        except MalformedCallError as error:
            self.faults.append(str(error))
            status, answer = HTTPStatus.BAD_REQUEST, None
        if status is None:
            writer.transport.abort()
            return False
        _write_answer(writer, status, answer)
        return True

    async def _take(
        self, method: str, path: str, headers: dict[str, str], body: bytes
    ) -> tuple[HTTPStatus | None, dict[str, Any] | None]:
        key, _, rest = path.removeprefix("/cases/").partition("/")
        if not path.startswith("/cases/") or not key or rest not in {"", "withdrawal"}:
            raise MalformedCallError(f"no such address: {method} {path}")
        if method == "GET" and not rest:
            self.asked += 1
            case = self.cases.get(key)
            return (HTTPStatus.OK, case.tell()) if case else (HTTPStatus.NOT_FOUND, None)
        if method == "POST" and rest:
            return await self._take_withdrawal(key, headers, body)
        if method != "PUT" or rest:
            raise MalformedCallError(f"no such call: {method} {path}")
        return await self._take_case(key, headers, body)

    async def _take_withdrawal(
        self, key: str, headers: dict[str, str], body: bytes
    ) -> tuple[HTTPStatus, dict[str, Any] | None]:
        said = _read_json(headers, body)
        if headers.get("idempotency-key") != f"{key}-withdrawal" or said.keys() != _WITHDRAWAL_FIELDS:
            raise MalformedCallError(f"no withdrawal of {key}: {headers.get('idempotency-key')} {sorted(said)}")
        if key not in self.cases:
            return HTTPStatus.NOT_FOUND, None
        if said["incident"] != self.cases[key].body["incident"]:
            raise MalformedCallError(f"{key} was withdrawn as another incident")
        async with self._changed:
            if self.cases[key].withdrawal is None:
                self._withdrawals.add(key)
            self.cases[key].withdrawal = said
            self._changed.notify_all()
        if self._on_case is not None:
            self._on_case(self.cases[key])
        return HTTPStatus.NO_CONTENT, None

    async def _take_case(
        self, key: str, headers: dict[str, str], body: bytes
    ) -> tuple[HTTPStatus | None, dict[str, Any] | None]:
        said = _check_case(key, headers, _read_json(headers, body))
        conduct = self._conducts.popleft() if self._conducts else self._trouble() or self._usual
        if conduct not in _NOT_TAKEN:
            await self._keep(key, said, conduct)
        if conduct is Conduct.HOLD:
            await self._released.wait()
        if conduct in _CUT:
            return None, None
        if conduct is Conduct.REFUSE:
            return HTTPStatus.SERVICE_UNAVAILABLE, None
        return HTTPStatus.OK, self.cases[key].tell()

    async def _keep(self, key: str, said: dict[str, Any], conduct: Conduct) -> None:
        async with self._changed:
            case = self.cases.get(key)
            if case is not None:
                if any(case.body[name] != said[name] for name in ("incident", "mode", "opened_at")):
                    raise MalformedCallError(f"{key} came again with another incident")
                case.times += 1
            else:
                case = self.cases[key] = StationCase(key, said, f"110-{next(self._numbers):06d}")
                self._unexpected.append(key)
            if conduct is Conduct.ACCEPT and case.state == "received":
                case.state = "accepted"
            if conduct is Conduct.REJECT:
                case.state, case.reason = "rejected", "不在本局辖区 not our jurisdiction"
            self._changed.notify_all()
        if self._on_case is not None and case.times == 1:
            self._on_case(case)


class StatusSender:
    """The station's other half: tells the service by itself how a case goes on, signed."""

    def __init__(self, url: str, secret: str) -> None:
        """`url` is the service's, without a path."""
        self._url = url.rstrip("/")
        self._secret = secret

    async def tell(self, case: StationCase, state: str, **said: Any) -> httpx.Response:
        """Moves the case and tells of it; the answer is the service's."""
        case.state = state
        words = {"state": state, "number": case.number, "at": datetime.now(UTC).isoformat()} | said
        body = json.dumps(words, ensure_ascii=False).encode()
        stamp = str(int(time.time()))
        signature = hmac.new(self._secret.encode(), stamp.encode() + b"." + body, "sha256").hexdigest()
        headers = {
            "Content-Type": "application/json",
            "X-Campus-Timestamp": stamp,
            "X-Campus-Signature": signature,
        }
        async with httpx.AsyncClient(timeout=_PATIENCE_SECONDS, trust_env=False, verify=read_trusted()) as client:
            address = f"{self._url}/api/v1/police/handovers/{case.key}/status"
            return await client.post(address, content=body, headers=headers)


async def _read_call(reader: asyncio.StreamReader) -> tuple[str, str, dict[str, str], bytes]:
    first, *lines = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").rstrip("\r\n").split("\r\n")
    pairs = (line.partition(":") for line in lines)
    headers = {name.strip().lower(): value.strip() for name, _, value in pairs}
    body = await reader.readexactly(min(int(headers.get("content-length", "0")), BODY_LIMIT_BYTES))
    method, path, *_ = [*first.split(" "), "", ""]
    return method, path, headers, body


def _read_json(headers: dict[str, str], body: bytes) -> dict[str, Any]:
    if headers.get("content-type", "").partition(";")[0].strip() != "application/json":
        raise MalformedCallError(f"not JSON by its Content-Type: {headers.get('content-type')!r}")
    try:
        said = json.loads(body)
    except ValueError as error:
        raise MalformedCallError(f"not JSON ({error}): {body!r}") from error
    if not isinstance(said, dict):
        raise MalformedCallError(f"not a JSON object: {body!r}")
    return said


def _check_case(key: str, headers: dict[str, str], said: dict[str, Any]) -> dict[str, Any]:
    """Raises MalformedCallError when a hand-over is not what the service's documents say, or contradicts itself."""
    if headers.get("idempotency-key") != key or said.get("id") != key:
        raise MalformedCallError(f"{key}: Idempotency-Key and `id` must be the key in the address")
    if wrong := sorted(_FIELDS ^ said.keys()):
        raise MalformedCallError(f"{key} lacks, or has without need: {', '.join(wrong)}")
    if _MODES.get(said["status"]) != said["mode"]:
        raise MalformedCallError(f"{key}: {said['status']} does not go with {said['mode']}")
    if said["cap"] is not None and f"<status>{said['status']}</status>" not in said["cap"]:
        raise MalformedCallError(f"{key}: its CAP document has another status")
    return said


def _write_answer(writer: asyncio.StreamWriter, status: HTTPStatus, answer: dict[str, Any] | None) -> None:
    body = b"" if answer is None else json.dumps(answer, ensure_ascii=False).encode()
    head = f"HTTP/1.1 {status.value} {status.phrase}\r\n"
    if status is not HTTPStatus.NO_CONTENT:
        head += f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n"
    writer.write(head.encode() + b"\r\n" + body)
