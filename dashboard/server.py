"""The server: one port for HTTP and WebSocket, and an end that is no accident."""

from __future__ import annotations

import asyncio
import signal
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import structlog
import uvicorn

from alerts.settings import Settings
from dashboard.app import make_app
from dashboard.live.sockets import BoardSocket
from dashboard.page import BUILT_PAGE

INCOMING_BYTES = 4096  # what a board says is short, and so is a ping
STOPPING_SECONDS = 5  # for requests that are being answered

log = structlog.get_logger()


class BoardServer(uvicorn.Server):
    """uvicorn, but a signal that asks it to stop is obeyed and not raised again: stopping is no failure."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Stops on the first signal, and without waiting for anybody on the second."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._stop)
        try:
            yield
        finally:
            for number in (signal.SIGTERM, signal.SIGINT):
                loop.remove_signal_handler(number)

    async def serve(self, sockets: list[socket.socket] | None = None) -> None:
        """Serves; what it says goes out at once. asyncio sees to that only where a listener names its protocol, which
        `socket.create_server` leaves out: an answer's body, and the second of two changes, would wait 40 ms for the
        client to confirm what came before. What is accepted inherits it."""
        for listener in sockets or ():
            listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        await super().serve(sockets)

    def _stop(self) -> None:
        self.force_exit = self.should_exit
        self.should_exit = True


def make_server(settings: Settings, on_failure: Callable[[], None], page: Path = BUILT_PAGE) -> BoardServer:
    """A server for the whole people side, not started yet."""
    config = uvicorn.Config(
        make_app(settings, page=page, on_failure=on_failure),
        ws=BoardSocket,
        ws_per_message_deflate=False,  # BoardSocket brings its own
        ws_max_size=INCOMING_BYTES,
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=STOPPING_SECONDS,
        ssl_certfile=settings.http_cert,
        ssl_keyfile=settings.http_key,
    )
    return BoardServer(config)


async def serve(settings: Settings, listener: socket.socket) -> int:
    """Serves on a socket that listens, and returns the exit code: 0 when it was asked to stop."""
    failed = False

    def stop_failed() -> None:
        nonlocal failed
        failed = True
        server.should_exit = True

    server = make_server(settings, stop_failed)
    host, port = listener.getsockname()[:2]
    log.info("dashboard.service.started", host=host, port=port)
    await server.serve(sockets=[listener])
    log.info("dashboard.service.stopped", failed=failed)
    return 1 if failed else 0
