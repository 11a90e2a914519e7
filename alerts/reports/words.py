"""The words of reports in both languages; `words.zh.json` and `words.en.json` beside each kind of report hold them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from zoneinfo import ZoneInfo

import msgspec


class Language(StrEnum):
    """What a report speaks."""

    ZH = "zh"
    EN = "en"


@cache
def read_words(package: str, language: Language) -> Mapping[str, str]:
    """The words that stand in a package."""
    return MappingProxyType(msgspec.json.decode(files(package).joinpath(f"words.{language}.json").read_bytes()))


class Words:
    """The words of one language and one kind of report, and times by a school's clock."""

    def __init__(self, language: Language, zone: str, package: str = "alerts.reports") -> None:
        self.language = language
        self._words = read_words(package, language)
        self._zone = ZoneInfo(zone)

    def say(self, key: str, **values: object) -> str:
        """The words of a key that must be there."""
        return self._words[key].format(**values)

    def name(self, kind: str, code: str) -> str:
        """The word for a code such as a cause or a post; an unknown code, and none, as it is."""
        return self._words.get(f"{kind}.{code}" if kind else code, code)

    def time(self, at: datetime | None) -> str:
        """An instant to the second, empty for none."""
        return "" if at is None else f"{at.astimezone(self._zone):%Y-%m-%d %H:%M:%S}"

    def seconds(self, value: float | None, otherwise: str = "") -> str:
        """A number of seconds, or of minutes when it is long."""
        if value is None:
            return otherwise
        return self.say("seconds", value=f"{value:,.1f}")
