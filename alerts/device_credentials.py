"""Devices' credentials: issued, changed while the one before still holds, and revoked; and whom brokers refused.

A password is made here, told once, and kept as hashes. Brokers compare with those by themselves, so that devices come
in while this service and its database are away.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from alerts.device_passwords import hash_for_mosquitto, hash_for_nats, make_password, verify_pbkdf2
from alerts.domain.arrivals import ROOT
from alerts.domain.device_credentials import SERVICE_USER, choose_user_name, read_device
from alerts.storage import device_credentials as storage
from alerts.storage.database import Database
from alerts.storage.device_credentials import GoodCredential, NewCredential, Refusal, Standing
from alerts.storage.log import Entry, append_log

MOST_AT_ONCE = 500  # each password costs a millisecond of hashing
_NAME_CHARACTERS = 128


class NoSuchDevice(Exception):
    """The registry has no such device."""


class NoSuchCredential(Exception):
    """The device has no credential that could be ended."""


class CredentialChanging(Exception):
    """Devices have a new credential and a former one that is still good, and nobody knows here which one they use: a
    third would end one of the two."""


class CredentialRefused(Exception):
    """A device cannot have a credential; `str()` says why."""


@dataclass(frozen=True, slots=True)
class IssuedCredential:
    """What an installer puts into a device, told this once: the name, the password, and what its topics begin with."""

    device: str
    school: str
    user_name: str
    password: str
    topic: str


async def issue(
    database: Database, devices: Sequence[str], grace: timedelta, by: str, *, keep_former: bool = False
) -> list[IssuedCredential]:
    """New credentials for devices, by code. One that was good stays good for the grace beside the new one; without
    grace it ends now. Of a device that is being changed the newest is replaced when `keep_former`, for one that got
    lost on its way. All or none. Raises NoSuchDevice, CredentialChanging and CredentialRefused."""
    wanted = sorted(set(devices))
    if SERVICE_USER in wanted:
        raise CredentialRefused(f"{SERVICE_USER} is the service's own name at the broker: another code is needed")
    passwords = {device: make_password() for device in wanted}
    hashes = await asyncio.to_thread(_hash_all, passwords)
    async with database.transaction() as connection:
        now = await database.read_now(connection)
        standings = await storage.lock_devices(connection, wanted, now)
        if missing := sorted(set(wanted) - {one.device for one in standings}):
            raise NoSuchDevice(f"there is no device {', '.join(missing[:5])}")
        changing = [one.device for one in standings if one.former is not None]
        if changing and not keep_former:
            raise CredentialChanging(f"{', '.join(changing[:5])}: the former credential is still good, end it first")
        new = [_make(one, *hashes[one.device]) for one in standings]
        await storage.save_credentials(connection, new, now, now + grace, by)
        entries = [_tell_issued(one, before, now + grace, by) for one, before in zip(new, standings, strict=True)]
        await append_log(connection, now, entries)
    return [_tell_once(one, passwords[one.device]) for one in new]


async def revoke(database: Database, device: str, by: str) -> None:
    """Ends all credentials of a device, for one that was stolen or lost. Raises NoSuchDevice and NoSuchCredential."""
    async with database.transaction() as connection:
        now = await database.read_now(connection)
        if not await storage.knows_device(connection, device):
            raise NoSuchDevice(f"there is no device {device}")
        if not (names := await storage.revoke(connection, device, now)):
            raise NoSuchCredential(f"{device} has no credential that is good")
        await append_log(connection, now, [_entry(by, device, "credential.revoked", {"user_names": sorted(names)})])


async def end_previous(database: Database, device: str, by: str) -> None:
    """Ends the credential before the current one ahead of time: the device has its new one. Raises NoSuchCredential."""
    async with database.transaction() as connection:
        now = await database.read_now(connection)
        if not (names := await storage.end_previous(connection, device, now)):
            raise NoSuchCredential(f"{device} has no former credential that is still good")
        await append_log(connection, now, [_entry(by, device, "credential.previous_ended", {"user_name": names[0]})])


async def note_refused(database: Database, refusals: Sequence[Refusal]) -> None:
    """Keeps whom brokers refused. The first time after somebody saw to a device stands in the log."""
    async with database.transaction() as connection:
        noted = await storage.note_refused(connection, refusals)
        news = [one for one in noted if one.first and one.device is not None]
        if news:
            now = await database.read_now(connection)
            said = [{"user_name": one.user_name, "address": one.address} for one in news]
            entries = [
                Entry("broker", f"device:{one.device}", "credential.refused", body)
                for one, body in zip(news, said, strict=True)
            ]
            await append_log(connection, now, entries)


async def check_sign_in(database: Database, user_name: str, password: str, address: str) -> bool:
    """Whether a device may come in, for a broker that asks; and notes that it did, or was refused."""
    async with database.connection() as connection:
        now = await database.read_now(connection)
        found = await storage.find_good(connection, now, user_name) if "\0" not in user_name else None
        good = found is not None and verify_pbkdf2(found.pbkdf2_hash, password)
        if good:
            await storage.note_used(connection, [user_name], [now])
    if not good:
        await note_refused(database, [refusal_of(user_name, address, now)])
    return good


async def find_good(database: Database, user_name: str) -> GoodCredential | None:
    """The credential that is good now under a name."""
    if "\0" in user_name:
        return None  # no database keeps that
    async with database.connection() as connection:
        return await storage.find_good(connection, await database.read_now(connection), user_name)


def refusal_of(user_name: str, address: str, at: datetime) -> Refusal:
    """Somebody who was refused under a name, which anybody may make up: what no database keeps is left out."""
    said = user_name.encode("utf-8", "replace").decode().replace("\0", "")[:_NAME_CHARACTERS]
    return Refusal(said, read_device(said), address[:_NAME_CHARACTERS], at)


def _hash_all(passwords: dict[str, str]) -> dict[str, tuple[str, str]]:
    return {device: (hash_for_nats(one), hash_for_mosquitto(one)) for device, one in passwords.items()}


def _make(standing: Standing, bcrypt_hash: str, pbkdf2_hash: str) -> NewCredential:
    """Under the other name of the two; under the same one when the other is a former one that stays."""
    name = standing.user_name if standing.former else choose_user_name(standing.device, standing.user_name)
    assert name is not None, "what is former has a newer one"
    return NewCredential(standing.device, name, bcrypt_hash, pbkdf2_hash, standing.district, standing.school)


def _tell_issued(new: NewCredential, before: Standing, old_ends_at: datetime, by: str) -> Entry:
    """What the log keeps: the names, never the password nor its hash."""
    said: dict[str, object] = {"user_name": new.user_name, "school": new.school}
    if before.user_name is not None and before.former is None:
        said |= {"before": before.user_name, "before_ends_at": old_ends_at}
    return _entry(by, new.device, "credential.issued", said)


def _tell_once(new: NewCredential, password: str) -> IssuedCredential:
    topic = f"{ROOT}/{new.district}/{new.school}/{new.device}/"
    return IssuedCredential(new.device, new.school, new.user_name, password, topic)


def _entry(by: str, device: str, kind: str, said: dict[str, object]) -> Entry:
    return Entry(f"person:{by}", f"device:{device}", kind, said)
