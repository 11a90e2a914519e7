"""Devices that speak to real brokers, and waiting for what must come true."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import aiomqtt
import pytest

from gateway.broker import BrokerAddress, Session
from gateway.connection import Connection, open_connection
from gateway.held import Limits
from gateway.metrics import LaneMetrics
from simulators.embedded.broker import EmbeddedBroker

DEVICE = "B-0001"
OTHER_DEVICE = "B-0002"
SOON_SECONDS = 60.0  # a generous deadline for what should take milliseconds


def topic(channel: str, device: str = DEVICE) -> str:
    """A channel of a device of a school in Shinan."""
    return f"campus/v1/shinan/S0001/{device}/{channel}"


async def eventually(holds: Callable[[], object], what: str = "") -> None:
    """Return as soon as it holds; fail when it does not come true."""
    try:
        async with asyncio.timeout(SOON_SECONDS):
            while not holds():
                await asyncio.sleep(0.005)
    except TimeoutError:
        pytest.fail(f"did not come true in {SOON_SECONDS:.0f} s: {what}")


@pytest.fixture
def city_broker(broker: EmbeddedBroker) -> EmbeddedBroker:
    """Each of the brokers in turn, with two devices let in."""
    broker.set_devices({DEVICE: "a password", OTHER_DEVICE: "another one"})
    return broker


@asynccontextmanager
async def device_speaking(broker: EmbeddedBroker, device: str = DEVICE) -> AsyncIterator[aiomqtt.Client]:
    """A device, signed in at the broker and listening to what it is told."""
    address = BrokerAddress.parse(broker.url(device))
    client = aiomqtt.Client(
        address.host, address.port, username=address.user, password=address.password, timeout=SOON_SECONDS
    )
    client.pending_calls_threshold = 100_000
    async with client:
        for channel in ("receipt", "command"):
            await client.subscribe(topic(channel, device), qos=1)
        yield client


async def say_all(client: aiomqtt.Client, channel: str, payloads: list[bytes], device: str = DEVICE) -> None:
    """Publish them with QoS 1, in order; the broker has confirmed every one when this returns."""
    waiting = [asyncio.ensure_future(client.publish(topic(channel, device), payload, qos=1)) for payload in payloads]
    await asyncio.gather(*waiting)


def service_connection(
    broker: EmbeddedBroker, *channels: str, client_id: str = "gateway-test", kept: bool = True, held: int = 8192
):
    """A connection of the service's, subscribed to these channels of all devices."""
    filters = tuple(f"campus/v1/+/+/+/{channel}" for channel in channels)
    session = Session(client_id, filters, qos=1, kept=kept)
    return open_connection(
        BrokerAddress.parse(broker.url()), session, LaneMetrics(client_id), Limits(held_messages=held)
    )


async def take_exactly(connection: Connection, count: int) -> list:
    """The next deliveries, not acknowledged."""
    taken: list = []
    async with asyncio.timeout(SOON_SECONDS):
        while len(taken) < count:
            taken += await connection.take(count - len(taken))
    return taken
