"""How long from a press to the last board? `python -m tests.bench.fanout --help`.

Method. A PostgreSQL of its own (fsync on), one `python -m dashboard run`, and all boards in one further process: real
WebSocket connections whose frames are taken apart just far enough to tell which change they carry. Presses go through
the use case that the gateway calls, each at another school, at the given rate; meanwhile all devices beat, a thirtieth
of them each second in one batch.
A press counts from when it came in, and separately from its commit, until the last board's socket was read. All clocks
are this machine's.
"""

from __future__ import annotations

import asyncio
import itertools
import os
import random
import socket
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import httpx
import psutil
import typer

from alerts.accounts import save_token
from alerts.domain.arrivals import Arrival, Channel, Stage
from alerts.domain.rights import Right
from alerts.intake import Intake
from alerts.storage.accounts import Account
from alerts.storage.database import Database
from alerts.storage.migrations import migrate
from simulators.embedded.postgres import EmbeddedPostgres
from tests.bench.crowd import TOKEN, Heard, connect_boards

DEVICES_A_SCHOOL = 3
PATIENCE_SECONDS = 60.0
SETTLING_SECONDS = 2.0  # for what is still under way; what comes later counts as missing

_CITY = """
insert into district (code, name, name_en, position) values ('370202', '市南区', 'Shinan', 1);
insert into school (code, district, name, kind, ownership, students, boarders, address, latitude, longitude)
    select 'S' || n, '370202', '青岛市第' || n || '小学', 'primary', 'public', 510, 0, '', 36.06, 120.38
    from generate_series(1, {schools}) as n;
insert into point (school, kind, name) select code, 'gatehouse', '门卫室' from school;
insert into device (code, school, point, interval_seconds)
    select p.school || '-' || n, p.school, p.id, 30 from point p cross join generate_series(1, {each}) as n;
insert into person (code, name) select 'P' || code, '值班' || code from school;
insert into post (code, kind, name, school) select code || ':duty', 'school_duty', '值班', code from school;
insert into holding (post, person) select code || ':duty', 'P' || code from school;
"""

app = typer.Typer(add_completion=False, help=__doc__)


@dataclass(frozen=True, slots=True)
class Pressed:
    """One press: when it came in, and when it had committed."""

    incident: int
    came_at: float
    committed_at: float


@app.command()
def run(
    count: Annotated[int, typer.Option("--boards", help="How many boards are connected.")] = 300,
    presses: Annotated[int, typer.Option(help="How many presses are measured at each rate.")] = 200,
    rates: Annotated[str, typer.Option(help="Presses a second, separated by commas.")] = "5,50",
    schools: Annotated[int, typer.Option(help="Schools in the city; each has three devices.")] = 3488,
    beats: Annotated[bool, typer.Option(help="Whether all devices beat every 30 s meanwhile.")] = True,
    seed: Annotated[int, typer.Option(help="Decides when presses come.")] = 1,
) -> None:
    """Measure from a press to the last board, and what boards cost."""
    asyncio.run(_measure(count, presses, [float(rate) for rate in rates.split(",")], schools, beats, seed))


async def _measure(count: int, presses: int, rates: Sequence[float], schools: int, beats: bool, seed: int) -> None:
    print(f"{count} boards, {schools} schools, {schools * DEVICES_A_SCHOOL} devices, beats {'on' if beats else 'off'}")
    with _postgres() as url:
        await migrate(url)
        database = await Database.open(url, application_name="bench", max_size=8)
        async with database.connection() as connection:
            await connection.execute(_CITY.format(schools=schools, each=DEVICES_A_SCHOOL))
            await connection.execute("analyze")
        await save_token(database, Account.of_program("bench", Right), TOKEN, "bench")
        async with _dashboard(url) as (port, process):
            beating = asyncio.create_task(_beat(database, schools)) if beats else None
            await _measure_snapshots(process, port, count)
            fresh = itertools.count(1)
            for rate in rates:
                numbers = list(itertools.islice(fresh, presses))
                await _measure_presses(database, process, port, count, numbers, rate, seed)
            if beating:
                beating.cancel()
        await database.close()


async def _measure_snapshots(process: psutil.Process, port: int, count: int) -> None:
    for deflate in (False, True):
        before = process.cpu_times()
        async with connect_boards(port, count, deflate) as crowd:
            after = process.cpu_times()
            cpu_ms = 1000 * (after.user + after.system - before.user - before.system) / count
            form, served = "deflated" if deflate else "plain", crowd.connected
            print(
                f"{count} boards at once, snapshot {form} ({served.bytes:,} B each): "
                f"last one served after {served.seconds:.2f} s, {cpu_ms:.2f} ms of the dashboard's CPU a board, "
                f"resident {process.memory_info().rss / 2**20:.0f} MiB"
            )


