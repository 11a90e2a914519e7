"""Blackouts: devices of a school, a district or the city that are lost together, though each in another second.

A device is silent when it was quiet for 1.5 of its intervals, so those that lose their line at once are silent one
after the other, an interval long. The first of them tells the rest: whoever owed a beat since it missed its own, and
did not give one, shares its fate.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from alerts.domain.board import Link
from alerts.domain.supervision import LOST, Change, DeviceFacts, News

MASS_DEVICES = 5  # fewer than this are no blackout of a district or the city
MASS_OF_SCHOOL = 2
MASS_SHARE = 0.5  # of those that owed a beat since the first one missed its own
LATE = timedelta(seconds=2)  # a beat takes a moment to be written; until then it is not missing
OVERDUE = timedelta(seconds=30)  # who is late with a beat is silent after so long, if it beats each 60 s as it should
TOGETHER = timedelta(seconds=90)  # losses this far apart can have one cause, for each device beats at its own second
BURST = timedelta(seconds=10)  # last wills come without warning: this many seconds make several of them a burst
JOINING = timedelta(minutes=2)  # who is lost later is news of its own
GATHERING = timedelta(seconds=5)  # a blackout has at most one row of the log in so long
SETTLED = timedelta(minutes=2)  # most must be back for so long, so that a line that flaps is one blackout
BACK_SHARE = 0.75


@dataclass(frozen=True, slots=True)
class Blackout:
    """One loss of many devices. `scope` is the whole that lost them: `city`, `district:CODE` or `school:CODE`."""

    id: int
    scope: str
    began_at: datetime
    joins_until: datetime
    due_at: datetime
    back_at: datetime | None
    ended_at: datetime | None


@dataclass(frozen=True, slots=True)
class Missing:
    """How many devices of a school were lost lately or are late with a beat; how many of them signed off just now."""

    school: str
    district: str
    devices: int
    signed_off: int


@dataclass(frozen=True, slots=True)
class HeldLoss:
    """A device that was lost and of which somebody does not know yet; `blackout` is the scope in which it was lost."""

    device: str
    school: str
    blackout: str | None


def place(facts: DeviceFacts, blackouts: Mapping[int, Blackout], now: datetime) -> int | None:
    """The open blackout to which a device that was just lost belongs: its own, if it was lost in one before, else the
    widest that still takes devices in."""
    if facts.blackout in blackouts:
        return facts.blackout
    scopes = scopes_of(facts)
    open_ = {one.scope: one.id for one in blackouts.values() if one.scope in scopes and now < one.joins_until}
    return next((open_[scope] for scope in scopes if scope in open_), None)


def missed_since(facts: DeviceFacts, now: datetime) -> datetime | None:
    """When the device owed the beat that it did not give; None for one that does not owe any."""
    if facts.last_seen_at is None or facts.silent_at is None:
        return None
    owed_at = facts.silent_at - (facts.silent_at - facts.last_seen_at) / 3
    return owed_at if owed_at <= now else None


class Tally:
    """What is missing of each whole. It knows for which of them it matters how many others are well."""

    def __init__(self, missing: Sequence[Missing], lost: Sequence[Change]) -> None:
        self._missing: Counter[str] = Counter()
        self._signed_off: Counter[str] = Counter()
        for one in missing:
            for scope in scopes_of(one):
                self._missing[scope] += one.devices
                self._signed_off[scope] += one.signed_off
        self.suspects = {
            scope for one in lost for scope in scopes_of(one) if self._missing[scope] >= _least_devices(scope)
        }

    def find_whole(self, change: Change, heard: Mapping[str, int]) -> str | None:
        """The widest whole of a lost device that is lost like it; for one that signed off also the narrowest of which
        several did so within seconds, because nothing tells those who will follow."""
        for scope in scopes_of(change):
            missing = self._missing[scope]
            if scope in self.suspects and missing >= MASS_SHARE * (missing + heard.get(scope, 0)):
                return scope
        if change.link is not Link.OFFLINE:
            return None
        return next((one for one in reversed(scopes_of(change)) if self._signed_off[one] >= MASS_DEVICES), None)


def group_changes(changes: Sequence[Change], blackout_of: Mapping[str, Blackout]) -> list[News]:
    """Gathers changes of a cycle: one row for each blackout and link, one for each other loss. Other devices that come
    back, or are heard for the first time, are one row together: good news needs no alarm each."""
    news: list[News] = []
    together: dict[tuple[Blackout, Link], list[Change]] = defaultdict(list)
    good: dict[Link, list[Change]] = defaultdict(list)
    for change in changes:
        if blackout := blackout_of.get(change.device):
            together[blackout, change.link].append(change)
        elif change.link in LOST:
            news.append(News(f"device:{change.device}", change.link, (change.device,), mass=False))
        else:
            good[change.link].append(change)
    for (blackout, link), group in together.items():
        news.append(News(blackout.scope, link, tuple(one.device for one in group), mass=True))
    return news + [_one_news(link, group) for link, group in good.items()]


def group_held(held: Sequence[HeldLoss]) -> list[News]:
    """What is told of losses after they have gathered: those of one blackout as one, unless too few are left."""
    news: list[News] = []
    together: dict[str | None, list[str]] = defaultdict(list)
    for one in held:
        together[one.blackout].append(one.device)
    for scope, devices in together.items():
        if scope is not None and len(devices) >= _least_devices(scope):
            news.append(News(scope, Link.SILENT, tuple(devices), mass=True))
        else:
            news += [News(f"device:{device}", Link.SILENT, (device,), mass=False) for device in devices]
    return news


def settle(blackout: Blackout, devices: int, lost: int, now: datetime) -> Blackout:
    """A blackout ends when most of its devices have been back for a while."""
    if lost > devices * (1 - BACK_SHARE):
        return replace(blackout, back_at=None)
    if blackout.back_at is None:
        return replace(blackout, back_at=now)
    return replace(blackout, ended_at=now) if now >= blackout.back_at + SETTLED else blackout


def scopes_of(one: Change | DeviceFacts | Missing) -> tuple[str, str, str]:
    """The wholes that a device is of, the widest first."""
    return "city", f"district:{one.district}", f"school:{one.school}"


def _least_devices(scope: str) -> int:
    return MASS_OF_SCHOOL if scope.startswith("school:") else MASS_DEVICES


def _one_news(link: Link, group: Sequence[Change]) -> News:
    subject = f"device:{group[0].device}"
    if len(group) > 1:
        shared = [scope for scope in scopes_of(group[0]) if all(scope in scopes_of(one) for one in group)]
        subject = shared[-1]
    return News(subject, link, tuple(one.device for one in group), mass=len(group) >= MASS_DEVICES)
