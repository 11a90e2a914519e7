"""Web Push: which browsers are taken, and to which push services the service speaks."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from urllib.parse import SplitResult, urlsplit

from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePublicKey

ADDRESS = "browsers"  # of the method that stands for all browsers of a person
MOST_BROWSERS = 10  # an account
TRY_PAUSE = timedelta(seconds=10)  # between two messages by which somebody sees that it works
_LONGEST_ENDPOINT = 1000
_SECRET_BYTES = 16


class BrowserInvalid(ValueError):
    """What no browser gave us, or one whose push service is not spoken to; the message says what is wrong."""


class PushLanguage(StrEnum):
    """In which language a browser is spoken to."""

    ZH = "zh"
    EN = "en"


@dataclass(frozen=True, slots=True)
class Browser:
    """What it takes to send to one browser: the address that its push service gave it, and its own keys."""

    endpoint: str
    key: bytes
    secret: bytes


def read_browser(endpoint: str, key: str, secret: str, services: Sequence[str]) -> Browser:
    """A browser as its `PushSubscription` tells: keys in base64url. Raises BrowserInvalid."""
    if len(endpoint) > _LONGEST_ENDPOINT or not endpoint.isascii() or not endpoint.isprintable():
        raise BrowserInvalid("the endpoint is no address")
    if not is_spoken_to(endpoint, services):
        raise BrowserInvalid("its push service is none of CAMPUS_PUSH_SERVICES")
    browser = Browser(endpoint, read_base64(key), read_base64(secret))
    if len(browser.secret) != _SECRET_BYTES:
        raise BrowserInvalid(f"the secret has not {_SECRET_BYTES} bytes")
    read_point(browser.key)
    return browser


def is_spoken_to(endpoint: str, services: Sequence[str]) -> bool:
    """Whether an address lies at one of the push services: `host`, `*.domain` (https and its own port only), or a whole
    origin. Whoever is signed in says the address and the engine calls it, so that it must be nobody else's: no list of
    private addresses would be as safe, since a name may lead anywhere."""
    try:
        parts = urlsplit(endpoint)
        plain = parts.port is None and parts.scheme == "https"
    except ValueError:
        return False
    if parts.username is not None or parts.password is not None or not parts.hostname:
        return False
    return any(_is_at(parts, service, plain=plain) for service in services)


def _is_at(parts: SplitResult, service: str, *, plain: bool) -> bool:
    if "://" in service:
        return f"{parts.scheme}://{parts.netloc}" == service
    host = parts.hostname or ""
    return plain and (host.endswith(service[1:]) if service.startswith("*.") else host == service)


def read_point(key: bytes) -> EllipticCurvePublicKey:
    """The public key of a browser, a point of P-256. Raises BrowserInvalid."""
    try:
        return EllipticCurvePublicKey.from_encoded_point(SECP256R1(), key)
    except ValueError as error:
        raise BrowserInvalid("the key is no point of P-256") from error


def read_base64(text: str) -> bytes:
    """Bytes from base64url, with or without its padding. Raises BrowserInvalid."""
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError) as error:
        raise BrowserInvalid("a key is base64url") from error


def write_base64(data: bytes) -> str:
    """Bytes as base64url without padding, as push services and browsers write them."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
