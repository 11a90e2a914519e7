"""Rosters on disk, the overrides over them, and the duty that they were worked out to."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import asyncpg
import msgspec

from alerts.domain.duty import DutySource, DutySpan, Hole, HoleReason
from alerts.domain.registry import PostKind
from alerts.domain.rosters import Override, OverrideKind, Roster
from alerts.storage.database import Connection
from alerts.storage.errors import UnknownReference
from alerts.storage.records import read_record, read_records, write_rows
from alerts.storage.statements import read_statements

_SQL = read_statements("rosters")


@dataclass(frozen=True, slots=True)
class PostItem:
    """A post in a list. Without a roster (`rostered`) its holders have it round the clock. `next_hole_at`: from when on
    nobody at all is there."""

    code: str
    kind: PostKind
    name: str
    district: str | None
    district_name: str | None
    school: str | None
    school_name: str | None
    zone: str
    rostered: bool
    version: int | None
    expanded_until: datetime | None
    holders: int
    next_hole_at: datetime | None


@dataclass(frozen=True, slots=True)
class Holder:
    """Somebody who holds a post; lower `rank` is called first."""

    person: str
    name: str
    rank: int


@dataclass(frozen=True, slots=True)
class RosterVersion:
    """A roster as it was saved; without a definition it was taken away. `calendar` is an imported .ics."""

    post: str
    version: int
    definition: Roster | None
    calendar: str | None
    saved_by: str
    saved_at: datetime
    expanded_until: datetime | None = None


@dataclass(frozen=True, slots=True)
class PlacedRoster:
    """A roster that is to be worked out, and where its post is: that tells its calendar and its wall clock."""

    post: str
    definition: Roster
    calendar: str | None
    school: str | None
    district: str | None
    zone: str


@dataclass(frozen=True, slots=True)
class OverrideItem:
    """An override as people read it; see `alerts.domain.rosters.Override`."""

    id: int
    post: str
    kind: OverrideKind
    starts_at: datetime
    ends_at: datetime
    person: str | None
    person_name: str | None
    instead_of: str | None
    instead_of_name: str | None
    swap: int | None
    note: str
    saved_by: str
    saved_at: datetime


@dataclass(frozen=True, slots=True)
class DutyItem:
    """Somebody on duty at a post; see `alerts.domain.duty.DutySpan`."""

    starts_at: datetime
    ends_at: datetime
    person: str
    person_name: str
    shift: str
    source: DutySource
    instead_of: str | None
    instead_of_name: str | None
    assumed: bool


@dataclass(frozen=True, slots=True)
class HoleItem:
    """Somebody is missing at a post; see `alerts.domain.duty.Hole`."""

    post: str
    post_name: str
    post_kind: PostKind
    school: str | None
    school_name: str | None
    starts_at: datetime
    ends_at: datetime
    shift: str
    person: str
    person_name: str
    reason: HoleReason
    empty: bool


@dataclass(frozen=True, slots=True)
class OnDuty:
    """Somebody who is on duty at a school at one instant. `source` is `holding` at a post without a roster, where no
    span begins or ends."""

    post: str
    post_kind: PostKind
    post_name: str
    person: str
    person_name: str
    starts_at: datetime | None
    ends_at: datetime | None
    shift: str
    source: str
    instead_of: str | None
    instead_of_name: str | None
    assumed: bool


@dataclass(frozen=True, slots=True)
class VacantPost:
    """A post with a roster where nobody is on duty."""

    post: str
    post_kind: PostKind
    post_name: str


async def take_turn(connection: Connection) -> None:
    """Take it before anything is changed on which duty rests; kept until the transaction ends."""
    await connection.execute(_SQL["take_turn"])


async def list_posts(
    connection: Connection,
    now: datetime,
    *,
    code: str | None = None,
    school: str | None = None,
    district: str | None = None,
    kind: PostKind | None = None,
    after: str | None = None,
    limit: int = 1,
) -> list[PostItem]:
    """A page of posts by code."""
    rows = await connection.fetch(_SQL["list_posts"], code, school, district, kind, after, limit, now)
    return read_records(rows, PostItem)


async def find_post(connection: Connection, code: str, now: datetime) -> PostItem | None:
    """One post; None when there is none of that code."""
    found = await list_posts(connection, now, code=code)
    return found[0] if found else None


async def list_holders(connection: Connection, posts: Sequence[str]) -> dict[str, list[Holder]]:
    """Who holds posts, in the order in which they are called; a post that nobody holds is missing."""
    holders: dict[str, list[Holder]] = defaultdict(list)
    for row in await connection.fetch(_SQL["list_holders"], posts):
        holders[row["post"]].append(read_record(row, Holder))
    return holders


async def read_roster(connection: Connection, post: str) -> RosterVersion | None:
    """The roster in force; None when the post has none."""
    row = await connection.fetchrow(_SQL["read_roster"], post)
    return None if row is None else _read_version(row)


async def list_versions(connection: Connection, post: str, limit: int) -> list[RosterVersion]:
    """What was saved, newest first."""
    return [_read_version(row) for row in await connection.fetch(_SQL["list_versions"], post, limit)]


async def save_roster(
    connection: Connection, post: str, roster: Roster, calendar: str | None, people: Collection[str], by: str, now: Any
) -> int:
    """Saves a new version and whom it names, and returns its number. Raises UnknownReference."""
    try:
        definition = msgspec.json.encode(roster).decode()
        version: int = await connection.fetchval(_SQL["save_roster"], post, definition, calendar, by, now)
        await connection.execute(_SQL["save_roster_people"], post, sorted(people))
    except asyncpg.ForeignKeyViolationError as error:
        raise UnknownReference(str(error)) from error
    return version


async def remove_roster(connection: Connection, post: str, by: str, now: datetime) -> int | None:
    """Takes a roster away, with the duty to come. Returns the version that says so; None when there was none."""
    version: int | None = await connection.fetchval(_SQL["remove_roster"], post, by, now)
    if version is not None:
        await connection.execute(_SQL["drop_coming_duty"], post, now)
    return version


async def list_touched_posts(connection: Connection, people: Collection[str], now: datetime) -> list[str]:
    """Posts where these people, or those for whom they stand in, may be on duty."""
    return [row["post"] for row in await connection.fetch(_SQL["list_touched_posts"], sorted(people), now)]


async def list_placed_posts(connection: Connection, district: str | None, school: str | None) -> list[str]:
    """Posts with a roster at a school, in a district, or anywhere."""
    return [row["post"] for row in await connection.fetch(_SQL["list_placed_posts"], district, school)]


async def lock_rosters(connection: Connection, posts: Collection[str]) -> list[PlacedRoster]:
    """These posts' rosters, held until the transaction ends; posts without one are missing."""
    return [_read_placed(row) for row in await connection.fetch(_SQL["lock_rosters"], sorted(posts))]


