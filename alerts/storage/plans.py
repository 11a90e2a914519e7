"""Plans, trainings, and how far the responsibilities are covered, on disk."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import asyncpg
import msgspec

from alerts.domain.contacts import CertificateKind
from alerts.domain.plans import EXERCISE_LASTS, TRAINING_LASTS, Gap, Phase, Plan, Responsibility, read_gaps
from alerts.domain.presses import Kind
from alerts.domain.registry import DISTRICT_POSTS, SCHOOL_POSTS, PostKind
from alerts.storage.database import Connection
from alerts.storage.errors import UnknownReference
from alerts.storage.records import read_record, read_records, write_rows
from alerts.storage.statements import read_statements

_SQL = read_statements("plans")
_COVERING = (sorted(SCHOOL_POSTS), sorted(DISTRICT_POSTS), TRAINING_LASTS.days, EXERCISE_LASTS.days)


@dataclass(frozen=True, slots=True)
class PlanHead:
    """A version of a plan without what it asks. `in_force` is the plan's version that holds today, None when none does;
    `responsibilities` counts them. `sample`: invented, for trying only."""

    code: str
    school: str | None
    school_name: str | None
    version: int
    name: str
    name_en: str
    kinds: tuple[Kind, ...]
    valid_from: date
    valid_until: date | None
    sample: bool
    saved_by: str
    saved_at: datetime
    in_force: int | None
    responsibilities: int


@dataclass(frozen=True, slots=True)
class SchoolPlan:
    """A version of a plan by which somebody acts now."""

    plan: str
    version: int
    sample: bool


@dataclass(frozen=True, slots=True)
class Training:
    """When a person was last trained for a plan; a day of the city."""

    person: str
    plan: str
    trained_on: date


@dataclass(frozen=True, slots=True)
class TrainingRow:
    """A training as it is listed."""

    person: str
    person_name: str
    plan: str
    trained_on: date
    saved_by: str
    saved_at: datetime


@dataclass(frozen=True, slots=True)
class Tally:
    """How often responsibilities are asked for, how often somebody could do them now, and how often which gap is there;
    one that is not covered can have several."""

    asked: int = 0
    covered: int = 0
    on_leave: int = 0
    unreachable: int = 0
    untrained: int = 0
    nobody: int = 0
    not_exercised: int = 0
    uncertified: int = 0

    def __add__(self, other: Tally) -> Tally:
        return Tally(*(getattr(self, name) + getattr(other, name) for name in Tally.__slots__))


@dataclass(frozen=True, slots=True)
class CoveredPlace:
    """A line of the city's figure: a school, or a responsibility in a district (None: the city's own posts). `able`
    counts what somebody could do now, exercised or not."""

    school: str | None
    district: str | None
    plan: str | None
    number: int | None
    coverage: Tally
    able: int


@dataclass(frozen=True, slots=True)
class CoveredResponsibility:
    """A responsibility of a school, and whoever comes closest to being able to do it now; no gap: it is covered.

    `site` is where the post is: `school:CODE`, `district:CODE` or `city`. `exercised_at` is within the last year.
    """

    plan: str
    version: int
    number: int
    phase: Phase
    text: str
    text_en: str
    post: PostKind
    site: str
    training: bool
    certificate: CertificateKind | None
    person: str | None
    person_name: str | None
    trained_on: date | None
    exercised_at: datetime | None
    gaps: tuple[Gap, ...]


async def list_plans(
    connection: Connection, now: datetime, *, after: str | None, limit: int, school: str | None = None
) -> list[PlanHead]:
    """The newest version of each plan by code; with a school only the city's and that school's."""
    return read_records(await connection.fetch(_SQL["list_plans"], now, after, limit, school), PlanHead)


async def list_versions(connection: Connection, code: str, now: datetime) -> list[PlanHead]:
    """All versions of a plan, newest first; empty when there is no such plan."""
    return read_records(await connection.fetch(_SQL["list_versions"], now, code), PlanHead)


async def list_responsibilities(
    connection: Connection, versions: Iterable[tuple[str, int]]
) -> dict[tuple[str, int], list[Responsibility]]:
    """What versions of plans ask, by plan and version."""
    wanted = sorted(set(versions))
    found: dict[tuple[str, int], list[Responsibility]] = defaultdict(list)
    plans, numbers = [plan for plan, _ in wanted], [version for _, version in wanted]
    for row in await connection.fetch(_SQL["list_responsibilities"], plans, numbers):
        found[row["plan"], row["version"]].append(read_record(row, Responsibility))
    return found


async def find_newest_plans(connection: Connection, codes: Iterable[str]) -> dict[str, Plan]:
    """The newest version of each named plan, whole, its row locked; unknown ones are missing."""
    rows = await connection.fetch(_SQL["find_newest"], sorted(codes))
    asked = await list_responsibilities(connection, [(row["code"], row["version"]) for row in rows])
    return {row["code"]: _read_plan(row, asked[row["code"], row["version"]]) for row in rows}


async def find_plan_codes(connection: Connection, codes: Iterable[str]) -> set[str]:
    """Those of the codes that are plans."""
    return {row["code"] for row in await connection.fetch(_SQL["find_plan_codes"], sorted(codes))}


async def register_plan(connection: Connection, code: str, school: str | None) -> None:
    """Makes a plan without a version yet, unless it is there; waits for somebody who does just that. Raises
    UnknownReference."""
    try:
        await connection.execute(_SQL["save_plan"], code, school)
    except asyncpg.ForeignKeyViolationError as error:
        raise UnknownReference(error.detail or str(error)) from error


async def save_plan(connection: Connection, plan: Plan, by: str, now: datetime) -> int:
    """Saves the next version of a registered plan and returns its number. Raises UnknownReference."""
    try:
        version: int = await connection.fetchval(
            _SQL["save_version"],
            plan.code,
            plan.name,
            plan.name_en,
            plan.kinds,
            plan.valid_from,
            plan.valid_until,
            plan.sample,
            by,
            now,
        )
        rows = write_rows(plan.responsibilities)
        await connection.execute(_SQL["save_responsibilities"], plan.code, version, rows)
    except asyncpg.ForeignKeyViolationError as error:
        raise UnknownReference(error.detail or str(error)) from error
    return version


async def find_trainings(connection: Connection, people: Iterable[str]) -> dict[tuple[str, str], Training]:
    """The trainings of these people, by person and plan."""
    rows = await connection.fetch(_SQL["find_trainings"], sorted(people))
    return {(one.person, one.plan): one for one in read_records(rows, Training)}


async def list_trainings(connection: Connection, plan: str, *, after: str | None, limit: int) -> list[TrainingRow]:
    """Who was trained for a plan, by person."""
    return read_records(await connection.fetch(_SQL["list_trainings"], plan, after, limit), TrainingRow)


async def save_trainings(connection: Connection, trainings: Sequence[Training], by: str, now: datetime) -> None:
    """Notes trainings; of two for the same plan the later one counts. Raises UnknownReference."""
    try:
        await connection.execute(_SQL["save_trainings"], write_rows(trainings), by, now)
    except asyncpg.ForeignKeyViolationError as error:
        raise UnknownReference(error.detail or str(error)) from error


async def list_plans_of_schools(connection: Connection, now: datetime, school: str | None = None) -> list[SchoolPlan]:
    """The plans by which a school acts now, or any school."""
    return read_records(await connection.fetch(_SQL["list_plans_of_schools"], now, school), SchoolPlan)


async def cover_city(connection: Connection, now: datetime) -> list[CoveredPlace]:
    """How far all responsibilities are covered; a second or two for a whole city. Wants a transaction of its own."""
    await connection.execute(_SQL["prepare_counting"])
    rows = await connection.fetch(_SQL["cover_city"], now, *_COVERING, timeout=120)
    return [
        CoveredPlace(row["school"], row["district"], row["plan"], row["number"], read_record(row, Tally), row["able"])
        for row in rows
    ]


async def cover_school(connection: Connection, school: str, now: datetime) -> list[CoveredResponsibility]:
    """Every responsibility by which a school acts."""
    rows: list[dict[str, Any]] = [
        dict(row) for row in await connection.fetch(_SQL["cover_school"], now, *_COVERING, school)
    ]
    return [msgspec.convert(row | {"gaps": read_gaps(row["gaps"])}, CoveredResponsibility) for row in rows]


def _read_plan(row: asyncpg.Record, asked: Sequence[Responsibility]) -> Plan:
    return msgspec.convert(dict(row) | {"responsibilities": tuple(asked)}, Plan)
