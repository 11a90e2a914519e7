"""Escalation policies and announced windows on disk."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import asyncpg
import msgspec

from alerts.domain.escalation import Policy
from alerts.domain.presses import Mode
from alerts.storage.database import Connection
from alerts.storage.errors import UnknownReference
from alerts.storage.records import read_records
from alerts.storage.statements import read_statements

_SQL = read_statements("policies")


@dataclass(frozen=True, slots=True)
class PolicyVersion:
    """A policy as it was saved; version 0 is the built-in one."""

    mode: Mode
    version: int
    definition: Policy
    saved_by: str | None
    saved_at: datetime | None


@dataclass(frozen=True, slots=True)
class Window:
    """An announced window for tests or drills of a school, a district, or with neither of the whole city."""

    id: int
    mode: Mode
    district: str | None
    school: str | None
    starts_at: datetime
    ends_at: datetime
    announced_by: str
    announced_at: datetime
    note: str


async def list_newest_policies(connection: Connection) -> list[PolicyVersion]:
    """The newest saved policy of each mode that has one."""
    rows = [dict(row) for row in await connection.fetch(_SQL["list_newest"])]
    return [
        msgspec.convert(row | {"definition": msgspec.json.decode(row["definition"])}, PolicyVersion) for row in rows
    ]


async def save_policy(connection: Connection, mode: Mode, policy: Policy, by: str, now: datetime) -> int:
    """Saves a new version of a mode's policy and returns its number."""
    definition = msgspec.json.encode(policy).decode()
    version: int = await connection.fetchval(_SQL["save"], mode, definition, by, now)
    return version


async def announce_window(connection: Connection, window: Window) -> int:
    """Stores a window (its `id` is not looked at) and returns its id. Raises UnknownReference."""
    try:
        id_: int = await connection.fetchval(
            _SQL["announce_window"],
            window.mode,
            window.district,
            window.school,
            window.starts_at,
            window.ends_at,
            window.announced_by,
            window.announced_at,
            window.note,
        )
    except asyncpg.ForeignKeyViolationError as error:
        raise UnknownReference(str(error)) from error
    return id_


async def end_window(connection: Connection, window_id: int, now: datetime) -> bool:
    """Ends a window at `now`; False when there is none of that id, or it was over."""
    return await connection.fetchval(_SQL["end_window"], window_id, now) is not None


async def list_windows(connection: Connection, now: datetime) -> list[Window]:
    """Windows that are not over."""
    return read_records(await connection.fetch(_SQL["list_windows"], now), Window)
