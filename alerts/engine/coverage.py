"""The coverage cycle: looks again at schools for which something changed, and at all of them once a day."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import structlog

from alerts.domain.coverage import HORIZON, Comparison, Finding, Hole, KnownHole, compare_holes
from alerts.domain.policies import Rule
from alerts.domain.staff import WatchedSchool
from alerts.engine.metrics import COVERAGE_HOLES
from alerts.readiness.coverage import look_at_schools
from alerts.storage.coverage import (
    MovedHole,
    Resolved,
    Stale,
    StoredHole,
    add_holes,
    claiming_lint,
    count_holes,
    forget_stale,
    list_live_rules,
    list_open_holes,
    list_stale,
    list_stale_schools,
    list_watched_schools,
    move_holes,
    note_checks,
    read_oldest_check,
    resolve_holes,
)
from alerts.storage.database import Connection, Database
from alerts.storage.log import Entry, append_log

EVERYTHING_AFTER = timedelta(hours=24)
_NAMED_IN_LOG = 100  # holes that one row of the log names; it counts them all
_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class _Found:
    """What a look gave: of which schools, and the changes that it has seen."""

    now: datetime
    schools: dict[str, WatchedSchool]
    holes: tuple[Hole, ...]
    stale: tuple[Stale, ...]


async def lint_stale_schools(database: Database) -> int:
    """One cycle. Returns how many schools were looked at; 0 when nothing changed, or another engine is at it.

    It looks in one snapshot and writes in a transaction of its own, which is short: others wait for the log. What
    changes in between has left its mark, and the next cycle looks again.
    """
    async with database.connection() as connection, claiming_lint(connection) as claimed:
        if not claimed:
            return 0
        async with connection.transaction(isolation="repeatable_read", readonly=True):
            found = await _look(connection, await database.read_now(connection))
        if found is None:
            return 0
        async with connection.transaction():
            compared = await _keep(connection, found)
            counts = await count_holes(connection)
    for finding in Finding:
        COVERAGE_HOLES.labels(finding).set(counts.get(finding, 0))
    if compared.new or compared.mended:
        _log.info(
            "engine.coverage.changed",
            schools=len(found.schools),
            found=len(compared.new),
            mended=len(compared.mended),
            passed=len(compared.passed),
        )
    return len(found.schools)


async def _look(connection: Connection, now: datetime) -> _Found | None:
    stale = await list_stale(connection)
    oldest = await read_oldest_check(connection)
    everything = oldest is None or now - oldest >= EVERYTHING_AFTER or any(one.what == "everything" for one in stale)
    if not stale and not everything:
        return None
    rules = await list_live_rules(connection)
    codes = None if everything else await _list_concerned(connection, stale, rules, now)
    schools = await list_watched_schools(connection, rules, codes)
    holes: list[Hole] = []
    async for look in look_at_schools(connection, schools, rules, (now, now + HORIZON)):
        holes += look.holes
    return _Found(now, {school.code: school for school in schools}, tuple(holes), tuple(stale))


async def _list_concerned(
    connection: Connection, stale: Iterable[Stale], rules: Sequence[Rule], now: datetime
) -> list[str]:
    """Schools that changes concern, and those whose presses call the people of such a school as their neighbours'."""
    codes = await list_stale_schools(connection, stale, now)
    known = await list_watched_schools(connection, rules, sorted(codes))
    return sorted(codes | {near for one in known for nearest in one.neighbours.values() for near in nearest})


async def _keep(connection: Connection, found: _Found) -> Comparison:
    """Writes down what is new, what is still there and what is no more, and says so in one row of the log each."""
    known = {one.id: one for one in await list_open_holes(connection, list(found.schools))}
    compared = compare_holes([KnownHole(one.id, _hole_of(one)) for one in known.values()], found.holes, found.now)
    await add_holes(connection, compared.new, found.now)
    still = [(one.id, one.hole) for one in compared.still]
    await move_holes(
        connection, [MovedHole(id_, one.starts_at, one.ends_at, one.lasts, one.reasons) for id_, one in still]
    )
    gone = [Resolved(id_, "mended") for id_ in compared.mended] + [Resolved(id_, "passed") for id_ in compared.passed]
    await resolve_holes(connection, gone, found.now)
    await note_checks(connection, list(found.schools), found.now, found.now + HORIZON)
    await forget_stale(connection, found.stale)
    entries = []
    if compared.new:
        entries.append(_entry("coverage.found", compared.new, found))
    if compared.mended:
        mended = [_hole_of(known[id_]) for id_ in compared.mended]
        entries.append(_entry("coverage.resolved", mended, found))
    if entries:
        await append_log(connection, found.now, entries)
    return compared


def _hole_of(stored: StoredHole) -> Hole:
    return Hole(
        stored.school, stored.finding, stored.starts_at, stored.ends_at, stored.reasons, stored.kinds, stored.lasts
    )


def _entry(kind: str, holes: Collection[Hole], found: _Found) -> Entry:
    """One row for a whole cycle: all holes counted, the first of them named. (`schools` would be a board's items.)"""
    counts = Counter(hole.finding for hole in holes)
    body = {
        "holes": [_name_hole(hole, found) for hole in list(holes)[:_NAMED_IN_LOG]],
        "counts": {finding: counts[finding] for finding in Finding},
        "school_count": len({hole.school for hole in holes}),
        "until": found.now + HORIZON,
    }
    return Entry("engine", "coverage", kind, body)


def _name_hole(hole: Hole, found: _Found) -> dict[str, Any]:
    school = found.schools[hole.school]
    return {
        "school": hole.school,
        "school_name": school.name,
        "district": school.district,
        "finding": hole.finding,
        "kinds": hole.kinds,
        "starts_at": hole.starts_at,
        "ends_at": hole.ends_at,
        "lasts": hole.lasts,
    }
