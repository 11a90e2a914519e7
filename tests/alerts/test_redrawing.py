"""What is kept of a picture was drawn by us: nothing else of what was sent is left."""

from __future__ import annotations

import random
from io import BytesIO
from typing import Any

import pytest
from PIL import Image, ImageFile

from alerts.domain.pictures import LARGEST_BYTES, PictureInvalid
from alerts.redrawing import redraw

SECRET = b"taken by Wang's telephone"


def encode(image: Image.Image, as_: str = "JPEG", **options: Any) -> bytes:
    written = BytesIO()
    image.save(written, as_, **options)
    return written.getvalue()


def make_photo() -> bytes:
    """As a telephone makes it: lying on its side, with its place in it. The left half is red."""
    image = Image.new("RGB", (2400, 1200), "blue")
    image.paste("red", (0, 0, 1200, 1200))
    said = Image.Exif()
    said[0x0112] = 6  # turned by a quarter
    said.get_ifd(0x8825).update({1: "N", 2: (36.0, 4.0, 0.0)})
    return encode(image, exif=said, comment=SECRET, icc_profile=SECRET)


def test_a_photo_is_turned_upright_made_smaller_and_loses_everything_that_went_with_it() -> None:
    sent = make_photo()
    assert SECRET in sent
    kept = redraw(sent)
    with Image.open(BytesIO(kept.content)) as shown:
        assert (shown.format, shown.size) == ("WEBP", (kept.width, kept.height)) == ("WEBP", (800, 1600))
        assert not shown.getexif()
        red, _, blue = shown.convert("RGB").getpixel((400, 100))
        assert red > 200 > 50 > blue, "the left half is above now"
    assert SECRET not in kept.content
    assert b"EXIF" not in kept.content
    assert b"ICCP" not in kept.content


def test_what_is_transparent_becomes_white_and_what_is_small_stays_as_small() -> None:
    for drawn in (
        Image.new("RGBA", (60, 40), (9, 9, 9, 0)),
        Image.new("L", (60, 40), 255),
        Image.new("1", (60, 40), 1),
    ):
        kept = redraw(encode(drawn, "PNG"))
        assert (kept.width, kept.height) == (60, 40)
        with Image.open(BytesIO(kept.content)) as shown:
            assert shown.convert("RGB").getpixel((5, 5)) == (255, 255, 255)


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "none of them"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'><script/></svg>", "none of them"),
        (encode(Image.new("RGB", (9, 9)), "GIF"), "none of them"),
        (make_photo()[:9000], "broken"),
        (encode(Image.new("1", (6000, 6000)), "PNG"), "million pixels"),
        (bytes(LARGEST_BYTES + 1), "at most 10 MB"),
    ],
    ids=["nothing", "svg", "gif", "cut off", "bomb", "large"],
)
def test_what_is_no_picture_or_would_fill_the_memory_is_refused_and_it_says_why(content: bytes, why: str) -> None:
    with pytest.raises(PictureInvalid, match=why):
        redraw(content)


def test_a_picture_that_breaks_off_is_refused_where_reports_were_printed_too(monkeypatch: pytest.MonkeyPatch) -> None:
    """WeasyPrint, which draws them, tells Pillow to let such pictures pass."""
    monkeypatch.setattr(ImageFile, "LOAD_TRUNCATED_IMAGES", True)
    with pytest.raises(PictureInvalid, match="broken"):
        redraw(make_photo()[:9000])


@pytest.mark.filterwarnings("ignore")  # Pillow warns of what contradicts itself, and that is what is sent
def test_however_a_file_is_broken_it_is_drawn_or_refused() -> None:
    chance = random.Random(20261127)
    small = Image.effect_noise((40, 30), 60).convert("RGB")
    whole = [encode(small, "JPEG", exif=small.getexif()), encode(small, "PNG"), encode(small, "WEBP")]
    refused = 0
    for number in range(120):
        broken = bytearray(whole[number % 3])
        for _ in range(chance.randint(1, 12)):
            broken[chance.randrange(len(broken))] = chance.randrange(256)
        try:
            redraw(bytes(broken))
        except PictureInvalid:
            refused += 1
    assert 10 < refused < 120
