"""A pool of connections, one way into a transaction, and the one clock."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from datetime import datetime, timedelta
from typing import Any, TypeAlias

import asyncpg

from alerts.storage.errors import SchemaMissing, StorageUnavailable
from alerts.storage.seals import Seal

Connection: TypeAlias = "asyncpg.pool.PoolConnectionProxy[asyncpg.Record] | asyncpg.Connection[asyncpg.Record]"

_AWAY = (
    asyncpg.PostgresConnectionError,
    asyncpg.OperatorInterventionError,  # shutting down, starting up, a statement cancelled
    asyncpg.InsufficientResourcesError,  # disk full, too many connections
    asyncpg.TransactionRollbackError,  # deadlock, serialization
    asyncpg.ReadOnlySQLTransactionError,  # a standby that is not promoted yet
    asyncpg.LockNotAvailableError,
    asyncpg.IdleInTransactionSessionTimeoutError,  # we froze, and the server went on without us
    asyncpg.PostgresSystemError,
    asyncpg.InterfaceError,  # a connection that is closed
    asyncpg.InternalClientError,  # one whose server said that it ends, and has not hung up yet
    OSError,
    TimeoutError,
)

_SESSION = {
    "timezone": "UTC",
    "datestyle": "ISO",
    "lock_timeout": "20s",
    # Compiling a statement costs up to a second, whenever its cost looks high (tables that are not analysed yet). Ours
    # are short: a press must not wait for the compiler.
    "jit": "off",
    # A process that froze, or lost its network, in the middle of a transaction holds locks that all the others need.
    # Sooner than they give up waiting, later than the longest pause of a healthy one (a broker's confirmation, 10 s).
    "idle_in_transaction_session_timeout": "15s",
}


class Database:
    """Connections to PostgreSQL 15 or newer; opening it connects to nothing yet, so a service may start before it.

    `shift` moves the one clock, for tests only: every `now` in the service is the database's time plus it. `seal` is
    over what must be read back and shall not be readable by who reads the database.
    """

    def __init__(self, pool: asyncpg.Pool[asyncpg.Record], url: str) -> None:
        self._pool = pool
        self.url = url
        self.shift = timedelta()
        self.seal = Seal()

    @classmethod
    async def open(cls, url: str, *, application_name: str, max_size: int = 5) -> Database:
        """Prepares a pool that connects on first use and keeps its connections."""
        pool = asyncpg.create_pool(
            url,
            min_size=0,
            max_size=max_size,
            max_inactive_connection_lifetime=0,
            command_timeout=30,
            timeout=10,
            reset=_give_back_as_it_is,
            server_settings={"application_name": application_name, **_SESSION},
        )
        with translate_errors():
            await pool
        return cls(pool, url)

    async def close(self) -> None:
        """Gives every connection back; one that does not answer within 5 s is cut."""
        try:
            async with asyncio.timeout(5):
                await self._pool.close()
        except TimeoutError:
            self._pool.terminate()

    @asynccontextmanager
    async def connection(self) -> AsyncIterator[Connection]:
        """One connection, each statement its own transaction. Raises StorageUnavailable while the database is away."""
        with translate_errors():
            async with self._pool.acquire() as connection:
                yield connection

    @asynccontextmanager
    async def transaction(self, *, isolation: Any = None) -> AsyncIterator[Connection]:
        """One transaction, committed when the block ends. Raises StorageUnavailable while the database is away."""
        with translate_errors():
            async with self._pool.acquire() as connection, connection.transaction(isolation=isolation):
                yield connection

    async def read_now(self, connection: Connection) -> datetime:
        """The one clock: the database's time, read once a cycle and passed down as `now`."""
        now: datetime = await connection.fetchval("select clock_timestamp() + $1::interval", self.shift)
        return now

    async def listen(self) -> asyncpg.Connection[asyncpg.Record]:
        """A connection outside the pool, for LISTEN; the caller closes it."""
        with translate_errors():
            return await asyncpg.connect(self.url, timeout=10, server_settings={"application_name": "campus-listen"})


async def _give_back_as_it_is(connection: asyncpg.Connection[asyncpg.Record]) -> None:
    """Nothing of a session outlives its use: settings and locks end with their transaction, which asyncpg ends itself,
    and whoever claims something for longer lets go of it. So nothing need be put right, at a round trip each time."""


@contextmanager
def translate_errors() -> Iterator[None]:
    """Turns every way in which PostgreSQL can be away into StorageUnavailable with its cause."""
    try:
        yield
    except (asyncpg.UndefinedTableError, asyncpg.UndefinedColumnError, asyncpg.UndefinedFunctionError) as error:
        raise SchemaMissing(
            f"the database lacks what this version needs ({error}): run `python -m alerts migrate`"
        ) from error
    except _AWAY as error:
        raise StorageUnavailable(f"{type(error).__name__}: {error}") from error
