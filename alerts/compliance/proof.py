"""A raw message, opened: what came, when, where it lies, and which closed days cover it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from hashlib import sha256
from typing import Any

import msgspec

from alerts.compliance.places import read_day
from alerts.storage.compliance_reads import find_evidence, list_covering_days
from alerts.storage.database import Connection, Database
from alerts.storage.log import Entry, append_log
from alerts.storage.retention import list_gone_days

_PERSONAL = ("name", "phone")  # of visitors; who may act sees them


@dataclass(frozen=True, slots=True)
class Covering:
    """A version of the school's closed day: its hash covers the message. `position` is where the log was then."""

    on: date
    version: int
    closed_at: datetime
    evidence_rows: int
    evidence_hash: str
    position: int | None


@dataclass(frozen=True, slots=True)
class Evidence:
    """A raw message. `payload` is its text as it came, or with a visitor's name and number covered (`masked`); `sha256`
    is of the bytes that came. `partition` is the table in which it lies under its key, `counts_on` the school's own day
    of which it tells; `school` is null where it counts nowhere, and `problems` say why."""

    key: str
    on: date
    device: str
    channel: str
    identity: str
    school: str | None
    school_name: str | None
    topic: str
    occurred_at: datetime | None
    received_at: datetime
    recorded_at: datetime | None
    problems: tuple[str, ...]
    payload: str
    masked: bool
    sha256: str
    partition: str
    counts_on: date
    covered_by: tuple[Covering, ...]


async def tell_gone(connection: Connection, key: str) -> str | None:
    """What became of a message that is not there, where its whole day has gone; else None."""
    parts = _read_key(key)
    gone = [] if parts is None else await list_gone_days(connection, parts[0], parts[0])
    return f"raw messages of {gone[0].on_date} were kept until {read_day(gone[0].gone_at)}" if gone else None


async def open_evidence(connection: Connection, key: str, *, personal: bool) -> Evidence | None:
    """The message of a key, `day/device/channel/identity`; None when there is none. Without `personal` a visitor's name
    and number are covered."""
    parts = _read_key(key)
    row = None if parts is None else await find_evidence(connection, *parts)
    if row is None:
        return None
    days = await list_covering_days(connection, row.counts_on, row.place) if row.place else []
    said = row.payload.decode(errors="replace")
    payload, masked = (said, False) if personal else _cover(row.channel, said)
    return Evidence(
        key=key,
        on=row.on_date,
        device=row.device,
        channel=row.channel,
        identity=row.identity,
        school=row.place,
        school_name=row.school_name,
        topic=row.topic,
        occurred_at=row.occurred_at,
        received_at=row.received_at,
        recorded_at=row.recorded_at,
        problems=row.problems,
        payload=payload,
        masked=masked,
        sha256=sha256(row.payload).hexdigest(),
        partition=row.partition,
        counts_on=row.counts_on,
        covered_by=tuple(
            Covering(one.on_date, one.version, one.closed_at, one.evidence_rows, one.evidence_hash.hex(), one.position)
            for one in days
        ),
    )


async def show_evidence(database: Database, key: str, by: str, *, personal: bool) -> Evidence | None:
    """Opens a message; where a visitor's name or number is shown uncovered, the log says first who sees it."""
    async with database.transaction(isolation="repeatable_read") as connection:
        found = await open_evidence(connection, key, personal=personal)
    if found is not None and not found.masked and _cover(found.channel, found.payload)[1]:
        subject = f"school:{found.school}" if found.school else f"device:{found.device}"
        said = Entry(f"person:{by}", subject, "evidence.opened", {"key": key, "sha256": found.sha256})
        async with database.transaction() as connection:
            await append_log(connection, await database.read_now(connection), [said])
    return found


def _read_key(key: str) -> tuple[date, str, str, str] | None:
    """The parts of a key; an identity may have slashes in it."""
    day, *rest = key.split("/", 3)
    try:
        on = date.fromisoformat(day)
    except ValueError:
        return None
    return (on, rest[0], rest[1], rest[2]) if len(rest) == 3 else None


def _cover(channel: str, payload: str) -> tuple[str, bool]:
    """The payload with what is personal in it covered, and whether there was anything. What cannot be read as a JSON
    object is covered whole when it comes from a visitor terminal."""
    try:
        said: Any = msgspec.json.decode(payload)
    except msgspec.DecodeError:
        said = None
    if not isinstance(said, dict):
        return ("", True) if channel == "visit" else (payload, False)
    found = [name for name in _PERSONAL if said.get(name)]
    if not found:
        return payload, False
    return msgspec.json.encode(said | dict.fromkeys(found, "***")).decode(), True
