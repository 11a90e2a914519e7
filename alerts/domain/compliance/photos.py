"""Photos that go with a fact: what they must be, told by their own first bytes and not by their name."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum

LARGEST_BYTES = 5 * 1024 * 1024
MOST_PHOTOS = 3


class MediaType(StrEnum):
    """The two kinds of picture that every telephone makes and every browser shows."""

    JPEG = "image/jpeg"
    PNG = "image/png"


_BEGINNINGS = {MediaType.JPEG: (b"\xff\xd8\xff",), MediaType.PNG: (b"\x89PNG\r\n\x1a\n",)}


class PhotoInvalid(ValueError):
    """A photo that is not taken; the message says what to mend."""


def read_media_type(content: bytes) -> MediaType:
    """What a photo is. Raises PhotoInvalid."""
    if len(content) > LARGEST_BYTES:
        raise PhotoInvalid(f"a photo has at most {LARGEST_BYTES // 1024 // 1024} MB: send a smaller one")
    for media_type, beginnings in _BEGINNINGS.items():
        if content.startswith(beginnings) and len(content) > len(beginnings[0]):
            return media_type
    raise PhotoInvalid("a photo must be a JPEG or a PNG: this begins like neither")


def read_media_types(contents: Sequence[bytes]) -> list[MediaType]:
    """What the photos of one fact are. Raises PhotoInvalid."""
    if len(contents) > MOST_PHOTOS:
        raise PhotoInvalid(f"a fact has at most {MOST_PHOTOS} photos")
    return [read_media_type(content) for content in contents]
