"""Whose certificates the simulators believe."""

from __future__ import annotations

import ssl
from functools import cache

import httpx


@cache
def read_trusted() -> ssl.SSLContext:
    """Read once: it takes longer than all else that a client needs to open."""
    return httpx.create_ssl_context()
