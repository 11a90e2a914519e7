"""The whole chain as real processes: PostgreSQL, a broker, gateways, engines and a dashboard, to kill and start again.

Methods of parts and chain block; a story whose own devices must go on living calls them by `asyncio.to_thread`.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Protocol, TypeVar

import asyncpg
import httpx
import msgspec
from prometheus_client.parser import text_string_to_metric_families
from websockets.asyncio.client import connect

from alerts.accounts import save_account, save_token
from alerts.domain.chain import LogRow
from alerts.domain.escalation import Policy
from alerts.domain.presses import Mode
from alerts.domain.rights import Right, Role
from alerts.storage.accounts import Account
from alerts.storage.database import Database
from simulators.demo import services
from simulators.devices.device import SimulatedDevice
from simulators.embedded.broker import EmbeddedBroker
from simulators.embedded.postgres import EmbeddedPostgres
from simulators.embedded.process import LOOPBACK, find_free_port
from tests import programs
from tests.dashboard.board import Board
from tests.line import Line
from tests.stories.city import DEVICE_PASSWORD, DISTRICT, STORIES_CITY, school_of
from tests.stories.pager import Pager

ROOT = Path(__file__).parents[2]
RIGHT_HERE = {"engine.handover.overdue", "engine.calendar.unknown"}
STOP_SECONDS = 60.0  # an engine gives its judge ten to end, and on a busy machine each takes its time
PATIENCE_SECONDS = 60.0  # for what comes true in a moment on a machine that has nothing else to do
POLL_SECONDS = 0.1
TAIL_LINES = 40
OPERATOR_TOKEN = "an-operators-program"
OPERATOR, PASSWORD = "wang", "correct horse battery staple"

T = TypeVar("T")


class Part(Protocol):
    """A process of the chain."""

    name: str

    @property
    def pid(self) -> int | None: ...

    @property
    def running(self) -> bool: ...

    @property
    def log_path(self) -> Path: ...

    def start(self) -> None: ...

    def stop(self) -> None: ...

    def kill(self) -> None: ...


class Server:
    """The broker, or PostgreSQL, as a part."""

    def __init__(self, name: str, server: EmbeddedBroker | EmbeddedPostgres, log_name: str) -> None:
        self.name = name
        self.server = server
        self._log_name = log_name

    @property
    def pid(self) -> int | None:
        return self.server.pid

    @property
    def running(self) -> bool:
        return self.pid is not None

    @property
    def log_path(self) -> Path:
        return self.server.folder / self._log_name

    def start(self) -> None:
        self.server.start()

    def stop(self) -> None:
        self.server.stop()

    def kill(self) -> None:
        self.server.kill()


class Program:
    """One of the service's programs as a part."""

    def __init__(self, name: str, words: Sequence[str], folder: Path, environment: Mapping[str, str]) -> None:
        self.name = name
        self._words = words
        self._folder = folder / name  # where the warden finds it
        self._folder.mkdir()
        self._environment = environment
        self._running: programs.Program | None = None

    @property
    def pid(self) -> int | None:
        return self._running.pid if self._running and self.running else None

    @property
    def running(self) -> bool:
        return self._running is not None and self._running.returncode is None

    @property
    def log_path(self) -> Path:
        return self._folder / "log"

    def start(self) -> None:
        self._running = programs.Program(
            *self._words, environment=self._environment, folder=self._folder, log=self.log_path
        )

    def stop(self) -> None:
        """Asks it to end; raises TimeoutError when it does not."""
        self._end(signal.SIGTERM)

    def kill(self) -> None:
        self._end(signal.SIGKILL)

    def _end(self, how: signal.Signals) -> None:
        if self._running is not None:
            self._running.send_signal(how)
            self._running.wait(STOP_SECONDS)


@dataclass(frozen=True, slots=True)
class Readiness:
    """What `/readyz` says: its status, and the parts that fail. Status 0: nobody answers."""

    status: int
    failing: frozenset[str]


