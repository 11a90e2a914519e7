"""How schools cheat, or are careless, and what of it evidence can show."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from random import Random
from types import MappingProxyType


class Cheat(StrEnum):
    """What somebody does that an inspector would not like to see."""

    TAILGATING = "tailgating"  # somebody enters with no visit, by an opening of their own or by one held open
    QR_PHOTO = "qr_photo"  # a code that was used before: a visitor's pass lent on, a post's code photographed
    CHAIR_PATROL = "chair_patrol"  # all points of a round from one chair
    SENSOR_UNPLUGGED = "sensor_unplugged"  # and what the gate did meanwhile is told by nobody
    EVENING_BOOK = "evening_book"  # the visitors of the day are written down in the evening
    GATE_PROPPED = "gate_propped"  # the gate is propped open outside the windows
    GUARD_LEAVES_EARLY = "guard_leaves_early"
    NOBODY_AT_CROSSING = "nobody_at_crossing"
    VISITOR_LEFT_INSIDE = "visitor_left_inside"  # with no step `leave`, or one that was made up
    CARELESS_BOOK = "careless_book"  # a field is left out, a document not looked at, a host not asked


# Ours: how many schools do so on a day, unless more or less is asked for.
SHARES: Mapping[Cheat, float] = MappingProxyType(dict.fromkeys(Cheat, 0.06))


def choose_cheats(random: Random, shares: Mapping[Cheat, float] = SHARES) -> frozenset[Cheat]:
    """What one school does on one day. Each cheat is drawn for itself, so that another share changes it alone."""
    return frozenset(cheat for cheat in Cheat if random.random() < shares.get(cheat, 0.0))