async def _measure_presses(
    database: Database, process: psutil.Process, port: int, count: int, schools: list[int], rate: float, seed: int
) -> None:
    async with connect_boards(port, count) as crowd:
        before, started_at = process.cpu_times(), time.time()
        pressed = await _press(database, schools, rate, random.Random(seed))
        await asyncio.sleep(SETTLING_SECONDS)
        after, seconds = process.cpu_times(), time.time() - started_at
        heard = await crowd.tell()
    first_of: dict[int, Heard] = {}
    for one in sorted(heard, key=lambda one: one.first_at):
        first_of.setdefault(one.incident, one)
    known = [(one, first_of[one.incident]) for one in pressed if one.incident in first_of]
    shown = [(press, change) for press, change in known if change.boards == count]
    _print_quantiles(f"{rate:g}/s: press to last board ", [change.last_at - press.came_at for press, change in shown])
    _print_quantiles(
        f"{rate:g}/s: commit to last board", [change.last_at - press.committed_at for press, change in shown]
    )
    _print_quantiles(f"{rate:g}/s: first to last board ", [change.last_at - change.first_at for _, change in shown])
    cpu_percent = 100 * (after.user + after.system - before.user - before.system) / seconds
    print(
        f"{rate:g}/s: {len(pressed) - len(shown)} presses missing at some board; {len(heard) / seconds:.0f} changes/s "
        f"to each of {count} boards; the dashboard used {cpu_percent:.0f} % of a core"
    )


def _print_quantiles(name: str, seconds: list[float]) -> None:
    ordered = sorted(1000 * one for one in seconds)
    p50, p99 = ordered[len(ordered) // 2], ordered[int(len(ordered) * 0.99)]
    print(f"{name}: p50 {p50:6.1f} ms  p99 {p99:6.1f} ms  max {ordered[-1]:6.1f} ms  (n={len(ordered)})")


async def _press(database: Database, schools: list[int], rate: float, dice: random.Random) -> list[Pressed]:
    """Presses at random moments, `rate` a second on the average, each at another school; taken in as the gateway does:
    what came while the last batch was committed is the next batch."""
    waiting: list[tuple[Arrival, float]] = []
    rung = asyncio.Event()
    lane = asyncio.create_task(_take_batches(Intake(database), waiting, rung, len(schools)))
    next_at = time.monotonic()
    for number in schools:
        next_at += dice.expovariate(rate)
        await asyncio.sleep(max(next_at - time.monotonic(), 0))
        waiting.append((_make_arrival(number), time.time()))
        rung.set()
    return await lane


async def _take_batches(
    intake: Intake, waiting: list[tuple[Arrival, float]], rung: asyncio.Event, count: int
) -> list[Pressed]:
    pressed: list[Pressed] = []
    while len(pressed) < count:
        await rung.wait()
        rung.clear()
        batch = waiting.copy()
        waiting.clear()
        receipts = await intake.take_presses([arrival for arrival, _ in batch])
        committed_at = time.time()
        incidents = {one.device: one.incident for one in receipts if one.stage is Stage.RECEIVED}
        pressed += [Pressed(incidents[arrival.device or ""], called_at, committed_at) for arrival, called_at in batch]
    return pressed


def _make_arrival(number: int) -> Arrival:
    device = f"S{number}-1"
    return Arrival(
        topic=f"campus/v1/370202/S{number}/{device}/press",
        district="370202",
        school=f"S{number}",
        device=device,
        channel=Channel.PRESS,
        payload=b'{"id":"bench"}',
        received_at=datetime.now(UTC),
    )


async def _beat(database: Database, schools: int) -> None:
    """A thirtieth of all devices each second."""
    intake = Intake(database)
    codes = [f"S{number}-{device}" for number in range(1, schools + 1) for device in range(1, DEVICES_A_SCHOOL + 1)]
    for second in itertools.count():
        batch = codes[second % 30 :: 30]
        now = datetime.now(UTC)
        await intake.take_signs_of_life(
            [Arrival(f"campus/v1/x/x/{code}/beat", "x", "x", code, Channel.BEAT, b"{}", now) for code in batch]
        )
        await asyncio.sleep(1)


@contextmanager
def _postgres() -> Iterator[str]:
    with tempfile.TemporaryDirectory(prefix="campus-bench-") as folder:
        Path(folder).chmod(0o711)
        with EmbeddedPostgres(Path(folder) / "postgres") as server:
            yield server.url


@asynccontextmanager
async def _dashboard(url: str) -> AsyncIterator[tuple[int, psutil.Process]]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
    environment = os.environ | {"CAMPUS_DATABASE_URL": url, "CAMPUS_HTTP_PORT": str(port)}
    process = await asyncio.create_subprocess_exec(sys.executable, "-m", "dashboard", "run", env=environment)
    try:
        await _wait_until_served(port)
        yield port, psutil.Process(process.pid)
    finally:
        process.terminate()
        await process.wait()


async def _wait_until_served(port: int) -> None:
    async with asyncio.timeout(PATIENCE_SECONDS), httpx.AsyncClient() as client:
        while True:
            try:
                if (await client.get(f"http://127.0.0.1:{port}/readyz")).json()["parts"]["feed"]:
                    return
            except httpx.TransportError:
                pass
            await asyncio.sleep(0.1)


if __name__ == "__main__":
    app()
