"""A line as a school or a station has it: what goes over it takes its time, and no more than so much a second.

The browser's own throttle counts a WebSocket's messages as they are after they were inflated, which no line carries.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

_CHUNK = 16_384


class Line:
    """Carries bytes between clients and a port of this machine; all connections share it."""

    def __init__(self, port: int, *, bits_a_second: float, round_trip_seconds: float) -> None:
        self._port = port
        self._byte_seconds = 8 / bits_a_second
        self._delay_seconds = round_trip_seconds / 2
        self._free_at = 0.0
        self._carrying: set[asyncio.Task[None]] = set()

    @asynccontextmanager
    async def open(self) -> AsyncIterator[int]:
        """The port at its near end."""
        server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        async with server:
            yield server.sockets[0].getsockname()[1]
        for task in self._carrying:
            task.cancel()
        await asyncio.gather(*self._carrying, return_exceptions=True)

    async def _serve(self, near: asyncio.StreamReader, near_end: asyncio.StreamWriter) -> None:
        far, far_end = await asyncio.open_connection("127.0.0.1", self._port)
        for reader, writer in ((near, far_end), (far, near_end)):
            task = asyncio.create_task(self._carry(reader, writer))
            self._carrying.add(task)
            task.add_done_callback(self._carrying.discard)

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        loop = asyncio.get_running_loop()
        while data := await reader.read(_CHUNK):
            self._free_at = max(self._free_at, loop.time()) + len(data) * self._byte_seconds
            loop.call_at(self._free_at + self._delay_seconds, writer.write, data)
            await asyncio.sleep(self._free_at - loop.time())
        loop.call_at(self._free_at + self._delay_seconds, writer.close)
