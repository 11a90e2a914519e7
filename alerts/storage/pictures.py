"""Pictures of points, and links to the cameras that look at them, on disk."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from alerts.domain.pictures import PictureKind
from alerts.domain.registry import Camera
from alerts.storage.database import Connection
from alerts.storage.records import read_record, read_records
from alerts.storage.statements import read_statements

_SQL = read_statements("pictures")


@dataclass(frozen=True, slots=True)
class PicturedPoint:
    """The point that a picture is of."""

    school: str
    name: str


@dataclass(frozen=True, slots=True)
class PictureRow:
    """A picture without its content: `point` is the point's number, `place` its name."""

    point: int
    place: str
    kind: PictureKind
    width: int
    height: int
    sha256: str
    saved_at: datetime


@dataclass(frozen=True, slots=True)
class StoredPicture:
    """What is served; `content` is None for who has it already."""

    sha256: str
    content: bytes | None


async def lock_point(connection: Connection, point: int) -> PicturedPoint | None:
    """A point, locked; None when there is none of this number."""
    row = await connection.fetchrow(_SQL["lock_point"], point)
    return None if row is None else read_record(row, PicturedPoint)


async def read_sha256(connection: Connection, point: int, kind: PictureKind) -> str | None:
    """By what the picture is known that is there; None when there is none."""
    found: str | None = await connection.fetchval(_SQL["read_sha256"], point, kind)
    return found


async def save_picture(connection: Connection, row: PictureRow, content: bytes, by: str) -> None:
    """Keeps a picture in the place of the one before."""
    said = (row.point, row.kind, content, row.width, row.height, row.sha256, by, row.saved_at)
    await connection.execute(_SQL["save_picture"], *said)


async def remove_picture(connection: Connection, point: int, kind: PictureKind) -> str | None:
    """Removes a picture, and says by what it was known; None when there was none."""
    found: str | None = await connection.fetchval(_SQL["remove_picture"], point, kind)
    return found


async def read_picture(
    connection: Connection, point: int, kind: PictureKind, known: str | None
) -> StoredPicture | None:
    """A picture, without its content where the caller knows it by `known`; None when there is none."""
    row = await connection.fetchrow(_SQL["read_picture"], point, kind, known)
    return None if row is None else read_record(row, StoredPicture)


async def list_pictures(connection: Connection, school: str, point: str | None = None) -> list[PictureRow]:
    """The pictures of a school's points, or of the one of this name."""
    return read_records(await connection.fetch(_SQL["list_pictures"], school, point), PictureRow)


async def list_cameras_at(connection: Connection, school: str, point: str | None) -> list[Camera]:
    """The cameras that look at a point, then those of its school as a whole."""
    return read_records(await connection.fetch(_SQL["list_cameras_at"], school, point), Camera)
