"""The far end of the webhook channel: people's pagers, as far as the engine can tell."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


class Pager:
    """Every message that came, with its key; refuses with 503 once what is told of an incident at `refuses_at`."""

    def __init__(self) -> None:
        self.messages: list[tuple[str, dict[str, Any]]] = []
        self.refuses_at: str | None = None
        self.url = ""

    def of_incident(self, incident: int) -> list[dict[str, Any]]:
        """What the steps of its policy told about one incident; that 110 must be telephoned is another matter."""
        return [
            message
            for _, message in self.messages
            if message["incident"]["id"] == incident and message["reason"] == "step"
        ]

    def take(self, key: str, message: dict[str, Any]) -> int:
        """The status to answer with."""
        if message["reason"] == "step" and message["incident"]["school"] == self.refuses_at:
            self.refuses_at = None
            return 503
        self.messages.append((key, message))
        return 204


@contextmanager
def run_pager() -> Iterator[Pager]:
    """A pager that listens on a free port, in a thread of its own."""
    pager = Pager()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(pager.take(self.headers["Idempotency-Key"], json.loads(body)))
            self.end_headers()

        def log_message(self, *_said: Any) -> None:
            """Says nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    pager.url = f"http://127.0.0.1:{server.server_port}/"
    thread = threading.Thread(target=server.serve_forever, name="pager")
    thread.start()
    try:
        yield pager
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
