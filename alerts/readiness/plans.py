"""Plans: checked when they are saved, versioned, said in the log; trainings for them; and the living figure of how
many responsibilities somebody could carry out now."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from alerts.domain.plans import Phase, Plan, PlanInvalid, Responsibility, Site, arrange, check_plan, site_of
from alerts.domain.registry import PostKind
from alerts.storage import plans as storage
from alerts.storage.board_reads import list_districts
from alerts.storage.database import Connection, Database
from alerts.storage.errors import UnknownReference
from alerts.storage.log import Entry, append_log
from alerts.storage.people import find_codes
from alerts.storage.plans import CoveredPlace, CoveredResponsibility, SchoolPlan, Tally, Training
from alerts.storage.registry import find_schools

FRESH_FOR = timedelta(seconds=30)  # a whole city takes the database a second or two


class PlanChanged(Exception):
    """Somebody else saved a newer version; the message says which."""


@dataclass(frozen=True, slots=True)
class SavedPlan:
    """A plan as it is in force, and its version. `changed`: it was saved as a new one."""

    plan: Plan
    version: int
    changed: bool


@dataclass(frozen=True, slots=True)
class DistrictFigure:
    """How far the responsibilities of a district are covered, its schools' posts and its own."""

    code: str
    name: str
    name_en: str
    coverage: Tally


@dataclass(frozen=True, slots=True)
class ResponsibilityFigure:
    """How far one responsibility is covered over the whole city; it is asked for once at each place of its post."""

    plan: str
    version: int
    number: int
    phase: Phase
    text: str
    text_en: str
    post: PostKind
    site: Site
    sample: bool
    coverage: Tally


@dataclass(frozen=True, slots=True)
class SchoolFigure:
    """How far the responsibilities of a school's own posts are covered."""

    code: str
    coverage: Tally


@dataclass(frozen=True, slots=True)
class CityFigure:
    """The living figure at `at`. `everywhere` counts responsibilities that are covered at every place of their post.

    `sample`: some plan in force is an invented one, so that the figure says nothing of the real city.
    """

    at: datetime
    sample: bool
    responsibilities: int
    everywhere: int
    coverage: Tally
    districts: tuple[DistrictFigure, ...]
    items: tuple[ResponsibilityFigure, ...]
    schools: tuple[SchoolFigure, ...]


@dataclass(frozen=True, slots=True)
class SchoolCoverage:
    """Every responsibility by which a school acts, each with its gaps; with those of its district and the city."""

    at: datetime
    school: str
    sample: bool
    plans: tuple[SchoolPlan, ...]
    asked: int
    covered: int
    items: tuple[CoveredResponsibility, ...]


async def save_plan(database: Database, plan: Plan, by: str, replaces: int | None = None) -> SavedPlan:
    """Saves a plan whole as its next version, unless it says the same as the newest one.

    `replaces` is the version that the author looked at (0: none yet). Raises PlanInvalid, and PlanChanged when somebody
    else saved a newer one meanwhile.
    """
    check_plan(plan)
    async with database.transaction() as connection:
        await _refuse_unknown(connection, plan)
        now = await database.read_now(connection)
        saved = await store_plan(connection, plan, by, now, replaces)
        if saved.changed:
            await append_log(connection, now, [saved_entry(saved, by)])
    return saved


async def _refuse_unknown(connection: Connection, plan: Plan) -> None:
    """Raises PlanInvalid at the first school, person or deputy whom nobody registered."""
    if plan.school is not None and not await find_schools(connection, [plan.school]):
        raise PlanInvalid(f"there is no school {plan.school}", "school")
    known = await find_named(connection, plan.responsibilities)
    for place, one in enumerate(plan.responsibilities):
        for part, code in (("person", one.person), ("deputy", one.deputy)):
            if code is not None and code not in known:
                why = f"responsibility {one.number}: nobody has the code {code}"
                raise PlanInvalid(why, f"responsibilities.{place}.{part}")


async def find_named(connection: Connection, asked: Sequence[Responsibility]) -> dict[str, str]:
    """The names of the people whom responsibilities name, by code; unknown ones are missing."""
    return await find_codes(connection, {code for one in asked for code in (one.person, one.deputy) if code})


async def store_plan(
    connection: Connection, plan: Plan, by: str, now: datetime, replaces: int | None = None
) -> SavedPlan:
    """Saves a checked plan in a transaction that writes `saved_entry` itself. Raises PlanInvalid, PlanChanged."""
    plan = arrange(plan)
    try:
        await storage.register_plan(connection, plan.code, plan.school)
        before = (await storage.find_newest_plans(connection, [plan.code])).get(plan.code)
        newest = 0 if before is None else (await storage.list_versions(connection, plan.code, now))[0].version
        if before is not None and before.school != plan.school:
            raise PlanInvalid(f"the plan {plan.code} is {_whose(before)}: give this one a code of its own", "school")
        if before == plan:
            return SavedPlan(plan, newest, changed=False)
        if replaces not in (None, newest):
            raise PlanChanged(f"version {newest} is the newest, not {replaces}: look at it first")
        version = await storage.save_plan(connection, plan, by, now)
    except UnknownReference as error:
        raise PlanInvalid(f"somebody or something named in it is not registered: {error}") from error
    return SavedPlan(plan, version, changed=True)


