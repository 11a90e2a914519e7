"""Duty worked out of rosters and kept in the table that calls people: 35 days ahead, anew whenever something changes on
which it rests."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from alerts.domain.calendars import Calendar
from alerts.domain.duty import DutySpan, Expansion, Hole, Plan, Stretch, expand, reconcile
from alerts.domain.rosters import Override
from alerts.staff.ical import read_occurrences
from alerts.storage import rosters as storage
from alerts.storage.absences import Deputy, list_away, list_deputies
from alerts.storage.calendars import Place, load_calendars
from alerts.storage.database import Connection
from alerts.storage.rosters import OverrideItem, PlacedRoster

AHEAD = timedelta(days=35)
AGAIN = timedelta(hours=24)
AT_ONCE = 500  # posts that a person's change works out itself; the engines do more than that, beginning at once
_BATCH = 100
_BEFORE = timedelta(days=2)  # what changed the beginning of a span that is under way


@dataclass(frozen=True, slots=True)
class Recalculated:
    """What a change did to duty: of so many posts it was worked out anew, of so many the engines do it at once; `holes`
    are in the coming days of the former."""

    posts: int
    left_to_engine: int
    holes: int


async def recalculate(connection: Connection, posts: Collection[str], now: datetime) -> Recalculated:
    """Works the duty of these posts out anew, in the transaction that changes what it rests on. The caller has its turn
    (`storage.rosters.take_turn`). A change that touches more than AT_ONCE posts leaves them to the engines."""
    if len(posts) > AT_ONCE:
        await storage.make_due(connection, posts, now)
        return Recalculated(0, len(posts), 0)
    ordered, done, holes = sorted(posts), 0, 0
    for at in range(0, len(ordered), _BATCH):
        placed = await storage.lock_rosters(connection, ordered[at : at + _BATCH])
        done += len(placed)
        holes += await materialise(connection, placed, now)
    return Recalculated(done, 0, holes)


async def materialise(connection: Connection, placed: Sequence[PlacedRoster], now: datetime) -> int:
    """Brings the stored duty of locked rosters up to date, 35 days ahead; what has been stays. Returns how many holes
    lie ahead."""
    if not placed:
        return 0
    until = now + AHEAD
    plans = await load_plans(connection, placed, now, until)
    stored = await storage.list_coming_duty(connection, plans, now)
    ended, removed, added, holes = [], [], [], []
    for post, plan in plans.items():
        expansion = expand(plan, now, until)
        changes = reconcile(stored.get(post, ()), expansion.spans, now)
        ended += [(post, span, ends_at) for span, ends_at in changes.ended]
        removed += [(post, span) for span in changes.removed]
        added += [(post, span) for span in changes.added]
        holes += [(post, hole) for hole in _to_come(expansion, now)]
    await storage.save_duty(connection, ended, removed, added)
    await storage.save_holes(connection, plans, holes, now)
    await storage.mark_expanded(connection, plans, until, now + AGAIN)
    return len(holes)


async def load_plans(
    connection: Connection, placed: Sequence[PlacedRoster], since: datetime, until: datetime
) -> dict[str, Plan]:
    """All that decides who is on duty at these posts, by post."""
    places = {one.post: Place(one.district, one.school) for one in placed}
    first, last = (since - _BEFORE).date(), (until + _BEFORE).date()
    calendars = await load_calendars(connection, set(places.values()), first, last)
    overrides = await _load_overrides(connection, placed, since - _BEFORE)
    dated = {one.post: _read_dated(one, since, until) for one in placed}
    named = {
        person for one in placed for person in (*one.definition.people, *(span.person for span in dated[one.post]))
    }
    named |= {one.person for of_post in overrides.values() for one in of_post if one.person}
    deputies = await list_deputies(connection, named)
    named |= {one.person for of_person in deputies.values() for one in of_person}
    away = await list_away(connection, named, since - _BEFORE)
    return {one.post: _make_plan(one, calendars[places[one.post]], dated, overrides, away, deputies) for one in placed}


def _make_plan(
    placed: PlacedRoster,
    calendar: Calendar,
    dated: Mapping[str, tuple[DutySpan, ...]],
    overrides: Mapping[str, list[Override]],
    away: Mapping[str, Sequence[Stretch]],
    deputies: Mapping[str, Sequence[Deputy]],
) -> Plan:
    return Plan(
        roster=placed.definition,
        zone=ZoneInfo(placed.zone),
        calendar=calendar,
        dated=dated[placed.post],
        overrides=tuple(overrides.get(placed.post, ())),
        away=away,
        deputies={person: [one.person for one in of_person] for person, of_person in deputies.items()},
    )


def _read_dated(placed: PlacedRoster, since: datetime, until: datetime) -> tuple[DutySpan, ...]:
    return () if placed.calendar is None else read_occurrences(placed.calendar, ZoneInfo(placed.zone), since, until)


async def _load_overrides(
    connection: Connection, placed: Sequence[PlacedRoster], since: datetime
) -> dict[str, list[Override]]:
    found: dict[str, list[Override]] = {}
    for one in await storage.list_overrides(connection, [one.post for one in placed], since):
        found.setdefault(one.post, []).append(_override_of(one))
    return found


def _override_of(item: OverrideItem) -> Override:
    return Override(item.id, item.kind, item.starts_at, item.ends_at, item.person, item.instead_of, item.swap)


def _to_come(expansion: Expansion, now: datetime) -> list[Hole]:
    """The holes that are not over; one that is under way begins now, its past is on record."""
    return [
        Hole(max(hole.starts_at, now), hole.ends_at, hole.shift, hole.person, hole.reason, hole.empty)
        for hole in expansion.holes
        if hole.ends_at > now
    ]
