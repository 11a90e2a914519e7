"""What devices sign in with at brokers, and whom brokers refused."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from alerts.domain.device_credentials import Campus, CredentialState, Sphere, settle_state
from alerts.storage.database import Connection
from alerts.storage.records import read_record, read_records, write_rows
from alerts.storage.statements import read_statements

_SQL = read_statements("device_credentials")


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a device is that gets a credential, by which name it comes in so far, and by which former one still."""

    device: str
    district: str
    school: str
    user_name: str | None
    former: str | None


@dataclass(frozen=True, slots=True)
class NewCredential:
    """One to keep: hashes of its password."""

    device: str
    user_name: str
    bcrypt_hash: str
    pbkdf2_hash: str
    district: str
    school: str


@dataclass(frozen=True, slots=True)
class GoodCredential:
    """One that is good now: for which school it was issued, and where its device is."""

    user_name: str
    device: str
    bcrypt_hash: str
    pbkdf2_hash: str
    district: str
    school: str
    district_now: str
    school_now: str

    @property
    def sphere(self) -> Sphere:
        """Where its device may speak and hear."""
        places = {Campus(self.district, self.school), Campus(self.district_now, self.school_now)}
        return Sphere(self.device, tuple(sorted(places)))


@dataclass(frozen=True, slots=True)
class Edition:
    """Differs whenever what is good, or where devices are, is different."""

    registry: int
    good: int
    newest: int
    total: int


@dataclass(frozen=True, slots=True)
class Refusal:
    """Somebody whom a broker refused, by the name that they said; empty where the broker tells none."""

    user_name: str
    device: str
    address: str
    at: datetime


@dataclass(frozen=True, slots=True)
class NotedRefusal:
    """A name that was refused; `first` since somebody saw to its device."""

    device: str | None
    user_name: str
    address: str
    first: bool


@dataclass(frozen=True, slots=True)
class CredentialRow:
    """A device with how it stands. `used_at` is its last sign-in where the broker tells of them; `heard_at` when it was
    last heard, by whichever credential. `old_…` is the one before, while that is still good."""

    device: str
    school: str
    school_name: str
    district: str
    point: str
    state: CredentialState
    user_name: str | None
    issued_at: datetime | None
    issued_by: str | None
    used_at: datetime | None
    heard_at: datetime | None
    old_user_name: str | None
    old_ends_at: datetime | None
    old_used_at: datetime | None
    ended_at: datetime | None
    revoked: bool
    refused: int
    refused_at: datetime | None
    refused_address: str | None


@dataclass(frozen=True, slots=True)
class CredentialCounts:
    """How many devices stand how; `trying` are those that brokers refused."""

    devices: int
    good: int
    changing: int
    ended: int
    trying: int


@dataclass(frozen=True, slots=True)
class Nameless:
    """How often somebody was refused of whom no name of ours is known, and where the last one came from."""

    last_at: datetime
    address: str
    attempts: int


async def lock_devices(connection: Connection, devices: Sequence[str], now: datetime) -> list[Standing]:
    """Those of the devices that are registered, by code; whoever else issues for them waits."""
    return read_records(await connection.fetch(_SQL["lock_devices"], devices, now), Standing)


async def save_credentials(
    connection: Connection, new: Sequence[NewCredential], now: datetime, old_end_at: datetime, by: str
) -> None:
    """Keeps new ones; those before them are good until then, and whoever was refused of these devices is forgotten."""
    devices = [one.device for one in new]
    await connection.execute(_SQL["end_by_name"], [one.user_name for one in new], now)
    await connection.execute(_SQL["supersede"], devices, old_end_at, now)
    await connection.execute(_SQL["save_credentials"], write_rows(new), now, by)
    await connection.execute(_SQL["forget_refused"], devices)


async def revoke(connection: Connection, device: str, now: datetime) -> list[str]:
    """Ends all of a device that are good, and begins to tell anew whom brokers refuse of it. Returns their names."""
    await connection.execute(_SQL["forget_refused"], [device])
    return [row["user_name"] for row in await connection.fetch(_SQL["revoke"], device, now)]


async def end_previous(connection: Connection, device: str, now: datetime) -> list[str]:
    """Ends the one before the current. Returns its name."""
    return [row["user_name"] for row in await connection.fetch(_SQL["end_previous"], device, now)]


async def knows_device(connection: Connection, device: str) -> bool:
    """Whether the registry has it."""
    return bool(await connection.fetchval(_SQL["knows_device"], device))


async def list_good(connection: Connection, now: datetime) -> list[GoodCredential]:
    """What is good now, by name."""
    return read_records(await connection.fetch(_SQL["list_good"], now), GoodCredential)


async def find_good(connection: Connection, now: datetime, user_name: str) -> GoodCredential | None:
    """The one that is good now under a name."""
    row = await connection.fetchrow(_SQL["find_good"], now, user_name)
    return None if row is None else read_record(row, GoodCredential)


async def list_issued_devices(connection: Connection) -> set[str]:
    """Devices that have, or had, a credential of ours."""
    return {row["device"] for row in await connection.fetch(_SQL["list_issued_devices"])}


async def read_edition(connection: Connection, now: datetime) -> Edition:
    """What `list_good` would give, as far as one must know to ask again."""
    row = await connection.fetchrow(_SQL["read_edition"], now)
    if row is None:
        raise LookupError("registry_state has no row: the database was not migrated, or was tampered with")
    return read_record(row, Edition)


async def note_used(connection: Connection, names: Sequence[str], at: Sequence[datetime]) -> None:
    """Sign-ins that a broker told of."""
    await connection.execute(_SQL["note_used"], names, at)


async def note_refused(connection: Connection, refusals: Sequence[Refusal]) -> list[NotedRefusal]:
    """Whom brokers refused. What is none of our devices is counted without its name."""
    rows = await connection.fetch(
        _SQL["note_refused"],
        [one.user_name for one in refusals],
        [one.device for one in refusals],
        [one.address for one in refusals],
        [one.at for one in refusals],
    )
    return read_records(rows, NotedRefusal)


async def list_credentials(
    connection: Connection,
    now: datetime,
    *,
    after: str,
    limit: int,
    district: str | None = None,
    school: str | None = None,
    show: str | None = None,
) -> list[CredentialRow]:
    """Devices by code, with how they stand; `show` is a state, `trying` or `unused`."""
    rows = await connection.fetch(_SQL["list_credentials"], now, after, limit, district, school, show)
    return [read_row(dict(row)) for row in rows]


def read_row(said: dict[str, object]) -> CredentialRow:
    """A row with the state that follows from it."""
    issued = bool(said.pop("issued"))
    good = (said["user_name"] is not None) + (said["old_user_name"] is not None)
    return CredentialRow(state=settle_state(good=good, issued=issued), **said)  # type: ignore[arg-type]


async def count_credentials(connection: Connection, now: datetime) -> CredentialCounts:
    """How many devices of the city stand how."""
    row = await connection.fetchrow(_SQL["count_credentials"], now)
    assert row is not None, "a count is always there"
    return read_record(row, CredentialCounts)


async def read_nameless(connection: Connection) -> Nameless | None:
    """Whom brokers refused without a name that is ours."""
    row = await connection.fetchrow(_SQL["read_nameless"])
    return None if row is None else read_record(row, Nameless)
