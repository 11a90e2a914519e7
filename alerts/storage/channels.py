"""Channels on disk: throttles, quiet hours, methods that fail, and what providers said of unknown messages."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import asyncpg

from alerts.domain.people import DeliveryState
from alerts.domain.quiet_hours import QuietHours
from alerts.domain.reaching import CONFIRM_WITHIN
from alerts.storage.database import Connection
from alerts.storage.records import read_record, read_records, write_rows
from alerts.storage.statements import read_statements

_SQL = read_statements("channels")
MOST_STRAYS = 10_000


@dataclass(frozen=True, slots=True)
class Conduct:
    """How a channel treats what is not live: at most so many a second (None: no throttle), and when not at all."""

    rate_per_second: int | None
    quiet: QuietHours | None


@dataclass(frozen=True, slots=True)
class ChannelRow:
    """A channel with its throttle and its queue. `allowance` is how many messages that are not live may go at once;
    `held` wait for the end of quiet hours, `retrying` were refused before; `failing_methods` of its `methods` failed
    twice in a row. Quiet hours here are the channel's own."""

    code: str
    enabled: bool
    personal: bool
    confirms: bool
    rate_per_second: int | None
    allowance: float | None
    quiet_from: str | None
    quiet_to: str | None
    quiet_zone: str | None
    queued: int
    queued_live: int
    held: int
    retrying: int
    oldest_waiting_at: datetime | None
    last_error: str | None
    failing_methods: int
    methods: int


@dataclass(frozen=True, slots=True)
class CityQuietHours:
    """The quiet hours of the whole city."""

    quiet_from: str
    quiet_to: str
    quiet_zone: str


@dataclass(frozen=True, slots=True)
class MethodChange:
    """A contact method whose failures were counted; `failures` is how many in a row."""

    person: str
    channel: str
    failures: int


@dataclass(frozen=True, slots=True)
class Stray:
    """What a provider said of a message that nobody knew when it said so."""

    channel: str
    provider_id: str
    state: DeliveryState
    error: str | None
    address_fault: bool


@dataclass(frozen=True, slots=True)
class StrayRow:
    """A receipt for an unknown message, as people see it."""

    id: int
    channel: str
    provider_id: str
    state: str
    error: str | None
    received_at: datetime


async def read_conduct(connection: Connection, channel: str) -> Conduct:
    """How a channel treats what is not live."""
    row = await connection.fetchrow(_SQL["read_conduct"], channel)
    return Conduct(None, None) if row is None else _read_conduct(row)


async def read_own_conduct(connection: Connection, channel: str) -> Conduct | None:
    """A channel's conduct as it was set for it, held until the transaction ends; None when there is no such channel."""
    row = await connection.fetchrow(_SQL["read_own_conduct"], channel)
    return None if row is None else _read_conduct(row)


async def hold_until(connection: Connection, channel: str, now: datetime, until: datetime) -> None:
    """Holds what is not live until then."""
    await connection.execute(_SQL["hold"], channel, now, until, CONFIRM_WITHIN)


async def release_held(connection: Connection, channel: str | None, now: datetime) -> None:
    """Lets go what quiet hours hold, of a channel or of all."""
    await connection.execute(_SQL["release"], channel, now, CONFIRM_WITHIN)


async def lock_allowance(connection: Connection, channel: str, now: datetime) -> float:
    """How many messages that are not live may go now; 0 while another courier counts them."""
    allowance: float | None = await connection.fetchval(_SQL["lock_allowance"], channel, now)
    return allowance or 0.0


async def save_allowance(connection: Connection, channel: str, allowance: float, now: datetime) -> None:
    """Writes down what is left of a locked allowance."""
    await connection.execute(_SQL["save_allowance"], channel, allowance, now)


async def wait_on(connection: Connection, channel: str, now: datetime, within: timedelta = CONFIRM_WITHIN) -> None:
    """What waits behind the throttle is given its time to arrive anew."""
    await connection.execute(_SQL["wait_on"], channel, now, within)


async def list_channels(connection: Connection, now: datetime) -> list[ChannelRow]:
    """Every channel."""
    return read_records(await connection.fetch(_SQL["list"], now), ChannelRow)


async def set_rate(connection: Connection, channel: str, rate_per_second: int | None, now: datetime) -> bool:
    """Sets a channel's throttle; False when there is no such channel."""
    return await connection.fetchval(_SQL["set_rate"], channel, rate_per_second, now) is not None


async def save_quiet_hours(
    connection: Connection, channel: str | None, quiet: QuietHours | None, by: str, now: datetime
) -> None:
    """Sets, or with None ends, the quiet hours of a channel or of the whole city."""
    if quiet is None:
        await connection.execute(_SQL["delete_quiet_hours"], channel)
    else:
        await connection.execute(_SQL["save_quiet_hours"], channel, quiet.starts, quiet.ends, quiet.zone, by, now)


async def read_city_quiet_hours(connection: Connection) -> CityQuietHours | None:
    """The quiet hours of the whole city."""
    row = await connection.fetchrow(_SQL["read_city_quiet_hours"])
    return None if row is None else read_record(row, CityQuietHours)


async def note_failures(connection: Connection, deliveries: Sequence[int], now: datetime) -> list[MethodChange]:
    """Counts failures of the methods by which these messages went."""
    return read_records(await connection.fetch(_SQL["note_failures"], deliveries, now), MethodChange)


async def note_successes(connection: Connection, deliveries: Sequence[int]) -> list[MethodChange]:
    """Forgets failures of the methods by which these messages arrived; methods that had none are missing."""
    return read_records(await connection.fetch(_SQL["note_successes"], deliveries), MethodChange)


async def keep_strays(connection: Connection, channel: str, strays: Sequence[Stray], now: datetime) -> None:
    """Keeps what was said of unknown messages, the newest MOST_STRAYS."""
    await connection.execute(_SQL["keep_strays"], channel, write_rows(strays), now)
    await connection.execute(_SQL["trim_strays"], MOST_STRAYS)


async def take_settled_strays(connection: Connection) -> list[Stray]:
    """Takes out what was said of messages that are known by now."""
    return read_records(await connection.fetch(_SQL["take_settled_strays"]), Stray)


async def list_strays(connection: Connection, before: int | None, limit: int) -> list[StrayRow]:
    """Receipts for unknown messages, newest first."""
    return read_records(await connection.fetch(_SQL["list_strays"], before, limit), StrayRow)


def _read_conduct(row: asyncpg.Record) -> Conduct:
    quiet = QuietHours(row["starts"], row["ends"], row["zone"]) if row["zone"] else None
    return Conduct(row["rate_per_second"], quiet)