class Chain:
    """One running service over one database and one broker.

    `parts` are all processes by name, in the order in which they start: `postgres`, `broker`, `gateway` (`gateway-2`…),
    `engine` (`engine-2`…), `dashboard`. Only with `judge` are engines accompanied by one, as they usually are. What
    `environment` says holds for the programs from their very start.
    """

    def __init__(
        self,
        folder: Path,
        postgres: EmbeddedPostgres,
        database_url: str,
        broker: EmbeddedBroker,
        pager: Pager,
        *,
        gateways: int = 1,
        engines: int = 1,
        judge: bool = False,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        self.folder = folder
        self._host = environment or {}
        self._judge = judge
        self.database_url = database_url
        self._line = Line(database_url)
        self.broker = broker
        self.http_port = find_free_port()
        self.address = f"http://{LOOPBACK}:{self.http_port}"
        self.pager = pager
        self._metrics_ports: dict[str, int] = {}
        parts: list[Part] = [
            Server("postgres", postgres, "postgres.log"),
            Server("broker", broker, f"{broker.program}.log"),
            *(self._make_gateway(number) for number in range(1, gateways + 1)),
            *(self._make_engine(number) for number in range(1, engines + 1)),
            self._make_program("dashboard", ["dashboard", "run"], self.environment()),
        ]
        self.parts = {part.name: part for part in parts}

    @property
    def mqtt_port(self) -> int:
        """Where the broker listens."""
        assert self.broker.port is not None
        return self.broker.port

    def environment(self, **more: str) -> dict[str, str]:
        """What the programs are told: the settings of this chain and no others."""
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("CAMPUS_")}
        settings = {
            "PYTHONPATH": str(ROOT),
            "CAMPUS_DATABASE_URL": self.database_url,
            "CAMPUS_MQTT_URL": self.broker.url(),
            "CAMPUS_HTTP_PORT": str(self.http_port),
            "CAMPUS_WEBHOOK_URL": self.pager.url,
            "CAMPUS_LOG_FORMAT": "json",
        }
        return inherited | settings | dict(self._host) | more

    def start(self) -> None:
        """Starts whatever does not run, and waits until a press would go the whole way."""
        for part in self.parts.values():
            if not part.running:
                part.start()
        self.await_ready()

    def stop(self) -> None:
        """Ends the programs of the service, for good; the servers belong to whoever made them."""
        for part in reversed(self.parts.values()):
            if not isinstance(part, Server):
                part.stop()
        self._line.close()

    def await_ready(self) -> None:
        """Waits until `/readyz` says 200; fails when a part that was started has died."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while (seen := self.read_readiness()).status != 200:
            dead = [part.name for part in self.parts.values() if not part.running]
            assert not dead, f"{', '.join(dead)} ended\n{self.read_tails(*dead)}"
            assert time.monotonic() < deadline, f"not ready: {seen}\n{self.read_tails()}"
            time.sleep(POLL_SECONDS)

    def read_readiness(self) -> Readiness:
        """What `/readyz` says now."""
        try:
            answer = httpx.get(f"{self.address}/readyz", timeout=10, verify=False)  # without TLS: nothing to load
        except httpx.HTTPError:
            return Readiness(0, frozenset())
        failing = frozenset(name for name, works in answer.json()["parts"].items() if not works)
        return Readiness(answer.status_code, failing)

    async def reach_readiness(self, status: int, *failing: str) -> None:
        """Waits until `/readyz` has this status and names exactly these parts."""
        wanted = Readiness(status, frozenset(failing))
        await eventually(lambda: asyncio.to_thread(lambda: self.read_readiness() == wanted), f"/readyz says {wanted}")

    def read_pids(self) -> dict[str, int | None]:
        """Which processes are the chain now."""
        return {name: part.pid for name, part in self.parts.items()}

    def read_events(self, part: str, event: str, after: int = 0) -> list[dict[str, Any]]:
        """What one of the service's processes has logged under a name, after so many characters of its log."""
        lines = (json.loads(line) for line in self.read_log(part)[after:].splitlines() if line.startswith("{"))
        return [line for line in lines if line["event"] == event]

    def read_errors(self, part: str, after: int = 0) -> list[dict[str, Any]]:
        """The errors that a process has logged, but for those that are right here: 110 is not connected."""
        lines = (json.loads(line) for line in self.read_log(part)[after:].splitlines() if line.startswith("{"))
        return [one for one in lines if one["level"] in {"error", "critical"} and one["event"] not in RIGHT_HERE]

    def read_log(self, part: str) -> str:
        """What a part has logged so far."""
        path = self.parts[part].log_path
        return path.read_text(errors="replace") if path.exists() else ""

    def read_tails(self, *parts: str) -> str:
        """The end of the logs of these parts, or of all."""
        names = parts or tuple(self.parts)
        return "\n".join(f"--- {name}\n" + "\n".join(self.read_log(name).splitlines()[-TAIL_LINES:]) for name in names)

    async def read_metric(self, name: str, part: str = "gateway", **labels: str) -> float:
        """The sum of a gateway's figure over all label sets that fit."""
        async with httpx.AsyncClient(verify=False) as client:
            answer = await client.get(f"http://{LOOPBACK}:{self._metrics_ports[part]}/metrics", timeout=10)
        samples = [one for family in text_string_to_metric_families(answer.text) for one in family.samples]
        return sum(one.value for one in samples if one.name == name and labels.items() <= one.labels.items())

    async def rows(self, query: str, *values: Any) -> list[asyncpg.Record]:
        """Asks the database."""
        return await self._line.fetch(query, *values)

    async def value(self, query: str, *values: Any) -> Any:
        """Asks the database for one value."""
        return (await self.rows(query, *values))[0][0]

    @asynccontextmanager
    async def holding_the_log(self) -> AsyncIterator[None]:
        """Nobody can commit anything to the log meanwhile: its one lock is held here."""
        connection = await asyncpg.connect(self.database_url)
        try:
            async with connection.transaction():
                await connection.execute("select from log_head for update")
                yield
        finally:
            await connection.close()

    @contextmanager
    def another_gateway(self, name: str, mqtt_url: str, lanes: str) -> Iterator[Part]:
        """One more gateway, over another way to the broker; retired at the end."""
        environment = self.environment(CAMPUS_MQTT_URL=mqtt_url)
        command = ["gateway", "run", "--name", name, "--lanes", lanes]
        gateway = self._make_program(name, command, environment)
        gateway.start()
        try:
            yield gateway
        finally:
            gateway.stop()
            self.run("gateway", "retire", name)

    def set_policy(self, mode: Mode, policy: Policy) -> None:
        """Puts a policy in force, as an operator does."""
        file = self.folder / f"policy-{mode}.json"
        file.write_bytes(msgspec.json.encode(policy))
        self.run("alerts", "policy", "set", mode, str(file))

    def run(self, *words: str, **variables: str) -> str:
        """Runs one of the operator's commands to its end, which must be a good one, and returns what it printed."""
        done = programs.call(*words, **self.environment(**variables))
        assert done.returncode == 0, f"{' '.join(words)}: {done.stdout}{done.stderr}"
        return done.stdout

    @asynccontextmanager
    async def program(self) -> AsyncIterator[httpx.AsyncClient]:
        """A program with an operator's token."""
        headers = {"Authorization": f"Bearer {OPERATOR_TOKEN}"}
        async with httpx.AsyncClient(base_url=self.address, headers=headers, timeout=30, verify=False) as client:
            yield client

    @asynccontextmanager
    async def person(self) -> AsyncIterator[httpx.AsyncClient]:
        """The operator, signed in with a browser's cookie."""
        headers = {"Origin": self.address}
        async with httpx.AsyncClient(base_url=self.address, headers=headers, timeout=30, verify=False) as client:
            answer = await client.post("/api/v1/session", json={"name": OPERATOR, "password": PASSWORD})
            assert answer.status_code == 200, answer.text
            yield client

    async def announce(self, mode: Mode, **place: str) -> None:
        """A window for tests or drills, at a school or in the whole city, of which 110 was told."""
        now = datetime.now(UTC)
        said = {
            "mode": mode,
            "starts_at": (now - timedelta(minutes=1)).isoformat(),
            "ends_at": (now + timedelta(hours=1)).isoformat(),
            "police": {"how": "phone", "reference": "110-1"},
        }
        async with self.person() as person:
            answer = await person.post("/api/v1/windows", json=said | place)
        assert answer.status_code == 201, answer.text

    @asynccontextmanager
    async def board(self, since: str | None = None) -> AsyncIterator[Board]:
        """A board on the live feed."""
        query = "" if since is None else f"?since={since}"
        address = f"ws://{LOOPBACK}:{self.http_port}/api/v1/live{query}"
        headers = {"Authorization": f"Bearer {OPERATOR_TOKEN}"}
        async with connect(
            address, additional_headers=headers, max_size=None, proxy=None, close_timeout=1
        ) as connection:
            yield Board(connection)

    def device(self, code: str, **conduct: Any) -> SimulatedDevice:
        """A simulated device with its sign-in; not started yet."""
        return SimulatedDevice(self.broker.url(code), DISTRICT, school_of(code), code, DEVICE_PASSWORD, **conduct)

    def _make_gateway(self, number: int) -> Program:
        name = "gateway" if number == 1 else f"gateway-{number}"
        port = self._metrics_ports[name] = find_free_port()
        environment = self.environment(CAMPUS_GATEWAY_METRICS_PORT=str(port))
        return self._make_program(name, ["gateway", "run", "--name", name], environment)

    def _make_engine(self, number: int) -> Program:
        name = "engine" if number == 1 else f"engine-{number}"
        command = ["alerts", "run", "--name", name, "--judge" if self._judge else "--no-judge"]
        return self._make_program(name, command, self.environment())

    def _make_program(self, name: str, words: Sequence[str], environment: Mapping[str, str]) -> Part:
        kind = services.Program if self._host else Program
        return kind(name, words, self.folder, environment)


async def people_city(database_url: str) -> None:
    """Fills a fresh database: the city, an operator, and a program's token."""
    database = await Database.open(database_url, application_name="stories")
    try:
        async with database.connection() as connection:
            await connection.execute(STORIES_CITY)
        await save_account(database, Account(OPERATOR, "王值班", Role.CITY_DESK), PASSWORD, OPERATOR)
        await save_token(database, Account.of_program("desk", Right), OPERATOR_TOKEN, "stories")
    finally:
        await database.close()


async def eventually(ask: Callable[[], Awaitable[T]], what: str, seconds: float = PATIENCE_SECONDS) -> T:
    """Asks until the answer is true, and returns it."""
    deadline = time.monotonic() + seconds
    while not (answer := await ask()):
        assert time.monotonic() < deadline, f"did not come true in {seconds:.0f} s: {what} (last answer: {answer!r})"
        await asyncio.sleep(POLL_SECONDS)
    return answer


async def log_rows(chain: Chain, after: int = 0) -> list[LogRow]:
    """The service's log after a position."""
    rows = await chain.rows(
        "select position, at, actor, subject, kind, body::text as body, previous_hash, hash from log"
        " where position > $1 order by position",
        after,
    )
    return [LogRow(**row) for row in rows]
