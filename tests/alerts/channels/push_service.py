"""A push service as browsers have one: it checks who sends by their signature, and its browsers read what is theirs."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import msgspec
from cryptography.hazmat.primitives.asymmetric.ec import (
    ECDH,
    SECP256R1,
    EllipticCurvePrivateKey,
    EllipticCurvePublicKey,
    generate_private_key,
)
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from joserfc import jwt
from joserfc.jwk import ECKey

from alerts.domain.push import Browser, read_base64, write_base64

_DAY_SECONDS = 86_400


@dataclass
class Subscribed:
    """A browser that was switched on, and what its push service answers for it."""

    endpoint: str
    private: EllipticCurvePrivateKey = field(default_factory=lambda: generate_private_key(SECP256R1()))
    secret: bytes = field(default_factory=lambda: os.urandom(16))
    status: str = "201 Created"
    retry_after: str = ""
    shown: list[dict[str, Any]] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)

    @property
    def key(self) -> bytes:
        return self.private.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)

    @property
    def browser(self) -> Browser:
        return Browser(self.endpoint, self.key, self.secret)

    @property
    def told(self) -> dict[str, str]:
        """What the page tells the service of it."""
        return {"endpoint": self.endpoint, "p256dh": write_base64(self.key), "auth": write_base64(self.secret)}

    def read(self, body: bytes) -> bytes:
        """What only this browser reads (RFC 8188 and 8291, from the reader's side)."""
        salt, length = body[:16], body[20]
        theirs, record = body[21 : 21 + length], body[21 + length :]
        assert int.from_bytes(body[16:20], "big") >= len(record), "more than one record"
        shared = self.private.exchange(ECDH(), EllipticCurvePublicKey.from_encoded_point(SECP256R1(), theirs))
        material = HKDF(SHA256(), 32, self.secret, b"WebPush: info\0" + self.key + theirs).derive(shared)
        key = HKDF(SHA256(), 16, salt, b"Content-Encoding: aes128gcm\0").derive(material)
        nonce = HKDF(SHA256(), 12, salt, b"Content-Encoding: nonce\0").derive(material)
        text = AESGCM(key).decrypt(nonce, record, None).rstrip(b"\0")
        assert text.endswith(b"\x02"), "not the last record"
        return text[:-1]


class PushService:
    """Listens on a free port. What is signed wrongly, or encrypted for somebody else, is a complaint."""

    def __init__(self) -> None:
        self.origin = ""
        self.complaints: list[str] = []
        self._browsers: dict[str, Subscribed] = {}

    def subscribe(self) -> Subscribed:
        path = f"/push/{len(self._browsers)}"
        self._browsers[path] = Subscribed(f"{self.origin}{path}")
        return self._browsers[path]

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection, kept as long as the sender keeps it."""
        while head := await _read_head(reader):
            line, *rows = head.decode().split("\r\n")
            headers = {name.lower(): value.strip() for name, _, value in (row.partition(":") for row in rows)}
            browser = self._browsers[line.split(" ")[1]]
            self._take(browser, headers, await reader.readexactly(int(headers["content-length"])))
            wish = f"Retry-After: {browser.retry_after}\r\n" if browser.retry_after else ""
            writer.write(f"HTTP/1.1 {browser.status}\r\n{wish}Content-Length: 0\r\n\r\n".encode())
        writer.close()

    def _take(self, browser: Subscribed, headers: dict[str, str], body: bytes) -> None:
        try:
            self._check_signature(headers["authorization"])
            said = msgspec.json.decode(browser.read(body))
        except Exception as error:  # noqa: BLE001 - told at the end, where the test hears it
            self.complaints.append(repr(error))
            return
        browser.headers.append(headers)
        if browser.status.startswith("2"):
            browser.shown.append(said)

    def _check_signature(self, authorization: str) -> None:
        token, _, key = authorization.removeprefix("vapid t=").partition(", k=")
        point = EllipticCurvePublicKey.from_encoded_point(SECP256R1(), read_base64(key))
        claims = jwt.decode(token, ECKey.import_key(point), algorithms=["ES256"]).claims
        assert claims["aud"] == self.origin
        assert claims["sub"] == "mailto:alarm@example.cn"
        assert time.time() < claims["exp"] < time.time() + _DAY_SECONDS


async def _read_head(reader: asyncio.StreamReader) -> bytes:
    try:
        return (await reader.readuntil(b"\r\n\r\n")).removesuffix(b"\r\n\r\n")
    except asyncio.IncompleteReadError:
        return b""


@asynccontextmanager
async def open_push_service() -> AsyncIterator[PushService]:
    """A push service for a test, which fails it when something came that no browser reads."""
    service = PushService()
    server = await asyncio.start_server(service.serve, "127.0.0.1", 0)
    service.origin = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    async with server:
        yield service
    assert service.complaints == []
