"""Every way in which PostgreSQL can go away is the same to the service: StorageUnavailable, and try again."""

from __future__ import annotations

import asyncio
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from urllib.parse import urlsplit

import pytest

from alerts.storage.database import Database
from alerts.storage.errors import StorageUnavailable

LOOKS_AT_THE_SOCKET = 20  # of the event loop: enough for the driver to have heard the word before it is asked
CRASHED, FROZE_IN_TRANSACTION, SHUT_DOWN = "57P02", "25P03", "57P01"


class Line:
    """A way to the database on which a last word of the server can be heard before the line breaks."""

    def __init__(self, url: str, port: int) -> None:
        place = urlsplit(url)
        self.url = url.replace(f"{place.hostname}:{place.port}", f"127.0.0.1:{port}")
        self.to_clients: set[asyncio.StreamWriter] = set()

    def say_last_words(self, code: str) -> None:
        """The server tells every client that it ends, and why; the connection stands a moment longer."""
        fields = f"SFATAL\0VFATAL\0C{code}\0Mthe last words\0\0".encode()
        for writer in self.to_clients:
            writer.write(b"E" + struct.pack("!I", 4 + len(fields)) + fields)


@asynccontextmanager
async def run_line(url: str) -> AsyncIterator[Line]:
    """A line that passes everything on."""
    place = urlsplit(url)
    joined: set[asyncio.Task[None]] = set()

    async def pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(65_536):
            writer.write(data)
        writer.close()

    async def join(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        from_server, to_server = await asyncio.open_connection(place.hostname, place.port)
        line.to_clients.add(writer)
        joined.update(asyncio.create_task(each) for each in (pass_on(reader, to_server), pass_on(from_server, writer)))

    server = await asyncio.start_server(join, "127.0.0.1", 0)
    line = Line(url, server.sockets[0].getsockname()[1])
    try:
        yield line
    finally:
        server.close()
        for task in joined:
            task.cancel()
        await asyncio.gather(*joined, return_exceptions=True)


@pytest.mark.parametrize("code", [CRASHED, FROZE_IN_TRANSACTION, SHUT_DOWN])
@pytest.mark.parametrize("looks", [0, LOOKS_AT_THE_SOCKET], ids=["while asked", "before it is asked"])
async def test_a_server_that_has_said_its_last_words_but_not_hung_up_is_away(
    database_url: str, code: str, looks: int
) -> None:
    async with run_line(database_url) as line:
        database = await Database.open(line.url, application_name="test")
        with pytest.raises(StorageUnavailable):  # noqa: PT012 (an open connection is used once more)
            async with database.connection() as connection:
                line.say_last_words(code)
                for _ in range(looks):
                    await asyncio.sleep(0)
                await connection.fetchval("select 1")
        async with database.connection() as connection:
            assert await connection.fetchval("select 2") == 2
        await database.close()
