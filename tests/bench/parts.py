"""The real parts that a measurement needs: database, broker with devices, a registered city, and our programs."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import asyncpg
import httpx
import psutil
from cryptography.fernet import Fernet

from alerts.domain.registry import City
from simulators.city.generator import generate_city
from simulators.demo.preparation import Preparation
from simulators.demo.secrets import Secrets
from simulators.demo.services import Program
from simulators.embedded.broker import EmbeddedBroker, NatsBroker
from simulators.embedded.postgres import EmbeddedPostgres
from simulators.embedded.process import find_free_port
from tests.bench.crowd import TOKEN
from tests.bench.ground import open_ground

SECRETS = Secrets(
    token=TOKEN,
    password="bench-password",
    device_password="bench-device",
    provider_token="bench-providers-token",
    secret_key=Fernet.generate_key().decode(),
    push_key="",
    police_secret="bench-police-secret",
)


@dataclass(frozen=True, slots=True)
class Parts:
    """What runs: where it is, and the city that is registered."""

    folder: Path
    postgres: EmbeddedPostgres
    broker: EmbeddedBroker
    city: City
    http_port: int

    @property
    def environment(self) -> dict[str, str]:
        """What our programs are told."""
        return {
            **os.environ,
            "CAMPUS_DATABASE_URL": self.postgres.url,
            "CAMPUS_MQTT_URL": self.broker.url(),
            "CAMPUS_HTTP_PORT": str(self.http_port),
        }

    @property
    def device_url(self) -> str:
        """The broker without a sign-in; devices bring their own."""
        return f"mqtt://127.0.0.1:{self.broker.port}"

    def program(self, name: str, *module: str) -> Program:
        """One of our programs, not started yet."""
        return Program(name, module, self.folder / "services", self.environment)

    @contextmanager
    def running(self, *programs: Program) -> Iterator[None]:
        """Our programs while the block runs."""
        with ExitStack() as stack:
            for program in programs:
                stack.callback(program.stop)
                program.start()
            yield

    @contextmanager
    def serving_boards(self) -> Iterator[psutil.Process]:
        """What takes a press to the boards, without a judge, while the block runs; yields the dashboard."""
        dashboard = self.program("dashboard", "dashboard", "run")
        gateway = self.program("gateway", "gateway", "run", "--lanes", "presses,receipts")
        with self.running(gateway, self.program("engine", "alerts", "run", "--no-judge"), dashboard):
            self.await_ready()
            yield psutil.Process(dashboard.pid)

    @contextmanager
    def running_module(self, module: str, *words: str) -> Iterator[subprocess.Popen[str]]:
        """A helper of the bench as a process of its own; it is up when it has printed a line."""
        process = subprocess.Popen(
            [sys.executable, "-m", module, *words],
            stdout=subprocess.PIPE,
            text=True,
            env=self.environment,
        )
        try:
            if process.stdout is None or not process.stdout.readline():
                raise RuntimeError(f"{module} did not come up")
            yield process
        finally:
            process.terminate()
            process.wait(30)

    def await_listening(self, lanes: Sequence[str]) -> None:
        """Waits until these lanes of a gateway say that they hear the broker."""
        self._await(lambda: set(lanes) <= self._lanes())

    def await_ready(self) -> None:
        """Waits until a press would go the whole way."""
        self._await(lambda: httpx.get(f"http://127.0.0.1:{self.http_port}/readyz").status_code == 200)

    def _await(self, condition: Callable[[], bool]) -> None:
        deadline = time.monotonic() + 120
        while True:
            try:
                if condition():
                    return
            except httpx.HTTPError:
                pass
            if time.monotonic() > deadline:
                raise TimeoutError("the programs did not come up")
            time.sleep(0.1)

    def _lanes(self) -> set[str]:
        async def read() -> set[str]:
            connection = await asyncpg.connect(self.postgres.url)
            try:
                query = "select lane from service_pulse where seen_at > now() - interval '3 s'"
                return {row["lane"] for row in await connection.fetch(query)}
            finally:
                await connection.close()

        return asyncio.run(read())


# What docs/running.md recommends for a city; the rest is as the demo has it.
_POSTGRES = {"shared_buffers": "512MB"}


@contextmanager
def open_parts(schools: int, make_broker: type[EmbeddedBroker] = NatsBroker) -> Iterator[Parts]:
    """A fresh database and broker with a registered city; all of it is gone afterwards."""
    city = generate_city(schools, seed=1)
    with ExitStack() as stack:
        folder = stack.enter_context(open_ground())
        postgres = stack.enter_context(EmbeddedPostgres(folder / "postgres", settings=_POSTGRES))
        preparation = Preparation(folder, postgres.url, SECRETS)
        preparation.migrate()
        preparation.import_city(city)
        preparation.make_accounts([])
        broker = make_broker(folder / "broker")
        broker.set_devices({device.code: SECRETS.device_password for device in city.devices})
        stack.enter_context(broker)
        yield Parts(folder, postgres, broker, city, find_free_port())
