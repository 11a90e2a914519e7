"""Presses and cancels on disk."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from alerts.domain.incidents import State
from alerts.domain.policies import Rule
from alerts.domain.presses import Kind, Mode
from alerts.domain.registry import SchoolKind
from alerts.storage.database import Connection
from alerts.storage.records import read_json, read_records, write_rows
from alerts.storage.statements import read_statements

_SQL = read_statements("presses")


@dataclass(frozen=True, slots=True)
class KnownDevice:
    """A registered device and where it hangs."""

    code: str
    school: str
    school_name: str
    district: str
    point: str
    school_kind: SchoolKind
    zone: str


@dataclass(frozen=True, slots=True)
class KnownSchool:
    """A registered school that a topic names."""

    code: str
    name: str
    district: str
    kind: SchoolKind
    zone: str


@dataclass(frozen=True, slots=True)
class OpenWindow:
    """A window that is open now; for a school, a district, or with neither for the city."""

    mode: Mode
    district: str | None
    school: str | None


@dataclass(frozen=True, slots=True)
class KnownPress:
    """A press that is stored already, and the state of its incident."""

    device: str
    identity: str
    name: str
    incident: int
    state: State


@dataclass(frozen=True, slots=True)
class PressContext:
    """All that a batch of presses must know of the city at one instant."""

    now: datetime
    devices: dict[str, KnownDevice]
    schools: dict[str, KnownSchool]
    windows: tuple[OpenWindow, ...]
    rules: tuple[Rule, ...]
    known: dict[tuple[str, str], KnownPress]


@dataclass(frozen=True, slots=True)
class NewPress:
    """A row of the table `press`."""

    incident: int
    device: str
    identity: str
    name: str
    school: str | None
    point: str | None
    topic: str
    reply_district: str | None
    reply_school: str | None
    kind: Kind
    kind_said: str | None
    mode: Mode
    mode_said: str | None
    late: bool
    problems: tuple[str, ...]
    occurred_at: datetime | None
    received_at: datetime
    recorded_at: datetime
    source: str
    payload: bytes
    payload_bytes: int


@dataclass(frozen=True, slots=True)
class StoredPress:
    """A press that this statement stored; copies are not among them."""

    id: int
    device: str
    identity: str


@dataclass(frozen=True, slots=True)
class NewCancel:
    """A row of the table `press_cancel`."""

    device: str
    identity: str
    press_name: str | None
    incident: int | None
    topic: str
    problems: tuple[str, ...]
    occurred_at: datetime | None
    received_at: datetime
    recorded_at: datetime
    payload: bytes
    payload_bytes: int


@dataclass(frozen=True, slots=True)
class Button:
    """A press of an incident and the topic levels on which its button is answered."""

    incident: int
    device: str
    name: str
    reply_district: str
    reply_school: str


async def load_press_context(
    connection: Connection,
    devices: Sequence[str],
    schools: Sequence[str],
    identities: Sequence[tuple[str, str]],
    shift: timedelta,
) -> PressContext:
    """One round trip for all that the presses of a batch must know."""
    row = await connection.fetchrow(
        _SQL["load_context"],
        devices,
        schools,
        [device for device, _ in identities],
        [identity for _, identity in identities],
        shift,
    )
    if row is None:
        raise LookupError("a statement without FROM gave no row")
    return PressContext(
        now=row["now"],
        devices={found.code: found for found in read_json(row["devices"], KnownDevice)},
        schools={found.code: found for found in read_json(row["schools"], KnownSchool)},
        windows=tuple(read_json(row["windows"], OpenWindow)),
        rules=tuple(read_json(row["rules"], Rule)),
        known={(found.device, found.identity): found for found in read_json(row["known"], KnownPress)},
    )


async def insert_presses(connection: Connection, presses: Sequence[NewPress]) -> list[StoredPress]:
    """Stores presses; returns those that were not there yet."""
    return read_records(await connection.fetch(_SQL["insert_presses"], write_rows(presses)), StoredPress)


async def insert_cancels(connection: Connection, cancels: Sequence[NewCancel]) -> set[tuple[str, str]]:
    """Stores cancels; returns device and identity of those that were not there yet."""
    rows = await connection.fetch(_SQL["insert_cancels"], write_rows(cancels))
    return {(row["device"], row["identity"]) for row in rows}


async def find_press_incident(connection: Connection, device: str, name: str | None) -> int | None:
    """The incident of the device's press of that name, or with no name of its newest press."""
    incident: int | None = await connection.fetchval(_SQL["find_press_incident"], device, name)
    return incident


async def list_buttons(connection: Connection, incidents: Sequence[int]) -> list[Button]:
    """Every press of the incidents that can be answered at a button."""
    return read_records(await connection.fetch(_SQL["list_buttons"], incidents), Button)
