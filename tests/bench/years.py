"""How fast are the pages of compliance when three years of days lie behind them, and how large is a day on disk?

One day of the whole city is judged and closed as it always is. What it left is then copied to the days of three years:
its records with their verdicts (their reasons only for the last quarter, which would be tens of gigabytes else), its
figures, and breaches. The dashboard answers as a process of its own.
"""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import asyncpg
import httpx

from alerts.compliance.loading import KnownDuties
from alerts.engine.closing import close_due
from alerts.engine.compliance import ComplianceJudge
from alerts.storage.database import Database
from simulators.demo.services import Program
from simulators.embedded.process import find_free_port
from tests.bench.parts import SECRETS

DAYS = 3 * 365
WITH_REASONS = 90
TIMES = 100
COPY_MONTH = "select ensure_school_day_partition($1)"
COPY_DAY = """
insert into school_day (on_date, school, version, closed_at, rules, verdicts, parameters, judgements, evidence_rows,
                        evidence_hash, reason)
select $2, school, 0, closed_at, rules, verdicts, parameters, case when $3 then judgements else '{}' end, evidence_rows,
       evidence_hash, '' from school_day where on_date = $1
"""
COPY_FIGURES = """
insert into district_figure select $2, district, rule, met, not_met, unknown, declared, not_applicable
from district_figure where on_date = $1
"""
COPY_CLOSED = "insert into closed_day select $2, closed_at, schools, position from closed_day where on_date = $1"
# A breach a school each tenth day, mended on the next.
BREACHES = """
insert into breach (school, rule, on_date, opened_at, judgement, due_at, closed_at, proof)
select code, 'C' || 1 + (n + row) % 7, $1::date - n, $1::date - n + time '10:00', judgement,
       $1::date - n + time '12:00', $1::date - n + time '11:00', judgement
from (select code, row_number() over (order by code) as row from school) as school
cross join generate_series(1, $2) as n
cross join (select judgement from standing_verdict limit 1) as said
where (n + row) % 10 = 0
"""
SIZES = """
select sum(pg_total_relation_size(inhrelid)) filter (where inhparent = 'evidence'::regclass) as evidence,
       sum(pg_total_relation_size(inhrelid)) filter (where inhparent = 'school_day'::regclass) as records,
       pg_total_relation_size('district_figure') as figures
from pg_inherits
"""


@dataclass(frozen=True, slots=True)
class Disk:
    """Bytes that a day of the city takes: raw evidence, records, figures; and rows of each."""

    evidence: int
    records: int
    figures: int
    evidence_rows: int
    schools: int
    figure_rows: int


@dataclass(frozen=True, slots=True)
class Answers:
    """Milliseconds in which a page's question was answered, sorted, and the size of an answer in bytes."""

    milliseconds: Sequence[float]
    size: int

    def at(self, share: float) -> float:
        """So many milliseconds at this share of all answers."""
        return self.milliseconds[min(len(self.milliseconds) - 1, int(len(self.milliseconds) * share))]


@dataclass(frozen=True, slots=True)
class YearsFigures:
    """What lies behind the pages, and how fast they are."""

    days: int
    disk: Disk
    figure_rows: int
    database_bytes: int
    answers: Mapping[str, Answers]


def measure_years(url: str, on: date, folder: Path) -> YearsFigures:
    """Closes the day, copies it over three years, and asks what the pages ask."""
    disk = asyncio.run(_close(url, on))
    figure_rows, size = asyncio.run(_copy(url, on))
    port = find_free_port()
    environment = {**os.environ, "CAMPUS_DATABASE_URL": url, "CAMPUS_HTTP_PORT": str(port)}
    dashboard = Program("dashboard", ["dashboard", "run"], folder, environment)
    dashboard.start()
    try:
        answers = _ask_pages(f"http://127.0.0.1:{port}", on)
    finally:
        dashboard.stop()
    return YearsFigures(DAYS, disk, figure_rows, size, answers)


async def _close(url: str, on: date) -> Disk:
    database = await Database.open(url, application_name="bench", max_size=3)
    try:
        judge, duties = ComplianceJudge(database), KnownDuties(database)
        async with database.connection() as connection:
            await connection.execute("insert into day_closing (next_on) values ($1)", on)
        while await judge.judge_due():
            pass
        while await close_due(database, duties.find):
            pass
        async with database.connection() as connection:
            size = await connection.fetchrow(SIZES)
            counts = [
                await connection.fetchval(f"select count(*) from {table}")
                for table in ("evidence", "school_day", "district_figure")
            ]
    finally:
        await database.close()
    return Disk(int(size["evidence"]), int(size["records"]), int(size["figures"]), *counts)


async def _copy(url: str, on: date) -> tuple[int, int]:
    connection = await asyncpg.connect(url)
    try:
        for back in range(1, DAYS):
            day = on - timedelta(days=back)
            async with connection.transaction():
                await connection.execute("set local synchronous_commit = off")
                await connection.execute(COPY_MONTH, day)
                await connection.execute(COPY_DAY, on, day, back < WITH_REASONS)
                await connection.execute(COPY_FIGURES, on, day)
                await connection.execute(COPY_CLOSED, on, day)
        await connection.execute(BREACHES, on, DAYS)
        await connection.execute("vacuum analyze")
        rows = await connection.fetchval("select count(*) from district_figure")
        size = await connection.fetchval("select pg_database_size(current_database())")
        return rows, size
    finally:
        await connection.close()


def _ask_pages(address: str, on: date) -> dict[str, Answers]:
    old = on - timedelta(days=DAYS - 1)
    pages = {
        "figures now": "/compliance",
        "figures of a day three years ago, by kind": f"/compliance?on={old}&by=kind",
        "matrix now": "/compliance/matrix",
        "matrix of a day three years ago": f"/compliance/matrix?on={old}",
        "trend of 31 days": f"/compliance/trend?from={on - timedelta(days=30)}&to={on}",
        "trend of a year, a district": f"/compliance/trend?from={on - timedelta(days=365)}&to={on}&district=370202",
        "trend of a rule over a year": f"/compliance/trend?from={on - timedelta(days=365)}&to={on}&rule=C1",
        "breaches, newest": "/compliance/breaches?open=false",
        "a school now": "/compliance/schools/{school}",
        "a school a quarter ago": f"/compliance/schools/{{school}}?on={on - timedelta(days=WITH_REASONS - 1)}",
        "a school's timeline": f"/compliance/schools/{{school}}/days/{on}",
        "catalogue": "/compliance/rules",
    }
    headers = {"Authorization": f"Bearer {SECRETS.token}"}
    with httpx.Client(base_url=f"{address}/api/v1", headers=headers, timeout=60) as client:
        _await_answer(client)
        school = client.get("/schools?limit=1").json()["items"][0]["code"]
        return {name: _ask(client, path.format(school=school)) for name, path in pages.items()}


def _await_answer(client: httpx.Client) -> None:
    deadline = time.monotonic() + 60
    while True:
        try:
            client.get("/compliance").raise_for_status()
        except httpx.TransportError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.1)
        else:
            return


def _ask(client: httpx.Client, path: str) -> Answers:
    times, size = [], 0
    for _ in range(TIMES):
        began = time.perf_counter()
        answer = client.get(path)
        times.append((time.perf_counter() - began) * 1000)
        answer.raise_for_status()
        size = len(answer.content)
    return Answers(sorted(times), size)
