"""A line to the broker: a connection that is made anew whenever it is lost, and says so."""

import asyncio
import math
import random
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime

import structlog

from gateway.broker import BrokerAddress, Session
from gateway.connection import BrokerLostError, Connection, open_connection
from gateway.held import Limits
from gateway.metrics import LaneMetrics

_log = structlog.get_logger()

_FIRST_PAUSE_SECONDS = 0.2
_LONGEST_PAUSE_SECONDS = 5.0
_STEADY_SECONDS = 10.0  # a connection that lasted this long was a good one: the next attempt is quick again

Talk = Callable[[Connection], Awaitable[None]]


class Line:
    """Serves one connection after the other, never two at once, until it is stopped."""

    def __init__(
        self,
        name: str,
        address: BrokerAddress,
        session: Session,
        metrics: LaneMetrics,
        limits: Limits | None = None,
    ) -> None:
        self.name = name
        self._address = address
        self._session = session
        self._metrics = metrics
        self._limits = limits
        self._connection: Connection | None = None
        self._stopping = asyncio.Event()
        self.failures = 0  # connections in a row that did not last
        self._up_since: datetime | None = None
        self._away_since: float | None = None
        metrics.broker_up.set(0)
        metrics.broker_since.set_to_current_time()

    @property
    def listening_since(self) -> datetime | None:
        """Since when the broker has the line's subscription, by the gateway's clock; None while it has not."""
        return self._up_since

    @property
    def held(self) -> int:
        """How many messages of the present connection are here and not acknowledged."""
        return self._connection.held if self._connection is not None else 0

    @property
    def stopping(self) -> bool:
        """Whether `stop` was called."""
        return self._stopping.is_set()

    def stop(self) -> None:
        """Read nothing more; `talk` is to finish what is here, and `serve` returns after it."""
        self._stopping.set()
        if self._connection is not None:
            self._connection.finish()

    async def pause(self, seconds: float) -> None:
        """Wait, but no longer than until `stop`."""
        try:
            async with asyncio.timeout(seconds):
                await self._stopping.wait()
        except TimeoutError:
            return

    async def serve(self, talk: Talk) -> None:
        """Connect, `talk` over the connection until it is lost, connect again. Returns after `stop`."""
        while not self.stopping:
            opened_at = time.monotonic()
            try:
                await self._serve_once(talk)
            except BrokerLostError as error:
                self._metrics.broker_losses.inc()
                self._note_away(f"{error}")
            if time.monotonic() - opened_at >= _STEADY_SECONDS:
                self.failures = 0
            await self.pause(self._next_pause_seconds())

    async def _serve_once(self, talk: Talk) -> None:
        async with open_connection(self._address, self._session, self._metrics, self._limits) as connection:
            self._connection = connection
            if self.stopping:
                connection.finish()
            attending = asyncio.create_task(self._attend(connection), name=f"attend {self.name}")
            try:
                await talk(connection)
            finally:
                self._connection = None
                self._up_since = None
                attending.cancel()
                await asyncio.gather(attending, return_exceptions=True)

    async def _attend(self, connection: Connection) -> None:
        """Tell when the subscription stands, and when the connection is gone: `talk` may notice much later."""
        try:
            await connection.await_listening()
            self._note_up()
            await connection.await_loss()
        except BrokerLostError as error:
            self._note_away(f"{error}")

    def _note_up(self) -> None:
        self._up_since = datetime.now(UTC)
        self._metrics.broker_up.set(1)
        self._metrics.broker_since.set_to_current_time()
        if self._away_since is None:
            _log.info("gateway.broker.connected", lane=self.name, broker=f"{self._address}")
            return
        away_seconds = round(time.monotonic() - self._away_since, 3)
        self._away_since = None
        _log.info("gateway.broker.back", lane=self.name, broker=f"{self._address}", away_seconds=away_seconds)

    def _note_away(self, reason: str) -> None:
        """Told once, however many attempts to come back fail after it."""
        self._up_since = None
        if self._away_since is not None or self.stopping:
            return
        self._away_since = time.monotonic()
        self._metrics.broker_up.set(0)
        self._metrics.broker_since.set_to_current_time()
        _log.warning("gateway.broker.lost", lane=self.name, broker=f"{self._address}", reason=reason)

    def _next_pause_seconds(self) -> float:
        pause_seconds = min(_LONGEST_PAUSE_SECONDS, math.ldexp(_FIRST_PAUSE_SECONDS, self.failures))
        self.failures += 1
        return pause_seconds * random.uniform(0.5, 1.0)  # noqa: S311 (spreads gateways apart, keeps no secret)
