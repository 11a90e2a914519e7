"""What the coverage lint looks at, what it found, and what changed since."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import AsyncIterator, Collection, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import asyncpg
import msgspec

from alerts.domain.coverage import Finding, Hole
from alerts.domain.coverage_reasons import Reason
from alerts.domain.members import Member, Way
from alerts.domain.policies import Rule
from alerts.domain.presses import Kind
from alerts.domain.registry import PostKind, SchoolKind
from alerts.domain.spans import Span, Spans, unite
from alerts.domain.staff import Staff, StaffedPost, WatchedSchool
from alerts.domain.targets import TargetKind, read_target
from alerts.storage.database import Connection
from alerts.storage.records import read_records, write_rows
from alerts.storage.statements import read_statements

_SQL = read_statements("coverage")
_CALLED = read_statements("recipients")  # what escalation itself asks
_STALE_AT_ONCE = 10_000


@dataclass(frozen=True, slots=True)
class StoredHole:
    """A hole as it is kept, and the zone of its school."""

    id: int
    school: str
    school_name: str
    district: str
    finding: Finding
    kinds: tuple[Kind, ...]
    starts_at: datetime
    ends_at: datetime
    lasts: bool
    reasons: tuple[Reason, ...]
    found_at: datetime
    zone: str


@dataclass(frozen=True, slots=True)
class MovedHole:
    """A hole that is still there, with how it is now."""

    id: int
    starts_at: datetime
    ends_at: datetime
    lasts: bool
    reasons: tuple[Reason, ...]


@dataclass(frozen=True, slots=True)
class Resolved:
    """A hole that is no more. `resolution` is `mended`, or `passed` when its time went by."""

    id: int
    resolution: str


@dataclass(frozen=True, slots=True)
class Stale:
    """A change that the lint has not looked at: of which `everything`, `district`, `school`, `post` or `person`."""

    id: int
    what: str
    key: str


@dataclass(frozen=True, slots=True)
class DistrictCoverage:
    """How many schools of a district are covered, have holes (by the worst of them), or were never looked at.

    `checked_at` is when the one that was looked at longest ago was, `until` how far ahead.
    """

    code: str
    name: str
    name_en: str
    schools: int
    covered: int
    nobody: int
    first_step_empty: int
    unchecked: int
    checked_at: datetime | None
    until: datetime | None


@dataclass(frozen=True, slots=True)
class _Contact:
    """A person as the statement gives them."""

    code: str
    name: str
    ways: str | None
    away: str | None


async def list_watched_schools(
    connection: Connection, rules: Sequence[Rule], codes: Sequence[str] | None = None
) -> list[WatchedSchool]:
    """Schools by district (None: all) with such neighbours as the rules may call."""
    rows = await connection.fetch(_SQL["list_schools"], codes)
    metres = list_neighbour_metres(rules)
    found = {one: await _list_neighbours(connection, one, [row["code"] for row in rows]) for one in metres}
    return [
        WatchedSchool(
            code=row["code"],
            name=row["name"],
            district=row["district"],
            kind=SchoolKind(row["kind"]),
            zone=row["zone"],
            neighbours={one: near.get(row["code"], ()) for one, near in found.items()},
        )
        for row in rows
    ]


def list_neighbour_metres(rules: Iterable[Rule]) -> set[int | None]:
    """How far the neighbours are whom these rules call; None: the education group."""
    targets = {read_target(text) for rule in rules for step in rule.definition.steps for text in step.targets}
    return {target.metres for target in targets if target.kind is TargetKind.NEIGHBOURS}


async def _list_neighbours(
    connection: Connection, metres: int | None, schools: Sequence[str]
) -> Mapping[str, Sequence[str]]:
    if metres is None:
        rows = await connection.fetch(_CALLED["list_group_neighbours"], schools)
    else:
        rows = await connection.fetch(_CALLED["list_neighbours"], schools, float(metres))
    found: dict[str, list[str]] = defaultdict(list)
    for row in rows:
        found[row["school"]].append(row["neighbour"])
    return found


async def list_live_rules(connection: Connection) -> list[Rule]:
    """All rules that are in force for live presses."""
    rows = await connection.fetch(_SQL["list_live_rules"])
    return [msgspec.convert(_decode(row, "definition", "hours"), Rule) for row in rows]


async def load_staff(
    connection: Connection, schools: Sequence[WatchedSchool], rules: Iterable[Rule], span: Span
) -> Staff:
    """Everybody who can be called for these schools in a stretch of time."""
    codes = {school.code for school in schools}
    codes |= {near for school in schools for nearest in school.neighbours.values() for near in nearest}
    districts = {school.district for school in schools}
    rows = await connection.fetch(_SQL["list_posts"], sorted(codes), sorted(districts))
    duty = await _load_duty(connection, [row["code"] for row in rows if row["rostered"] or row["duty_ends_at"]], span)
    posts = [_read_post(row, duty.get(row["code"], {})) for row in rows]
    named = {read_target(text).person for rule in rules for step in rule.definition.steps for text in step.targets}
    people = {one for one in named if one}
    people |= {person for post in posts for person, _ in post.holders}
    people |= {person for post in posts for person, _ in post.duty}
    members = await _load_members(connection, people, span)
    shared = [row["code"] for row in await connection.fetch(_CALLED["list_shared_channels"])]
    return Staff(span, shared, members, posts)


async def _load_duty(connection: Connection, posts: Sequence[str], span: Span) -> Mapping[str, Mapping[str, Spans]]:
    found: dict[str, dict[str, list[Span]]] = defaultdict(lambda: defaultdict(list))
    for post, person, starts_at, ends_at in await connection.fetch(_SQL["list_duty"], posts, *span):
        found[post][person].append((starts_at, ends_at))
    return {post: {person: unite(spans) for person, spans in by.items()} for post, by in found.items()}


async def _load_members(connection: Connection, people: set[str], span: Span) -> dict[str, Member]:
    deputies: dict[str, list[str]] = defaultdict(list)
    for row in await connection.fetch(_SQL["list_deputies"], sorted(people)):
        deputies[row["person"]].append(row["deputy"])
    everybody = people | {one for stand_ins in deputies.values() for one in stand_ins}
    rows = read_records(await connection.fetch(_SQL["list_members"], sorted(everybody), *span), _Contact)
    return {row.code: _read_member(row, tuple(deputies.get(row.code, ()))) for row in rows}


def _read_member(row: _Contact, deputies: tuple[str, ...]) -> Member:
    ways = msgspec.json.decode(row.ways, type=tuple[Way, ...]) if row.ways else ()
    away = unite(msgspec.json.decode(row.away, type=list[Span])) if row.away else ()
    return Member(row.code, row.name, ways, away, deputies)


def _read_post(row: asyncpg.Record, duty: Mapping[str, Spans]) -> StaffedPost:
    holders = msgspec.json.decode(row["holders"], type=tuple[tuple[str, int], ...]) if row["holders"] else ()
    return StaffedPost(
        code=row["code"],
        kind=PostKind(row["kind"]),
        name=row["name"],
        school=row["school"],
        district=row["district"],
        rostered=row["rostered"],
        holders=holders,
        duty=tuple(duty.items()),
        duty_ends_at=row["duty_ends_at"],
    )


@asynccontextmanager
async def claiming_lint(connection: Connection) -> AsyncIterator[bool]:
    """Whether this connection is the one that lints, until the block ends; False while another engine's is."""
    claimed: bool = await connection.fetchval(_SQL["claim_lint"])
    try:
        yield claimed
    finally:
        if claimed:
            await connection.execute(_SQL["leave_lint"])


