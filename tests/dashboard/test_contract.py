"""The page's types are written from the Python values that are sent to it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from dashboard.contract import OUTPUT, write_types


class Colour(StrEnum):
    """A colour."""

    RED = "red"
    BLUE = "blue"


@dataclass(frozen=True, slots=True)
class Lamp:
    """Shines.

    Until it does not.
    """

    colour: Colour
    seen_at: datetime | None
    words: tuple[str, ...] = ()
    weights: tuple[float | None, ...] = ()
    detail: dict[str, Any] | None = None


def test_the_written_types_are_fresh() -> None:
    assert OUTPUT.read_text(encoding="utf-8") == write_types(), "run `python -m dashboard.contract`"


def test_a_dataclass_becomes_an_interface_whose_fields_are_all_there() -> None:
    written = write_types([Lamp])
    assert (
        "export interface Lamp {\n  colour: Colour\n  seen_at: Instant | null\n  words: string[]\n"
        "  weights: (number | null)[]\n  detail: Record<string, unknown> | null\n}\n"
    ) in written


def test_an_enum_becomes_a_list_of_words_and_the_type_of_them() -> None:
    written = write_types([Lamp])
    assert 'export const Colour = ["red", "blue"] as const\n' in written
    assert "export type Colour = (typeof Colour)[number]\n" in written


def test_docstrings_become_comments() -> None:
    written = write_types([Lamp])
    assert "/** A colour. */\nexport const Colour" in written
    assert "/**\n * Shines.\n *\n * Until it does not.\n */\nexport interface Lamp" in written
