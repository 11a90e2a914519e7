"""People and programs that may come in, and answers given to nervous clients."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Self

import msgspec

from alerts.domain.preferences import Preferences
from alerts.domain.rights import RIGHTS, Place, Right, Role
from alerts.storage.database import Connection
from alerts.storage.records import read_record, read_records, write_document
from alerts.storage.statements import read_statements

_SQL = read_statements("accounts")


@dataclass(frozen=True, slots=True)
class Account:
    """Who is signed in: a person, or a program by its token. `district` or `school` is whom they stand for, neither the
    whole city; `scopes` is what a program may do. With `first_password` they came in by one that somebody else chose,
    which is no part of who they are."""

    name: str
    display_name: str
    role: Role
    district: str | None = None
    school: str | None = None
    scopes: frozenset[Right] = frozenset()
    first_password: bool = field(default=False, compare=False)

    @classmethod
    def of_program(
        cls, name: str, rights: Iterable[Right], district: str | None = None, school: str | None = None
    ) -> Self:
        """A program that may do this, there."""
        return cls(name, name, Role.INTEGRATION, district, school, frozenset(rights))

    @property
    def place(self) -> Place:
        """Whom they stand for."""
        return Place(self.district, self.school)

    @property
    def rights(self) -> frozenset[Right]:
        """What they may do there."""
        return RIGHTS[self.role] | self.scopes


@dataclass(frozen=True, slots=True)
class AccountRow:
    """An account as administrators see it: on how many devices it is signed in, whether it has a second factor, and by
    what it signs in: a password, which may still be the first one, an identity at the operator's provider, or both.
    `person` is whose it is in the registry, if that was entered."""

    name: str
    display_name: str
    role: Role
    district: str | None
    school: str | None
    created_at: datetime
    sessions: int
    second_factor: bool
    password: bool
    first_password: bool
    identity: str | None
    person: str | None
    person_name: str | None


@dataclass(frozen=True, slots=True)
class TokenRow:
    """A program that may come in; its secret is known to nobody here."""

    name: str
    rights: tuple[Right, ...]
    district: str | None
    school: str | None
    created_at: datetime


@dataclass(frozen=True, slots=True)
class SessionRow:
    """Where somebody is signed in: from which address, with which program, and when it was last in use, within minutes;
    `current` is the one that asks."""

    id: int
    created_at: datetime
    seen_at: datetime
    expires_at: datetime
    address: str
    agent: str
    current: bool


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a sign-in comes from, as far as that can be told."""

    address: str = ""
    agent: str = ""


@dataclass(frozen=True, slots=True)
class GivenAnswer:
    """What was answered to the first request with an idempotency key."""

    request_digest: bytes
    status: int
    answer: bytes


async def save_account(
    connection: Connection, account: Account, password_hash: str | None, now: datetime, *, first: bool = False
) -> None:
    """Makes an account, or changes the one of that name; None keeps its password. With `first` somebody else chose it,
    and its owner must choose their own."""
    await connection.execute(
        _SQL["save_account"],
        account.name,
        account.display_name,
        account.role,
        password_hash,
        now,
        account.district,
        account.school,
        first,
    )


async def knows_place(connection: Connection, place: Place) -> bool:
    """Whether the registry has the school or district; the city is always there."""
    return bool(await connection.fetchval(_SQL["knows_place"], place.district, place.school))


async def name_place(connection: Connection, place: Place) -> str | None:
    """What the school or district is called; None for the city."""
    name: str | None = await connection.fetchval(_SQL["name_place"], place.district, place.school)
    return name


async def is_program(connection: Connection, name: str) -> bool:
    """Whether a program has this name."""
    return bool(await connection.fetchval(_SQL["is_program"], name))


async def find_account(connection: Connection, name: str) -> tuple[Account, str | None] | None:
    """An account with its password's hash, if it has a password."""
    row = await connection.fetchrow(_SQL["find_account"], name)
    return None if row is None else (read_record(row, Account), row["password_hash"])


async def read_preferences(connection: Connection, name: str) -> Preferences:
    """What an account's owner chose at the board; nothing where there is no such account."""
    document = await connection.fetchval(_SQL["read_preferences"], name)
    return Preferences() if document is None else msgspec.json.decode(document, type=Preferences)


async def save_preferences(connection: Connection, name: str, chosen: Preferences) -> None:
    """Keeps what an account's owner chose; what is None stays as it was."""
    document = {choice: value for choice, value in asdict(chosen).items() if value is not None}
    await connection.execute(_SQL["save_preferences"], name, write_document(document))


async def remove_account(connection: Connection, name: str) -> bool:
    """Ends an account and its sessions. Says whether there was one."""
    return await connection.fetchval(_SQL["remove_account"], name) is not None


async def remove_token(connection: Connection, name: str) -> bool:
    """Ends a program's token. Says whether there was one."""
    return await connection.fetchval(_SQL["remove_token"], name) is not None


async def change_password_hash(connection: Connection, name: str, password_hash: str) -> None:
    """Keeps a better hash of the same password."""
    await connection.execute(_SQL["change_password_hash"], name, password_hash)


async def choose_password_hash(connection: Connection, name: str, password_hash: str) -> None:
    """Keeps another password, which the account's owner chose."""
    await connection.execute(_SQL["choose_password"], name, password_hash)