def saved_entry(saved: SavedPlan, by: str) -> Entry:
    """The log row of a new version: the whole plan, for cards and trainings point at it for ever."""
    body = {"plan": saved.plan, "version": saved.version}
    return Entry(f"person:{by}", f"plan:{saved.plan.code}", "plan.saved", body)


def _whose(plan: Plan) -> str:
    return "the whole city's" if plan.school is None else f"the school {plan.school}'s"


async def note_trainings(database: Database, trainings: Sequence[Training], by: str) -> None:
    """Notes that people were trained for plans. Raises PlanInvalid for days to come, and for what is not registered."""
    async with database.transaction() as connection:
        now = await database.read_now(connection)
        tomorrow = now.date() + timedelta(days=1)  # it is tomorrow in Shanghai while it is today in UTC
        if any(one.trained_on > tomorrow for one in trainings):
            raise PlanInvalid("trained_on is a day to come: note a training when it took place", "trained_on")
        try:
            await storage.save_trainings(connection, trainings, by, now)
        except UnknownReference as error:
            raise PlanInvalid(f"a person or plan is not registered: {error}") from error
        entry = Entry(f"person:{by}", "trainings", "training.saved", {"trainings": list(trainings)})
        await append_log(connection, now, [entry])


async def read_city_figure(database: Database) -> CityFigure:
    """Counts the whole city now."""
    async with database.transaction(isolation="repeatable_read") as connection:
        now = await database.read_now(connection)
        places = await storage.cover_city(connection, now)
        plans = await storage.list_plans_of_schools(connection, now)
        asked = await storage.list_responsibilities(connection, [(one.plan, one.version) for one in plans])
        districts = await list_districts(connection)
    of_district = _sum((place.district, place.coverage) for place in places if place.plan)
    items = tuple(_count_responsibilities(places, plans, asked))
    return CityFigure(
        at=now,
        sample=any(plan.sample for plan in plans),
        responsibilities=len(items),
        everywhere=sum(one.coverage.asked == one.coverage.covered for one in items),
        coverage=sum((one.coverage for one in items), Tally()),
        districts=tuple(
            DistrictFigure(one.code, one.name, one.name_en, of_district.get(one.code, Tally())) for one in districts
        ),
        items=items,
        schools=tuple(
            sorted((SchoolFigure(one.school, one.coverage) for one in places if one.school), key=lambda one: one.code)
        ),
    )


def _count_responsibilities(
    places: Sequence[CoveredPlace],
    plans: Sequence[SchoolPlan],
    asked: Mapping[tuple[str, int], Sequence[Responsibility]],
) -> list[ResponsibilityFigure]:
    counted = _sum(((place.plan, place.number), place.coverage) for place in places if place.plan)
    return [
        ResponsibilityFigure(
            plan=plan.plan,
            version=plan.version,
            number=one.number,
            phase=one.phase,
            text=one.text,
            text_en=one.text_en,
            post=one.post,
            site=site_of(one.post),
            sample=plan.sample,
            coverage=counted.get((plan.plan, one.number), Tally()),
        )
        for plan in plans
        for one in asked[plan.plan, plan.version]
    ]


def _sum(counted: Iterable[tuple[Hashable, Tally]]) -> dict[Any, Tally]:
    sums: dict[Any, Tally] = defaultdict(Tally)
    for key, coverage in counted:
        sums[key] += coverage
    return dict(sums)


async def read_school_coverage(database: Database, school: str) -> SchoolCoverage | None:
    """A school's responsibilities, with those of its district and the city; None when there is no such school."""
    async with database.transaction(isolation="repeatable_read") as connection:
        now = await database.read_now(connection)
        if not await find_schools(connection, [school]):
            return None
        plans = await storage.list_plans_of_schools(connection, now, school)
        items = await storage.cover_school(connection, school, now)
    return SchoolCoverage(
        at=now,
        school=school,
        sample=any(plan.sample for plan in plans),
        plans=tuple(plans),
        asked=len(items),
        covered=sum(not one.gaps for one in items),
        items=tuple(items),
    )


class LivingFigure:
    """The city's figure for many who look at once: counted when somebody asks, at most once in FRESH_FOR."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._counting = asyncio.Lock()
        self._newest: CityFigure | None = None

    async def read(self) -> CityFigure:
        """The figure; `at` says of when."""
        async with self._counting:
            async with self._database.connection() as connection:
                now = await self._database.read_now(connection)
            if self._newest is None or not timedelta() <= now - self._newest.at < FRESH_FOR:
                self._newest = await read_city_figure(self._database)
            return self._newest
