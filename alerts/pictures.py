"""What administrators do with the pictures of places. Each change and its row of the log are one transaction."""

from __future__ import annotations

import hashlib
from typing import Any

from alerts.domain.pictures import PictureKind
from alerts.redrawing import Redrawn
from alerts.storage import pictures as storage
from alerts.storage.database import Database
from alerts.storage.log import Entry, append_log
from alerts.storage.pictures import PicturedPoint, PictureRow


class NoSuchPoint(LookupError):
    """There is no point of this number."""


class NoSuchPicture(LookupError):
    """The point has no such picture."""


async def save_picture(database: Database, point: int, kind: PictureKind, drawn: Redrawn, by: str) -> PictureRow:
    """Keeps a picture in the place of the one before, and says so in the log; the same one again is no news. Raises
    NoSuchPoint."""
    sha256 = hashlib.sha256(drawn.content).hexdigest()
    async with database.transaction() as connection:
        at = await storage.lock_point(connection, point)
        if at is None:
            raise NoSuchPoint(f"there is no point {point}")
        now = await database.read_now(connection)
        row = PictureRow(point, at.name, kind, drawn.width, drawn.height, sha256, now)
        before = await storage.read_sha256(connection, point, kind)
        if before != sha256:
            await storage.save_picture(connection, row, drawn.content, by)
            said = {"sha256": sha256, "width": row.width, "height": row.height, "replaced": before}
            await append_log(connection, now, [_entry("picture.saved", at, kind, by, said)])
    return row


async def remove_picture(database: Database, point: int, kind: PictureKind, by: str) -> None:
    """Removes a picture, and says in the log which it was. Raises NoSuchPicture."""
    async with database.transaction() as connection:
        at = await storage.lock_point(connection, point)
        removed = None if at is None else await storage.remove_picture(connection, point, kind)
        if at is None or removed is None:
            raise NoSuchPicture(f"the point {point} has no {kind}")
        now = await database.read_now(connection)
        await append_log(connection, now, [_entry("picture.removed", at, kind, by, {"sha256": removed})])


def _entry(event: str, at: PicturedPoint, kind: PictureKind, by: str, said: dict[str, Any]) -> Entry:
    return Entry(f"person:{by}", f"school:{at.school}", event, {"point": at.name, "picture": kind, **said})
