"""Who holds the posts of these schools, who was to be there, and how far the plans are covered."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from alerts.compliance.loading.batch import Batch
from alerts.domain.compliance.school_day import Duties, Holder, PostDay
from alerts.domain.plans import Gap
from alerts.domain.spans import unite
from alerts.storage.database import Connection, Database
from alerts.storage.plans import CoveredPlace, cover_city, cover_school
from alerts.storage.school_days import group_rows, list_holders, list_posts, list_sample_plans


@dataclass(frozen=True, slots=True)
class Staffed:
    """Posts and their holders by school."""

    holders: Mapping[str, tuple[Holder, ...]]
    posts: Mapping[str, tuple[PostDay, ...]]


@dataclass(frozen=True, slots=True)
class CityDuties:
    """How far the plans of all schools are covered at an instant."""

    at: datetime
    by_school: Mapping[str, Duties]


FindCityDuties = Callable[[datetime], Awaitable[CityDuties]]
_FEW_SCHOOLS = 20  # so many one by one cost less than the whole city at once
_KNOWN_FOR = timedelta(minutes=2)


async def load_staff(connection: Connection, batch: Batch) -> Staffed:
    """Holders and posts."""
    holders = group_rows(await list_holders(connection, batch.codes, batch.on), "school")
    posts = group_rows(await list_posts(connection, batch.codes, batch.eve_at, batch.span[1], batch.now), "school")
    return Staffed(
        holders={
            school: tuple(
                Holder(row.person, row.post, row.post_kind, row.certificates, row.reachable, row.seen_at)
                for row in rows
            )
            for school, rows in holders.items()
        },
        posts={
            school: tuple(
                PostDay(
                    code=row.code,
                    kind=row.kind,
                    rostered=row.rostered,
                    duty=row.duty,
                    published_until=row.published_until,
                    holes=unite(row.holes),
                    unreachable=row.unreachable,
                )
                for row in rows
            )
            for school, rows in posts.items()
        },
    )


async def load_city_duties(connection: Connection, now: datetime) -> CityDuties:
    """How far the plans are covered everywhere: a second or two. Wants a transaction of its own."""
    covered = {one.school: one for one in await cover_city(connection, now) if one.school}
    plans = await _load_plans(connection, now, sorted(covered))

    def make(school: str, one: CoveredPlace) -> Duties:
        exercised = one.coverage.asked - one.coverage.not_exercised
        return Duties(one.coverage.asked, one.able, exercised, *plans.get(school, (False, ())))

    return CityDuties(now, {school: make(school, one) for school, one in covered.items()})


class KnownDuties:
    """What is known of the plans of the whole city, kept for a while: it costs a second or two."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._known: CityDuties | None = None

    async def find(self, now: datetime) -> CityDuties:
        """How far the plans were covered at an instant, or shortly before it."""
        known = self._known
        if known is None or not timedelta() <= now - known.at <= _KNOWN_FOR:
            async with self._database.transaction() as connection:  # one of its own: it tells the planner things
                known = self._known = await load_city_duties(connection, now)
        return known


async def load_duties(
    connection: Connection, batch: Batch, find_city_duties: FindCityDuties | None
) -> Mapping[str, Duties]:
    """How far the plans of these schools are covered: of a few one by one, of more by asking for the whole city."""
    if find_city_duties is not None and len(batch.codes) > _FEW_SCHOOLS:
        return (await find_city_duties(batch.now)).by_school
    plans = await _load_plans(connection, batch.now, batch.codes)
    found = {}
    for school in batch.codes:
        own = [one for one in await cover_school(connection, school, batch.now) if one.site == f"school:{school}"]
        if own:
            # Not to be exercised yet is a gap of its own, and keeps nobody from being able to do it.
            covered = sum(not set(one.gaps) - {Gap.NOT_EXERCISED} for one in own)
            exercised = sum(Gap.NOT_EXERCISED not in one.gaps for one in own)
            found[school] = Duties(len(own), covered, exercised, *plans.get(school, (False, ())))
    return found


async def _load_plans(
    connection: Connection, now: datetime, schools: Sequence[str]
) -> Mapping[str, tuple[bool, tuple[str, ...]]]:
    """Of each school whether any of its plans is invented, and their codes."""
    plans = group_rows(await list_sample_plans(connection, now, schools), "school")
    return {
        school: (any(one.sample for one in its), tuple(sorted(one.plan for one in its)))
        for school, its in plans.items()
    }
