"""A cell's text to a value. Every refusal says what the cell should have held."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping
from datetime import date, time
from enum import StrEnum
from functools import cache
from typing import TypeVar
from zoneinfo import available_timezones

from alerts.domain.compliance.schedule import Hours
from alerts.importing.words import fold

Kind = TypeVar("Kind", bound=StrEnum)

_CODE = re.compile(r"[A-Za-z0-9_-]{1,64}")
_WHOLE = re.compile(r"[0-9]{1,9}")
_DECIMAL = re.compile(r"[+-]?[0-9]{1,3}(\.[0-9]{1,20})?")
_SPREADSHEET_NUMBER = re.compile(r"[0-9.]+E\+?[0-9]+", re.IGNORECASE)
_DAY = re.compile(r"([0-9]{4})[-/.年]([0-9]{1,2})[-/.月]([0-9]{1,2})日?")
_CLOCK = re.compile(r"([01]?[0-9]|2[0-3]):([0-5][0-9])(:00)?")
_WEEKDAY = re.compile(r"([1-7])(?:-([1-7]))?")
_WEEKDAY_WORDS = str.maketrans("一二三四五六日天至到~", "12345677---")
_BETWEEN = re.compile(r"[、,;/|\s]+")
_YES = frozenset({"是", "yes", "y", "true", "1", "√"})
_NO = frozenset({"否", "no", "n", "false", "0", "×"})
_LINK = re.compile(r"(https?|rtsp)://[^\s/?#\\]+([/?#][^\s\"<>\\]*)?", re.IGNORECASE)
_LONGEST_LINK = 500
_PHONE = re.compile(r"\+?[0-9][0-9 ()*#,-]{2,30}")


class CellInvalid(ValueError):
    """A cell that cannot be taken; the message says what it should be."""


def is_blank(text: str) -> bool:
    """Whether nothing can be seen in a cell."""
    return not _visible(text).strip()


def read_code(text: str) -> str:
    """A code: it is a topic level at the broker too, so it takes what the device contract takes."""
    code = _narrow(text)
    if not _CODE.fullmatch(code):
        raise CellInvalid(f"“{_short(code)}” is not a code: 1 to 64 of A-Z a-z 0-9 - _{_hint(code)}")
    return code


def read_text(longest: int) -> Callable[[str], str]:
    """A reader for one line of text: blanks and line breaks inside become one blank."""

    def read(text: str) -> str:
        line = " ".join(_visible(text).split())
        if len(line) > longest:
            raise CellInvalid(f"has {len(line)} characters, at most {longest} are taken")
        if any(unicodedata.category(sign) == "Cc" for sign in line):
            raise CellInvalid("holds a control character")
        if "\ufffd" in line:
            raise CellInvalid("holds “\ufffd”, where a character was lost in an earlier conversion")
        return line

    return read


def read_link(text: str) -> str:
    """The address of a camera, as people open it. Whoever sees the place sees it, so no password stands in it."""
    link = _narrow(text)
    if len(link) > _LONGEST_LINK:
        raise CellInvalid(f"has {len(link)} characters, at most {_LONGEST_LINK} are taken")
    if not _LINK.fullmatch(link):
        raise CellInvalid(f"“{_short(link)}” is not a link: write https://, http:// or rtsp:// and a host")
    if "@" in link.partition("://")[2].partition("/")[0]:
        raise CellInvalid("holds a user name or a password: whoever sees the place would see it")
    return link


def read_whole(smallest: int, largest: int) -> Callable[[str], int]:
    """A reader for whole numbers."""

    def read(text: str) -> int:
        number = _narrow(text)
        if not _WHOLE.fullmatch(number):
            raise CellInvalid(f"“{_short(number)}” is not a whole number")
        if not smallest <= int(number) <= largest:
            raise CellInvalid(f"{number} is not between {smallest} and {largest}")
        return int(number)

    return read


def read_degrees(largest: int) -> Callable[[str], float]:
    """A reader for WGS-84 degrees, as a decimal number, south and west negative."""

    def read(text: str) -> float:
        degrees = _narrow(text)
        if not _DECIMAL.fullmatch(degrees):
            raise CellInvalid(f"“{_short(degrees)}” is not a decimal number of degrees")
        if abs(float(degrees)) > largest:
            raise CellInvalid(f"{degrees} is not between -{largest} and {largest} degrees")
        return float(degrees)

    return read


def read_phone(text: str) -> str:
    """A telephone number as it would be dialled."""
    phone = _narrow(text)
    if not _PHONE.fullmatch(phone):
        raise CellInvalid(f"“{_short(phone)}” is not a telephone number{_hint(phone)}")
    return phone


def read_zone(text: str) -> str:
    """An IANA time zone."""
    zone = _narrow(text)
    if zone not in _list_zones():
        raise CellInvalid(f"“{_short(zone)}” is not a time zone like Asia/Shanghai")
    return zone


def read_kind(words: Mapping[Kind, tuple[str, ...]]) -> Callable[[str], Kind]:
    """A reader for one of a few kinds, by its English value or any of its words."""
    known = {fold(word): kind for kind, alike in words.items() for word in (kind.value, *alike)}
    choice = ", ".join(f"{alike[0]} ({kind.value})" for kind, alike in words.items())

    def read(text: str) -> Kind:
        kind = known.get(fold(text))
        if kind is None:
            raise CellInvalid(f"“{_short(text)}” is none of {choice}")
        return kind

    return read


def read_several(read: Callable[[str], Kind]) -> Callable[[str], tuple[Kind, ...]]:
    """A reader for several of a few kinds, set apart by a comma, `、`, `;`, `/` or a blank."""

    def read_all(text: str) -> tuple[Kind, ...]:
        words = [word for word in _BETWEEN.split(_narrow(text)) if word]
        return tuple(dict.fromkeys(read(word) for word in words))

    return read_all


def read_day(text: str) -> date:
    """A day, as 2026-09-01, 2026/9/1, 2026.9.1 or 2026年9月1日."""
    day = _narrow(text)
    found = _DAY.fullmatch(day)
    try:
        return date(*map(int, found.groups())) if found else date.fromisoformat(day)
    except ValueError as error:
        raise CellInvalid(f"“{_short(day)}” is not a day like 2026-09-01") from error


def read_clock(text: str) -> time:
    """A time of the day, as 7:20 or 07:20."""
    clock = _narrow(text)
    found = _CLOCK.fullmatch(clock)
    if found is None:
        raise CellInvalid(f"“{_short(clock)}” is not a time like 07:20")
    return time(int(found[1]), int(found[2]))


def read_hours(text: str) -> tuple[Hours, ...]:
    """Stretches of a day, as 08:00-11:40; 14:00-16:30."""
    spans: list[Hours] = []
    for said in re.split(r"[;,、]", re.sub(r"\s", "", _narrow(text))):
        starts, dash, ends = re.sub(r"[~–—至]", "-", said).partition("-")
        if not dash:
            raise CellInvalid(f"“{_short(said)}” is no stretch of a day like 07:20-08:00")
        spans.append(Hours(read_clock(starts), read_clock(ends)))
    return tuple(spans)


def read_weekdays(text: str) -> tuple[int, ...]:
    """Days of the week, 1 for Monday, as 1-5 or 1,3,7, or 一至五、周日."""
    days: list[int] = []
    plain = re.sub(r"周|星期|礼拜", "", _narrow(text)).translate(_WEEKDAY_WORDS)
    for said in (word for word in _BETWEEN.split(plain) if word):
        found = _WEEKDAY.fullmatch(said)
        if found is None:
            raise CellInvalid(f"“{_short(text)}” names no days of the week like 1-5 or 一至五")
        days += range(int(found[1]), int(found[2] or found[1]) + 1)
    return tuple(days)


def read_yes_or_no(text: str) -> bool:
    """Yes or no, in the words of people and spreadsheets."""
    word = _narrow(text).casefold()
    if word not in _YES | _NO:
        raise CellInvalid(f"“{_short(word)}” is neither 是 (yes) nor 否 (no)")
    return word in _YES


@cache
def _list_zones() -> frozenset[str]:
    return frozenset(available_timezones())


def _narrow(text: str) -> str:
    return unicodedata.normalize("NFKC", _visible(text)).strip()


def _visible(text: str) -> str:
    """Without the zero-width marks that copying from a chat or an address book leaves behind."""
    if text.isascii():
        return text
    return "".join(sign for sign in text if unicodedata.category(sign) != "Cf")


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= 40 else f"{line[:40]}…"


def _hint(text: str) -> str:
    spoilt = _SPREADSHEET_NUMBER.fullmatch(text)
    return "; a spreadsheet made a number of it: set the column to text and type it again" if spoilt else ""
