"""Raw events that later prove or disprove a rule, and the quarantine of what could not be read."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

import asyncpg
import msgspec

from alerts.domain.arrivals import Channel, Confirmation
from alerts.domain.compliance.rules import Input
from alerts.domain.policies import read_zone
from alerts.storage.database import Connection
from alerts.storage.records import write_columns, write_copy, write_rows
from alerts.storage.statements import read_statements

_SQL = read_statements("evidence")
_INPUTS: Mapping[str, Input] = {Channel.GATE: Input.GATES, Channel.VISIT: Input.VISITS, Channel.POST: Input.CHECK_INS}
_MARKS_LIMIT = 100_000
_COLUMNS = (
    *("device", "channel", "school", "district", "topic", "place"),
    *("on_date", "identity", "occurred_at", "received_at", "problems", "payload", "recorded_at"),
)


class Home(NamedTuple):
    """The school at which a device is registered, and that school's zone."""

    school: str
    zone: ZoneInfo


class Source:
    """Where evidence comes from: the topic and its levels as said, and the `home` at which it counts; it counts at none
    when that is None."""

    __slots__ = ("columns", "device", "home", "input", "written")

    def __init__(
        self, topic: str, district: str | None, school: str | None, device: str, channel: str, home: Home | None
    ) -> None:
        self.device = device
        self.home = home
        self.input = _INPUTS.get(channel)
        self.columns = (device, channel, school, district, topic, home and home.school)
        (self.written,) = write_copy([self.columns])  # once, for all that ever comes from here


class NewEvidence(msgspec.Struct, frozen=True, gc=False):
    """A row of the table `evidence`; `problems` are codes as PostgreSQL writes an array."""

    source: Source
    on_date: date
    identity: str
    occurred_at: datetime | None
    received_at: datetime
    problems: str
    payload: bytes

    @property
    def key(self) -> tuple[date, str, str, str]:
        """What makes two of them the same."""
        return self.on_date, *self.source.columns[:2], self.identity


@dataclass(frozen=True, slots=True)
class Quarantined:
    """A row of the table `quarantine`; `payload_bytes` is the true size, `payload` what was kept of it."""

    topic: str
    device: str | None
    channel: str
    reason: str
    payload: bytes
    payload_bytes: int
    received_at: datetime
    recorded_at: datetime


async def read_registry_changes(connection: Connection) -> int:
    """How often schools and devices have changed: while this stands, so does what `find_homes` answered."""
    changes: int = await connection.fetchval(_SQL["read_registry_changes"])
    return changes


async def find_homes(connection: Connection, devices: Iterable[str]) -> dict[str, Home]:
    """Where devices are registered; those that nobody registered are missing."""
    rows = await connection.fetch(_SQL["find_homes"], list(set(devices)))
    zones = {name: read_zone(name) for name in {row["zone"] for row in rows}}
    return {device: Home(school, zones[zone]) for device, school, zone in rows}


Mark = tuple[str, str, date]
"""A school that is to be judged anew, an Input, and which of its own days it is about."""


class KnownMarks:
    """The marks that somebody left before. One that waits stands for all that comes until it is taken. It is found by
    its number, which costs less than to look for it by what it says."""

    def __init__(self) -> None:
        self._numbers: dict[Mark, int] = {}

    async def leave(self, connection: Connection, marks: Collection[Mark]) -> None:
        """Marks schools, unless such a mark of ours waits already."""
        known = [self._numbers[mark] for mark in marks if mark in self._numbers]
        waiting = {row["id"] for row in await connection.fetch(_SQL["hold_marks"], known)} if known else set()
        new = [mark for mark in marks if self._numbers.get(mark) not in waiting]
        if not new:
            return
        if len(self._numbers) > _MARKS_LIMIT:
            self._numbers.clear()
        for number, *mark in await connection.fetch(_SQL["add_marks"], *write_columns(new)):
            self._numbers[tuple(mark)] = number


async def insert_evidence(
    connection: Connection, rows: Sequence[NewEvidence], now: datetime, known: KnownMarks
) -> None:
    """Stores events, and marks their schools to be judged anew; copies are passed over.

    Hardly any batch has a copy in it, and COPY, which refuses all of such a batch, costs far less than INSERT.
    """
    try:
        async with connection.transaction():
            await connection.copy_to_table("evidence", source=_write_lines(rows, now), columns=_COLUMNS)
    except asyncpg.UniqueViolationError:
        columns = write_columns((*row.source.columns, *msgspec.structs.astuple(row)[1:]) for row in rows)
        new = {tuple(key) for key in await connection.fetch(_SQL["insert_new"], *columns, now)}
        rows = [row for row in rows if row.key in new]
    await known.leave(connection, {mark for row in rows if (mark := _mark(row)) is not None})


async def _write_lines(rows: Sequence[NewEvidence], now: datetime) -> AsyncIterator[bytes]:
    """In one piece; bytes that are no stream would be the name of a file for asyncpg."""
    of_each = zip(rows, write_copy([msgspec.structs.astuple(row)[1:] for row in rows]), strict=True)
    (recorded_at,) = write_copy([(now,)])
    yield "".join([f"{row.source.written}\t{line}\t{recorded_at}\n" for row, line in of_each]).encode()


def _mark(row: NewEvidence) -> Mark | None:
    home, input_ = row.source.home, row.source.input
    if home is None or input_ is None:
        return None
    return home.school, input_, (row.occurred_at or row.received_at).astimezone(home.zone).date()


async def insert_confirmations(connection: Connection, confirmations: Sequence[Confirmation], shift: timedelta) -> None:
    """Stores when the receipts of live presses were confirmed, and marks the schools to be judged anew; of one press
    the first counts."""
    await connection.execute(_SQL["insert_confirmations"], write_rows(confirmations), shift)


async def insert_quarantine(connection: Connection, rows: Sequence[Quarantined]) -> None:
    """Stores what could not be read."""
    await connection.execute(_SQL["quarantine"], write_rows(rows))


async def ensure_evidence_partition(connection: Connection, day: date) -> None:
    """Makes the partition for `day` when it is missing."""
    await connection.execute(_SQL["ensure_partition"], day)
