"""A device's line to its broker: dialled again after every loss, with growing pauses, until it is taken down."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable
from typing import Protocol

from simulators.devices.connection import Connection
from simulators.devices.dialer import Call, Dialer
from simulators.devices.packets import Publish, SignIn

REDIAL_FIRST_SECONDS = 1.0
REDIAL_MOST_SECONDS = 60.0


class Delivery:
    """A message that is sent until the broker has taken it (QoS 1), also over a lost connection."""

    __slots__ = ("_on_taken", "_taken", "payload", "topic")

    def __init__(self, topic: str, payload: bytes, on_taken: Callable[[], None] | None) -> None:
        self.topic = topic
        self.payload = payload
        self._on_taken = on_taken
        self._taken = asyncio.Event()

    def mark_taken(self) -> None:
        """The broker acknowledged it."""
        self._taken.set()
        if self._on_taken is not None:
            self._on_taken()

    async def taken(self, *, timeout: float = 30.0) -> None:  # noqa: ASYNC109
        """Wait for the broker's PUBACK. Raises TimeoutError."""
        async with asyncio.timeout(timeout):
            await self._taken.wait()


class Holder(Protocol):
    """Whose line it is.

    `line_is_up` comes each time the device is signed in and subscribed; `line_is_down` each time an attempt fails or
    the connection is lost, but not when the line is taken down from this end.
    """

    def line_is_up(self) -> None: ...

    def line_is_down(self, reason: Exception) -> None: ...

    def message_came(self, message: Publish) -> None: ...


class Line:
    """Keeps one device connected."""

    __slots__ = (
        "_attempts", "_call", "_connection", "_deliveries", "_dialer", "_filters", "_holder", "_outcome", "_redial",
        "_sign_in", "wanted",
    )  # fmt: skip

    def __init__(self, dialer: Dialer, sign_in: SignIn, filters: tuple[str, ...], holder: Holder) -> None:
        self._dialer = dialer
        self._sign_in = sign_in
        self._filters = filters
        self._holder = holder
        self._connection: Connection | None = None
        self._call: Call | None = None
        self._redial: asyncio.TimerHandle | None = None
        self._attempts = 0
        self._deliveries: dict[Delivery, None] = {}
        self._outcome: asyncio.Future[None] | None = None
        self.wanted = False

    @property
    def is_up(self) -> bool:
        """Whether the broker let the device in and granted its subscriptions."""
        return self._connection is not None and self._connection.ready

    def start(self) -> None:
        """Connect now, and again after every loss."""
        if not self.wanted:
            self.wanted = True
            self._attempts = 0
            self._dial()

    async def settle(self) -> None:
        """Wait until the line is up. Raises what stopped the attempt under way: BrokerUnreachableError and others."""
        if not self.is_up:
            self._outcome = asyncio.get_running_loop().create_future()
            await self._outcome

    def cut(self) -> None:
        """The line is cut: no goodbye, so the broker publishes the last will. Down until `start`."""
        self._drop(Connection.break_off)

    def hang_up(self) -> None:
        """Say goodbye, so that there is no last will. Down until `start`."""
        self._drop(Connection.close)

    def ping(self) -> None:
        """Prove both ends alive; a broker that did not answer the ping before is given up."""
        if self._connection is not None and self.is_up:
            self._connection.ping()

    def publish(self, topic: str, payload: bytes) -> None:
        """Send with QoS 0 when the line is up."""
        if self._connection is not None and self.is_up:
            self._connection.publish(topic, payload)

    def offer(self, topic: str, payload: bytes, on_taken: Callable[[], None], *, retain: bool = False) -> bool:
        """Send once with QoS 1 when the line is up; says whether it went out."""
        if self._connection is None or not self.is_up:
            return False
        self._connection.deliver(topic, payload, on_taken, retain=retain)
        return True

    def deliver(self, topic: str, payload: bytes, on_taken: Callable[[], None] | None = None) -> Delivery:
        """Send with QoS 1, now or when the line is up, again after a loss, until the broker has taken it."""
        delivery = Delivery(topic, payload, on_taken)
        self._deliveries[delivery] = None
        self._send(delivery)
        return delivery

    def connection_is_ready(self) -> None:
        """For the connection: signed in and subscribed."""
        self._attempts = 0
        self._end_call()
        self._holder.line_is_up()
        for delivery in tuple(self._deliveries):
            self._send(delivery)
        self._tell_outcome(None)

    def message_came(self, message: Publish) -> None:
        """For the connection: a message on one of our own topics."""
        self._holder.message_came(message)

    def connection_is_lost(self, reason: Exception) -> None:
        """For the connection and the dialer: it broke off, or never stood."""
        self._connection = None
        self._end_call()
        if self.wanted:
            self._redial = asyncio.get_running_loop().call_later(self._choose_pause_seconds(), self._dial)
        self._holder.line_is_down(reason)
        self._tell_outcome(reason)

    def _dial(self) -> None:
        self._redial = None
        self._connection = Connection(self._sign_in, self._filters, self)
        self._call = self._dialer.dial(self._connection, self.connection_is_lost)

    def _choose_pause_seconds(self) -> float:
        """1, 2, 4 ... 60 s, each between half and full so that devices do not come back all at once."""
        pause = min(REDIAL_MOST_SECONDS, REDIAL_FIRST_SECONDS * 2.0 ** min(self._attempts, 10))
        self._attempts += 1
        return pause * random.uniform(0.5, 1.0)  # noqa: S311

    def _drop(self, end: Callable[[Connection], None]) -> None:
        self.wanted = False
        if self._redial is not None:
            self._redial.cancel()
            self._redial = None
        if self._connection is not None:
            end(self._connection)
            self._connection = None
        self._end_call()
        self._tell_outcome(ConnectionAbortedError("the line was taken down"))

    def _end_call(self) -> None:
        if self._call is not None:
            self._dialer.hang_up(self._call)
            self._call = None

    def _send(self, delivery: Delivery) -> None:
        def take() -> None:
            self._deliveries.pop(delivery, None)
            delivery.mark_taken()

        self.offer(delivery.topic, delivery.payload, take)

    def _tell_outcome(self, failure: Exception | None) -> None:
        outcome, self._outcome = self._outcome, None
        if outcome is None or outcome.done():
            return
        if failure is None:
            outcome.set_result(None)
        else:
            outcome.set_exception(failure)
