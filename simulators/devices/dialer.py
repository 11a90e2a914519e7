"""Opening many connections without choking the broker: a bounded number of sign-ins is under way at any time."""

from __future__ import annotations

import asyncio
import os
from collections import deque
from collections.abc import Callable

from simulators.devices.connection import BrokerAddress, BrokerUnreachableError, Connection

# A NATS server makes a JetStream consumer for every subscription; more sign-ins at once only wait for each other.
SIGN_INS_AT_ONCE = 64
SIGN_IN_SECONDS = 30.0


class Call:
    """One attempt to get a connection, from asking for it until the broker let the device in or not."""

    __slots__ = ("connection", "failed", "over")

    def __init__(self, connection: Connection, failed: Callable[[Exception], None]) -> None:
        self.connection = connection
        self.failed = failed
        self.over = False


class Dialer:
    """Opens connections to one broker in the order in which they are asked for."""

    def __init__(self, address: BrokerAddress, *, sign_ins_at_once: int = SIGN_INS_AT_ONCE) -> None:
        self.address = address
        self._limit = sign_ins_at_once
        self._waiting: deque[Call] = deque()
        self._under_way: dict[Call, asyncio.Task[None]] = {}

    @property
    def waiting(self) -> int:
        """How many connections were asked for and have not been tried yet."""
        return len(self._waiting)

    def dial(self, connection: Connection, failed: Callable[[Exception], None]) -> Call:
        """Open the socket for `connection` as soon as it is its turn. `failed` is told when nobody answers there.

        The place is given back with `hang_up`, which the owner calls when the connection is ready, lost or not wanted.
        """
        call = Call(connection, failed)
        self._waiting.append(call)
        self._fill_places()
        return call

    def hang_up(self, call: Call) -> None:
        """The sign-in is over, whatever came of it: the next one may begin. Calling it again changes nothing."""
        if call.over:
            return
        call.over = True
        task = self._under_way.pop(call, None)
        if task is not None:
            task.cancel()
        self._fill_places()

    def _fill_places(self) -> None:
        while self._waiting and len(self._under_way) < self._limit:
            call = self._waiting.popleft()
            if not call.over:
                self._under_way[call] = asyncio.ensure_future(self._place(call))

    async def _place(self, call: Call) -> None:
        """Hold one place until the owner hangs up; give up after SIGN_IN_SECONDS."""
        try:
            async with asyncio.timeout(SIGN_IN_SECONDS):
                await asyncio.get_running_loop().create_connection(
                    lambda: call.connection, self.address.host, self.address.port, ssl=self.address.tls or None
                )
                await asyncio.Event().wait()
        except TimeoutError:
            self._fail(call, f"the broker at {self.address} did not let us in within {SIGN_IN_SECONDS:.0f} s")
        except OSError as error:
            why = os.strerror(error.errno) if error.errno and error.errno > 0 else str(error)
            self._fail(call, f"no broker answers at {self.address}: {why}")

    def _fail(self, call: Call, why: str) -> None:
        if not call.over:
            call.connection.break_off()
            self.hang_up(call)
            call.failed(BrokerUnreachableError(why))
