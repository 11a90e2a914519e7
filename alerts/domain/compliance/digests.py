"""One hash over a day's raw messages, as docs/compliance.md gives it to whoever computes it again."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from operator import attrgetter, itemgetter

from alerts.domain.compliance.messages import Raw

Told = tuple[str, str, Sequence[Raw]]
"""A device, a channel, and what the device said on it, in any order."""


@dataclass(frozen=True, slots=True)
class Digest:
    """How many raw messages a day has, and the hash over them."""

    rows: int
    hash: bytes


NOTHING = Digest(0, b"")
_of_device = itemgetter(0, 1)
_key = attrgetter("key")
_identity = attrgetter("identity")


def digest_messages(told: Iterable[Told]) -> Digest:
    """The hash over messages by device, channel, identity and the date under which each is filed; of none it is empty.
    PostgreSQL sorts as Python does, by code points."""
    hashes = [one for device, channel, raws in sorted(told, key=_of_device) for one in _hash(device, channel, raws)]
    return Digest(len(hashes), sha256(b"".join(hashes)).digest()) if hashes else NOTHING


def _hash(device: str, channel: str, raws: Sequence[Raw]) -> list[bytes]:
    """The hashes of what a device said on a channel. What keys of one device and channel differ in is date, then
    identity."""
    return [
        sha256(f"{device}\n{channel}\n{raw.identity}\n{raw.instants}\n".encode() + raw.payload).digest()
        for raw in sorted(sorted(raws, key=_key), key=_identity)
    ]
