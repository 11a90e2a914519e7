"""Whole boards that are kept now and then, so that a board of the past is found without reading the whole log."""

from __future__ import annotations

from collections.abc import Sequence
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


async def list_positions(connection: Connection, before: datetime) -> list[int]:
    """Where those from before an instant stand, in order."""
    return [row["position"] for row in await connection.fetch(_SQL["list_positions"], before)]


async def drop_before_log(connection: Connection) -> int:
    """Lets those go from which the log does not go on: its first rows were taken away since. Returns how many."""
    done: str = await connection.execute(_SQL["drop_before_log"])
    return int(done.rpartition(" ")[2])


async def drop_keyframes(connection: Connection, positions: Sequence[int]) -> None:
    """Lets some go."""
    await connection.execute(_SQL["drop"], positions)


async def find_keyframe(connection: Connection, at: datetime) -> Keyframe | None:
    """The newest one that is not later than an instant and from which the log goes on."""
    row = await connection.fetchrow(_SQL["find"], at)
    return None if row is None else Keyframe(**row)


async def read_first_at(connection: Connection) -> datetime | None:
    """The instant of the oldest one."""
    at: datetime | None = await connection.fetchval(_SQL["read_first_at"])
    return at
