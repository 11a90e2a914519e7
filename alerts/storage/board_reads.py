"""What boards and programs look up: pages of the registry, of incidents, of what came in, and of the log.

Pages are read by key, not by offset: `after` or `before` is the key of the last item that the caller has.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import msgspec

from alerts.domain.arrivals import Source
from alerts.domain.board import Link, SchoolItem, Trouble
from alerts.domain.chain import LogRow
from alerts.domain.escalation import Policy
from alerts.domain.incidents import Incident, State
from alerts.domain.people import DeliveryState
from alerts.domain.presses import Kind, Mode
from alerts.domain.registry import DeviceRole, District, PointKind, PostKind, SchoolKind
from alerts.storage.database import Connection
from alerts.storage.log import read_log_after
from alerts.storage.records import read_record, read_records
from alerts.storage.statements import read_statements

_SQL = read_statements("board_reads")
_BOARD = read_statements("board")


@dataclass(frozen=True, slots=True)
class SchoolRecord:
    """What a school's own page says beside the board's line."""

    address: str
    zone: str
    group: str | None
    group_name: str | None
    head_school: str | None
    district_name: str


@dataclass(frozen=True, slots=True)
class PointRow:
    """A place in a school where devices hang."""

    id: int
    kind: PointKind
    name: str


@dataclass(frozen=True, slots=True)
class DutyRow:
    """Somebody who holds a post of a school."""

    post: str
    post_kind: PostKind
    person: str
    name: str
    phone: str


@dataclass(frozen=True, slots=True)
class DeviceDetail:
    """A device with what was last heard of it; battery in percent, rssi in dBm."""

    code: str
    school: str
    point: str
    point_kind: PointKind
    role: DeviceRole
    link: Link
    troubles: tuple[Trouble, ...]
    since: datetime | None
    interval_seconds: int
    last_seen_at: datetime | None
    firmware: str | None
    battery: int | None
    mains: bool | None
    tamper: bool | None
    rssi: int | None


@dataclass(frozen=True, slots=True)
class IncidentSchool:
    """Where help has to go."""

    code: str
    name: str
    district: str
    district_name: str
    address: str
    latitude: float | None
    longitude: float | None
    students: int
    kind: SchoolKind
    zone: str


@dataclass(frozen=True, slots=True)
class PressRow:
    """A stored press: `kind_said` and `mode_said` are the device's own words, None where it said nothing."""

    id: int
    incident: int
    school: str | None
    device: str
    point: str | None
    name: str
    kind: Kind
    kind_said: str | None
    mode: Mode
    mode_said: str | None
    late: bool
    problems: tuple[str, ...]
    occurred_at: datetime | None
    received_at: datetime
    recorded_at: datetime
    source: Source


@dataclass(frozen=True, slots=True)
class CancelRow:
    """A button's wish to take a press back; `press` is that press's name, None where the device named none."""

    press: str | None
    device: str
    occurred_at: datetime | None
    received_at: datetime


@dataclass(frozen=True, slots=True)
class DeliveryRow:
    """A message to one person by one channel; `reason` is why, `attempt` counts the person's methods from 1."""

    person: str
    person_name: str
    post_kind: PostKind | None
    channel: str
    address: str
    reason: str
    step: int
    round: int
    attempt: int
    state: DeliveryState
    attempts: int
    queued_at: datetime
    due_at: datetime
    handed_over_at: datetime | None
    delivered_at: datetime | None
    seen_at: datetime | None
    answered_at: datetime | None
    answer: str | None
    late_answer: str | None
    late_answer_at: datetime | None
    provider_id: str | None
    error: str | None


@dataclass(frozen=True, slots=True)
class QuarantineRow:
    """Something that is not a press and could not be read; `payload` is its beginning, `payload_size` all its bytes."""

    id: int
    topic: str
    device: str | None
    channel: str
    reason: str
    payload: bytes
    payload_size: int
    received_at: datetime


async def list_districts(connection: Connection) -> list[District]:
    """All districts in the city's order."""
    return read_records(await connection.fetch(_BOARD["list_districts"]), District)


async def list_schools(
    connection: Connection,
    *,
    code: str | None = None,
    district: str | None = None,
    kind: SchoolKind | None = None,
    words: str | None = None,
    after: str | None = None,
    limit: int,
) -> list[SchoolItem]:
    """Schools by code; `words` is looked for in names and codes."""
    rows = await connection.fetch(_SQL["list_schools"], code, district, kind, words, after, limit)
    return read_records(rows, SchoolItem)


