"""Blackouts in the supervision cycle: who belongs to one, which begin, and which are over."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from alerts.domain.blackouts import GATHERING, JOINING, TOGETHER, Blackout, Tally, missed_since, place, settle
from alerts.domain.supervision import LOST, Change, DeviceFacts, fell_silent
from alerts.storage.blackouts import (
    count_heard,
    count_lost,
    list_missing,
    open_blackouts,
    save_blackouts,
    take_in_lost,
)
from alerts.storage.database import Connection
from alerts.storage.log import Entry

Pair = tuple[DeviceFacts, DeviceFacts]


@dataclass(frozen=True, slots=True)
class Cycle:
    """When the cycle is, since when somebody listens, and the blackouts that concern it, by number."""

    now: datetime
    listening_since: datetime | None
    blackouts: Mapping[int, Blackout]


def place_all(pairs: Sequence[Pair], cycle: Cycle) -> list[Pair]:
    """What was judged, with the blackout of those who were just lost. A device that is back keeps the one it is back
    from."""
    return [
        (old, replace(new, blackout=place(new, cycle.blackouts, cycle.now)) if _was_lost(old, new) else new)
        for old, new in pairs
    ]


def waits(pair: Pair, cycle: Cycle) -> bool:
    """Whether the change of a device of a blackout is left for the blackout's next row."""
    old, new = pair
    blackout = None if new.blackout is None else cycle.blackouts.get(new.blackout)
    return old.link is not new.link and blackout is not None and cycle.now < blackout.due_at


async def begin_blackouts(connection: Connection, pairs: Sequence[Pair], cycle: Cycle) -> dict[str, Blackout]:
    """Begins the blackouts that show in devices which were just lost, and belong to none; returns which device is in
    which. Others of the same wholes that were lost lately are taken in, too: they were told before."""
    alone = [new for old, new in pairs if fell_silent(old, new) and new.blackout is None]
    if not alone:
        return {}
    whole_of = await _find_wholes(connection, alone, cycle)
    if not whole_of:
        return {}
    begun = await open_blackouts(connection, set(whole_of.values()), cycle.now, cycle.now + JOINING)
    for blackout in sorted(begun, key=lambda one: (one.scope == "city", one.scope.startswith("district:"))):
        await take_in_lost(connection, blackout, cycle.now - TOGETHER)
    by_scope = {one.scope: one for one in begun}
    return {device: by_scope[scope] for device, scope in whole_of.items()}


async def end_blackouts(
    connection: Connection, ids: Collection[int], told: Collection[int], cycle: Cycle
) -> list[Entry]:
    """Sets when blackouts of which a row is written now have their next one, and ends those whose devices are back."""
    if not ids:
        return []
    counts = await count_lost(connection, ids)
    entries, changed = [], []
    for id_ in ids:
        before = cycle.blackouts[id_]
        devices, lost = counts.get(id_, (0, 0))
        after = settle(before, devices, lost, cycle.now)
        if id_ in told:
            after = replace(after, due_at=cycle.now + GATHERING)
        if after != before:
            changed.append(after)
        if after.ended_at:
            entries.append(_ended(after, devices, lost))
    await save_blackouts(connection, changed)
    return entries


def describe(blackout: Blackout, now: datetime) -> dict[str, Any]:
    """How a row of the log names its blackout; `continued` says that an earlier row told of it."""
    return {"id": blackout.id, "began_at": blackout.began_at, "continued": blackout.began_at < now}


def _was_lost(old: DeviceFacts, new: DeviceFacts) -> bool:
    return new.link in LOST and old.link is not new.link


async def _find_wholes(connection: Connection, alone: Sequence[DeviceFacts], cycle: Cycle) -> dict[str, str]:
    lost = [Change(one.device, one.school, one.district, one.link) for one in alone]
    tally = Tally(await list_missing(connection, cycle.now, cycle.listening_since), lost)
    owed = [at for one in alone if (at := missed_since(one, cycle.now))]
    heard = await count_heard(connection, min(owed, default=None), tally.suspects) if tally.suspects else {}
    wholes = {one.device: tally.find_whole(one, heard) for one in lost}
    return {device: scope for device, scope in wholes.items() if scope}


def _ended(blackout: Blackout, devices: int, lost: int) -> Entry:
    body = {
        "blackout": {"id": blackout.id, "began_at": blackout.began_at, "back_at": blackout.back_at},
        "count": devices,
        "lost": lost,
    }
    return Entry("engine", blackout.scope, "blackout.ended", body)
