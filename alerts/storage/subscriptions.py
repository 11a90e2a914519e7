"""Calendars to subscribe to, on disk: secret addresses, and the duty that they show."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from alerts.domain.duty import DutySource
from alerts.storage.database import Connection
from alerts.storage.records import read_record, read_records
from alerts.storage.statements import read_statements

_SQL = read_statements("subscriptions")


@dataclass(frozen=True, slots=True)
class FeedDuty:
    """A span of duty as a subscriber's calendar shows it."""

    post: str
    post_name: str
    school_name: str
    starts_at: datetime
    ends_at: datetime
    person: str
    person_name: str
    shift: str
    source: DutySource
    assumed: bool


@dataclass(frozen=True, slots=True)
class FeedOwner:
    """Whose duty an address shows: a person's or a post's."""

    person: str | None
    post: str | None


async def save_feed(connection: Connection, token_hash: bytes, owner: FeedOwner, by: str, now: datetime) -> None:
    """Gives a person's or a post's duty an address, in the place of the one before."""
    await remove_feed(connection, owner)
    await connection.execute(_SQL["save_feed"], token_hash, owner.person, owner.post, by, now)


async def remove_feed(connection: Connection, owner: FeedOwner) -> bool:
    """Takes the address away; False when there was none."""
    return await connection.fetchval(_SQL["remove_feed"], owner.person, owner.post) is not None


async def has_feed(connection: Connection, owner: FeedOwner) -> bool:
    """Whether the duty has an address."""
    found: bool = await connection.fetchval(_SQL["has_feed"], owner.person, owner.post)
    return found


async def find_feed(connection: Connection, token_hash: bytes) -> FeedOwner | None:
    """Whose duty an address shows; None when it is none of ours."""
    row = await connection.fetchrow(_SQL["find_feed"], token_hash)
    return None if row is None else read_record(row, FeedOwner)


async def list_feed_duty(connection: Connection, owner: FeedOwner, since: datetime) -> list[FeedDuty]:
    """The duty that a subscriber sees."""
    return read_records(await connection.fetch(_SQL["list_feed_duty"], owner.person, owner.post, since), FeedDuty)
