"""Browsers in which people switched notifications on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from alerts.domain.push import ADDRESS, Browser, PushLanguage
from alerts.storage.database import Connection
from alerts.storage.records import read_record, read_records
from alerts.storage.statements import read_statements

_SQL = read_statements("push")


@dataclass(frozen=True, slots=True)
class Owner:
    """Whose browser it is: an account of a person, in a session of it; `agent` is what the browser says that it is."""

    account: str
    person: str
    session: int
    agent: str


@dataclass(frozen=True, slots=True)
class BrowserRow:
    """A browser that rings, as its owner sees it: since when, and when its push service last took a message for it."""

    id: int
    agent: str
    language: PushLanguage
    made_at: datetime
    taken_at: datetime | None


@dataclass(frozen=True, slots=True)
class HeldBrowsers:
    """The contact method that stands for all browsers of a person; `enabled`: its channel is on."""

    id: int
    person: str
    channel: str
    address: str
    enabled: bool
    tried_at: datetime | None


@dataclass(frozen=True, slots=True)
class Ringing:
    """A browser to which something is sent."""

    id: int
    endpoint: str
    key: bytes
    secret: bytes
    language: PushLanguage

    @property
    def browser(self) -> Browser:
        """What it takes to send to it."""
        return Browser(self.endpoint, self.key, self.secret)


async def move_browser(connection: Connection, account: str, before: str, endpoint: str) -> bool:
    """Gives a browser of this account another address. Says whether it was theirs; one that has that address already
    stays as it is."""
    return await connection.fetchval(_SQL["move"], before, endpoint, account) is not None


async def renew_browser(
    connection: Connection, browser: Browser, owner: Owner, language: PushLanguage | None
) -> int | None:
    """Takes note that a browser of this account is there still; None when it is new. A language that it does not say
    stays."""
    id_: int | None = await connection.fetchval(
        _SQL["renew"],
        browser.endpoint,
        owner.account,
        browser.key,
        browser.secret,
        language,
        owner.agent,
        owner.session,
    )
    return id_


async def insert_browser(
    connection: Connection, browser: Browser, owner: Owner, language: PushLanguage, now: datetime
) -> int:
    """Keeps a browser, whosever it was before, and the method that stands for it."""
    await connection.execute(_SQL["forget_endpoint"], browser.endpoint)
    method = await connection.fetchval(_SQL["save_method"], owner.person, ADDRESS, now, owner.account)
    id_: int = await connection.fetchval(
        _SQL["insert"],
        method,
        owner.account,
        owner.session,
        browser.endpoint,
        browser.key,
        browser.secret,
        language,
        owner.agent,
        now,
    )
    return id_


async def list_browsers_of(connection: Connection, account: str) -> list[BrowserRow]:
    """An account's browsers, the newest first."""
    return read_records(await connection.fetch(_SQL["list"], account), BrowserRow)


async def remove_browser(connection: Connection, account: str, id_: int) -> bool:
    """Forgets one of an account's browsers. Says whether it was theirs."""
    return await connection.fetchval(_SQL["remove"], account, id_) is not None


async def hold_browsers(connection: Connection, account: str) -> HeldBrowsers | None:
    """The method of an account's browsers, held until the transaction ends; None when it has none."""
    row = await connection.fetchrow(_SQL["hold_method"], account)
    return None if row is None else read_record(row, HeldBrowsers)


async def note_tried(connection: Connection, method: int, now: datetime) -> None:
    """Somebody tries whether it works."""
    await connection.execute(_SQL["note_tried"], method, now)


async def list_ringing(connection: Connection, person: str) -> list[Ringing]:
    """All browsers of a person."""
    return read_records(await connection.fetch(_SQL["list_browsers"], person), Ringing)


async def note_taken(connection: Connection, ids: Sequence[int], now: datetime) -> None:
    """Push services took a message for these."""
    await connection.execute(_SQL["note_taken"], ids, now)


async def forget_gone(connection: Connection, ids: Sequence[int]) -> list[int]:
    """Forgets browsers that their push services do not know any more. Returns those that were there still."""
    return [row["id"] for row in await connection.fetch(_SQL["forget_gone"], ids)]
