"""Pictures of the places where buttons hang: what may come in, and as what it is kept."""

from __future__ import annotations

from enum import StrEnum

LARGEST_BYTES = 10 * 1024 * 1024
MOST_PIXELS = 25_000_000  # more of them than a telephone makes; a small file can hold a thousand times as many
LONGEST_SIDE = 1600  # pixels, of what is kept
MEDIA_TYPE = "image/webp"


class PictureKind(StrEnum):
    """What a picture of a point is: its floor with the point marked, or how it looks there."""

    SKETCH = "sketch"
    PHOTO = "photo"


class PictureInvalid(ValueError):
    """A picture that is not taken; the message says what to mend."""
