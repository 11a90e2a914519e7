"""What a person chose for themselves at the board, and what follows their account to whichever machine they sit at."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

MOST_VIEWS = 20  # an account; the page lets the oldest go
LONGEST_NAME = 40  # characters of a view's name
LONGEST_QUERY = 500  # characters; a Chinese one takes nine of them in an address


class Language(StrEnum):
    """In which language the board speaks."""

    ZH = "zh"
    EN = "en"


class Theme(StrEnum):
    """How bright the board is; `auto` as the machine wishes."""

    AUTO = "auto"
    LIGHT = "light"
    DARK = "dark"


@dataclass(frozen=True, slots=True)
class SavedView:
    """What somebody looks for again and again: `query` ends the board's address, and is known by a name."""

    name: str
    query: str


@dataclass(frozen=True, slots=True)
class Preferences:
    """What was chosen; None is what was not. `shortcuts`: whether single keys do something on the board."""

    language: Language | None = None
    theme: Theme | None = None
    shortcuts: bool | None = None
    views: tuple[SavedView, ...] | None = None
