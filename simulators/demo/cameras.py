"""Links to cameras of the demo's first schools, as a file for the importer. They open a page of the simulated providers
that says that there is no camera."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from itertools import count
from pathlib import Path

from alerts.domain.registry import City

FILMED_SCHOOLS = 4
CAMERAS_HEADER = ("school", "camera", "point", "link")


def write_cameras(city: City, folder: Path, phones: str) -> Path:
    """Writes the file; `phones` is where the simulated providers are. Returns its path. Raises OSError."""
    path = folder / "cameras.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([CAMERAS_HEADER, *list_cameras(city, phones)])
    return path


def list_cameras(city: City, phones: str) -> Iterator[tuple[str, ...]]:
    """One that looks at each point, and one at the school as a whole."""
    for school in city.schools[:FILMED_SCHOOLS]:
        numbers = count(1)
        for point in city.points:
            if point.school == school.code:
                yield school.code, f"{point.name}摄像头", point.name, f"{phones}/cameras/{school.code}/{next(numbers)}"
        yield school.code, "校园全景", "", f"{phones}/cameras/{school.code}/{next(numbers)}"
