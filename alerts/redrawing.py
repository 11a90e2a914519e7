"""Draws a picture anew: what is kept was made by us from its pixels, and nothing else of what was sent is left."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from io import BytesIO

from PIL import Image, ImageFile, ImageOps, UnidentifiedImageError

from alerts.domain.pictures import LARGEST_BYTES, LONGEST_SIDE, MOST_PIXELS, PictureInvalid

_FORMATS = ("JPEG", "PNG", "WEBP")
_QUALITY = 85
_TOO_MANY = f"a picture has at most {MOST_PIXELS // 1_000_000} million pixels: send a smaller one"
# What Pillow raises where a file breaks off or contradicts itself.
_BROKEN = (OSError, SyntaxError, ValueError, EOFError, IndexError, TypeError, struct.error)


@dataclass(frozen=True, slots=True)
class Redrawn:
    """A picture as it is kept, in WebP."""

    content: bytes
    width: int
    height: int


def redraw(content: bytes) -> Redrawn:
    """The picture, upright, on white, of at most LONGEST_SIDE pixels, without anything that went with it: no place, no
    time, no camera. Takes up to a second and some 200 MB. Raises PictureInvalid."""
    if len(content) > LARGEST_BYTES:
        raise PictureInvalid(f"a picture has at most {LARGEST_BYTES // 1024 // 1024} MB: send a smaller one")
    ImageFile.LOAD_TRUNCATED_IMAGES = (
        False  # WeasyPrint, where it is loaded, lets broken ones pass for the whole process
    )
    try:
        with Image.open(BytesIO(content), formats=_FORMATS) as found:
            _require_small(found)
            clean = _draw(found)
    except UnidentifiedImageError as error:
        raise PictureInvalid("a picture must be a JPEG, a PNG or a WebP: this is none of them") from error
    except Image.DecompressionBombError as error:
        raise PictureInvalid(_TOO_MANY) from error
    except PictureInvalid:
        raise
    except _BROKEN as error:
        raise PictureInvalid("the picture is broken: it cannot be read to its end") from error
    written = BytesIO()
    clean.save(written, "WEBP", quality=_QUALITY)
    return Redrawn(written.getvalue(), *clean.size)


def _require_small(found: Image.Image) -> None:
    """Told by the file's head, before anything is unpacked."""
    width, height = found.size
    if width * height > MOST_PIXELS:
        raise PictureInvalid(_TOO_MANY)


def _draw(found: Image.Image) -> Image.Image:
    found.draft("RGB", (LONGEST_SIDE, LONGEST_SIDE))  # a JPEG need not be unpacked to its full size
    drawn = found.convert("RGBA" if found.has_transparency_data else "RGB")
    drawn.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
    drawn = ImageOps.exif_transpose(drawn)
    clean = Image.new("RGB", drawn.size, "white")
    clean.paste(drawn, mask=drawn if drawn.mode == "RGBA" else None)
    return clean
