"""The floor of latency: a bare MQTT client that commits each message by itself and then answers it. No rules, no
incidents, no log, nobody told. Run as a process of its own; prints a line when it is subscribed."""

from __future__ import annotations

import asyncio
import os
from datetime import UTC, datetime

import aiomqtt
import asyncpg
import msgspec

from gateway import wire
from gateway.broker import BrokerAddress


async def serve() -> None:
    """Subscribes to presses; one commit per message; a `received` receipt after it."""
    address = BrokerAddress.parse(os.environ["CAMPUS_MQTT_URL"])
    database = await asyncpg.connect(os.environ["CAMPUS_DATABASE_URL"])
    await database.execute("create table if not exists floor_press (id bigserial primary key, payload bytea)")
    async with aiomqtt.Client(
        address.host,
        address.port,
        username=address.user,
        password=address.password,
        identifier="floor",
        protocol=aiomqtt.ProtocolVersion.V311,
        max_inflight_messages=1000,
    ) as client:
        await client.subscribe("campus/v1/+/+/+/press", qos=1)
        print("up", flush=True)
        async for message in client.messages:
            await database.execute("insert into floor_press (payload) values ($1)", message.payload)
            topic = str(message.topic).rsplit("/", 1)[0] + "/receipt"
            press = msgspec.json.decode(message.payload)["id"]
            said = wire.Receipt(press=press, incident=0, stage="received", at=datetime.now(UTC))
            await client.publish(topic, wire.encode(said), qos=1)


if __name__ == "__main__":
    asyncio.run(serve())
