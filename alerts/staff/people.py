"""What people do to people: contact methods and their proof, certificates. Each is one transaction with its log row; an
address never stands in the log."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from alerts.domain.contacts import (
    CODE_LASTS,
    CODE_PAUSE,
    MOST_METHODS,
    AddressInvalid,
    CertificateKind,
    CodeVerdict,
    SentCode,
    hash_code,
    judge_code,
    read_address,
)
from alerts.storage import people as storage
from alerts.storage.absences import Deputy, Leave, list_deputies, list_deputised, list_leave
from alerts.storage.database import Connection, Database
from alerts.storage.deliveries import QueuedDelivery, queue_deliveries
from alerts.storage.log import Entry, append_log
from alerts.storage.notices import Notice, NoticeKind, insert_notice
from alerts.storage.people import Certificate, ContactMethod, HeldMethod, PersonalDuty, PersonItem
from alerts.storage.pulses import read_secret
from alerts.storage.subscriptions import FeedOwner, has_feed

SHOWN_DUTY = timedelta(days=35)
WIPED = "（验证码已失效 the code was used or has expired）"
_LONGEST_NUMBER = 100
_LONGEST_NOTE = 500


class NoSuchPerson(LookupError):
    """There is no person of that code."""


class NoSuchMethod(LookupError):
    """The person has no method of that number."""


class NoSuchCertificate(LookupError):
    """The person has no certificate of that number."""


class MethodInvalid(ValueError):
    """A method, an order of methods or a certificate that cannot be; the message says what to mend."""


class CodeRefused(Exception):
    """A code that is not sent or not accepted; the message says what to do. `verdict` is None when none was typed."""

    def __init__(self, message: str, verdict: CodeVerdict | None = None) -> None:
        super().__init__(message)
        self.verdict = verdict


@dataclass(frozen=True, slots=True)
class PersonDetail:
    """All about one person: `deputies` stand in for them, they stand in for `deputised`. `duty` is by rosters."""

    person: PersonItem
    methods: tuple[ContactMethod, ...]
    certificates: tuple[Certificate, ...]
    leave: tuple[Leave, ...]
    deputies: tuple[Deputy, ...]
    deputised: tuple[Deputy, ...]
    duty: tuple[PersonalDuty, ...]
    has_feed: bool


async def read_person(database: Database, code: str) -> PersonDetail:
    """One person. Raises NoSuchPerson."""
    async with database.transaction(isolation="repeatable_read") as connection:
        now = await database.read_now(connection)
        person = await storage.find_person(connection, code, now)
        if person is None:
            raise _no_such_person(code)
        return PersonDetail(
            person=person,
            methods=tuple(await storage.list_contact_methods(connection, code)),
            certificates=tuple(await storage.list_certificates(connection, person=code)),
            leave=tuple(await list_leave(connection, now, person=code)),
            deputies=tuple((await list_deputies(connection, [code])).get(code, ())),
            deputised=tuple(await list_deputised(connection, code)),
            duty=tuple(await storage.list_duty_of(connection, code, now, now + SHOWN_DUTY)),
            has_feed=await has_feed(connection, FeedOwner(code, None)),
        )


async def add_method(database: Database, person: str, channel: str, address: str, by: str) -> ContactMethod:
    """Adds a way to reach a person, behind their others. It counts once it is verified. Raises NoSuchPerson and
    MethodInvalid."""
    async with database.transaction() as connection:
        await _hold_person(connection, person)
        now = await database.read_now(connection)
        try:
            wanted = read_address(channel, address)
        except AddressInvalid as error:
            raise MethodInvalid(str(error)) from error
        known = [one.code for one in await storage.list_personal_channels(connection)]
        if channel not in known:
            raise MethodInvalid(f"{channel!r} reaches no single person: the channels are {', '.join(known)}")
        if len(await storage.list_contact_methods(connection, person)) >= MOST_METHODS:
            raise MethodInvalid(f"a person has at most {MOST_METHODS} contact methods: remove one first")
        id_ = await storage.insert_method(connection, person, channel, wanted, now)
        if id_ is None:
            raise MethodInvalid("the person has this method already")
        added = next(one for one in await storage.list_contact_methods(connection, person) if one.id == id_)
        body = {"method": id_, "channel": channel}
        await append_log(connection, now, [Entry(f"person:{by}", f"person:{person}", "method.added", body)])
    return added


async def order_methods(database: Database, person: str, ids: Sequence[int], by: str) -> list[ContactMethod]:
    """Puts a person's methods into an order, in which each of them stands once. Raises NoSuchPerson and
    MethodInvalid."""
    async with database.transaction() as connection:
        await _hold_person(connection, person)
        now = await database.read_now(connection)
        before = [one.id for one in await storage.list_contact_methods(connection, person)]
        if sorted(ids) != sorted(before):
            raise MethodInvalid(f"name each of the person's methods once: {', '.join(map(str, before)) or 'none'}")
        await storage.order_methods(connection, person, ids)
        methods = await storage.list_contact_methods(connection, person)
        if list(ids) != before:
            entry = Entry(f"person:{by}", f"person:{person}", "method.ordered", {"methods": list(ids)})
            await append_log(connection, now, [entry])
    return methods


async def remove_method(database: Database, person: str, method: int, by: str) -> None:
    """Takes a method away. Raises NoSuchPerson and NoSuchMethod."""
    async with database.transaction() as connection:
        await _hold_person(connection, person)
        now = await database.read_now(connection)
        await storage.wipe_codes(connection, [method], WIPED)
        channel = await storage.remove_method(connection, person, method)
        if channel is None:
            raise NoSuchMethod(f"the person has no method {method}")
        body = {"method": method, "channel": channel}
        await append_log(connection, now, [Entry(f"person:{by}", f"person:{person}", "method.removed", body)])


async def send_code(database: Database, method: int, by: str) -> ContactMethod:
    """Sends a fresh code of six digits by exactly this method; it is good for ten minutes. Raises NoSuchMethod, and
    CodeRefused when the channel is off or a code was sent less than a minute ago."""
    async with database.transaction() as connection:
        held = await _hold_method(connection, method)
        now = await database.read_now(connection)
        _check_sending(held, now)
        await storage.wipe_codes(connection, [method], WIPED)
        code = f"{secrets.randbelow(1_000_000):06d}"
        notice = Notice(0, NoticeKind.VERIFICATION, *_write_words(code), by, now)
        number = await insert_notice(connection, notice)
        key = await read_secret(connection, "answers")
        sent = SentCode(hash_code(key, method, code), now + CODE_LASTS, 0)
        await storage.set_code(connection, method, sent, number, now)
        its = held.method
        trial = address_trial(its.person, its.channel, its.address, number, now)
        await queue_deliveries(connection, [trial])
        body = {"method": method, "channel": its.channel}
        entry = Entry(f"person:{by}", f"person:{its.person}", "method.code_sent", body)
        await append_log(connection, now, [entry])
    return replace(its, code_expires_at=sent.expires_at)


async def confirm_code(database: Database, method: int, code: str, by: str) -> ContactMethod:
    """Verifies a method by the code that reached it. Raises NoSuchMethod and CodeRefused; a wrong code costs one of
    five attempts."""
    async with database.transaction() as connection:
        held = await _hold_method(connection, method)
        now = await database.read_now(connection)
        key = await read_secret(connection, "answers")
        verdict = judge_code(held.code, hash_code(key, method, code.strip()), now)
        if verdict is CodeVerdict.RIGHT:
            await storage.verify_method(connection, method, "code", now)
            await storage.wipe_codes(connection, [method], WIPED)
            body = {"method": method, "channel": held.method.channel}
            entry = Entry(f"person:{by}", f"person:{held.method.person}", "method.verified", body)
            await append_log(connection, now, [entry])
            verified_at = held.method.verified_at or now
            proof = held.method.verified_by or "code"
            return replace(held.method, verified_at=verified_at, verified_by=proof, code_expires_at=None)
        if verdict is CodeVerdict.WRONG:
            await storage.count_attempt(connection, method)
    # Not inside the transaction: the attempt must be counted though it is refused.
    raise CodeRefused(_ADVICE[verdict], verdict)


async def wipe_expired_codes(database: Database) -> int:
    """Codes whose time is up can be read nowhere any more. Returns how many there were."""
    async with database.transaction() as connection:
        now = await database.read_now(connection)
        methods = await storage.claim_expired_codes(connection, now, 500)
        if methods:
            await storage.wipe_codes(connection, methods, WIPED)
    return len(methods)


async def save_certificate(
    database: Database, person: str, kind: CertificateKind, number: str, valid_until: date, note: str, by: str
) -> Certificate:
    """Enters a certificate; the same kind and number again renews it. Raises NoSuchPerson and MethodInvalid."""
    if not number.strip() or len(number) > _LONGEST_NUMBER or not number.isprintable():
        raise MethodInvalid(f"a certificate has a number of at most {_LONGEST_NUMBER} characters on one line")
    if len(note) > _LONGEST_NOTE:
        raise MethodInvalid(f"a note has at most {_LONGEST_NOTE} characters")
    async with database.transaction() as connection:
        await _hold_person(connection, person)
        now = await database.read_now(connection)
        wanted = Certificate(0, person, "", kind, number.strip(), valid_until, note, by, now)
        id_ = await storage.save_certificate(connection, wanted)
        saved = next(one for one in await storage.list_certificates(connection, person=person) if one.id == id_)
        body = {"certificate": id_, "kind": kind, "valid_until": valid_until}
        await append_log(connection, now, [Entry(f"person:{by}", f"person:{person}", "certificate.saved", body)])
    return saved


async def remove_certificate(database: Database, person: str, certificate: int, by: str) -> None:
    """Takes away a certificate that was entered by mistake. Raises NoSuchPerson and NoSuchCertificate."""
    async with database.transaction() as connection:
        await _hold_person(connection, person)
        now = await database.read_now(connection)
        if not await storage.remove_certificate(connection, person, certificate):
            raise NoSuchCertificate(f"the person has no certificate {certificate}")
        entry = Entry(f"person:{by}", f"person:{person}", "certificate.removed", {"certificate": certificate})
        await append_log(connection, now, [entry])


_ADVICE = {
    CodeVerdict.WRONG: "this is not the code that was sent; look again",
    CodeVerdict.EXPIRED: "no code is under way, or its ten minutes are over: send a new one",
    CodeVerdict.TOO_MANY_ATTEMPTS: "five wrong codes were typed: send a new one",
}


def _write_words(code: str) -> tuple[str, str]:
    minutes = int(CODE_LASTS.total_seconds() // 60)
    return (
        "联系方式验证 Contact check",
        f"校园报警：您的验证码是 {code}，{minutes} 分钟内有效。"
        f"campus-alert: your code is {code}, good for {minutes} minutes.",
    )


def _check_sending(held: HeldMethod, now: datetime) -> None:
    if not held.method.channel_enabled:
        raise CodeRefused(
            f"the channel {held.method.channel} is off: no engine that runs is set up for it, so no code can be sent"
        )
    if held.code_sent_at and now < held.code_sent_at + CODE_PAUSE:
        seconds = int((held.code_sent_at + CODE_PAUSE - now).total_seconds()) + 1
        raise CodeRefused(f"a code was sent just now: wait {seconds} s before the next one")


def address_trial(person: str, channel: str, address: str, notice: int, now: datetime) -> QueuedDelivery:
    """A message by which an address of somebody is tried, at once, whatever else reaches them."""
    return QueuedDelivery(
        incident=None,
        notice=notice,
        person=person,
        post_kind=None,
        channel=channel,
        address=address,
        live=False,
        now=now,
        due_at=now,
        reason="verification",
    )


async def _hold_person(connection: Connection, code: str) -> None:
    if not await storage.lock_person(connection, code):
        raise _no_such_person(code)


async def _hold_method(connection: Connection, method: int) -> HeldMethod:
    held = await storage.hold_method(connection, method)
    if held is None:
        raise NoSuchMethod(f"there is no contact method {method}")
    return held


def _no_such_person(code: str) -> NoSuchPerson:
    return NoSuchPerson(f"there is no person {code}: people come with the import")
