"""What people of the demo's watched schools have put in: points of patrols, what a form says of a wall, and sketches of
where buttons hang."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

import httpx

from alerts.domain.registry import Point, PointKind
from simulators.city.sketches import draw_sketch
from simulators.compliance.campus import KEY_POINTS, Campus

INSPECTED_SCHOOLS = 8
SKETCHED_SCHOOLS = 4


def put_in_points(client: httpx.Client, campuses: Sequence[Campus]) -> None:
    """Registers the key points of the first watched schools. Raises httpx.HTTPStatusError."""
    for campus in campuses[:INSPECTED_SCHOOLS]:
        for name, point in zip(KEY_POINTS, campus.points, strict=True):
            said = {"code": point.code, "name": name, "key_point": point.key}
            where = {"x_metres": point.x_metres, "y_metres": point.y_metres}
            _post(client, f"/api/v1/schools/{campus.school.code}/check-points", said | where, point.code)


def declare_walls(client: httpx.Client, campuses: Sequence[Campus], now: datetime) -> None:
    """A form without a photo says how high the walls of those schools are: declared, and not met. Raises
    httpx.HTTPStatusError."""
    for campus in campuses[:INSPECTED_SCHOOLS]:
        said = {"kind": "wall_survey", "at": now.isoformat(), "said": {"height_centimetres": 220, "gaps": 0}}
        _post(client, f"/api/v1/schools/{campus.school.code}/facts", said, f"wall-{campus.school.code}")


def hang_sketches(client: httpx.Client, campuses: Sequence[Campus], seed: int) -> None:
    """Shows where the buttons of the first watched schools hang. Raises httpx.HTTPStatusError."""
    for campus in campuses[:SKETCHED_SCHOOLS]:
        school = client.get(f"/api/v1/schools/{campus.school.code}").raise_for_status().json()
        for point in school["points"]:
            sketch = draw_sketch(Point(campus.school.code, PointKind(point["kind"]), point["name"]), seed)
            path = f"/api/v1/points/{point['id']}/pictures/sketch"
            client.put(path, content=sketch, headers={"Content-Type": "image/png"}).raise_for_status()


def _post(client: httpx.Client, path: str, said: Mapping[str, object], key: str) -> None:
    client.post(path, json=said, headers={"Idempotency-Key": key.replace(":", "-")}).raise_for_status()
