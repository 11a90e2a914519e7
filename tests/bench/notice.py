"""(g): from a notice's commit until the provider has taken the last of its messages. Engine, provider and database are
processes of their own; the provider answers after some milliseconds and takes everything."""

from __future__ import annotations

import asyncio
import time
from contextlib import ExitStack
from dataclasses import dataclass

import asyncpg
import httpx

from alerts.messages.notices import put_notice
from alerts.storage.database import Database
from alerts.storage.migrations import migrate
from alerts.storage.notices import Audience
from simulators.demo.services import Program
from simulators.embedded.postgres import EmbeddedPostgres
from simulators.embedded.process import find_free_port
from simulators.providers.plan import Plan
from simulators.providers.program import write_settings
from tests.alerts.story import commit
from tests.bench.ground import open_ground

ANSWER_SECONDS = 0.05
_PATIENCE_SECONDS = 120.0
_PEOPLE = """
insert into district (code, name, name_en, position) values ('D', '区', 'D', 1);
insert into school (code, district, name, kind, ownership, students, boarders)
    values ('S', 'D', '学校', 'primary', 'public', 1, 0);
insert into post (code, kind, name, school) values ('S:duty', 'school_duty', '值班', 'S');
insert into person (code, name) select 'n' || n, '人' || n from generate_series(1, {people}) as n;
insert into holding (post, person) select 'S:duty', 'n' || n from generate_series(1, {people}) as n;
insert into contact_method (person, rank, channel, address, added_at, verified_at)
    select 'n' || n, 1, 'sms', '139' || lpad(n::text, 8, '0'), now(), now() from generate_series(1, {people}) as n;
"""


@dataclass(frozen=True, slots=True)
class NoticeFigures:
    """How long a notice took until half of its people's messages, and all of them, were taken."""

    people: int
    half_seconds: float
    all_seconds: float


def measure_notice(people: int) -> NoticeFigures:
    """One notice to so many people."""
    with ExitStack() as stack:
        folder = stack.enter_context(open_ground())
        postgres = stack.enter_context(EmbeddedPostgres(folder / "postgres"))
        asyncio.run(migrate(postgres.url))
        asyncio.run(_execute(postgres.url, _PEOPLE.format(people=people)))
        port, mail_port = find_free_port(), find_free_port()
        command = ["simulators", "providers", "--port", str(port), "--mail-port", str(mail_port)]
        provider = Program("providers", command, folder / "services", {})
        settings = write_settings(Plan(callback_token="a-token-of-the-bench"), f"http://127.0.0.1:{port}", mail_port)
        told = {"CAMPUS_DATABASE_URL": postgres.url, **settings}
        engine = Program("engine", ["alerts", "run"], folder / "services", told)
        for program in (provider, engine):
            stack.callback(program.stop)
            program.start()
        _await_provider(port)
        return asyncio.run(_measure(postgres.url, people))


def _await_provider(port: int) -> None:
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while True:
        try:
            conduct = {"answer_seconds": ANSWER_SECONDS, "lose_share": 1}
            httpx.put(f"http://127.0.0.1:{port}/control/conduct/sms", json=conduct).raise_for_status()
        except httpx.TransportError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.1)
        else:
            return


async def _measure(url: str, people: int) -> NoticeFigures:
    database = await Database.open(url, application_name="bench")
    try:
        await _until(database, "select count(*) from channel where code = 'sms' and enabled", 1)
        await commit(database, put_notice, "周五停电", "停电一小时。", Audience(city=True), "bench")
        began_at = time.monotonic()
        taken = "select count(*) from delivery where state <> 'queued'"
        await _until(database, taken, people // 2)
        half_seconds = time.monotonic() - began_at
        await _until(database, taken, people)
        return NoticeFigures(people, half_seconds, time.monotonic() - began_at)
    finally:
        await database.close()


async def _until(database: Database, query: str, count: int) -> None:
    async with asyncio.timeout(_PATIENCE_SECONDS):
        while True:
            async with database.connection() as connection:
                if await connection.fetchval(query) >= count:
                    return
            await asyncio.sleep(0.05)


async def _execute(url: str, statements: str) -> None:
    connection = await asyncpg.connect(url)
    try:
        await connection.execute(statements)
    finally:
        await connection.close()
