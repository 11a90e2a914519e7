"""(c): durable QoS 1 events a second through one gateway process, beside the same client library without a database.

Each consumer works off a backlog that waited for its session, so that nobody's publishing takes part. The floor is
aiomqtt as it comes, with manual acknowledgement, one message after the other. A second line tells what our own
connection does without a database. All of it in rounds, one after the other, and the median is told.

    python -m tests.bench.throughput --events 40000 --rounds 3
"""

from __future__ import annotations

import asyncio
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import asyncpg
import typer

from alerts.domain.arrivals import Channel
from alerts.storage.migrations import migrate
from gateway import wire
from gateway.broker import BrokerAddress, Session, make_client_id
from gateway.connection import open_connection
from gateway.metrics import LaneMetrics
from simulators.embedded.broker import EmbeddedBroker, MosquittoBroker, NatsBroker
from simulators.embedded.errors import EmbeddedServerError
from simulators.embedded.postgres import EmbeddedPostgres
from simulators.embedded.process import find_free_port

NAME = "bench"
KEY = b"bench"
SESSION = Session(
    make_client_id(KEY, f"{NAME}-evidence"),
    tuple(wire.write_filter(each) for each in ("state", "gate", "visit", "post", "output")),
    kept=True,
)

LOADER = "bench-loader"
SLOWER_BROKER = 4  # NATS puts each QoS 1 message on disk, twice: some thousands a second
SETTLED_SHARE = 0.1  # the beginning is not counted: starting Python, first statements


@dataclass(frozen=True, slots=True)
class Throughput:
    """Events a second with one broker: the median of the rounds."""

    broker: str
    bare_library: float
    connection: float
    gateway: float
    gateway_cpu_microseconds: float

    @property
    def share_of_library(self) -> float:
        """The gateway with its database, as a share of the client library without one."""
        return self.gateway / self.bare_library


class QuickMosquitto(MosquittoBroker):
    """Mosquitto that writes its queue at the end only: with a save every hundred changes, each writing all of the
    backlog, the disk of the broker would be measured."""

    def _settings(self) -> dict[str, object]:
        return {**super()._settings(), "autosave_on_changes": "false", "autosave_interval": 0}


