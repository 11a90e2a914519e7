"""Is a device there, and is it well? Facts in, judgement out."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from alerts.domain.board import Link, Trouble

INTERVALS_UNTIL_SILENT = 1.5  # cloud IoT platforms call a device offline at 1.5 times its keep-alive
DEAF_AFTER = timedelta(minutes=3)  # ours: three beats of the usual device; a restart of the gateway takes seconds
LOW_BATTERY_PERCENT = 20
BATTERY_WELL_PERCENT = 25  # hysteresis: low until it is clearly above, so that a wavering reading is news once
LOST = frozenset({Link.SILENT, Link.OFFLINE})


@dataclass(frozen=True, slots=True)
class DeviceFacts:
    """What the gateway recorded of a device, beside what was judged of it before."""

    device: str
    school: str
    district: str
    point: str | None
    last_seen_at: datetime | None
    silent_at: datetime | None
    said_online: bool | None
    battery: int | None
    mains: bool | None
    tamper: bool | None
    link: Link
    troubles: tuple[Trouble, ...]
    since: datetime | None
    blackout: int | None = None


@dataclass(frozen=True, slots=True)
class Transition:
    """A device is something else since an instant."""

    device: str
    at: datetime
    link: Link
    troubles: tuple[Trouble, ...]


def judge_link(facts: DeviceFacts, now: datetime, listening_since: datetime | None) -> Link:
    """The link as it is at `now`.

    Whoever has just begun to listen cannot tell silence: the grace runs from `listening_since`, and while nobody
    listens (None) no device becomes silent.
    """
    if facts.said_online is False:
        return Link.OFFLINE
    if facts.last_seen_at is None or facts.silent_at is None:
        return Link.NEVER
    if now < facts.silent_at:
        return Link.ONLINE
    if listening_since is None:
        return facts.link
    patience = facts.silent_at - facts.last_seen_at
    return Link.SILENT if now >= max(facts.last_seen_at, listening_since) + patience else facts.link


def judge_troubles(facts: DeviceFacts) -> tuple[Trouble, ...]:
    """What is wrong with a device by its own word."""
    troubles: list[Trouble] = []
    was_low = Trouble.LOW_BATTERY in facts.troubles
    if facts.battery is not None and facts.battery < (BATTERY_WELL_PERCENT if was_low else LOW_BATTERY_PERCENT):
        troubles.append(Trouble.LOW_BATTERY)
    if facts.mains is False:
        troubles.append(Trouble.MAINS_LOST)
    if facts.tamper:
        troubles.append(Trouble.TAMPER)
    return tuple(troubles)


def tell_transition(before: DeviceFacts, after: DeviceFacts, now: datetime) -> Transition:
    """What became of a device. One that fell silent has been so since it was last heard, not since that was noticed;
    but never before it became what it was until now."""
    at = now
    if after.link is Link.SILENT and before.link is not Link.SILENT and after.last_seen_at:
        at = max(after.last_seen_at, before.since or after.last_seen_at)
    return Transition(after.device, min(at, now), after.link, after.troubles)


def fell_silent(old: DeviceFacts, new: DeviceFacts) -> bool:
    """Whether a device that was there, or was never heard, is not there now."""
    return new.link in LOST and old.link not in LOST


def patience(interval_seconds: int, limit_seconds: int) -> timedelta:
    """How long a device may be quiet: 1.5 of its intervals, at most the city's limit."""
    return timedelta(seconds=min(interval_seconds * INTERVALS_UNTIL_SILENT, limit_seconds))


@dataclass(frozen=True, slots=True)
class Change:
    """A device whose link or troubles are not what they were."""

    device: str
    school: str
    district: str
    link: Link


@dataclass(frozen=True, slots=True)
class News:
    """One piece of news: devices that changed to the same link together. `subject` names the device, or the whole that
    holds them all (`school:`, `district:`, `city`); `mass` says that it is more than single devices."""

    subject: str
    link: Link
    devices: tuple[str, ...]
    mass: bool
