"""Answers that no provider means to give."""

from __future__ import annotations

from fastapi import Response
from starlette.types import Receive, Scope, Send


class Cut(Response):
    """Half an answer; then the server cuts the connection, because there never comes more."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Promises a body, and ends."""
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"1024")]})
