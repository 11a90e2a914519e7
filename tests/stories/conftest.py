"""Chains of real processes. Nothing of them outlives the run, not even when the run is killed."""

from __future__ import annotations

import asyncio
import itertools
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest

from alerts.storage.migrations import migrate
from simulators.embedded.broker import EmbeddedBroker, MosquittoBroker, NatsBroker, find_program
from simulators.embedded.errors import EmbeddedServerError
from simulators.embedded.postgres import EmbeddedPostgres
from tests.conftest import execute_on, miss_part
from tests.stories.chain import ROOT, Chain, people_city
from tests.stories.city import DEVICE_PASSWORD, LOOSE, SIGN_INS
from tests.stories.pager import run_pager
from tests.stories.warden import GOODBYE

TEMPLATE = "stories_template"
_numbers = itertools.count(1)

MakeChain = Callable[..., AbstractContextManager[Chain]]


class LaxMosquitto(MosquittoBroker):
    """A Mosquitto that somebody let one device say anything."""

    def _configure(self) -> None:
        super()._configure()
        with (self.folder / "acl").open("a") as acl:
            acl.write(f"\nuser {LOOSE}\ntopic write campus/v1/#\n")


@pytest.fixture(scope="session")
def grounds() -> Iterator[Path]:
    """A folder that PostgreSQL's user may enter, and a warden who clears it when this run is killed."""
    folder = Path(tempfile.mkdtemp(prefix="campus-alert-stories-"))
    folder.chmod(0o711)
    with subprocess.Popen(
        [sys.executable, "-m", "tests.stories.warden", str(folder)],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        start_new_session=True,
    ) as warden:
        yield folder
        shutil.rmtree(folder)
        warden.communicate(GOODBYE)


@pytest.fixture(scope="session")
def durable_postgres(grounds: Path) -> Iterator[EmbeddedPostgres]:
    """A PostgreSQL of the stories' own, with fsync on, that may be killed."""
    with EmbeddedPostgres(grounds / "postgres") as server:
        asyncio.run(_make_template(server))
        yield server


@pytest.fixture(scope="session")
def make_chain(grounds: Path, durable_postgres: EmbeddedPostgres) -> MakeChain:
    """Starts a chain with a broker, a database and pagers of its own. Not inside an event loop."""

    @contextmanager
    def make(broker: str, **options: Any) -> Iterator[Chain]:
        folder = Path(tempfile.mkdtemp(dir=grounds, prefix="chain-"))
        server = make_broker(broker, folder / "broker")
        with ExitStack() as parts:
            database_url = parts.enter_context(_borrow_database(durable_postgres))
            parts.callback(server.stop)
            server.start()
            pager = parts.enter_context(run_pager())
            chain = Chain(folder, durable_postgres, database_url, server, pager, **options)
            parts.callback(chain.stop)
            chain.start()
            yield chain

    return make


@pytest.fixture(scope="session", params=["nats", "mosquitto"])
def standing_chain(request: pytest.FixtureRequest, make_chain: MakeChain) -> Iterator[Chain]:
    """One chain, with a judge, for all stories that leave it as they found it, on each of the brokers in turn."""
    with make_chain(request.param, judge=True) as chain:
        yield chain


@pytest.fixture
def chain(standing_chain: Chain) -> Chain:
    """The standing chain, whole."""
    standing_chain.start()
    return standing_chain


@pytest.fixture
def own_chain(request: pytest.FixtureRequest, make_chain: MakeChain) -> Iterator[Chain]:
    """A chain for one story alone; its parameter is the arguments of `make_chain`."""
    with make_chain(**request.param) as chain:
        yield chain


def make_broker(name: str, folder: Path) -> EmbeddedBroker:
    """A broker that lets the city's devices in, not started yet."""
    if name == "mosquitto":
        try:
            find_program(MosquittoBroker.program)
        except EmbeddedServerError:
            miss_part("Mosquitto is not installed")
    broker = NatsBroker(folder) if name == "nats" else LaxMosquitto(folder)
    broker.set_devices(dict.fromkeys(SIGN_INS, DEVICE_PASSWORD))
    return broker


async def _make_template(server: EmbeddedPostgres) -> None:
    await execute_on(server.url, f"create database {TEMPLATE} template template0")
    await migrate(server.url_of(TEMPLATE))
    await people_city(server.url_of(TEMPLATE))


@contextmanager
def _borrow_database(server: EmbeddedPostgres) -> Iterator[str]:
    name = f"story_{next(_numbers)}"
    asyncio.run(execute_on(server.url, f"create database {name} template {TEMPLATE} strategy file_copy"))
    try:
        yield server.url_of(name)
    finally:
        if server.pid is None:
            server.start()
        asyncio.run(execute_on(server.url, f"drop database {name} with (force)"))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Any:
    """A failed story shows the end of what each process said."""
    report = yield
    if report.failed and isinstance(item, pytest.Function):
        for chain in {value for value in item.funcargs.values() if isinstance(value, Chain)}:
            report.sections.append(("processes of the chain", chain.read_tails()))
    return report