async def read_school_record(connection: Connection, code: str) -> SchoolRecord | None:
    """A school's own page, None when there is no such school."""
    row = await connection.fetchrow(_SQL["read_school_record"], code)
    return None if row is None else read_record(row, SchoolRecord)


async def list_points(connection: Connection, school: str) -> list[PointRow]:
    """A school's points."""
    return read_records(await connection.fetch(_SQL["list_points"], school), PointRow)


async def list_duty(connection: Connection, school: str) -> list[DutyRow]:
    """Who holds a school's posts, in the order in which they are called."""
    return read_records(await connection.fetch(_SQL["list_duty"], school), DutyRow)


async def list_devices(
    connection: Connection,
    *,
    code: str | None = None,
    school: str | None = None,
    district: str | None = None,
    link: Link | None = None,
    trouble: Trouble | None = None,
    begins: str | None = None,
    after: str | None = None,
    limit: int,
) -> list[DeviceDetail]:
    """Devices by code; `begins` is the beginning of one, in large or small letters."""
    rows = await connection.fetch(_SQL["list_devices"], code, school, district, link, trouble, after, limit, begins)
    return read_records(rows, DeviceDetail)


async def list_incidents(
    connection: Connection,
    *,
    states: Sequence[State] | None = None,
    school: str | None = None,
    district: str | None = None,
    mode: Mode | None = None,
    since: datetime | None = None,
    before: int | None = None,
    limit: int,
) -> list[Incident]:
    """Incidents, newest first."""
    rows = await connection.fetch(_SQL["list_incidents"], states, school, district, mode, since, before, limit)
    return read_records(rows, Incident)


async def read_incident(connection: Connection, incident: int) -> tuple[Incident, Policy] | None:
    """One incident and the policy that it carries, None when there is no such incident."""
    row = await connection.fetchrow(_SQL["read_incident"], incident)
    if row is None:
        return None
    return read_record(row, Incident), msgspec.json.decode(row["policy"], type=Policy)


async def read_incident_school(connection: Connection, code: str) -> IncidentSchool | None:
    """Where help has to go."""
    row = await connection.fetchrow(_SQL["read_incident_school"], code)
    return None if row is None else read_record(row, IncidentSchool)


async def list_presses(
    connection: Connection,
    *,
    unplaced: bool = False,
    school: str | None = None,
    device: str | None = None,
    incident: int | None = None,
    before: int | None = None,
    limit: int,
) -> list[PressRow]:
    """Presses, newest first; `unplaced` keeps those whose school could not be told."""
    rows = await connection.fetch(_SQL["list_presses"], unplaced, school, device, incident, before, limit)
    return read_records(rows, PressRow)


async def list_cancels(connection: Connection, incident: int, limit: int) -> list[CancelRow]:
    """Wishes to take presses of an incident back, oldest first."""
    return read_records(await connection.fetch(_SQL["list_cancels"], incident, limit), CancelRow)


async def list_deliveries(connection: Connection, incident: int, limit: int) -> list[DeliveryRow]:
    """Messages about an incident, newest first."""
    return read_records(await connection.fetch(_SQL["list_deliveries"], incident, limit), DeliveryRow)


async def list_quarantine(connection: Connection, *, before: int | None, limit: int) -> list[QuarantineRow]:
    """What could not be read, newest first."""
    return read_records(await connection.fetch(_SQL["list_quarantine"], before, limit), QuarantineRow)


async def list_log(
    connection: Connection,
    *,
    after: int,
    up_to: int,
    subject: str | None = None,
    kind: str | None = None,
    since: datetime | None = None,
    limit: int,
) -> list[LogRow]:
    """Rows of the log with positions in (after, up_to], oldest first."""
    rows = await connection.fetch(_SQL["list_log"], after, up_to, subject, kind, since, limit)
    return [LogRow(**row) for row in rows]


async def find_log_position(connection: Connection, at: datetime, head: int) -> int:
    """The first row written at `at` or later, else the one after `head`. Times in the log rise with positions, but for
    the moments by which transactions overtake each other: look a little before `at`."""
    first = await read_log_after(connection, 0, 1)
    low, high = (first[0].position if first else head + 1), head + 1
    while low < high:
        middle = (low + high) // 2
        written_at: datetime = await connection.fetchval(_SQL["read_log_time"], middle)
        if written_at < at:
            low = middle + 1
        else:
            high = middle
    return low
