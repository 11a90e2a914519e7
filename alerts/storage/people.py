"""People on disk: how they are reached, what they are certified for, and when they are on duty."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

import asyncpg
import msgspec

from alerts.domain.contacts import CertificateKind, SentCode
from alerts.domain.duty import DutySource
from alerts.domain.registry import PostKind
from alerts.storage.database import Connection
from alerts.storage.errors import UnknownReference
from alerts.storage.records import read_json, read_record, read_records, write_rows
from alerts.storage.statements import read_statements

_SQL = read_statements("people")


@dataclass(frozen=True, slots=True)
class HeldPost:
    """A post that somebody holds; lower `rank` is called first."""

    code: str
    kind: PostKind
    name: str
    school: str | None
    district: str | None
    rank: int


@dataclass(frozen=True, slots=True)
class PersonItem:
    """A person in a list. `working_methods`: verified ones on channels that are on; with none nobody can reach them.
    `certificate_until` is when the first of their certificates ends."""

    code: str
    name: str
    phone: str
    posts: tuple[HeldPost, ...]
    methods: int
    working_methods: int
    away: bool
    certificate_until: date | None


@dataclass(frozen=True, slots=True)
class ContactMethod:
    """A way to reach a person. It counts when it was verified: by a code, or by who vouched for it (`verified_by`).
    `code_expires_at`: a code is under way. `channel_enabled`: the service can use the channel at all."""

    id: int
    person: str
    rank: int
    channel: str
    address: str
    added_at: datetime
    verified_at: datetime | None
    verified_by: str | None
    failing_since: datetime | None
    code_expires_at: datetime | None
    channel_enabled: bool


@dataclass(frozen=True, slots=True)
class HeldMethod:
    """A method that is being changed, with the code that is under way to it."""

    method: ContactMethod
    code: SentCode | None
    code_sent_at: datetime | None


@dataclass(frozen=True, slots=True)
class Certificate:
    """A certificate of a person, valid up to and including a day."""

    id: int
    person: str
    person_name: str
    kind: CertificateKind
    number: str
    valid_until: date
    note: str
    saved_by: str
    saved_at: datetime


@dataclass(frozen=True, slots=True)
class PersonalDuty:
    """A span of a person's duty, with where it is."""

    post: str
    post_name: str
    post_kind: PostKind
    school: str | None
    school_name: str | None
    starts_at: datetime
    ends_at: datetime
    shift: str
    source: DutySource
    instead_of: str | None
    instead_of_name: str | None
    assumed: bool


@dataclass(frozen=True, slots=True)
class NamedPerson:
    """A person who may be meant by a name, and where they hold posts."""

    code: str
    name: str
    schools: tuple[str, ...]
    posts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PersonalChannel:
    """A channel by which one person can be reached."""

    code: str
    enabled: bool


async def list_people(
    connection: Connection,
    now: datetime,
    *,
    code: str | None = None,
    words: str | None = None,
    school: str | None = None,
    district: str | None = None,
    post: PostKind | None = None,
    only_unreachable: bool = False,
    after: str | None = None,
    limit: int = 1,
) -> list[PersonItem]:
    """A page of people by code; `words` is a part of a code or name."""
    like = None if words is None else f"%{_escape(words)}%"
    rows = await connection.fetch(
        _SQL["list_people"], code, like, school, district, after, limit, now, post, only_unreachable
    )
    return [_read_person(row) for row in rows]


async def find_person(connection: Connection, code: str, now: datetime) -> PersonItem | None:
    """One person; None when there is none of that code."""
    found = await list_people(connection, now, code=code)
    return found[0] if found else None


async def find_codes(connection: Connection, codes: Collection[str]) -> dict[str, str]:
    """People's names by code; unknown ones are missing."""
    return {row["code"]: row["name"] for row in await connection.fetch(_SQL["find_codes"], sorted(codes))}


async def find_reachable(connection: Connection, codes: Collection[str]) -> set[str]:
    """Those of the named people whom a message would reach."""
    return {row["code"] for row in await connection.fetch(_SQL["find_reachable"], sorted(codes))}


async def find_names(connection: Connection, words: Collection[str]) -> list[NamedPerson]:
    """Everybody who bears one of these names or codes."""
    return read_records(await connection.fetch(_SQL["find_names"], sorted(words)), NamedPerson)


async def lock_person(connection: Connection, code: str) -> bool:
    """Holds a person until the transaction ends; False when there is none of that code."""
    return await connection.fetchval(_SQL["lock_person"], code) is not None


async def list_contact_methods(connection: Connection, person: str) -> list[ContactMethod]:
    """A person's methods in their own order, verified or not."""
    return read_records(await connection.fetch(_SQL["list_methods"], person), ContactMethod)


async def hold_method(connection: Connection, id_: int) -> HeldMethod | None:
    """A method, held until the transaction ends; None when there is none of that number."""
    row = await connection.fetchrow(_SQL["find_method"], id_)
    if row is None:
        return None
    hash_, expires_at = row["code_hash"], row["code_expires_at"]
    code = None if hash_ is None or expires_at is None else SentCode(hash_, expires_at, row["code_attempts"])
    return HeldMethod(read_record(row, ContactMethod), code, row["code_sent_at"])