async def claim_due_rosters(connection: Connection, now: datetime, limit: int) -> list[PlacedRoster]:
    """Rosters whose duty has to be carried on, held until the transaction ends, without those of another engine."""
    return [_read_placed(row) for row in await connection.fetch(_SQL["claim_due_rosters"], now, limit)]


async def make_due(connection: Connection, posts: Collection[str], now: datetime) -> None:
    """Has the engines work these rosters out at once."""
    await connection.execute(_SQL["make_due"], sorted(posts), now)


async def read_next_due(connection: Connection) -> datetime | None:
    """When the next roster has to be carried on."""
    due_at: datetime | None = await connection.fetchval(_SQL["read_next_due"])
    return due_at


async def mark_expanded(connection: Connection, posts: Collection[str], until: datetime, again_at: datetime) -> None:
    """These posts' duty is worked out up to `until`."""
    await connection.execute(_SQL["mark_expanded"], sorted(posts), until, again_at)


async def list_overrides(connection: Connection, posts: Collection[str], since: datetime) -> list[OverrideItem]:
    """Overrides that end after `since`."""
    return read_records(await connection.fetch(_SQL["list_overrides"], sorted(posts), since), OverrideItem)


async def insert_override(
    connection: Connection, post: str, override: Override, note: str, by: str, now: datetime
) -> int:
    """Stores an override (its `id` is not looked at) and returns its id. Raises UnknownReference."""
    try:
        id_: int = await connection.fetchval(
            _SQL["insert_override"],
            post,
            override.kind,
            override.starts_at,
            override.ends_at,
            override.person,
            override.instead_of,
            override.swap,
            note,
            by,
            now,
        )
    except asyncpg.ForeignKeyViolationError as error:
        raise UnknownReference(str(error)) from error
    return id_


