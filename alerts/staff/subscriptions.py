"""Calendars to subscribe to: a secret address a person or post, which shows their duty and nothing else."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import timedelta

from alerts.staff.ical import write_calendar
from alerts.staff.people import NoSuchPerson
from alerts.staff.rosters import need_post
from alerts.storage import subscriptions as storage
from alerts.storage.database import Connection, Database
from alerts.storage.log import Entry, append_log
from alerts.storage.people import find_codes
from alerts.storage.subscriptions import FeedOwner

_SHOWN_BEFORE = timedelta(days=30)


class NoSuchFeed(LookupError):
    """There is no calendar at that address."""


@dataclass(frozen=True, slots=True)
class Feed:
    """A calendar to subscribe to. The path is told this once: only its digest is kept."""

    path: str


async def open_feed(database: Database, owner: FeedOwner, by: str) -> Feed:
    """Gives a person's or a post's duty a new address; the old one stops to work. Raises NoSuchPerson, NoSuchPost."""
    token = secrets.token_urlsafe(32)
    async with database.transaction() as connection:
        now = await database.read_now(connection)
        await _title_of(connection, owner, database)
        await storage.save_feed(connection, _digest(token), owner, by, now)
        await append_log(connection, now, [Entry(f"person:{by}", _subject(owner), "feed.opened", {})])
    return Feed(f"/api/v1/feeds/{token}.ics")


async def close_feed(database: Database, owner: FeedOwner, by: str) -> None:
    """Takes the address away. Raises NoSuchFeed."""
    async with database.transaction() as connection:
        now = await database.read_now(connection)
        if not await storage.remove_feed(connection, owner):
            raise NoSuchFeed("there is no calendar to subscribe to")
        await append_log(connection, now, [Entry(f"person:{by}", _subject(owner), "feed.closed", {})])


async def read_feed(database: Database, token: str) -> bytes:
    """The .ics behind an address. Raises NoSuchFeed."""
    async with database.connection() as connection:
        owner = await storage.find_feed(connection, _digest(token))
        if owner is None:
            raise NoSuchFeed("there is no calendar at this address")
        now = await database.read_now(connection)
        duty = await storage.list_feed_duty(connection, owner, now - _SHOWN_BEFORE)
        return write_calendar(await _title_of(connection, owner, database), duty, now)


async def _title_of(connection: Connection, owner: FeedOwner, database: Database) -> str:
    if owner.post is not None:
        return (await need_post(connection, owner.post, await database.read_now(connection))).name
    names = await find_codes(connection, [owner.person or ""])
    if owner.person not in names:
        raise NoSuchPerson(f"there is no person {owner.person}")
    return names[owner.person]


def _subject(owner: FeedOwner) -> str:
    return f"post:{owner.post}" if owner.post is not None else f"person:{owner.person}"


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()
