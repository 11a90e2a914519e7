"""Lands devices, with the points at which they hang."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from alerts.domain.registry import Device, Point, School
from alerts.importing.landing import FirstLines, Sayings, collect, split_rows
from alerts.importing.report import Ledger
from alerts.importing.rows import Row
from alerts.importing.tables import DEVICES
from alerts.storage.database import Connection
from alerts.storage.outputs import save_registered_outputs
from alerts.storage.registry import find_devices, find_points, find_schools, save_devices, save_points


class DeviceLanding:
    """Every row is settled with its batch: a device needs nothing but its school."""

    def __init__(self) -> None:
        self.ledger = Ledger(("devices", "points"))
        self.touched: set[str] = set()
        self._lines = FirstLines()
        self._point_kinds = Sayings("point_kind")

    async def take(self, connection: Connection, rows: Sequence[Row]) -> None:
        """Lands a batch."""
        schools = await find_schools(connection, collect(rows, "school"))
        for row in rows:
            self._check(row, schools)
        good = split_rows(rows, self.ledger)
        await self._save_points(connection, good)
        await self._save_devices(connection, good)

    async def finish(self, connection: Connection) -> None:
        """Nothing waits."""

    def _check(self, row: Row, schools: Mapping[str, School]) -> None:
        if code := row.get("code"):
            self._lines.refuse_repeat(row, "code", code, f"the device {code}")
        school, point = row.get("school"), row.get("point")
        if school and school not in schools:
            row.refuse("school", f"there is no school {school}: import the schools first")
        if school and point:
            self._point_kinds.hear(row, (school, point), f"“{point}” of the school {school}")

    async def _save_points(self, connection: Connection, rows: Sequence[Row]) -> None:
        known = await find_points(connection, collect(rows, "school"))
        points = {
            (row.values["school"], row.values["point"]): Point(
                row.values["school"], row.values["point_kind"], row.values["point"]
            )
            for row in rows
        }
        news = [point for key, point in points.items() if self.ledger.settle("points", key, known.get(key), point)]
        await save_points(connection, news)

    async def _save_devices(self, connection: Connection, rows: Sequence[Row]) -> None:
        known = await find_devices(connection, collect(rows, "code"))
        devices = [_merge(known.get(row.values["code"]), row) for row in rows]
        news = [one for one in devices if self.ledger.settle("devices", one.code, known.get(one.code), one)]
        await save_devices(connection, news)
        await save_registered_outputs(connection, {one.code: one.outputs for one in news})
        self.touched.update(one.school for one in news)
        self.touched.update(known[one.code].school for one in news if one.code in known)


def _merge(before: Device | None, row: Row) -> Device:
    """The device as the row wants it; what the file has no column for stays as it is registered."""
    given: dict[str, Any] = {name: value for name, value in row.values.items() if name != "point_kind"}
    if "outputs" in given:
        given["outputs"] = tuple(sorted(given["outputs"]))
    if before:
        return replace(before, **given)
    blanks = {name: value for name, value in DEVICES.blanks().items() if name != "point_kind"}
    return Device(**blanks | given)