async def next_swap(connection: Connection) -> int:
    """A number for both halves of a swap."""
    number: int = await connection.fetchval(_SQL["next_swap"])
    return number


async def end_override(connection: Connection, override: int, now: datetime) -> dict[int, str]:
    """Takes back what is to come of an override, and of the other half of a swap: their posts by number."""
    return {row["id"]: row["post"] for row in await connection.fetch(_SQL["end_override"], override, now)}


async def list_coming_duty(
    connection: Connection, posts: Collection[str], now: datetime
) -> Mapping[str, list[DutySpan]]:
    """The stored spans of posts that are not over."""
    spans: dict[str, list[DutySpan]] = defaultdict(list)
    for row in await connection.fetch(_SQL["list_coming_duty"], sorted(posts), now):
        spans[row["post"]].append(read_record(row, DutySpan))
    return spans


async def save_duty(
    connection: Connection,
    ended: Sequence[tuple[str, DutySpan, datetime]],
    removed: Sequence[tuple[str, DutySpan]],
    added: Sequence[tuple[str, DutySpan]],
) -> None:
    """Changes the stored spans of posts: those that end at another time, those that go, those that come."""
    if removed:
        await connection.execute(_SQL["remove_duty"], _write_spans(removed))
    if ended:
        rows = [
            {"post": post, "starts_at": span.starts_at, "person": span.person, "ends_at": ends_at}
            for post, span, ends_at in ended
        ]
        await connection.execute(_SQL["end_duty"], write_rows(rows))
    if added:
        await connection.execute(_SQL["add_duty"], _write_spans(added))


async def save_holes(
    connection: Connection, posts: Collection[str], holes: Sequence[tuple[str, Hole]], now: datetime
) -> None:
    """Replaces the holes to come of posts."""
    await connection.execute(_SQL["drop_coming_holes"], sorted(posts), now)
    rows = [{"post": post} | msgspec.to_builtins(hole, builtin_types=(datetime,)) for post, hole in holes]
    if rows:
        await connection.execute(_SQL["add_holes"], write_rows(rows))


async def list_duty(connection: Connection, post: str, since: datetime, until: datetime) -> list[DutyItem]:
    """Who was, is and will be on duty at a post, as far as it is worked out."""
    return read_records(await connection.fetch(_SQL["list_duty"], post, since, until), DutyItem)


async def list_holes(
    connection: Connection,
    since: datetime,
    until: datetime,
    *,
    post: str | None = None,
    school: str | None = None,
    district: str | None = None,
    only_empty: bool = False,
    after: tuple[datetime, str, str, str] | None = None,
    limit: int = 1000,
) -> list[HoleItem]:
    """Where somebody is missing, soonest first; `after` is start, post, shift and person of the last one seen."""
    key = after or (None, None, None, None)
    rows = await connection.fetch(_SQL["list_holes"], since, until, post, school, district, only_empty, limit, *key)
    return read_records(rows, HoleItem)


async def list_on_duty(connection: Connection, school: str, at: datetime) -> list[OnDuty]:
    """Who is on duty at a school at one instant, in the order in which posts call."""
    return read_records(await connection.fetch(_SQL["list_on_duty"], school, at), OnDuty)


async def list_vacant(connection: Connection, school: str, at: datetime) -> list[VacantPost]:
    """Posts with a roster where nobody is on duty at one instant."""
    return read_records(await connection.fetch(_SQL["list_vacant"], school, at), VacantPost)


def _read_version(row: asyncpg.Record) -> RosterVersion:
    said = dict(row)
    definition = said["definition"]
    decoded = None if definition is None else msgspec.json.decode(definition, type=Roster)
    return msgspec.convert(said | {"definition": decoded}, RosterVersion)


def _read_placed(row: asyncpg.Record) -> PlacedRoster:
    said = dict(row)
    return PlacedRoster(**said | {"definition": msgspec.json.decode(said["definition"], type=Roster)})


def _write_spans(spans: Sequence[tuple[str, DutySpan]]) -> str:
    return write_rows([{"post": post} | msgspec.to_builtins(span, builtin_types=(datetime,)) for post, span in spans])
