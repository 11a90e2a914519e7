"""People's own browsers that ring: switched on where they are signed in, tried, and switched off."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from alerts.domain.push import MOST_BROWSERS, TRY_PAUSE, Browser, PushLanguage
from alerts.passwords import digest_token
from alerts.staff.people import address_trial
from alerts.storage import push as storage
from alerts.storage.accounts import find_session_id
from alerts.storage.database import Connection, Database
from alerts.storage.deliveries import queue_deliveries
from alerts.storage.log import Entry, append_log
from alerts.storage.notices import Notice, NoticeKind, insert_notice
from alerts.storage.people import lock_person
from alerts.storage.push import BrowserRow, HeldBrowsers, Owner
from alerts.storage.sign_ins import find_owner

_TRIAL = (
    "通知测试 Test notification",
    "能看到这条，报警也会这样通知到这台设备。If you see this, alarms reach this device like this.",
)


class NobodysAccount(Exception):
    """The account is no person's: nobody who is called by alarms owns its browsers."""


class SessionEnded(Exception):
    """The session in which a browser is used was ended just now."""


class TooManyBrowsers(Exception):
    """As many browsers ring for the account as may."""


class NoSuchBrowser(LookupError):
    """The account has no such browser."""


class TrialRefused(Exception):
    """A message to see that it works is not sent; the message says why."""


@dataclass(frozen=True, slots=True)
class RingingBrowsers:
    """An account's browsers that ring; `tied`: the account is a person's, so that alarms can call it."""

    tied: bool
    items: tuple[BrowserRow, ...]


@dataclass(frozen=True, slots=True)
class SaidBrowser:
    """What a browser says of itself: `agent` is what it says that it is, `before` the address in whose place its push
    service gave it this one."""

    browser: Browser
    language: PushLanguage | None
    agent: str
    before: str | None = None


async def switch_on(database: Database, account: str, token: str, said: SaidBrowser) -> BrowserRow:
    """Lets a browser ring for its owner from now on, or takes note that it is there still, or has another address now;
    `token` is the session's. Raises NobodysAccount, SessionEnded, TooManyBrowsers, and NoSuchBrowser where the address
    before did not ring for this account."""
    async with database.transaction() as connection:
        person = await _find_person(connection, account)
        if person is None:
            raise NobodysAccount(f"the account {account} is entered as no person's: an administrator does that")
        await lock_person(connection, person)
        session = await find_session_id(connection, digest_token(token))
        if session is None:
            raise SessionEnded("this session was ended just now")
        owner = Owner(account, person, session, said.agent)
        if said.before and not await storage.move_browser(connection, account, said.before, said.browser.endpoint):
            raise NoSuchBrowser(f"no browser with this address before rings for {account}")
        if (id_ := await storage.renew_browser(connection, said.browser, owner, said.language)) is None:
            id_ = await _add(database, connection, owner, said.browser, said.language or PushLanguage.ZH)
        return next(one for one in await storage.list_browsers_of(connection, account) if one.id == id_)


async def _add(
    database: Database, connection: Connection, owner: Owner, browser: Browser, language: PushLanguage
) -> int:
    if len(await storage.list_browsers_of(connection, owner.account)) >= MOST_BROWSERS:
        raise TooManyBrowsers(f"{MOST_BROWSERS} browsers ring for this account already: switch one off first")
    now = await database.read_now(connection)
    id_ = await storage.insert_browser(connection, browser, owner, language, now)
    await append_log(connection, now, [_tell(owner.account, owner.person, "browser.added", id_)])
    return id_


async def list_browsers(database: Database, account: str) -> RingingBrowsers:
    """The browsers that ring for an account, the newest first."""
    async with database.connection() as connection:
        person = await _find_person(connection, account)
        return RingingBrowsers(person is not None, tuple(await storage.list_browsers_of(connection, account)))


async def switch_off(database: Database, account: str, id_: int) -> None:
    """Lets a browser ring no more. Raises NoSuchBrowser."""
    async with database.transaction() as connection:
        held = await storage.hold_browsers(connection, account)
        if held is None or not await storage.remove_browser(connection, account, id_):
            raise NoSuchBrowser(f"you have no browser {id_}")
        now = await database.read_now(connection)
        await append_log(connection, now, [_tell(account, held.person, "browser.removed", id_)])


async def send_trial(database: Database, account: str) -> None:
    """Sends an account's owner a message, the way that an alarm goes. Raises NoSuchBrowser and TrialRefused."""
    async with database.transaction() as connection:
        held = await storage.hold_browsers(connection, account)
        if held is None:
            raise NoSuchBrowser("no browser rings for you: switch this one on first")
        now = await database.read_now(connection)
        _check_trial(held, now)
        await storage.note_tried(connection, held.id, now)
        number = await insert_notice(connection, Notice(0, NoticeKind.VERIFICATION, *_TRIAL, account, now))
        await queue_deliveries(connection, [address_trial(held.person, held.channel, held.address, number, now)])


async def _find_person(connection: Connection, account: str) -> str | None:
    owner = await find_owner(connection, account)
    return owner.person if owner else None


def _check_trial(held: HeldBrowsers, now: datetime) -> None:
    if not held.enabled:
        raise TrialRefused("the channel push is off: no engine that runs is set up for it")
    if held.tried_at and now < held.tried_at + TRY_PAUSE:
        raise TrialRefused(f"a test was sent just now: wait {TRY_PAUSE.seconds} s before the next one")


def _tell(account: str, person: str, kind: str, id_: int) -> Entry:
    return Entry(f"account:{account}", f"person:{person}", kind, {"browser": id_})
