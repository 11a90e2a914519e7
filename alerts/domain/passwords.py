"""Which passwords nobody may have: those that are guessed easily. Which kinds of characters are in one says little
about that, and is not asked (OWASP ASVS 4.0, 2.1)."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from enum import StrEnum
from threading import Lock
from types import MappingProxyType
from typing import Any

SHORTEST, LONGEST = 12, 128  # characters
_GUESSES = 10**10  # what needs no more is guessed easily by whoever has stolen the hashes
_LOOKED_AT = 32  # characters: what begins so well ends no worse, and looking at more takes seconds
_OF_THIS_SERVICE = (
    "campus", "alert", "alarm", "campusalert", "campus-alert", "school", "security", "guard", "admin", "police", "110",
    "xiaoyuan", "xuexiao", "baojing", "baoan", "zhiban", "校园", "学校", "报警", "保安", "值班", "一键报警", "管理员",
)  # fmt: skip
_READ_ALOUD = "abcdefghjkmnpqrstuvwxyz23456789"  # nothing that is easily mistaken
_LOOKING = Lock()  # the library keeps the words of its caller in a place that all callers share


def write_password(choose: Callable[[str], str]) -> str:
    """A password to hand out, of characters that `choose` draws: 79 bits of chance, in four groups."""
    return "-".join("".join(choose(_READ_ALOUD) for _ in range(4)) for _ in range(4))


class Weakness(StrEnum):
    """Why a password is guessed easily."""

    SHORT = "short"
    LONG = "long"  # not easily guessed, but more than anybody types
    OWN = "own"  # of the person's name, of their place's, or of words of this service
    COMMON = "common"  # of common words, or a known password
    KEYS = "keys"  # a row of keys
    REPEATED = "repeated"  # the same again and again, or counting on
    DATED = "dated"  # of dates and years
    SAME = "same"  # the one before, which somebody else may know


_OF_PATTERN: Mapping[str, Weakness] = MappingProxyType(
    {
        "spatial": Weakness.KEYS,
        "repeat": Weakness.REPEATED,
        "sequence": Weakness.REPEATED,
        "date": Weakness.DATED,
        "regex": Weakness.DATED,
    }
)


def find_weakness(password: str, own: Iterable[str] = ()) -> Weakness | None:
    """Why nobody may have this password; None when they may. `own` is what others know of the person."""
    if len(password) < SHORTEST:
        return Weakness.SHORT
    if len(password) > LONGEST:
        return Weakness.LONG
    guesses, parts = _guess(password[:_LOOKED_AT], [*_split(own), *_OF_THIS_SERVICE])
    return _name_weakness(parts) if guesses < _GUESSES else None


def _guess(password: str, known: Sequence[str]) -> tuple[float, Sequence[Mapping[str, Any]]]:
    """How many guesses a password takes, and of which parts it is made."""
    from zxcvbn import zxcvbn  # 20 MB of words: only where a password is set

    with _LOOKING:
        found = zxcvbn(password, known)
    return found["guesses"], found["sequence"]


def _split(own: Iterable[str]) -> list[str]:
    """What others know, whole and in its words."""
    return [part for word in own for part in {word, *re.split(r"[\W_]+", word)} if part]


def _name_weakness(parts: Sequence[Mapping[str, Any]]) -> Weakness:
    """By the longest part that is no accident."""
    told = [part for part in parts if part["pattern"] != "bruteforce"]
    longest = max(told, key=lambda part: len(part["token"]), default=None)
    if longest is None:
        return Weakness.COMMON
    if longest.get("dictionary_name") == "user_inputs":
        return Weakness.OWN
    return _OF_PATTERN.get(longest["pattern"], Weakness.COMMON)
