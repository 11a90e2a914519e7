"""The WebSocket of uvicorn, made able to take frames that were encoded once for all boards.

The one file that reaches into uvicorn: ASGI's `send` would encode each message for each board anew, in a coroutine
each. tests/dashboard/test_sockets.py guards what is used here.
"""

from __future__ import annotations

import asyncio
import logging
import socket
from asyncio.transports import BaseTransport
from collections.abc import Callable
from typing import Any

from uvicorn.config import Config
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from uvicorn.server import ServerState
from websockets.extensions.permessage_deflate import PerMessageDeflate, ServerPerMessageDeflateFactory
from websockets.server import ServerProtocol

from dashboard.live.frames import WINDOW_BITS

EXTENSION = "campus.wire"  # where a WebSocket's ASGI scope carries its BoardSocket
UNSENT_BYTES = 131_072  # what the kernel takes ahead of a slow board; it would take megabytes of stale news


class BoardSocket(WebSocketsSansIOProtocol):
    """A board's connection. `on_drained` is called when a full write buffer has drained."""

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self.conn = ServerProtocol(
            extensions=[
                ServerPerMessageDeflateFactory(server_no_context_takeover=True, client_no_context_takeover=True)
            ],
            max_size=config.ws_max_size,
            logger=logging.getLogger("uvicorn.error"),
        )
        self.on_drained: Callable[[], None] | None = None

    def connection_made(self, transport: BaseTransport) -> None:
        super().connection_made(transport)
        connection = transport.get_extra_info("socket")
        if connection is not None and hasattr(socket, "TCP_NOTSENT_LOWAT"):
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NOTSENT_LOWAT, UNSENT_BYTES)

    async def run_asgi(self) -> None:
        self.scope["extensions"][EXTENSION] = {"wire": self}
        await super().run_asgi()

    def resume_writing(self) -> None:
        super().resume_writing()
        if self.on_drained is not None:
            self.on_drained()

    @property
    def takes_frames(self) -> bool:
        """Whether the board's connection is open and its buffer below the limit."""
        return self.writable.is_set() and not (self.close_sent or self.disconnected or self.transport.is_closing())

    @property
    def inflates(self) -> bool:
        """Whether the board agreed to take the one compressed snapshot that all boards share."""
        return any(
            isinstance(extension, PerMessageDeflate)
            and extension.local_no_context_takeover
            and extension.local_max_window_bits == WINDOW_BITS
            for extension in self.conn.extensions
        )

    def write_frames(self, frames: bytes) -> None:
        """Writes whole frames without waiting; `takes_frames` says when that is polite."""
        self.transport.write(frames)

    def abort(self) -> None:
        """Cuts the connection of a board that does not even read the closing."""
        self.transport.abort()
