"""Floor sketches of the simulated city, as a caretaker draws them: rooms along a corridor, the gate, north, and a red
mark where the button hangs."""

from __future__ import annotations

from io import BytesIO
from itertools import pairwise
from random import Random

from PIL import Image, ImageDraw

from alerts.domain.registry import Point, PointKind
from simulators.chance import make_random

_SIZE = (960, 720)
_INK, _FILL, _MARK = "#33414d", "#eef2f5", "#c8102e"
_HALL = (330, 410)  # the corridor's upper and lower wall


def draw_sketch(point: Point, seed: int) -> bytes:
    """A PNG; the same point of the same city always looks the same."""
    chance = make_random(seed, f"sketch/{point.school}/{point.name}")
    image = Image.new("RGB", _SIZE, "white")
    pen = ImageDraw.Draw(image)
    pen.rectangle((20, 20, _SIZE[0] - 20, _SIZE[1] - 20), outline="#9aa7b2", width=3)  # the school's wall
    rooms = _draw_house(pen, chance)
    gate = chance.randrange(280, 680)
    house = (gate + 70, 620, gate + 150, 680)
    pen.rectangle((gate - 50, _SIZE[1] - 26, gate + 50, _SIZE[1] - 14), fill="white")
    pen.rectangle(house, fill=_FILL, outline=_INK, width=4)
    _draw_north(pen)
    _mark(pen, house if point.kind is PointKind.GATEHOUSE else chance.choice(rooms))
    written = BytesIO()
    image.save(written, "PNG")
    return written.getvalue()


def _draw_house(pen: ImageDraw.ImageDraw, chance: Random) -> list[tuple[int, int, int, int]]:
    """Two rows of rooms with a corridor between, a door to each."""
    left, right = 110, _SIZE[0] - 110
    pen.rectangle((left, 190, right, 550), fill=_FILL, outline=_INK, width=6)
    rooms: list[tuple[int, int, int, int]] = []
    for top, bottom, wall in ((190, _HALL[0], _HALL[0]), (_HALL[1], 550, _HALL[1])):
        walls = [left, *sorted(chance.sample(range(left + 110, right - 109, 90), chance.randint(3, 5))), right]
        for west, east in pairwise(walls):
            pen.rectangle((west, top, east, bottom), outline=_INK, width=3)
            pen.line((west + 25, wall, west + 60, wall), fill=_FILL, width=5)
            rooms.append((west, top, east, bottom))
    return rooms


def _draw_north(pen: ImageDraw.ImageDraw) -> None:
    x, y = _SIZE[0] - 70, 60
    pen.polygon(((x, y), (x - 14, y + 46), (x, y + 36), (x + 14, y + 46)), fill=_INK)
    pen.text((x - 7, y + 52), "N", fill=_INK, font_size=24)


def _mark(pen: ImageDraw.ImageDraw, room: tuple[int, int, int, int]) -> None:
    x, y = (room[0] + room[2]) // 2, (room[1] + room[3]) // 2
    pen.ellipse((x - 26, y - 26, x + 26, y + 26), outline=_MARK, width=6)
    pen.ellipse((x - 11, y - 11, x + 11, y + 11), fill=_MARK)
