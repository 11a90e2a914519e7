"""How long does it take to judge a day of the whole city by all rules, and to close it? A million raw messages."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date

import asyncpg
import psutil

from alerts.compliance.loading import KnownDuties
from alerts.compliance.rejudging import rejudge_day
from alerts.domain.compliance.catalogue import RULES
from alerts.engine.closing import close_due
from alerts.engine.compliance import ComplianceJudge
from alerts.storage.database import Database
from simulators.city.generator import generate_city
from simulators.demo.preparation import Preparation
from simulators.embedded.postgres import EmbeddedPostgres
from tests.bench.ground import open_ground
from tests.bench.parts import SECRETS

# Yesterday at every school: two gates that open and close every nine minutes, forty visits of four steps each, a guard
# who checks in each half hour, and everything heard all day.
DAY = """
insert into device (code, school, point, role)
    select p.school || '-' || said.code, p.school, p.id, said.role::device_role
    from (select distinct on (school) school, id from point where kind = 'gatehouse' order by school, id) as p,
         (values ('X1', 'gate'), ('X2', 'gate'), ('XV', 'visitor_terminal'), ('XR', 'post_reader'))
         as said (code, role);
insert into device_transition (device, at, link, troubles)
    select code, now() - interval '70 days', 'online', '{}' from device;
insert into post (code, kind, name, school) select code || ':guard', 'guard', '保安', code from school
    where not exists (select from post where post.school = school.code and post.kind = 'guard');
insert into school_term (name, first_on, last_on, saved_by, saved_at)
    values ('bench', current_date - 100, current_date + 100, 'bench', now());
insert into timetable (school_kind, valid_from, definition, saved_by, saved_at)
    values (null, current_date - 100, '{"weekdays": [1, 2, 3, 4, 5, 6, 7],
        "arrivals": [{"starts": "07:20:00", "ends": "08:00:00"}],
        "dismissals": [{"starts": "16:30:00", "ends": "17:10:00"}],
        "lessons": [{"starts": "08:00:00", "ends": "16:30:00"}], "closes": "18:00:00"}', 'bench', now());
select ensure_evidence_partition($1::date + day) from generate_series(-1, 1) as day;
"""
LAST_DAY = "select ((now() - interval '31 minutes') at time zone 'Asia/Shanghai')::date - 1"  # which may be closed
# What the devices of a day say: which school, device and channel, when, and the message.
MESSAGES = """
select s.district, s.code as school, s.code || said.suffix as device, said.channel, said.identity,
       ($1::date)::timestamp at time zone 'Asia/Shanghai' + said.after as at, said.payload
from school s cross join lateral (
    select gate as suffix, 'gate' as channel, 'g' || n as identity,
           interval '7 hours' + n * interval '9 minutes' as after,
           format('{"id": "g%s", "open": %s}', n, to_json(n % 2 = 0)) as payload
    from generate_series(0, 39) as n, (values ('-X1'), ('-X2')) as gates (gate)
    union all
    select '-XV', 'visit', 'v' || n || step,
           interval '8 hours' + n * interval '13 minutes' + place * interval '40 seconds',
           format('{"id": "v%s%s", "visit": "v%s", "step": "%s", "name": "n", "phone": "p", "reason": "r",'
                  ' "host": "h", "document_checked": true}', n, step, n, step)
    from generate_series(0, 39) as n,
         unnest(array['register', 'confirm', 'enter', 'leave']) with ordinality as steps (step, place)
    union all
    select '-XR', 'post', 'p' || n || who, n * interval '30 minutes',
           format('{"id": "p%s%s", "person": "%s-%s", "post": "%s:guard", "action": "on"}', n, who, s.code, who, s.code)
    from generate_series(0, 47) as n, generate_series(1, 1) as who
) as said
"""
EVENTS = f"""
insert into evidence (on_date, device, channel, identity, school, district, topic, occurred_at, received_at, problems,
                      payload, place, recorded_at)
