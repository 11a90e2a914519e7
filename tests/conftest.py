"""Real parts for the tests: a PostgreSQL server, databases on it, and both brokers. None outlives the test run."""

from __future__ import annotations

import asyncio
import gc
import itertools
import os
import shutil
import sys
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, NoReturn, Self, TypeVar

import asyncpg
import pytest
import structlog
from xdist.scheduler import LoadGroupScheduling

from alerts.storage.database import Database
from alerts.storage.migrations import migrate
from dashboard.page import BUILT_PAGE
from simulators.embedded.broker import EmbeddedBroker, MosquittoBroker, NatsBroker, find_program
from simulators.embedded.errors import EmbeddedServerError
from simulators.embedded.postgres import EmbeddedPostgres
from tests.alerts.story import CITY, Story
from tests.line import Line

T = TypeVar("T")
_database_numbers = itertools.count(1)

gc.disable()  # a fifth of the time in which tests are loaded went into looking for garbage, and there is none
# Tests start hundreds of programs: what one compiled is kept for the others, whatever the machine's habit is.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False
# As the programs themselves write it (alerts/logs.py): with the source and every variable it costs a tenth of a second.
structlog.configure(processors=[structlog.processors.format_exc_info, *structlog.get_config()["processors"]])


_shapes: dict[tuple[object, frozenset[int]], list[asyncpg.Record]] = {}
_ask_for_shapes = asyncpg.Connection._introspect_types


class _Known:
    """Stands for the statement that was not needed to learn what types look like."""

    name = "known"


async def _remember_shapes(connection: Any, types: list[int], timeout: float | None) -> tuple[list[Any], Any]:
    known = _shapes.get(key := (connection._addr, frozenset(types)))
    if known is not None:
        return known, _Known
    _shapes[key], statement = await _ask_for_shapes(connection, types, timeout)
    return _shapes[key], statement


# Each connection asks PostgreSQL what our types look like, which costs as much as a press. The tests' databases are
# copies of few, where a type keeps its number: one asks for all.
asyncpg.Connection._introspect_types = _remember_shapes


class FilesAndGroups(LoadGroupScheduling):
    """Each file is one worker's, and so is each group of tests that share something costly from several files."""

    def _split_scope(self, nodeid: str) -> str:
        group: str = super()._split_scope(nodeid)
        return group.partition("::")[0]


@pytest.hookimpl(tryfirst=True)
def pytest_runtestloop() -> None:
    """What was loaded is never garbage; what tests make is."""
    gc.freeze()
    gc.enable()


@pytest.hookimpl
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> FilesAndGroups:
    """Which tests a worker takes together."""
    return FilesAndGroups(config, log)


# What waits for other processes, and what computes; each from what takes longest.
_WAITING = ("tests/stories/", "tests/simulators/", "tests/gateway/", "tests/alerts/channels/")
_COMPUTING = ("tests/browser/", "tests/dashboard/")


def pytest_xdist_auto_num_workers() -> int:
    """Two files more than there are cores at a time: many tests wait for other processes more than they compute."""
    return min(6, (os.cpu_count() or 1) + 2)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Files that wait begin beside files that compute, so that no core waits; what is short fills up the end."""
    files = {item.path: item.nodeid for item in items}
    kinds = (
        [path for place in kind for path, name in files.items() if name.startswith(place)]
        for kind in (_WAITING, _COMPUTING)
    )
    turns = (path for pair in itertools.zip_longest(*kinds) for path in pair if path)
    order = {path: number for number, path in enumerate(turns)}
    items.sort(key=lambda item: order.get(item.path, len(order)))
    for item in items:
        if isinstance(item, pytest.Function) and "standing_chain" in item.fixturenames:
            item.add_marker(pytest.mark.xdist_group(f"standing on {item.callspec.params['standing_chain']}"))


# Most tests make a database of their own: on disk, with all that outlives a crash, that costs more than many tests do.
FLEETING = {"fsync": "off", "full_page_writes": "off", "wal_level": "minimal", "max_wal_senders": "0"}
_ENOUGH_BYTES = 2 << 30


def find_memory() -> str | None:
    """A folder in memory with room for what tests write; None where there is none, and the usual one does."""
    memory = Path("/dev/shm")
    return str(memory) if memory.is_dir() and shutil.disk_usage(memory).free > _ENOUGH_BYTES else None


def miss_part(what: str) -> NoReturn:
    """Skips a test for want of a program on this machine; where every part is required, fails it instead."""
    if os.environ.get("CAMPUS_TEST_REQUIRE") == "1":
        pytest.fail(f"{what}, and CAMPUS_TEST_REQUIRE=1 says that it must be", pytrace=False)
    pytest.skip(what)


@pytest.fixture(scope="session")
def open_folder() -> Iterator[Path]:
    """A temporary folder that PostgreSQL's user may enter when root runs the tests; pytest's own are root's alone."""
    folder = Path(tempfile.mkdtemp(prefix="campus-alert-test-", dir=find_memory()))
    folder.chmod(0o711)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture(scope="session")
def postgres_server(open_folder: Path) -> Iterator[EmbeddedPostgres]:
    """One real PostgreSQL for the whole run. Without fsync: no test pulls the plug of the machine; and without proof of
    the password, which thousands of connections would work for."""
    rules = open_folder / "pg_hba.conf"
    rules.write_text("host all all 127.0.0.1/32 trust\n")
    with EmbeddedPostgres(open_folder / "postgres", settings=FLEETING | {"hba_file": str(rules)}) as server:
        yield server


