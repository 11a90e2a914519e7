"""A process that takes presses from the broker and acknowledges none, to be killed."""

import asyncio
import sys

from gateway.broker import BrokerAddress, Session
from gateway.connection import open_connection
from gateway.metrics import LaneMetrics


async def hold(url: str, count: int) -> None:
    """Say `listening`, then `holding` when so many presses are here, and wait for the end."""
    session = Session("gateway-presses", ("campus/v1/+/+/+/press",), qos=1, kept=True)
    async with open_connection(BrokerAddress.parse(url), session, LaneMetrics("presses")) as connection:
        await connection.await_listening()
        print("listening", flush=True)
        held = 0
        while held < count:
            held += len(await connection.take(count))
        print("holding", flush=True)
        await asyncio.Event().wait()


asyncio.run(hold(sys.argv[1], int(sys.argv[2])))
