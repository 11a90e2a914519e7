"""The page as it was built: kept in memory, compressed when first asked for, answered for all that is not the API's."""

from __future__ import annotations

import gzip
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from types import MappingProxyType

from fastapi import Request, Response
from starlette.types import Receive, Scope, Send
from starlette.websockets import WebSocketClose

from dashboard.problems import Problem

BUILT_PAGE = Path(__file__).parent / "web_dist"
_ENTRY = "index.html"
_FOREVER = "public, max-age=31536000, immutable"  # for names that carry the digest of what is in them
_ASK_AGAIN = "no-cache"
_SMALLEST_COMPRESSED = 600  # bytes; less fits a packet as it is
_TEXT_TYPES: Mapping[str, str] = MappingProxyType(
    {
        ".html": "text/html; charset=utf-8",
        ".js": "text/javascript; charset=utf-8",
        ".css": "text/css; charset=utf-8",
        ".json": "application/json",
        ".map": "application/json",
        ".svg": "image/svg+xml",
        ".txt": "text/plain; charset=utf-8",
        ".md": "text/plain; charset=utf-8",
        ".webmanifest": "application/manifest+json",
    }
)
_OTHER_TYPES: Mapping[str, str] = MappingProxyType(
    {
        ".png": "image/png",
        ".ico": "image/x-icon",
        ".woff2": "font/woff2",
        ".mp3": "audio/mpeg",
        ".ogg": "audio/ogg",
        ".wav": "audio/wav",
    }
)
_NOT_BUILT = """<!doctype html>
<html lang="en"><meta charset="utf-8"><title>campus-alert: the page is not built</title>
<h1>The page is not built</h1>
<p>The service runs and takes presses, but its page was not built when it was installed.
Run <code>make demo</code>, or <code>pip install -e .</code> without <code>CAMPUS_WEB=skip</code>;
then load this again.</p>
<p lang="zh-Hans">服务正在运行，但页面尚未构建。请运行 <code>make demo</code>，然后刷新。</p>
</html>
"""


@dataclass(frozen=True)
class PageFile:
    """A file of the page."""

    content: bytes
    is_text: bool
    media_type: str
    etag: str
    cache: str

    @cached_property
    def compressed(self) -> bytes | None:
        """Made when it is first asked for, and kept; None where it would not help."""
        helps = self.is_text and len(self.content) >= _SMALLEST_COMPRESSED
        return gzip.compress(self.content, mtime=0) if helps else None


class Page:
    """The ASGI end of all addresses that no route takes."""

    def __init__(self, folder: Path = BUILT_PAGE) -> None:
        self._folder = folder
        self._files: Mapping[str, PageFile] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            await WebSocketClose()(scope, receive, send)
            return
        await self.answer(Request(scope))(scope, receive, send)

    def answer(self, request: Request) -> Response:
        """A file of the page, or its entry for an address that the page itself knows. Raises Problem."""
        path = request.url.path.removeprefix("/")
        if path.startswith("api/"):
            raise Problem("not-found")
        if request.method not in {"GET", "HEAD"}:
            raise Problem("method-not-allowed", headers={"Allow": "GET, HEAD"})
        if not self._files:  # built while we run, perhaps
            self._files = _read_folder(self._folder)
        if _ENTRY not in self._files:
            return Response(_NOT_BUILT, 503, media_type="text/html; charset=utf-8")
        found = self._files.get(path)
        if found is None and "." in path.rpartition("/")[2]:
            raise Problem("not-found")
        return _answer_file(request, found or self._files[_ENTRY])


def _answer_file(request: Request, file: PageFile) -> Response:
    headers = {"ETag": file.etag, "Cache-Control": file.cache, "Vary": "Accept-Encoding"}
    if file.etag in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=headers)
    content = file.content
    if "gzip" in request.headers.get("accept-encoding", "") and file.compressed is not None:
        content = file.compressed
        headers["Content-Encoding"] = "gzip"
    return Response(content, headers=headers, media_type=file.media_type)


def _read_folder(folder: Path) -> Mapping[str, PageFile]:
    files = (path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): _read_file(path, folder) for path in files}


def _read_file(path: Path, folder: Path) -> PageFile:
    content = path.read_bytes()
    return PageFile(
        content=content,
        is_text=path.suffix in _TEXT_TYPES,
        media_type=_TEXT_TYPES.get(path.suffix) or _OTHER_TYPES.get(path.suffix, "application/octet-stream"),
        etag=f'"{hashlib.sha256(content).hexdigest()[:20]}"',
        cache=_FOREVER if path.parent == folder / "assets" else _ASK_AGAIN,
    )
