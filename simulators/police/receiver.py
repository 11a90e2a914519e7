"""A monitoring station's receiver for SIA DC-09 over TCP. It reads frames by its own rules, written apart from those of
the service, so that the two check each other; and it can be as difficult as receivers are."""

from __future__ import annotations

import asyncio
import re
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from types import TracebackType
from typing import Self

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from simulators.police.station import UnexpectedCallError

_PATIENCE_SECONDS = 30.0
_TIME = "%H:%M:%S,%m-%d-%Y"
_BEHIND, _AHEAD = timedelta(seconds=40), timedelta(seconds=20)  # how far a sender's clock may be off
_TABLE: list[int] = []
for _start in range(256):
    _value = _start
    for _ in range(8):
        _value = _value >> 1 ^ (0xA001 if _value % 2 else 0)
    _TABLE.append(_value)


class Conduct(StrEnum):
    """What the receiver does with a message."""

    ACK = "ack"
    NAK = "nak"
    """Says that the time is wrong, with its own."""
    DUH = "duh"
    DROP = "drop"
    """Cuts the connection; the message is not taken."""
    TAKE_AND_DROP = "take and drop"
    """Takes it, and cuts the connection."""
    SILENT = "silent"
    """Says nothing."""
    GARBLE = "garble"
    """Answers with a damaged frame."""
    TWICE = "twice"
    """Acknowledges it twice."""
    HOLD = "hold"
    """Takes it, and acknowledges it only after `release`."""


_TAKEN = frozenset({Conduct.ACK, Conduct.TAKE_AND_DROP, Conduct.GARBLE, Conduct.TWICE, Conduct.HOLD})


@dataclass(frozen=True, slots=True)
class Signal:
    """A message as the receiver reads it; a sign of life has no `event`."""

    account: str
    sequence: int
    event: str
    encrypted: bool
    at: datetime | None
    raw: bytes


