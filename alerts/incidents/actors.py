"""Who acts, and on what."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts: `name` is the account, or a person's code; `display_name` what people read."""

    name: str
    display_name: str


class NoSuchIncident(LookupError):
    """There is no incident of that number."""
