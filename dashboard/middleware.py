"""What surrounds every request: limits, protective headers, and a record that it was answered."""

from __future__ import annotations

import re
import time
from urllib.parse import urlsplit

import structlog
from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from alerts.domain import pictures
from alerts.domain.compliance.photos import LARGEST_BYTES, MOST_PHOTOS
from dashboard.metrics import REQUESTS
from dashboard.problems import Problem, answer_problem, name_route

BODY_LIMIT_BYTES = 65_536
PHOTOS_LIMIT_BYTES = MOST_PHOTOS * LARGEST_BYTES * 4 // 3 + BODY_LIMIT_BYTES  # in base64, with the words beside them
_WITH_PHOTOS = re.compile(r"/api/v1/(schools/[^/]+/facts|facts/[^/]+/corrections|inspections/[^/]+/answers)")
_OF_A_PICTURE = re.compile(r"/api/v1/points/[^/]+/pictures/[^/]+")

# The page is one bundle of our own and talks to nobody but us, and to whoever draws the map under the schools. Leaflet
# places tiles and markers through the DOM's style object, which no policy forbids; it needs `data:` for its empty tile.
_CONTENT_POLICY = (
    "default-src 'self'; img-src {images}; object-src 'none'; base-uri 'none'; form-action 'self'; "
    "frame-ancestors 'none'"
)
_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(self)",  # where an inspector is, if they say so
}
_STRICT_TRANSPORT = "max-age=31536000"

log = structlog.get_logger()


class ProtectiveHeaders:
    """Adds headers that keep browsers from doing anything with our answers that we did not mean. `map_tiles` is where
    the map under the schools comes from, if from anywhere."""

    def __init__(self, app: ASGIApp, map_tiles: str | None = None) -> None:
        self._app = app
        images = "'self' data:" if map_tiles is None else f"'self' data: {_read_origin(map_tiles)}"
        self._headers = {"Content-Security-Policy": _CONTENT_POLICY.format(images=images), **_HEADERS}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in self._headers.items():
                    headers.setdefault(name, value)
                headers.setdefault("Cache-Control", "no-store")
                if scope["scheme"] == "https":
                    headers.setdefault("Strict-Transport-Security", _STRICT_TRANSPORT)
            await send(message)

        await self._app(scope, receive, send_with_headers)


class RequestRecord:
    """Counts and times each request by its route; an error that nobody expected becomes an answer and a log line."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started_at = time.perf_counter()
        status = 0

        async def send_and_note(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, send_and_note)
        except Exception:
            log.exception("dashboard.request.failed", method=scope["method"], path=name_route(scope))
            if not status:
                await answer_problem(Problem("internal"))(scope, receive, send_and_note)
        finally:
            REQUESTS.labels(scope["method"], name_route(scope), str(status)).observe(time.perf_counter() - started_at)


class BodyLimit:
    """Refuses a request whose body is larger than its address takes, by its header or as soon as that much has come.

    Whoever may not act is sent away before the body is read, so that nobody else fills the memory with photos."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        limit = _read_limit(scope["path"])
        said = Headers(scope=scope).get("content-length", "0")
        if not said.isdigit() or int(said) > limit:
            await answer_problem(_too_large(limit))(scope, receive, send)
            return
        size = 0

        async def receive_limited() -> Message:
            nonlocal size
            message = await receive()
            size += len(message.get("body", b""))
            if size > limit:
                # FastAPI lets only this class of error through while it reads a body
                raise HTTPException(413)
            return message

        await self._app(scope, receive_limited, send)


def _read_origin(address: str) -> str:
    parts = urlsplit(address)
    return f"{parts.scheme}://{parts.netloc}"


def _read_limit(path: str) -> int:
    if _OF_A_PICTURE.fullmatch(path):
        return pictures.LARGEST_BYTES
    return PHOTOS_LIMIT_BYTES if _WITH_PHOTOS.fullmatch(path) else BODY_LIMIT_BYTES


def _too_large(limit: int) -> Problem:
    return Problem("too-large", f"at most {limit} bytes", headers={"Connection": "close"})