class Receiver:
    """Listens on this machine. As a context manager it is strict: leaving without an error raises UnexpectedCallError
    when an event was taken that no `expect` asked for, or when bytes came that no sender may send."""

    def __init__(
        self,
        *,
        key: bytes | None = None,
        port: int = 0,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        on_signal: Callable[[Signal], None] | None = None,
        trouble: Callable[[], Conduct | None] = lambda: None,
    ) -> None:
        """With a key only encrypted messages are taken. `now` is the receiver's clock. `trouble` is asked how to treat
        a message of which `behave` says nothing; None is as it should be."""
        self._key = key
        self._port = port
        self._now = now
        self._on_signal = on_signal
        self._trouble = trouble
        self._released = asyncio.Event()
        self._server: asyncio.Server | None = None
        self._serving: dict[asyncio.StreamWriter, asyncio.Task[None] | None] = {}
        self._conducts: deque[Conduct] = deque()
        self._changed = asyncio.Condition()
        self._unexpected: list[Signal] = []
        self._known: dict[tuple[str, int], str] = {}
        self.signals: list[Signal] = []
        """Every message that was read, repeats and signs of life included."""
        self.connections = 0
        self.faults: list[str] = []

    @property
    def port(self) -> int:
        """Where it listens."""
        return self._port

    def behave(self, *conducts: Conduct) -> None:
        """How to treat the next messages, one after the other; then it acknowledges each again."""
        self._conducts.extend(conducts)

    def release(self) -> None:
        """Acknowledge everything that is held, now and from now on."""
        self._released.set()

    async def expect(self, event: str) -> Signal:
        """The first event with these words (`1120 00 000`) that was not asked for before. Raises TimeoutError."""
        async with asyncio.timeout(_PATIENCE_SECONDS), self._changed:
            await self._changed.wait_for(lambda: any(one.event == event for one in self._unexpected))
        found = next(one for one in self._unexpected if one.event == event)
        self._unexpected.remove(found)
        return found

    async def expect_life(self, times: int = 1) -> None:
        """Waits for signs of life. Raises TimeoutError."""
        async with asyncio.timeout(_PATIENCE_SECONDS), self._changed:
            await self._changed.wait_for(lambda: sum(not one.event for one in self.signals) >= times)

    def check(self) -> None:
        """Raises UnexpectedCallError when something came that should not have."""
        if self._unexpected or self.faults:
            raise UnexpectedCallError("\n".join(["nobody expected:", *map(repr, self._unexpected), *self.faults]))

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
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self._port)
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
        self.connections += 1
        try:
            while True:
                raw = await reader.readuntil(b"\r")
                answer = await self._answer(raw)
                if answer is None:
                    writer.transport.abort()
                    return
                writer.write(answer)
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            del self._serving[writer]
            writer.close()

    async def _answer(self, raw: bytes) -> bytes | None:
        """What goes back; None cuts the connection."""
        try:
            signal, route = self._read(raw)
        except ValueError as error:
            self.faults.append(f"{error}: {raw!r}")
            return b""
        conduct = self._conducts.popleft() if self._conducts else self._trouble() or self._judge(signal)
        async with self._changed:
            self.signals.append(signal)
            if conduct in _TAKEN:
                self._take(signal)
            self._changed.notify_all()
        if self._on_signal is not None:
            self._on_signal(signal)
        if conduct is Conduct.HOLD:
            await self._released.wait()
        return self._write_answer(conduct, signal, route)

    def _judge(self, signal: Signal) -> Conduct:
        if signal.at is None or not -_BEHIND <= signal.at - self._now() <= _AHEAD:
            return Conduct.NAK
        return Conduct.ACK

    def _take(self, signal: Signal) -> None:
        if not signal.event:
            return
        known = self._known.get((signal.account, signal.sequence))
        if known is None:
            self._known[signal.account, signal.sequence] = signal.event
            self._unexpected.append(signal)
        elif known != signal.event:
            self.faults.append(f"{signal.sequence:04d} was {known} and is {signal.event} now")

    def _read(self, raw: bytes) -> tuple[Signal, str]:
        """Raises ValueError with what is wrong."""
        if raw[:1] != b"\n" or raw[-1:] != b"\r":
            raise ValueError("not between LF and CR")
        crc, length, body = int(raw[1:5], 16), int(raw[5:9], 16), raw[9:-1]
        if length != len(body) or crc != _sum(body):
            raise ValueError(f"length {len(body):04X} or CRC {_sum(body):04X} does not fit")
        head, bracket, rest = body.decode("ascii").partition("[")
        found = re.fullmatch(r'"(\*?)(ADM-CID|NULL)"(\d{4})((?:R[0-9A-F]{1,6})?L[0-9A-F]{1,6}#([0-9A-F]{3,16}))', head)
        if found is None or not bracket:
            raise ValueError("not the head of an event")
        encrypted = found[1] == "*"
        if encrypted != (self._key is not None):
            raise ValueError("encrypted, and should not be" if encrypted else "in the clear, and should be encrypted")
        data, close, stamp = (self._open(rest) if encrypted else rest).partition("]")
        if not close:
            raise ValueError("no end of the data")
        event = self._read_event(found[2], found[5], data)
        at = datetime.strptime(stamp, "_" + _TIME).replace(tzinfo=UTC) if stamp else None
        sequence = int(found[3])
        if (found[2] == "NULL") != (sequence == 0):
            raise ValueError("0000 is the number of signs of life, and only of those")
        return Signal(found[5], sequence, event, encrypted, at, raw), found[4]

    @staticmethod
    def _read_event(id_: str, account: str, data: str) -> str:
        if id_ == "NULL":
            if data:
                raise ValueError("a sign of life carries no data")
            return ""
        said, _, event = data.partition("|")
        if said != f"#{account}" or not re.fullmatch(r"[136]\d{3} \d{2} \d{3}", event):
            raise ValueError("not a Contact ID event of its account")
        return event

    def _open(self, coded: str) -> str:
        cipher = Cipher(algorithms.AES(self._key or b""), modes.CBC(bytes(16))).decryptor()
        plain = (cipher.update(bytes.fromhex(coded)) + cipher.finalize()).decode("ascii")
        _padding, bar, rest = plain.partition("|")
        if not bar:
            raise ValueError("no end of the padding")
        return rest

    def _write_answer(self, conduct: Conduct, signal: Signal, route: str) -> bytes | None:
        if conduct in {Conduct.DROP, Conduct.TAKE_AND_DROP}:
            return None
        if conduct is Conduct.SILENT:
            return b""
        stamp = "_" + self._now().strftime(_TIME)
        if conduct is Conduct.NAK:
            return _frame(f'"NAK"0000R0L0A0[]{stamp}')
        if conduct is Conduct.DUH:
            return _frame(f'"DUH"{signal.sequence:04d}{route}[]')
        if self._key is None:
            answer = _frame(f'"ACK"{signal.sequence:04d}{route}[]')
        else:
            answer = _frame(f'"*ACK"{signal.sequence:04d}{route}[{self._close(stamp)}')
        if conduct is Conduct.GARBLE:
            return answer.replace(b"ACK", b"AKC")
        return answer * 2 if conduct is Conduct.TWICE else answer

    def _close(self, stamp: str) -> str:
        plain = f"|]{stamp}"
        plain = "x" * (16 - len(plain) % 16) + plain
        cipher = Cipher(algorithms.AES(self._key or b""), modes.CBC(bytes(16))).encryptor()
        return (cipher.update(plain.encode()) + cipher.finalize()).hex().upper()


def _sum(body: bytes) -> int:
    crc = 0
    for byte in body:
        crc = crc >> 8 ^ _TABLE[(crc ^ byte) % 256]
    return crc


def _frame(body: str) -> bytes:
    return f"\n{_sum(body.encode()):04X}{len(body):04X}{body}\r".encode()