@pytest.fixture(scope="session")
def lender(postgres_server: EmbeddedPostgres) -> Iterator[Lender]:
    """Lends databases on that server."""
    with Lender(postgres_server) as lender:
        yield lender


@pytest.fixture
async def empty_database_url(lender: Lender) -> AsyncIterator[str]:
    """The address of a fresh database with nothing in it, dropped after the test."""
    async with lender.lend("template0") as url:
        yield url


@pytest.fixture(scope="session")
def migrated_template(lender: Lender) -> str:
    """The name of a database with the newest schema and nothing else, to make copies of in a moment."""
    return lender.make_template("migrated_template", "template0", lambda database: migrate(database.url))


@pytest.fixture(scope="session")
def city_template(lender: Lender, migrated_template: str) -> str:
    """The small city: three schools in two districts with their people, and nothing that has happened yet."""
    return lender.make_template("city_template", migrated_template, settle_city)


@pytest.fixture(scope="session")
def peopled_template(lender: Lender, city_template: str) -> str:
    """The small city, and accounts for the board."""
    from tests.dashboard.board import let_people_in  # loads the whole dashboard, which few folders need

    return lender.make_template("peopled_template", city_template, let_people_in)


@pytest.fixture
def template(request: pytest.FixtureRequest) -> str:
    """What the test's database is a copy of: of the small city where a story is told."""
    name: str = request.getfixturevalue("city_template" if "story" in request.fixturenames else "migrated_template")
    return name


@pytest.fixture
async def database_url(lender: Lender, template: str) -> AsyncIterator[str]:
    """The address of a fresh database with the newest schema, dropped after the test."""
    async with lender.lend(template) as url:
        yield url


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    """An open database with the newest schema. Its `shift` moves the service's one clock."""
    async with open_database(database_url) as database:
        yield database


@pytest.fixture
def story(database: Database) -> Story:
    """What happens in the small city."""
    return Story(database)


@pytest.fixture
def nats_broker(tmp_path: Path) -> Iterator[NatsBroker]:
    """A running NATS with nothing in it. `set_devices` lets devices in."""
    with NatsBroker(tmp_path / "nats") as broker:
        yield broker


@pytest.fixture
def mosquitto_broker(tmp_path: Path) -> Iterator[MosquittoBroker]:
    """A running Mosquitto with nothing in it; the test is skipped where Mosquitto is not installed."""
    try:
        find_program(MosquittoBroker.program)
    except EmbeddedServerError:
        miss_part("Mosquitto is not installed")
    with MosquittoBroker(tmp_path / "mosquitto") as broker:
        yield broker


@pytest.fixture(params=["nats_broker", "mosquitto_broker"], ids=["nats", "mosquitto"])
def broker(request: pytest.FixtureRequest) -> EmbeddedBroker:
    """Each of the brokers in turn."""
    running: EmbeddedBroker = request.getfixturevalue(request.param)
    return running


@pytest.fixture(scope="session")
def chromium_path() -> str:
    """The machine's own Chromium, best without its windows (half the work); the test is skipped where there is none."""
    for name in ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome"):
        found = shutil.which(name)
        if found:
            return found
    return miss_part("Chromium is not installed")


@pytest.fixture(scope="session")
def built_page() -> Path:
    """The page as browsers get it; the test is skipped where it is not built."""
    if not (BUILT_PAGE / "index.html").is_file():
        miss_part("The page is not built")
    return BUILT_PAGE


class Lender:
    """Lends databases of a server that lives as long."""

    def __init__(self, server: EmbeddedPostgres) -> None:
        self._server = server
        self._line = Line(server.url)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_raised: object) -> None:
        self._line.close()

    @asynccontextmanager
    async def lend(self, template: str) -> AsyncIterator[str]:
        """Copies a database from the template, hands out its address, and drops it with whoever is still connected."""
        name = f"test_{next(_database_numbers)}"
        await self._line.fetch(f"create database {name} template {template} strategy file_copy")
        try:
            yield self._server.url_of(name)
        finally:
            await self._line.fetch(f"drop database {name} with (force)")

    def make_template(self, name: str, of: str, fill: Callable[[Database], Awaitable[object]]) -> str:
        """Copies a database, fills it, and keeps it as a template. Returns its name. Not inside an event loop."""

        async def make() -> None:
            await self._line.fetch(f"create database {name} template {of}")
            async with open_database(self._server.url_of(name)) as database:
                await fill(database)
            # The next connection writes down what the catalogue says now, and each copy's first one need not ask.
            await execute_on(self._server.url_of(name), "select")

        asyncio.run(make())
        return name


@asynccontextmanager
async def open_database(url: str) -> AsyncIterator[Database]:
    """A database by its address, as the service has it."""
    database = await Database.open(url, application_name="test")
    try:
        yield database
    finally:
        await database.close()


async def settle_city(database: Database) -> None:
    """The small city comes to be."""
    async with database.connection() as connection:
        await connection.execute(CITY)


async def execute_on(url: str, statement: str) -> None:
    """Runs one statement that must stand outside of any transaction."""
    connection = await asyncpg.connect(url)
    try:
        await connection.execute(statement)
    finally:
        await connection.close()
