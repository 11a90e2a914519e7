"""The hash chain of the log: each row's hash covers the row before it, so no row can change unseen.

hash = SHA-256(previous hash ‖ UTF-8("position\\nat\\nactor\\nsubject\\nkind\\nbody")), `at` in UTC with microseconds
and a Z, `body` the JSON text as stored. The first row's previous hash is 32 zero bytes.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

GENESIS = bytes(32)


@dataclass(frozen=True, slots=True)
class LogRow:
    """One row of the log as stored; `body` is JSON text."""

    position: int
    at: datetime
    actor: str
    subject: str
    kind: str
    body: str
    previous_hash: bytes
    hash: bytes


@dataclass(frozen=True, slots=True)
class Head:
    """Where the log ends: the last row's position and hash."""

    position: int
    hash: bytes


@dataclass(frozen=True, slots=True)
class Misfit:
    """The first row that does not fit, and why."""

    position: int
    reason: str


def hash_row(row: LogRow) -> bytes:
    """The hash that the row must bear, given its own `previous_hash`."""
    stamp = row.at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    said = f"{row.position}\n{stamp}\n{row.actor}\n{row.subject}\n{row.kind}\n{row.body}"
    return hashlib.sha256(row.previous_hash + said.encode()).digest()


def find_misfit(rows: Iterable[LogRow], after: Head) -> tuple[Head, Misfit | None]:
    """Walks rows in order from `after`; returns the last head that held, and the first row that does not fit."""
    for row in rows:
        if row.position != after.position + 1:
            return after, Misfit(after.position + 1, f"missing: the next row is {row.position}")
        if row.previous_hash != after.hash:
            return after, Misfit(row.position, "its previous hash is not the hash of the row before it")
        if row.hash != hash_row(row):
            return after, Misfit(row.position, "its content does not give its hash")
        after = Head(row.position, row.hash)
    return after, None