async def list_personal_channels(connection: Connection) -> list[PersonalChannel]:
    """Channels by which one person can be reached."""
    return read_records(await connection.fetch(_SQL["list_personal_channels"]), PersonalChannel)


async def insert_method(connection: Connection, person: str, channel: str, address: str, now: datetime) -> int | None:
    """Adds a method behind a person's others and returns its id; None when they have it already."""
    id_: int | None = await connection.fetchval(_SQL["insert_method"], person, channel, address, now)
    return id_


async def order_methods(connection: Connection, person: str, ids: Sequence[int]) -> None:
    """Puts a person's methods into this order."""
    await connection.execute(_SQL["order_methods"], person, ids)


async def remove_method(connection: Connection, person: str, id_: int) -> str | None:
    """Takes a method away and returns its channel; None when the person has none of that number."""
    channel: str | None = await connection.fetchval(_SQL["remove_method"], person, id_)
    return channel


async def set_code(connection: Connection, method: int, code: SentCode, notice: int, now: datetime) -> None:
    """A code is under way to a method, in the words of a notice."""
    await connection.execute(_SQL["set_code"], method, code.hash, code.expires_at, now, notice)


async def count_attempt(connection: Connection, method: int) -> None:
    """Somebody typed a code."""
    await connection.execute(_SQL["count_attempt"], method)


async def verify_method(connection: Connection, method: int, by: str, now: datetime) -> None:
    """It is proved that a method reaches its owner."""
    await connection.execute(_SQL["verify_method"], method, now, by)


async def wipe_codes(connection: Connection, methods: Sequence[int], words: str) -> None:
    """Codes that were used or whose time is up can be read nowhere any more: `words` stand in their notices."""
    await connection.execute(_SQL["wipe_code"], methods, words)


async def claim_expired_codes(connection: Connection, now: datetime, limit: int) -> list[int]:
    """Methods whose code's time is up, held until the transaction ends."""
    return [row["id"] for row in await connection.fetch(_SQL["claim_expired_codes"], now, limit)]


async def list_certificates(
    connection: Connection,
    *,
    person: str | None = None,
    until: date | None = None,
    school: str | None = None,
    district: str | None = None,
    after: int | None = None,
    limit: int = 1000,
) -> list[Certificate]:
    """Certificates, those that end first at the head; `until`: only those that end by then."""
    rows = await connection.fetch(_SQL["list_certificates"], person, until, school, district, after, limit)
    return read_records(rows, Certificate)


async def save_certificate(connection: Connection, certificate: Certificate) -> int:
    """Stores a certificate (its `id` and name are not looked at) or renews it. Raises UnknownReference."""
    try:
        id_: int = await connection.fetchval(
            _SQL["save_certificate"],
            certificate.person,
            certificate.kind,
            certificate.number,
            certificate.valid_until,
            certificate.note,
            certificate.saved_by,
            certificate.saved_at,
        )
    except asyncpg.ForeignKeyViolationError as error:
        raise UnknownReference(str(error)) from error
    return id_


async def remove_certificate(connection: Connection, person: str, id_: int) -> bool:
    """Takes a certificate away; False when the person has none of that number."""
    return await connection.fetchval(_SQL["remove_certificate"], person, id_) is not None


async def list_duty_of(connection: Connection, person: str, since: datetime, until: datetime) -> list[PersonalDuty]:
    """A person's duty by rosters, as far as it is worked out."""
    return read_records(await connection.fetch(_SQL["list_duty_of"], person, since, until), PersonalDuty)


@dataclass(frozen=True, slots=True)
class ImportedMethod:
    """A method as a file brings it: `verified_by` is who vouches for it (None: nobody does)."""

    person: str
    rank: int
    channel: str
    address: str
    verified_by: str | None


@dataclass(frozen=True, slots=True)
class ImportedCertificate:
    """A certificate as a file brings it."""

    person: str
    kind: CertificateKind
    number: str
    valid_until: date


async def find_all_methods(connection: Connection, people: Collection[str]) -> dict[tuple[str, str, str], bool]:
    """Whether each method of these people is verified, by person, channel and address."""
    rows = await connection.fetch(_SQL["list_all_methods"], sorted(people))
    return {(row["person"], row["channel"], row["address"]): row["verified_at"] is not None for row in rows}


async def find_all_certificates(
    connection: Connection, people: Collection[str]
) -> Mapping[tuple[str, str, str], ImportedCertificate]:
    """The certificates of these people by person, kind and number."""
    found = read_records(await connection.fetch(_SQL["list_all_certificates"], sorted(people)), ImportedCertificate)
    return {(one.person, one.kind, one.number): one for one in found}


async def import_methods(connection: Connection, methods: Sequence[ImportedMethod], now: datetime) -> None:
    """Adds methods behind those that are there, and verifies those for which somebody vouches."""
    if methods:
        await connection.execute(_SQL["import_methods"], write_rows(methods), now)


async def import_certificates(
    connection: Connection, certificates: Sequence[ImportedCertificate], by: str, now: datetime
) -> None:
    """Adds or renews certificates."""
    if certificates:
        await connection.execute(_SQL["import_certificates"], write_rows(certificates), by, now)


def _read_person(row: asyncpg.Record) -> PersonItem:
    return msgspec.convert(dict(row) | {"posts": read_json(row["posts"], HeldPost)}, PersonItem)


def _escape(words: str) -> str:
    return words.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