async def list_stale(connection: Connection) -> list[Stale]:
    """Changes that the lint has not looked at, oldest first."""
    return read_records(await connection.fetch(_SQL["list_stale"], _STALE_AT_ONCE), Stale)


async def list_stale_schools(connection: Connection, stale: Iterable[Stale], now: datetime) -> set[str]:
    """The schools that changes of posts, people, districts and schools concern, neighbours not yet counted."""
    keys: dict[str, set[str]] = defaultdict(set)
    for one in stale:
        keys[one.what].add(one.key)
    said = (sorted(keys[what]) for what in ("post", "person", "district"))
    rows = await connection.fetch(_SQL["list_stale_schools"], *said, now)
    return {row["code"] for row in rows} | keys["school"]


async def forget_stale(connection: Connection, stale: Iterable[Stale]) -> None:
    """These changes were looked at."""
    await connection.execute(_SQL["forget_stale"], [one.id for one in stale])


async def read_oldest_check(connection: Connection) -> datetime | None:
    """When the school that was looked at longest ago was; None when one never was."""
    checked_at: datetime | None = await connection.fetchval(_SQL["read_oldest_check"])
    return checked_at


async def note_checks(connection: Connection, schools: Collection[str], now: datetime, until: datetime) -> None:
    """These schools were looked at now, up to an instant."""
    await connection.execute(_SQL["note_checks"], sorted(schools), now, until)


async def list_open_holes(connection: Connection, schools: Collection[str]) -> list[StoredHole]:
    """Holes of these schools that are not resolved."""
    return [_read_hole(row) for row in await connection.fetch(_SQL["list_open_holes"], sorted(schools))]


async def add_holes(connection: Connection, holes: Sequence[Hole], now: datetime) -> None:
    """Stores new holes."""
    await connection.execute(_SQL["add_holes"], write_rows(holes), now)


async def move_holes(connection: Connection, holes: Sequence[MovedHole]) -> None:
    """Writes down how known holes are now."""
    await connection.execute(_SQL["move_holes"], write_rows(holes))


async def resolve_holes(connection: Connection, holes: Sequence[Resolved], now: datetime) -> None:
    """Writes down that holes are no more."""
    await connection.execute(_SQL["resolve_holes"], write_rows(holes), now)


async def list_holes(
    connection: Connection,
    *,
    school: str | None = None,
    district: str | None = None,
    finding: Finding | None = None,
    after: tuple[datetime, int] | None = None,
    limit: int,
) -> list[StoredHole]:
    """Holes that are not resolved, the soonest first."""
    since, id_ = after or (None, None)
    rows = await connection.fetch(_SQL["list_holes"], school, district, finding, since, id_, limit)
    return [_read_hole(row) for row in rows]


async def summarize_coverage(connection: Connection) -> list[DistrictCoverage]:
    """How the schools of each district are covered."""
    return read_records(await connection.fetch(_SQL["summarize"]), DistrictCoverage)


async def count_holes(connection: Connection) -> dict[str, int]:
    """How many holes there are, by finding; one without any is missing."""
    return {row["finding"]: row["count"] for row in await connection.fetch(_SQL["count_holes"])}


async def count_stale(connection: Connection) -> int:
    """How many changes the lint has not looked at yet."""
    count: int = await connection.fetchval(_SQL["count_stale"])
    return count


def _read_hole(row: asyncpg.Record) -> StoredHole:
    return msgspec.convert(_decode(row, "reasons"), StoredHole)


def _decode(row: asyncpg.Record, *columns: str) -> dict[str, Any]:
    """A row with the JSON of these columns read."""
    fields = dict(row)
    return fields | {name: msgspec.json.decode(fields[name]) for name in columns if fields[name] is not None}