async def start_session(
    connection: Connection,
    token_hash: bytes,
    account: str,
    now: datetime,
    expires_at: datetime,
    origin: Origin,
    *,
    by_provider: bool = False,
) -> None:
    """Remembers a session by its token's digest, and whether its owner came in by the provider."""
    where = (origin.address, origin.agent)
    await connection.execute(_SQL["start_session"], token_hash, account, now, expires_at, *where, by_provider)


async def list_sessions(connection: Connection, account: str, now: datetime, current: bytes) -> list[SessionRow]:
    """Somebody's sessions that last, the newest first; `current` is the digest of the token that asks."""
    return read_records(await connection.fetch(_SQL["list_sessions"], account, now, current), SessionRow)


async def find_session_id(connection: Connection, token_hash: bytes) -> int | None:
    """The number of a session; None when it ended."""
    id_: int | None = await connection.fetchval(_SQL["find_session_id"], token_hash)
    return id_


async def end_session_of(connection: Connection, account: str, id_: int) -> bool:
    """Ends one of somebody's sessions. Says whether it was theirs."""
    return await connection.fetchval(_SQL["end_session_of"], account, id_) is not None


async def end_other_sessions_of(connection: Connection, account: str, current: bytes) -> int:
    """Ends all of somebody's sessions but the one of this token's digest. Returns how many."""
    return int(await connection.fetchval(_SQL["end_other_sessions_of"], account, current))


async def end_sessions_of(connection: Connection, account: str) -> int:
    """Ends all of somebody's sessions. Returns how many."""
    return int(await connection.fetchval(_SQL["end_sessions_of"], account))


async def list_accounts(
    connection: Connection, now: datetime, issuer: str | None, *, after: str, limit: int
) -> list[AccountRow]:
    """Accounts by name, with their identities at this provider."""
    return read_records(await connection.fetch(_SQL["list_accounts"], after, limit, now, issuer), AccountRow)


async def list_tokens(connection: Connection, *, after: str, limit: int) -> list[TokenRow]:
    """Programs' tokens by name."""
    return read_records(await connection.fetch(_SQL["list_tokens"], after, limit), TokenRow)


async def count_other_administrators(connection: Connection, name: str) -> int:
    """How many administrators there are beside this one."""
    return int(await connection.fetchval(_SQL["count_administrators"], name))


async def find_session(
    connection: Connection, token_hash: bytes, now: datetime, seen_before: datetime
) -> Account | None:
    """Who is behind a session that has not expired. One that was last seen before that instant is seen now."""
    row = await connection.fetchrow(_SQL["find_session"], token_hash, now, seen_before)
    return None if row is None else read_record(row, Account)


async def is_proved(connection: Connection, token_hash: bytes, since: datetime) -> bool:
    """Whether a session's owner showed who they are since then."""
    return bool(await connection.fetchval(_SQL["is_proved"], token_hash, since))


async def note_proof(connection: Connection, token_hash: bytes, now: datetime) -> None:
    """A session's owner showed who they are."""
    await connection.execute(_SQL["note_proof"], token_hash, now)


async def end_session(connection: Connection, token_hash: bytes) -> None:
    """Forgets a session."""
    await connection.execute(_SQL["end_session"], token_hash)


async def save_token(connection: Connection, account: Account, token_hash: bytes, by: str, now: datetime) -> None:
    """Makes an API token, or replaces the one of that name."""
    scopes = sorted(account.scopes)
    await connection.execute(
        _SQL["save_token"], token_hash, account.name, scopes, now, account.district, account.school, by
    )


async def find_token(connection: Connection, token_hash: bytes) -> Account | None:
    """Which program is behind a token."""
    row = await connection.fetchrow(_SQL["find_token"], token_hash)
    return None if row is None else read_record(row, Account)


async def has_administrator(connection: Connection) -> bool:
    """Whether anybody administers."""
    return bool(await connection.fetchval(_SQL["has_administrator"]))


async def save_first_link(connection: Connection, token_hash: bytes, expires_at: datetime) -> None:
    """Remembers the link to the first administrator's account by its token's digest; the one before opens nothing."""
    await connection.execute(_SQL["save_first_link"], token_hash, expires_at)


async def holds_first_link(connection: Connection, token_hash: bytes, now: datetime) -> bool:
    """Whether that link still makes the first administrator."""
    return bool(await connection.fetchval(_SQL["holds_first_link"], token_hash, now))


async def forget_first_link(connection: Connection) -> None:
    """The link was used."""
    await connection.execute(_SQL["forget_first_link"])


async def find_given_answer(connection: Connection, account: str, key: str, since: datetime) -> GivenAnswer | None:
    """What was answered to this key since then."""
    row = await connection.fetchrow(_SQL["find_idempotent_answer"], account, key, since)
    return None if row is None else read_record(row, GivenAnswer)


async def keep_given_answer(connection: Connection, account: str, key: str, given: GivenAnswer, now: datetime) -> None:
    """Keeps an answer for whoever asks again with the same key."""
    await connection.execute(
        _SQL["claim_idempotency_key"], account, key, given.request_digest, given.status, given.answer, now
    )


async def delete_expired(connection: Connection, now: datetime, keys_before: datetime) -> None:
    """Forgets sessions that ended and keys that are old."""
    await connection.execute(_SQL["delete_expired_sessions"], now)
    await connection.execute(_SQL["delete_old_idempotency_keys"], keys_before)
