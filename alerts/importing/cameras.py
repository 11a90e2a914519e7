"""Lands links to cameras. A row whose link is empty takes the camera away."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from alerts.domain.registry import Camera
from alerts.importing.landing import FirstLines, collect, split_rows
from alerts.importing.report import Ledger
from alerts.importing.rows import Row
from alerts.storage.database import Connection
from alerts.storage.registry import find_cameras, find_points, find_schools, remove_cameras, save_cameras


class CameraLanding:
    """Every row is settled with its batch: a camera needs nothing but its school and its point."""

    def __init__(self) -> None:
        self.ledger = Ledger(("cameras",))
        self.touched: set[str] = set()  # no camera stands in a school's line on the board
        self._lines = FirstLines()

    async def take(self, connection: Connection, rows: Sequence[Row]) -> None:
        """Lands a batch."""
        schools = await find_schools(connection, collect(rows, "school"))
        points = await find_points(connection, schools)
        known = await find_cameras(connection, schools)
        for row in rows:
            self._check(row, schools, points)
        news: list[Camera] = []
        gone: list[Camera] = []
        for row in split_rows(rows, self.ledger):
            key = (row.values["school"], row.values["camera"])
            before, after = known.get(key), _read(row, known.get(key))
            if (before or after) and self.ledger.settle("cameras", key, before, after):
                (gone if after is None else news).append(after or Camera(*key, address=""))
        await remove_cameras(connection, gone)
        await save_cameras(connection, news)

    async def finish(self, connection: Connection) -> None:
        """Nothing waits."""

    def _check(self, row: Row, schools: Collection[str], points: Collection[tuple[str, str]]) -> None:
        school, camera, point = row.get("school"), row.get("camera"), row.get("point")
        if school and school not in schools:
            row.refuse("school", f"there is no school {school}: import the schools first")
        elif school and point and (school, point) not in points:
            row.refuse("point", f"the school {school} has no point “{point}”: import its devices first")
        if school and camera:
            self._lines.refuse_repeat(row, "camera", (school, camera), f"the camera “{camera}” of the school {school}")
        if "link" not in row.headings:
            row.refuse("link", "is needed; where it is empty the camera is taken away")


def _read(row: Row, before: Camera | None) -> Camera | None:
    """The camera as the row wants it; without a column for points it keeps looking where it does."""
    link = row.get("link")
    if link is None:
        return None
    point = row.get("point") if "point" in row.values or before is None else before.point
    return Camera(row.values["school"], row.values["camera"], link, point)