def measure_throughput(events: int, rounds: int) -> list[Throughput]:
    """With each broker that is installed."""
    found: list[Throughput] = []
    with tempfile.TemporaryDirectory(prefix="campus-alert-throughput-") as name, ExitStack() as stack:
        folder = Path(name)
        folder.chmod(0o711)  # PostgreSQL's user, when root measures, has to enter it
        postgres = stack.enter_context(EmbeddedPostgres(folder / "postgres"))
        asyncio.run(prepare(postgres.url))
        for make, backlog in ((QuickMosquitto, events), (NatsBroker, events // SLOWER_BROKER)):
            try:
                with make(folder / make.program) as broker:
                    broker.set_devices({LOADER: "a password"})
                    found.append(measure_with(broker, postgres.url, backlog, rounds))
            except EmbeddedServerError as error:
                print(f"{make.program} is left out: {error}", file=sys.stderr)
    return found


async def prepare(database_url: str) -> None:
    """The schema, and the key from which the gateway's session follows, so that others can stand in for it."""
    await migrate(database_url)
    connection = await asyncpg.connect(database_url)
    await connection.execute("update service_secret set value = $1 where name = 'client_id'", KEY)
    await connection.close()


def measure_with(broker: EmbeddedBroker, database_url: str, events: int, rounds: int) -> Throughput:
    """All consumers in turn, each with a fresh backlog."""
    library, connection, gateway = [], [], []
    for each in range(rounds):
        for floor, found in (("library", library), ("connection", connection)):
            asyncio.run(load(broker, events, f"{floor}-{each}"))
            found.append(run_floor(floor, broker, events))
        asyncio.run(load(broker, events, f"gateway-{each}"))
        gateway.append(run_gateway(broker, database_url, events))
    return Throughput(
        broker.program,
        statistics.median(library),
        statistics.median(connection),
        statistics.median(rate for rate, _ in gateway),
        statistics.median(cpu for _, cpu in gateway),
    )


async def load(broker: EmbeddedBroker, events: int, prefix: str) -> None:
    """Make sure of the session, and leave a backlog in it."""
    address = BrokerAddress.parse(broker.url())
    async with open_connection(address, SESSION, LaneMetrics(NAME)) as connection:
        await connection.await_listening()
    topic = wire.write_topic("370202", "S0001", LOADER, Channel.GATE)
    async with open_connection(
        BrokerAddress.parse(broker.url(LOADER)), Session(LOADER), LaneMetrics(LOADER)
    ) as connection:
        for start in range(0, events, 500):
            gates = (
                wire.Gate(id=f"{prefix}-{number}", open=number % 2 == 0)
                for number in range(start, min(events, start + 500))
            )
            await connection.publish_confirmed([(topic, wire.encode(gate)) for gate in gates])


def run_floor(floor: str, broker: EmbeddedBroker, events: int) -> float:
    """A floor in a process of its own; events a second."""
    command = (sys.executable, "-m", "tests.bench.throughput_floor", floor, broker.url(), str(events))
    return float(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def run_gateway(broker: EmbeddedBroker, database_url: str, events: int) -> tuple[float, float]:
    """The gateway as it runs; events a second, and microseconds of CPU of its process for each."""
    port = find_free_port()
    environment = {
        **os.environ,
        "CAMPUS_DATABASE_URL": database_url,
        "CAMPUS_MQTT_URL": broker.url(),
        "CAMPUS_GATEWAY_METRICS_PORT": str(port),
    }
    command = (sys.executable, "-m", "gateway", "run", "--lanes", "evidence", "--name", NAME)
    with ExitStack() as stack:
        gateway = subprocess.Popen(command, env=environment, stderr=subprocess.DEVNULL)
        stack.callback(gateway.wait, 60)
        stack.callback(gateway.terminate)
        samples: list[tuple[float, float, float]] = []
        while not samples or samples[-1][1] < events:
            time.sleep(0.05)
            if gateway.poll() is not None:
                raise RuntimeError("the gateway ended")
            sample = read_progress(port)
            if sample is not None and sample[1] >= events * SETTLED_SHARE:
                samples.append(sample)
    (began, first, cpu_first), (ended, last, cpu_last) = samples[0], samples[-1]
    return (last - first) / (ended - began), (cpu_last - cpu_first) / (last - first) * 1e6


def read_progress(port: int) -> tuple[float, float, float] | None:
    """Now, events acknowledged so far, and seconds of CPU, by the gateway's own figures."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics") as page:
            figures = dict(
                line.rsplit(" ", 1) for line in page.read().decode().splitlines() if not line.startswith("#")
            )
    except OSError:
        return None  # not up yet
    events = float(figures.get('campus_gateway_batch_messages_sum{lane="evidence"}', 0))
    return time.perf_counter(), events, float(figures["process_cpu_seconds_total"])


def print_throughput(found: Sequence[Throughput]) -> None:
    """A table of it."""
    print(f"{'broker':<12} {'aiomqtt, no database':>22} {'connection, no database':>24} {'gateway':>10} {'share':>7}")
    for one in found:
        print(
            f"{one.broker:<12} {one.bare_library:>20,.0f}/s {one.connection:>22,.0f}/s {one.gateway:>8,.0f}/s"
            f" {one.share_of_library:>7.0%}   {one.gateway_cpu_microseconds:.0f} us of CPU an event"
        )


def main(
    events: Annotated[int, typer.Option(help="Events in each backlog; with NATS a quarter.")] = 40_000,
    rounds: Annotated[int, typer.Option(help="Every consumer works off so many backlogs.")] = 3,
) -> None:
    """Measure and print."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # so that what runs is stopped
    print_throughput(measure_throughput(events, rounds))


if __name__ == "__main__":
    typer.run(main)