select (at at time zone 'UTC')::date, device, channel, identity, school, district, 'bench', at,
       at + interval '200 ms', '{{}}', convert_to(payload, 'UTF8'), school, at
from ({MESSAGES}) as message
"""


@dataclass(frozen=True, slots=True)
class ComplianceFigures:
    """What was judged, and the seconds that it took: by the clock, of this process's CPU, and of PostgreSQL's."""

    schools: int
    rules: int
    evidence: int
    rejudged_seconds: float
    rejudged_cpu_seconds: float
    rejudged_postgres_seconds: float
    standing_seconds: float
    closed_seconds: float
    one_school_seconds: float


@contextmanager
def open_evident_city(schools: int) -> Iterator[tuple[str, date, psutil.Process]]:
    """A database with a city of which a whole day is known; gives its address, the day, and PostgreSQL."""
    with open_ground() as folder, EmbeddedPostgres(folder / "postgres") as postgres:
        preparation = Preparation(folder, postgres.url, SECRETS)
        preparation.migrate()
        preparation.import_city(generate_city(schools, seed=1))
        preparation.make_accounts([])
        yield postgres.url, asyncio.run(_fill(postgres.url)), psutil.Process(postgres.pid)


async def make_evident(connection: asyncpg.Connection[asyncpg.Record]) -> date:
    """Gives every school what tells of its day; says which day that can be."""
    on: date = await connection.fetchval(LAST_DAY)
    for statement in DAY.replace("$1", f"'{on}'").split(";\n"):
        if statement.strip():
            await connection.execute(statement)
    return on


async def _fill(url: str) -> date:
    connection = await asyncpg.connect(url)
    try:
        on = await make_evident(connection)
        await connection.execute(EVENTS.replace("$1", f"'{on}'"))
        await connection.execute("analyze")
        return on
    finally:
        await connection.close()


def measure_compliance(url: str, on: date, postgres: psutil.Process) -> ComplianceFigures:
    """Judges the day once more, judges what stands now, and closes the day."""
    return asyncio.run(_measure(url, on, postgres))


def read_cpu_seconds(postgres: psutil.Process) -> float:
    """What PostgreSQL used so far, with the connections that are open and those that ended."""
    own = postgres.cpu_times()
    each = [one.cpu_times() for one in postgres.children()]
    return sum(one.user + one.system for one in (own, *each)) + own.children_user + own.children_system


async def _measure(url: str, on: date, postgres: psutil.Process) -> ComplianceFigures:
    database = await Database.open(url, application_name="bench", max_size=3)
    try:
        began, cpu, of_postgres = time.perf_counter(), time.process_time(), read_cpu_seconds(postgres)
        judged = await rejudge_day(database, on)
        rejudged, rejudged_cpu = time.perf_counter() - began, time.process_time() - cpu
        of_postgres = read_cpu_seconds(postgres) - of_postgres
        standing = await _measure_standing(database)
        closed = await _measure_closing(database, on)
        async with database.connection() as connection:
            evidence = await connection.fetchval("select count(*) from evidence")
            await connection.execute(
                "insert into compliance_stale (school, input) select min(code), 'gates' from school"
            )
        began = time.perf_counter()
        await ComplianceJudge(database).judge_due()
        one = time.perf_counter() - began
    finally:
        await database.close()
    return ComplianceFigures(
        len(judged), len(RULES), evidence, rejudged, rejudged_cpu, of_postgres, standing, closed, one
    )


async def _measure_standing(database: Database) -> float:
    began, judge = time.perf_counter(), ComplianceJudge(database)
    while await judge.judge_due():
        pass
    return time.perf_counter() - began


async def _measure_closing(database: Database, on: date) -> float:
    async with database.connection() as connection:
        await connection.execute("insert into day_closing (next_on) values ($1)", on)
    duties = KnownDuties(database)
    began = time.perf_counter()
    while await close_due(database, duties.find):
        pass
    return time.perf_counter() - began
