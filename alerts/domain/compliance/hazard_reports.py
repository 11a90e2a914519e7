"""Hazards (隐患) and what parents and the public report: how alike they are, and when they are due."""

from __future__ import annotations

import unicodedata
from datetime import datetime, timedelta
from enum import StrEnum

DUE_AFTER = timedelta(days=7)
LONGEST_DUE = timedelta(days=366)
LONGEST_TITLE = 200
LONGEST_TEXT = 2000


class HazardInvalid(ValueError):
    """A hazard that cannot be; the message says what to mend."""


class HazardSource(StrEnum):
    """Who told of it: an inspection, the school itself, a parent, the public, or the service."""

    INSPECTION = "inspection"
    SCHOOL = "school"
    PARENT = "parent"
    PUBLIC = "public"
    SERVICE = "service"


def make_fingerprint(place: str, title: str) -> str:
    """What two reports of the same hazard have in common: place and title, without case, width, blanks and marks."""
    return f"{_plain(place)}/{_plain(title)}"


def check_hazard(title: str, text: str, place: str) -> None:
    """Whether it can be taken in. Raises HazardInvalid."""
    if not _plain(title) or len(title) > LONGEST_TITLE:
        raise HazardInvalid(f"title: say in 1 to {LONGEST_TITLE} characters what is wrong")
    if len(text) > LONGEST_TEXT:
        raise HazardInvalid(f"text: at most {LONGEST_TEXT} characters")
    if len(place) > LONGEST_TITLE:
        raise HazardInvalid(f"place: at most {LONGEST_TITLE} characters")


def choose_due(wanted: datetime | None, now: datetime) -> datetime:
    """When it must be mended. Raises HazardInvalid."""
    if wanted is None:
        return now + DUE_AFTER
    if not now < wanted <= now + LONGEST_DUE:
        raise HazardInvalid("due_at: must be still to come, within a year")
    return wanted


def _plain(text: str) -> str:
    folded = unicodedata.normalize("NFKC", text).casefold()
    return "".join(sign for sign in folded if unicodedata.category(sign)[0] in "LN")
