"""Chance that can be had again: one seed, and for each purpose a source of its own."""

from __future__ import annotations

from random import Random


def make_random(seed: int, purpose: str) -> Random:
    """A source for one purpose. Another purpose drawing more or less changes nothing in this one."""
    return Random(f"{seed}/{purpose}")  # noqa: S311 -- for simulations, not for secrets
