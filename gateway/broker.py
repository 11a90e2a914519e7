"""The broker as its clients name it: where it is, and which session they keep there."""

import hmac
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from urllib.parse import unquote, urlsplit

_PORTS = {"mqtt": 1883, "mqtts": 8883}


class BrokerKind(StrEnum):
    """Brokers whose users and rights can be written."""

    NATS = "nats"
    MOSQUITTO = "mosquitto"


@dataclass(frozen=True, slots=True)
class BrokerAddress:
    """Where the broker is and how to sign in there. As text: host and port, never the password."""

    host: str
    port: int
    user: str | None = None
    password: str | None = None
    encrypted: bool = False
    authority: Path | None = None

    @classmethod
    def parse(cls, url: str, authority: Path | None = None) -> "BrokerAddress":
        """Read `mqtt://user:password@host:port`, or `mqtts://` for TLS, with whom we trust to sign the broker's
        certificate; None is the system's. Raises ValueError saying what is expected."""
        parts = urlsplit(url)
        if parts.scheme not in _PORTS or not parts.hostname:
            raise ValueError("a broker is named like mqtt://user:password@host:port, or with mqtts:// for TLS")
        return cls(
            host=parts.hostname,
            port=parts.port or _PORTS[parts.scheme],
            user=None if parts.username is None else unquote(parts.username),
            password=None if parts.password is None else unquote(parts.password),
            encrypted=parts.scheme == "mqtts",
            authority=authority,
        )

    def __str__(self) -> str:
        return f"{self.host}:{self.port}"


def make_client_id(key: bytes, name: str) -> str:
    """A client identifier that is always the same for a name, and that no device can guess.

    A broker ends a connection when another client comes with its identifier, whoever that is; with one that can be
    guessed, any device could throw the gateway out and wipe its queue. So its end follows from a key that the database
    keeps. Not from our password: whoever changed that would lose what is queued under the old identifier.
    """
    return f"{name}-{hmac.digest(key, name.encode(), 'sha256').hex()[:16]}"


@dataclass(frozen=True, slots=True)
class Session:
    """What the broker knows a client by. A kept session queues for the client while it is away."""

    client_id: str
    filters: tuple[str, ...] = ()
    qos: int = 1
    kept: bool = False
