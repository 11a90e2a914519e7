"""A line to the broker that can stop carrying what the gateway says, while it still hears everything."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from urllib.parse import urlsplit


class DeafLine:
    """Carries bytes both ways between its own port and the broker's; not from the gateway once it is `cut`."""

    def __init__(self, broker_url: str) -> None:
        self._broker = urlsplit(broker_url)
        self._cut = False
        self._carrying: set[asyncio.Task[None]] = set()
        self.port = 0

    @property
    def url(self) -> str:
        """The broker's address by way of this line."""
        return self._broker._replace(
            netloc=f"{self._broker.username}:{self._broker.password}@127.0.0.1:{self.port}"
        ).geturl()

    def cut(self) -> None:
        """Let nothing more through from the gateway."""
        self._cut = True

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Carry one connection."""
        from_broker, to_broker = await asyncio.open_connection("127.0.0.1", self._broker.port)
        for source, sink, deaf in ((reader, to_broker, True), (from_broker, writer, False)):
            task = asyncio.create_task(self._carry(source, sink, deaf=deaf))
            self._carrying.add(task)
            task.add_done_callback(self._carrying.discard)

    async def _carry(self, source: asyncio.StreamReader, sink: asyncio.StreamWriter, *, deaf: bool) -> None:
        try:
            while data := await source.read(1 << 16):
                if not (deaf and self._cut):
                    sink.write(data)
        except ConnectionError:
            pass  # the other side is gone, as it is when a gateway is killed
        sink.transport.abort()


@asynccontextmanager
async def deaf_line(broker_url: str) -> AsyncIterator[DeafLine]:
    """The line, while the block runs."""
    line = DeafLine(broker_url)
    server = await asyncio.start_server(line.serve, "127.0.0.1", 0)
    line.port = server.sockets[0].getsockname()[1]
    try:
        yield line
    finally:
        server.close()
        for task in list(line._carrying):
            task.cancel()
