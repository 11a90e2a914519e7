"""How long does it take to prove a whole city's coming week? Two rostered posts a school, leave, dead telephones; and a
city in which nearly nobody can be reached (`tests.bench.failing_city`)."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import asyncpg

from alerts.readiness.coverage import lint_coverage
from alerts.storage.database import Connection, Database
from simulators.city.generator import generate_city
from simulators.demo.preparation import Preparation
from simulators.embedded.postgres import EmbeddedPostgres
from tests.bench.failing_city import make_nearly_all_fail
from tests.bench.ground import open_ground
from tests.bench.parts import SECRETS

# Duty in three shifts, by turns, from yesterday to the ninth day; one school in fifty misses a night of the third day.
WATCH = """
delete from duty;
delete from contact_method;
insert into post (code, kind, name, school)
    select code || ':guard', 'guard', name || '保安', code from school
    where not exists (select from post where post.school = school.code and post.kind = 'guard');
insert into holding (post, person, rank)
    select g.code, h.person, h.rank
    from post g join post d on d.school = g.school and d.kind = 'school_duty' join holding h on h.post = d.code
    where g.kind = 'guard' and not exists (select from holding where holding.post = g.code);
insert into contact_method (person, rank, channel, address, added_at, verified_at, failing_since)
    select code, rank, case rank when 1 then 'sms' else 'voice' end, '1', now(), now(),
           case when rank = 1 and hashtext(code) % 20 = 0 then now() end
    from person, generate_series(1, 2) as rank;
update channel set enabled = code in ('sms', 'voice');
insert into roster (post, definition, version, saved_by, saved_at, expanded_until)
    select code, '{}', 1, 'bench', now(), now() from post where kind in ('school_duty', 'guard') on conflict do nothing;
with shift as (
    select date_trunc('day', now()) + make_interval(days => day, hours => 8 * turn) as starts_at,
           day * 3 + turn as number
    from generate_series(-1, 9) as day, generate_series(0, 2) as turn
), place as (
    select code, school, dense_rank() over (order by school) as number,
           (select array_agg(person order by rank) from holding where post = code) as people
    from post where kind in ('school_duty', 'guard')
)
insert into duty (post, starts_at, ends_at, person, shift, source)
    select code, starts_at, starts_at + interval '8 hours',
           people[1 + (shift.number + 3) % cardinality(people)], 'shift', 'rotation'
    from place, shift where not (shift.number = 11 and place.number % 50 = 0);
insert into leave (person, starts_at, ends_at, saved_by, saved_at)
    select code, now() + interval '1 day', now() + interval '2 days', 'bench', now()
    from person where hashtext(code) % 30 = 0;
analyze;
"""


@dataclass(frozen=True, slots=True)
class CoverageFigures:
    """What was looked at, what was found, and the seconds that it took: by the clock, and of this process's CPU."""

    schools: int
    people: int
    duties: int
    holes: int
    schools_with_holes: int
    seconds: float
    cpu_seconds: float
    one_school_seconds: float


@contextmanager
def open_watched_city(schools: int) -> Iterator[str]:
    """A database with a city whose posts are on duty by turns; gives its address."""
    with open_ground() as folder, EmbeddedPostgres(folder / "postgres") as postgres:
        preparation = Preparation(folder, postgres.url, SECRETS)
        preparation.migrate()
        preparation.import_city(generate_city(schools, seed=1))
        yield postgres.url


def measure_coverage(url: str) -> CoverageFigures:
    """Puts people on duty, then proves the coming week once."""
    return asyncio.run(_measure(url, _put_on_duty))


def measure_failing_coverage(url: str) -> CoverageFigures:
    """The same where nearly nobody can be reached."""
    return asyncio.run(_measure(url, make_nearly_all_fail))


async def _put_on_duty(connection: Connection) -> None:
    await connection.execute(WATCH)


async def _measure(url: str, prepare: Callable[[Connection], Awaitable[None]]) -> CoverageFigures:
    connection = await asyncpg.connect(url)
    try:
        await prepare(connection)
        people = await connection.fetchval("select count(*) from person")
        duties = await connection.fetchval("select count(*) from duty")
        school = await connection.fetchval("select min(code) from school")
    finally:
        await connection.close()
    database = await Database.open(url, application_name="bench", max_size=2)
    try:
        began, cpu = time.perf_counter(), time.process_time()
        lint = await lint_coverage(database)
        seconds, cpu_seconds = time.perf_counter() - began, time.process_time() - cpu
        began = time.perf_counter()
        await lint_coverage(database, school)
        one = time.perf_counter() - began
    finally:
        await database.close()
    broken = len({hole.school for hole in lint.holes})
    return CoverageFigures(len(lint.schools), people, duties, len(lint.holes), broken, seconds, cpu_seconds, one)
