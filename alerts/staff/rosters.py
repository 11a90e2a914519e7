"""What people do to rosters: save and take away, override and swap, import a calendar. Each is one transaction with the
duty that follows from it and its log row."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from alerts.domain.duty import Expansion, expand
from alerts.domain.rosters import Override, OverrideKind, Roster, RosterInvalid, check_override, check_roster
from alerts.staff.duty import Recalculated, load_plans, recalculate
from alerts.staff.ical import IcalProblem, list_people, read_file, read_occurrences, understand
from alerts.storage import rosters as storage
from alerts.storage.database import Connection, Database
from alerts.storage.log import Entry, append_log
from alerts.storage.people import find_codes, find_names
from alerts.storage.rosters import OverrideItem, PlacedRoster, PostItem, RosterVersion

LONGEST_LOOK = timedelta(days=100)
_CHECKED_AHEAD = timedelta(days=400)  # so far an imported calendar is worked out before it is taken


class NoSuchPost(LookupError):
    """There is no post of that code."""


class NoSuchRoster(LookupError):
    """The post has no roster: its holders have it round the clock."""


class NoSuchOverride(LookupError):
    """There is no override of that number at that post, or it is over."""


class RosterChanged(Exception):
    """Somebody saved another version meanwhile; look at it and save again."""


@dataclass(frozen=True, slots=True)
class SavedRoster:
    """A version that was saved, and what became of the duty."""

    version: RosterVersion
    duty: Recalculated


@dataclass(frozen=True, slots=True)
class ImportedCalendar:
    """What an import did (or, on trial, would do; then there is no version): events taken, events that name nobody."""

    version: int | None
    events: int
    people: tuple[str, ...]
    problems: tuple[IcalProblem, ...]
    duty: Recalculated | None


@dataclass(frozen=True, slots=True)
class Half:
    """One half of a swap: whose duty, and in which time."""

    person: str
    starts_at: datetime
    ends_at: datetime


async def need_post(connection: Connection, code: str, now: datetime) -> PostItem:
    """A post. Raises NoSuchPost."""
    found = await storage.find_post(connection, code, now)
    if found is None:
        raise NoSuchPost(f"there is no post {code}: posts come with the import of people")
    return found


async def save_roster(
    database: Database, post: str, roster: Roster, by: str, *, based_on: int | None = None
) -> SavedRoster:
    """Saves a new version and puts it in force at once; an imported calendar stays beside it. `based_on` is the version
    that its author saw (None: whatever is there). Raises RosterInvalid, NoSuchPost and RosterChanged."""
    check_roster(roster)
    async with database.transaction() as connection:
        await storage.take_turn(connection)
        now = await database.read_now(connection)
        found = await need_post(connection, post, now)
        before = await storage.read_roster(connection, post)
        if based_on is not None and based_on != (before.version if before else 0):
            raise RosterChanged(f"version {before.version if before else 0} is in force, not {based_on}")
        calendar = before.calendar if before else None
        if not roster.shifts and calendar is None:
            raise RosterInvalid("a roster needs at least one shift; to have the post held round the clock, remove it")
        await _need_people(connection, roster.people)
        return await _put_in_force(connection, found, roster, calendar, by, now)


async def remove_roster(database: Database, post: str, by: str) -> int:
    """Takes a roster away: the post is held round the clock again by its holders. Returns the version that says so.
    Raises NoSuchPost and NoSuchRoster."""
    async with database.transaction() as connection:
        await storage.take_turn(connection)
        now = await database.read_now(connection)
        found = await need_post(connection, post, now)
        version = await storage.remove_roster(connection, post, by, now)
        if version is None:
            raise NoSuchRoster(f"{found.name} has no roster")
        body = {"post_name": found.name, "version": version}
        await append_log(connection, now, [Entry(f"person:{by}", f"post:{post}", "roster.removed", body)])
    return version


async def import_calendar(
    database: Database, post: str, data: bytes, by: str, *, dry_run: bool = False
) -> ImportedCalendar:
    """Makes the events of an .ics the post's duty, beside its shifts and in the place of a calendar imported before.
    Events that name nobody we know are listed and left out. Raises IcalUnreadable and NoSuchPost."""
    file = read_file(data)
    async with database.transaction() as connection:
        await storage.take_turn(connection)
        now = await database.read_now(connection)
        found = await need_post(connection, post, now)
        known = await find_names(connection, file.words)
        understood = understand(file, known, post, found.school)
        people = tuple(sorted(understood.people))
        if understood.events:
            read_occurrences(understood.text, ZoneInfo(found.zone), now, now + _CHECKED_AHEAD, strict=True)
        if dry_run or not understood.events:
            return ImportedCalendar(None, understood.events, people, understood.problems, None)
        before = await storage.read_roster(connection, post)
        roster = (before.definition if before else None) or Roster()
        saved = await _put_in_force(connection, found, roster, understood.text, by, now)
    return ImportedCalendar(saved.version.version, understood.events, people, understood.problems, saved.duty)


async def remove_calendar(database: Database, post: str, by: str) -> SavedRoster:
    """Takes an imported calendar away; the shifts stay. Raises NoSuchPost, NoSuchRoster, and RosterInvalid when there
    are no shifts: then the roster itself has to go."""
    async with database.transaction() as connection:
        await storage.take_turn(connection)
        now = await database.read_now(connection)
        found = await need_post(connection, post, now)
        before = await storage.read_roster(connection, post)
        if before is None or before.calendar is None or before.definition is None:
            raise NoSuchRoster(f"{found.name} has no imported calendar")
        if not before.definition.shifts:
            raise RosterInvalid("the roster has no shifts beside the calendar: remove the roster")
        return await _put_in_force(connection, found, before.definition, None, by, now)


async def preview_roster(database: Database, post: str, roster: Roster, since: datetime, until: datetime) -> Expansion:
    """Who would be on duty under a roster that is not saved, with the overrides, leave and calendar of now. Raises
    RosterInvalid and NoSuchPost."""
    check_roster(roster)
    check_look(since, until)
    async with database.connection() as connection:
        now = await database.read_now(connection)
        found = await need_post(connection, post, now)
        await _need_people(connection, roster.people)
        before = await storage.read_roster(connection, post)
        placed = place_roster(found, roster, before.calendar if before else None)
        plans = await load_plans(connection, [placed], since, until)
    return expand(plans[post], since, until)


def place_roster(post: PostItem, roster: Roster, calendar: str | None) -> PlacedRoster:
    """A roster at its post."""
    return PlacedRoster(post.code, roster, calendar, post.school, post.district, post.zone)


def check_look(since: datetime, until: datetime) -> None:
    """Raises RosterInvalid when nobody should look at a time that long, or that ends before it begins."""
    if not timedelta() < until - since <= LONGEST_LOOK:
        raise RosterInvalid(f"the time must end after it begins, within {LONGEST_LOOK.days} days")


async def save_override(
    database: Database, post: str, override: Override, note: str, by: str
) -> tuple[OverrideItem, Recalculated]:
    """Puts somebody in the place of others, or beside them, or leaves the place empty, for a time. Raises
    RosterInvalid, NoSuchPost and NoSuchRoster."""
    check_override(override)
    async with database.transaction() as connection:
        saved, done = await _save_overrides(connection, database, post, [override], note, by)
    return saved[0], done


async def swap(
    database: Database, post: str, first: Half, second: Half, note: str, by: str
) -> tuple[list[OverrideItem], Recalculated]:
    """Two people take each other's duty. Each must be on duty in their half as the roster stands. Raises RosterInvalid,
    NoSuchPost and NoSuchRoster."""
    if first.person == second.person:
        raise RosterInvalid("a swap is between two people")
    async with database.transaction() as connection:
        await storage.take_turn(connection)
        now = await database.read_now(connection)
        for half in (first, second):
            await _check_half(connection, post, half, now)
        number = await storage.next_swap(connection)
        halves = [
            Override(0, OverrideKind.REPLACE, one.starts_at, one.ends_at, other.person, one.person, number)
            for one, other in ((first, second), (second, first))
        ]
        for one in halves:
            check_override(one)
        return await _save_overrides(connection, database, post, halves, note, by)


async def end_override(database: Database, post: str, override: int, by: str) -> Recalculated:
    """Takes back what is still to come of an override; of a swap both halves. Raises NoSuchOverride."""
    async with database.transaction() as connection:
        await storage.take_turn(connection)
        now = await database.read_now(connection)
        ended = await storage.end_override(connection, override, now)
        if ended.get(override) != post:
            raise NoSuchOverride("there is none of that number at this post, or it is over")
        done = await recalculate(connection, set(ended.values()), now)
        body = {"overrides": sorted(ended), "holes": done.holes}
        await append_log(connection, now, [Entry(f"person:{by}", f"post:{post}", "override.removed", body)])
    return done


async def _put_in_force(
    connection: Connection,
    post: PostItem,
    roster: Roster,
    calendar: str | None,
    by: str,
    now: datetime,
) -> SavedRoster:
    calendar_people = list_people(calendar) if calendar else frozenset()
    named = roster.people | calendar_people
    number = await storage.save_roster(connection, post.code, roster, calendar, named, by, now)
    done = await recalculate(connection, [post.code], now)
    version = await storage.read_roster(connection, post.code)
    assert version is not None
    body: dict[str, Any] = {"post_name": post.name, "version": number, "roster": roster, "holes": done.holes}
    body["calendar_people"] = sorted(calendar_people)
    await append_log(connection, now, [Entry(f"person:{by}", f"post:{post.code}", "roster.saved", body)])
    return SavedRoster(version, done)


async def _need_people(connection: Connection, people: Collection[str]) -> None:
    known = await find_codes(connection, people)
    unknown = sorted(set(people) - known.keys())
    if unknown:
        raise RosterInvalid(f"nobody has the code {', '.join(unknown[:10])}: import these people first")


async def _check_half(connection: Connection, post: str, half: Half, now: datetime) -> None:
    if half.ends_at <= now:
        raise RosterInvalid(f"the half of {half.person} is over already")
    spans = await storage.list_duty(connection, post, half.starts_at, half.ends_at)
    if not any(span.person == half.person for span in spans):
        raise RosterInvalid(f"{half.person} is not on duty here between {half.starts_at} and {half.ends_at}")


async def _save_overrides(
    connection: Connection, database: Database, post: str, overrides: Sequence[Override], note: str, by: str
) -> tuple[list[OverrideItem], Recalculated]:
    await storage.take_turn(connection)
    now = await database.read_now(connection)
    found = await need_post(connection, post, now)
    if not found.rostered:
        raise NoSuchRoster(f"{found.name} has no roster to override: its holders have it round the clock")
    if any(one.ends_at <= now for one in overrides):
        raise RosterInvalid("it is over already: what has been cannot be changed")
    for one in overrides:
        await _need_people(connection, [code for code in (one.person, one.instead_of) if code])
    stored = [replace(one, id=await storage.insert_override(connection, post, one, note, by, now)) for one in overrides]
    done = await recalculate(connection, [post], now)
    numbers = {one.id for one in stored}
    items = [one for one in await storage.list_overrides(connection, [post], now) if one.id in numbers]
    body = {"post_name": found.name, "overrides": stored, "note": note, "holes": done.holes}
    await append_log(connection, now, [Entry(f"person:{by}", f"post:{post}", "override.saved", body)])
    return items, done
