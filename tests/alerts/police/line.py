"""A line to the database that a test can cut, and on which the server's last words can be heard."""

from __future__ import annotations

import asyncio
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from urllib.parse import urlsplit

CRASHED, FROZE_IN_TRANSACTION, SHUT_DOWN = "57P02", "25P03", "57P01"


class Line:
    """Passes everything on to the database at `url`, unless it is cut."""

    def __init__(self, url: str) -> None:
        self._place = urlsplit(url)
        self._to_clients: set[asyncio.StreamWriter] = set()
        self._passing: set[asyncio.Task[None]] = set()
        self._cut = False
        self.url = url
        self.refused = 0

    def cut(self) -> None:
        """Everybody is thrown out, and whoever comes is refused and counted."""
        self._cut = True
        for writer in self._to_clients:
            writer.transport.abort()
        self._to_clients.clear()

    def mend(self) -> None:
        """Whoever comes is let through again."""
        self._cut = False

    def say_last_words(self, code: str) -> None:
        """The server tells every client that it ends, and why; the connections stand a moment longer."""
        fields = f"SFATAL\0VFATAL\0C{code}\0Mthe last words\0\0".encode()
        for writer in self._to_clients:
            writer.write(b"E" + struct.pack("!I", 4 + len(fields)) + fields)

    async def open(self) -> asyncio.Server:
        """Listens; from now on `url` leads over this line."""
        server = await asyncio.start_server(self._join, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        self.url = self.url.replace(f"{self._place.hostname}:{self._place.port}", f"127.0.0.1:{port}")
        return server

    async def close(self) -> None:
        """Ends what still passes."""
        for task in self._passing:
            task.cancel()
        await asyncio.gather(*self._passing, return_exceptions=True)

    async def _join(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._cut:
            self.refused += 1
            writer.close()
            return
        from_server, to_server = await asyncio.open_connection(self._place.hostname, self._place.port)
        self._to_clients.add(writer)
        both_ways = (_pass_on(reader, to_server), _pass_on(from_server, writer))
        self._passing.update(asyncio.create_task(each) for each in both_ways)


@asynccontextmanager
async def run_line(url: str) -> AsyncIterator[Line]:
    """A line that is whole."""
    line = Line(url)
    server = await line.open()
    try:
        yield line
    finally:
        server.close()
        await line.close()


async def _pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while data := await reader.read(65_536):
        writer.write(data)
    writer.close()
