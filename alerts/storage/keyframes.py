"""Whole boards that are kept now and then, so that a board of the past is found without reading the whole log."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from alerts.storage.database import Connection
from alerts.storage.statements import read_statements

_SQL = read_statements("keyframes")


@dataclass(frozen=True, slots=True)
class Keyframe:
    """The board at a position of the log; `board` is compressed JSON."""

    position: int
    at: datetime
    board: bytes


async def insert_keyframe(connection: Connection, keyframe: Keyframe) -> None:
    """Keeps one."""
    await connection.execute(_SQL["insert"], keyframe.position, keyframe.at, keyframe.board)


async def read_newest_position(connection: Connection) -> int | None:
    """Where the newest one stands."""
    position: int | None = await connection.fetchval(_SQL["read_newest_position"])
    return position


async def find_keyframe(connection: Connection, at: datetime) -> Keyframe | None:
    """The newest one that is not later than an instant."""
    row = await connection.fetchrow(_SQL["find"], at)
    return None if row is None else Keyframe(**row)


async def read_first_at(connection: Connection) -> datetime | None:
    """The instant of the oldest one."""
    at: datetime | None = await connection.fetchval(_SQL["read_first_at"])
    return at
