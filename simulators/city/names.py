"""Believable names for schools and people. Any likeness to somebody real is chance."""

from __future__ import annotations

import tomllib
from importlib import resources
from random import Random

import msgspec

from alerts.domain.registry import Ownership, SchoolKind
from simulators.city.places import Area, Locality

ORDINALS = "一二三四五六七八九"
TRIES = 40


class Words(msgspec.Struct, frozen=True):
    """What names are made of, as `words.toml` has it."""

    roads: list[str]
    estates: list[str]
    nurseries: list[str]
    virtues: list[str]
    trades: list[str]
    clans: str
    village_endings: list[str]
    village_sides: list[str]
    surnames: str
    given_first: str
    given_second: str
    patterns: dict[str, list[str]]


def load_words() -> Words:
    """The word list that comes with this package."""
    text = resources.files(__package__).joinpath("words.toml").read_text(encoding="utf-8")
    return msgspec.convert(tomllib.loads(text), Words)


class SchoolNames:
    """Hands out names, none twice; the same random source and the same questions give the same names."""

    def __init__(self, random: Random) -> None:
        self._random = random
        self._words = load_words()
        self._used: set[str] = set()
        self._series: dict[str, int] = {}

    def name(self, kind: SchoolKind, ownership: Ownership, area: Area, locality: Locality) -> str:
        """A new name that fits the school."""
        private = ownership is Ownership.PRIVATE and kind is SchoolKind.KINDERGARTEN
        patterns = self._words.patterns["private_kindergarten" if private else kind.value]
        if not area.villages:
            patterns = [pattern for pattern in patterns if "{village}" not in pattern]
        for _ in range(TRIES):
            name = self._fill(self._random.choice(patterns), area, locality)
            if self._claim(name):
                return name
        return self._number(name)

    def choose_road(self) -> str:
        """A road to write an address with."""
        return self._random.choice(self._words.roads)

    def _claim(self, name: str) -> bool:
        """Take a name if nobody has it; says whether it was free."""
        free = name not in self._used
        self._used.add(name)
        return free

    def _fill(self, pattern: str, area: Area, locality: Locality) -> str:
        words, draw = self._words, self._random.choice
        fields = {
            "area": area.prefix,
            "street": locality.short_name,
            "road": draw(words.roads),
            "estate": draw(words.estates),
            "nursery": draw(words.nurseries),
            "virtue": draw(words.virtues),
            "trade": draw(words.trades),
            "village": f"{draw(words.village_sides)}{draw(words.clans)}家{draw(words.village_endings)}",
        }
        if "{n}" in pattern or "{ordinal}" in pattern:
            series = pattern.format_map({**fields, "n": "", "ordinal": ""})
            number = self._series[series] = self._series.get(series, 0) + 1
            fields |= {"n": str(number), "ordinal": write_ordinal(number)}
        return pattern.format_map(fields)

    def _number(self, name: str) -> str:
        """The name with the first free number behind it, for when every drawn one is taken."""
        number = 2
        while not self._claim(numbered := f"{name}（{write_ordinal(number)}部）"):
            number += 1
        return numbered


class PersonNames:
    """Hands out names of people; two may share one, as in life."""

    def __init__(self, random: Random) -> None:
        self._random = random
        self._words = load_words()

    def name(self) -> str:
        """Surname and a given name of one or two characters."""
        words, draw = self._words, self._random.choice
        first = draw(words.given_first) if self._random.random() < 0.75 else ""
        return draw(words.surnames) + first + draw(words.given_second)


def write_ordinal(number: int) -> str:
    """1 as 一, 12 as 十二, 35 as 三十五; from 100 on in digits."""
    if number >= 100:
        return str(number)
    tens, ones = divmod(number, 10)
    written = "" if tens == 0 else "十" if tens == 1 else ORDINALS[tens - 1] + "十"
    return written + (ORDINALS[ones - 1] if ones else "")
