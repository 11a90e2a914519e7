"""Would a press go the whole way? Asked by `/readyz` and by the boards' tick."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from alerts.storage.database import Database
from alerts.storage.pulses import list_fresh_pulses, read_secret, report_pulse

FRESH = timedelta(seconds=5)  # a part pulses each second; five missed ones are a fault (a stale board says so in 5 s)


@dataclass(frozen=True, slots=True)
class Health:
    """What is alive: the lane that takes presses in, and an engine that escalates."""

    press_lane: bool
    engine: bool


async def read_health(database: Database) -> Health:
    """Reads the pulses; raises StorageUnavailable while the database is away."""
    async with database.connection() as connection:
        pulses = await list_fresh_pulses(connection, database.shift, FRESH)
    return Health(press_lane=("gateway", "presses") in pulses, engine=("engine", "escalation") in pulses)


async def read_client_id_key(database: Database) -> bytes:
    """What the gateways' client identifiers at the broker follow from; raises StorageUnavailable."""
    async with database.connection() as connection:
        return await read_secret(connection, "client_id")


async def report_engine(database: Database, name: str, lane: str, since: datetime) -> None:
    """An engine's cycle says that it turns."""
    async with database.transaction() as connection:
        await connection.execute("set local synchronous_commit = off")
        await report_pulse(connection, "engine", name, lane, since, database.shift)


async def report_keeper(database: Database, broker: str) -> None:
    """Whoever keeps a broker's credentials says that it turns."""
    async with database.transaction() as connection:
        await connection.execute("set local synchronous_commit = off")
        now = await database.read_now(connection)
        await report_pulse(connection, "credentials", "keeper", broker, now, database.shift)


async def list_kept_brokers(database: Database) -> list[str]:
    """The kinds of brokers to which credentials are taken now."""
    async with database.connection() as connection:
        pulses = await list_fresh_pulses(connection, database.shift, FRESH)
    return sorted(lane for service, lane in pulses if service == "credentials")
