"""The outbox: who is to be told what, and what became of it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from alerts.domain.escalation import Running
from alerts.domain.people import DeliveryState, Method
from alerts.domain.reaching import Attempt
from alerts.domain.registry import PostKind
from alerts.storage.database import Connection
from alerts.storage.incidents import read_running
from alerts.storage.records import read_record, read_records, write_rows
from alerts.storage.statements import read_statements

_SQL = read_statements("deliveries")
NOTIFY_CHANNEL = "campus_delivery"


@dataclass(frozen=True, slots=True)
class QueuedDelivery:
    """A row to be of the table `delivery`: one message to one person by one channel, about an incident or a notice.

    Without a `confirm_by` nothing else is tried when it does not arrive. `code` is what the person answers with.
    `neighbour`: it is the incident of another school; a person's further methods say so too.
    """

    incident: int | None
    person: str
    post_kind: PostKind | None
    channel: str
    live: bool
    now: datetime
    due_at: datetime
    reason: str = "step"
    round: int = 1
    step: int = 0
    address: str = ""
    attempt: int = 1
    confirm_by: datetime | None = None
    notice: int | None = None
    code: str | None = None
    neighbour: bool = False


@dataclass(frozen=True, slots=True)
class LeasedDelivery:
    """A message that this process is to send now."""

    id: int
    incident: int | None
    notice: int | None
    reason: str
    round: int
    step: int
    person: str
    person_name: str
    phone: str
    post_kind: PostKind | None
    channel: str
    address: str
    idempotency_key: UUID
    attempts: int
    queued_at: datetime
    live: bool
    code: str | None
    zone: str = "Asia/Shanghai"
    neighbour: bool = False


@dataclass(frozen=True, slots=True)
class SentDelivery:
    """A message that a channel took; with `confirms` the provider tells later whether it arrived."""

    id: int
    provider_id: str | None
    confirms: bool


@dataclass(frozen=True, slots=True)
class Confirmation:
    """What a provider says later of a message: delivered, seen or failed."""

    id: int
    state: DeliveryState
    error: str | None = None


@dataclass(frozen=True, slots=True)
class SpokenOf:
    """A message that a provider speaks of, and to whom it went."""

    id: int
    incident: int | None
    notice: int | None
    provider_id: str | None
    idempotency_key: UUID
    person: str
    person_name: str
    post_kind: PostKind | None
    channel: str
    reason: str
    step: int
    round: int


@dataclass(frozen=True, slots=True)
class OverdueAttempt:
    """A message of a step in which something is not confirmed in time; `overdue`: this one is it."""

    attempt: Attempt
    overdue: bool


@dataclass(frozen=True, slots=True)
class Refusal:
    """What a channel refused: when to try again, why it failed, and whether trying again is of no use."""

    id: int
    due_at: datetime
    error: str
    final: bool


@dataclass(frozen=True, slots=True)
class PeopleCount:
    """How many people an incident addressed, and how many a message reached."""

    incident: int
    told: int
    reached: int


async def queue_deliveries(connection: Connection, rows: Sequence[QueuedDelivery]) -> None:
    """Puts messages into the outbox; one that is there already is not doubled."""
    if rows:
        await connection.execute(_SQL["queue"], write_rows(rows))


async def count_people(connection: Connection, incidents: Sequence[int]) -> dict[int, PeopleCount]:
    """How many people each incident addressed and reached; an incident that told nobody is missing."""
    rows = read_records(await connection.fetch(_SQL["count_people"], incidents), PeopleCount)
    return {row.incident: row for row in rows}


async def cover_deliveries(connection: Connection, incidents: Sequence[int]) -> None:
    """Takes what is still queued for these incidents out of the outbox."""
    await connection.execute(_SQL["cover"], incidents)


async def claim_deliveries(
    connection: Connection, channel: str, now: datetime, limit: int, lease: timedelta, *, only_live: bool
) -> list[LeasedDelivery]:
    """Messages of a channel that are due, live ones first; they come back after `lease` unless marked before."""
    rows = await connection.fetch(_SQL["claim"], channel, now, limit, lease, not only_live)
    return read_records(rows, LeasedDelivery)


async def read_next_delivery_due(connection: Connection, channel: str, *, only_live: bool) -> datetime | None:
    """When the channel's next message is due."""
    due_at: datetime | None = await connection.fetchval(_SQL["read_next_due"], channel, not only_live)
    return due_at


async def mark_sent(connection: Connection, sent: Sequence[SentDelivery], now: datetime) -> None:
    """The channel took them."""
    await connection.execute(_SQL["mark_sent"], write_rows(sent), now)


async def mark_refused(connection: Connection, refusals: Sequence[Refusal], now: datetime) -> None:
    """The channel did not take them."""
    await connection.execute(_SQL["mark_refused"], write_rows(refusals), now)


async def confirm_deliveries(connection: Connection, confirmations: Sequence[Confirmation], now: datetime) -> list[int]:
    """Writes down what providers said; returns the ids of messages for which it was news."""
    rows = await connection.fetch(_SQL["confirm"], write_rows(confirmations), now)
    return [row["id"] for row in rows]


async def find_spoken_of(
    connection: Connection, channel: str, ids: Sequence[str], keys: Sequence[UUID]
) -> list[SpokenOf]:
    """The messages that a provider speaks of, by its ids or our keys; what is not ours is missing."""
    return read_records(await connection.fetch(_SQL["find_spoken_of"], channel, ids, keys), SpokenOf)


async def queue_next_of_notices(connection: Connection, failed: Sequence[int], now: datetime) -> None:
    """Sends notices that failed for good by their people's next methods."""
    await connection.execute(_SQL["queue_next_of_notices"], failed, now)


async def lock_overdue_incidents(connection: Connection, now: datetime, limit: int) -> list[Running]:
    """Incidents with messages that are not confirmed in time, locked; those that another engine holds are passed by."""
    ids = [row["incident"] for row in await connection.fetch(_SQL["list_overdue_incidents"], now, limit)]
    return [read_running(row) for row in await connection.fetch(_SQL["lock_overdue_incidents"], ids)] if ids else []


async def list_attempts(connection: Connection, incidents: Sequence[int], now: datetime) -> list[OverdueAttempt]:
    """All messages of the steps of these incidents in which something is overdue."""
    rows = await connection.fetch(_SQL["list_attempts"], incidents, now)
    return [OverdueAttempt(read_record(row, Attempt), row["overdue"]) for row in rows]


async def settle_overdue(connection: Connection, ids: Sequence[int]) -> None:
    """These messages are not waited for any more."""
    await connection.execute(_SQL["settle_overdue"], ids)


async def list_methods(connection: Connection, people: Sequence[str]) -> dict[str, list[Method]]:
    """How people can be reached now, best first; who cannot is missing."""
    methods: dict[str, list[Method]] = defaultdict(list)
    for row in await connection.fetch(_SQL["list_methods"], people):
        methods[row["person"]].append(Method(row["channel"], row["address"]))
    return methods


async def read_next_unconfirmed(connection: Connection) -> datetime | None:
    """When the next message is overdue."""
    due_at: datetime | None = await connection.fetchval(_SQL["read_next_unconfirmed"])
    return due_at


async def list_channel_codes(connection: Connection) -> list[str]:
    """All channels that the service knows."""
    return [row["code"] for row in await connection.fetch(_SQL["list_channel_codes"])]


async def switch_channel(connection: Connection, channel: str, *, on: bool, confirms: bool) -> None:
    """Says whether new messages use a channel, and whether its provider tells what arrived."""
    await connection.execute(_SQL["switch_channel"], channel, on, confirms)
