"""The line to a monitoring station: one TCP connection that is kept, one message at a time, each answered."""

from __future__ import annotations

import asyncio
import secrets
import string
from contextlib import suppress
from datetime import datetime, timedelta
from types import TracebackType

from alerts.domain.contact_id import ContactId, write_contact_id
from alerts.domain.dc09 import (
    ACK,
    ADM_CID,
    DUH,
    LONGEST_FRAME_BYTES,
    NAK,
    NULL,
    FrameInvalid,
    Line,
    Message,
    read_frame,
    write_frame,
)
from alerts.police.link import LinkFailed

_CONNECT_SECONDS = 5.0
_ANSWER_SECONDS = 5.0
_FILLERS = string.ascii_letters + string.digits


class StationLine:
    """Tells events and that we are alive. `account` is who we are when we only say that we are alive.

    A NAK says that our clock is off: its time is taken over, and the message goes out again at once, once. A DUH says
    that the station cannot do anything with it.
    """

    def __init__(self, host: str, port: int, line: Line, account: str) -> None:
        self._host = host
        self._port = port
        self._line = line
        self._account = account
        self._ahead = timedelta()  # how far the station's clock is ahead of ours
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None
        self._turn = asyncio.Lock()

    async def __aenter__(self) -> StationLine:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._hang_up()

    async def report(self, event: ContactId, sequence: int, now: datetime) -> None:
        """Returns when the station acknowledged the event. Raises LinkFailed."""
        await self._say(ADM_CID, sequence, event.account, write_contact_id(event), now)

    async def supervise(self, now: datetime) -> None:
        """Shows the station that we are alive. Raises LinkFailed."""
        await self._say(NULL, 0, self._account, "", now)

    async def _say(self, id_: str, sequence: int, account: str, data: str, now: datetime) -> None:
        async with self._turn:
            for is_last in (False, True):
                at = now + self._ahead
                message = Message(id_, sequence, account, data, at, self._line.receiver, self._line.prefix)
                answer = await self._exchange(message)
                if answer.id == ACK:
                    return
                if answer.id == DUH:
                    raise LinkFailed("the station says DUH: it cannot do anything with this message")
                if is_last or answer.at is None:
                    raise LinkFailed("the station says NAK: it does not take our time")
                self._ahead = answer.at - now

    async def _exchange(self, message: Message) -> Message:
        """Sends a message and hears its answer; a connection that fails at that is not used again."""
        padding = "".join(secrets.choice(_FILLERS) for _ in range(16))
        frame = write_frame(message, self._line.key, padding)
        try:
            reader, writer = self._streams or await self._dial()
            writer.write(frame)
            async with asyncio.timeout(_ANSWER_SECONDS):
                await writer.drain()
                return await self._hear(reader, message)
        except (OSError, EOFError, ValueError, TimeoutError, asyncio.LimitOverrunError) as error:
            await self._hang_up()
            raise LinkFailed(_tell(error)) from error
        except asyncio.CancelledError:
            await self._hang_up()  # an answer may still come, to nobody's question
            raise

    async def _hear(self, reader: asyncio.StreamReader, asked: Message) -> Message:
        while True:
            answer = read_frame(await reader.readuntil(b"\r"), lambda _: self._line.key)
            if answer.id not in {ACK, NAK, DUH}:
                raise FrameInvalid(f"the station answered {answer.id!r}")
            if self._line.key is not None and answer.id == ACK and not answer.encrypted:
                raise FrameInvalid("the station acknowledged in the clear what was encrypted")
            if answer.id != ACK or (answer.sequence, answer.account) == (asked.sequence, asked.account):
                return answer  # an acknowledgement of something else came late, and is passed over

    async def _dial(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        async with asyncio.timeout(_CONNECT_SECONDS):
            self._streams = await asyncio.open_connection(self._host, self._port, limit=LONGEST_FRAME_BYTES)
        return self._streams

    async def _hang_up(self) -> None:
        if self._streams is not None:
            writer, self._streams = self._streams[1], None
            writer.transport.abort()
            with suppress(OSError):
                await writer.wait_closed()


def _tell(error: Exception) -> str:
    if isinstance(error, TimeoutError):
        return "the station does not answer"
    if isinstance(error, EOFError):
        return "the station hung up"
    return f"{type(error).__name__}: {error}" if not isinstance(error, FrameInvalid) else str(error)
