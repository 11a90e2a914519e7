"""The floors of throughput, each as a process of its own: works off a backlog, prints events a second."""

from __future__ import annotations

import asyncio
import sys
import time

import aiomqtt

from gateway.broker import BrokerAddress
from gateway.connection import open_connection
from gateway.metrics import LaneMetrics
from tests.bench.throughput import SESSION, SETTLED_SHARE


async def consume_with_library(address: BrokerAddress, events: int) -> float:
    """aiomqtt as it comes, but for the manual acknowledgement: the same durability towards the broker, no database."""
    client = aiomqtt.Client(
        address.host,
        address.port,
        username=address.user,
        password=address.password,
        identifier=SESSION.client_id,
        clean_session=False,
    )
    client._client.manual_ack_set(True)
    settled, done, began = int(events * SETTLED_SHARE), 0, 0.0
    async with client:
        async for message in client.messages:
            client._client.ack(message.mid, message.qos)
            done += 1
            if done == settled:
                began = time.perf_counter()
            if done == events:
                break
    return (done - settled) / (time.perf_counter() - began)


async def consume_with_connection(address: BrokerAddress, events: int) -> float:
    """The gateway's connection, acknowledging batches at once."""
    settled, done, began, first = int(events * SETTLED_SHARE), 0, 0.0, 0
    async with open_connection(address, SESSION, LaneMetrics("floor")) as connection:
        while done < events:
            batch = await connection.take(256)
            connection.acknowledge(batch)
            done += len(batch)
            if not began and done >= settled:
                began, first = time.perf_counter(), done
            await asyncio.sleep(0)
        return (done - first) / (time.perf_counter() - began)


if __name__ == "__main__":
    consume = {"library": consume_with_library, "connection": consume_with_connection}[sys.argv[1]]
    print(asyncio.run(consume(BrokerAddress.parse(sys.argv[2]), int(sys.argv[3]))))
