"""The outbox: who is to be told what, and what became of it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from alerts.domain.escalation import Fired, Recipient
from alerts.domain.incidents import Incident
from alerts.domain.presses import Mode
from alerts.domain.registry import PostKind
from alerts.storage.database import Connection
from alerts.storage.records import read_record, read_records, write_rows
from alerts.storage.statements import read_statements

_SQL = read_statements("deliveries")
NOTIFY_CHANNEL = "campus_delivery"

Recipients = Mapping[PostKind, Sequence[Recipient]]


@dataclass(frozen=True, slots=True)
class QueuedDelivery:
    """A row to be of the table `delivery`."""

    incident: int
    round: int
    step: int
    person: str
    post_kind: PostKind
    channel: str
    live: bool
    now: datetime


@dataclass(frozen=True, slots=True)
class LeasedDelivery:
    """A message that this process is to send now."""

    id: int
    incident: int
    round: int
    step: int
    person: str
    person_name: str
    phone: str
    post_kind: PostKind
    channel: str
    idempotency_key: UUID
    attempts: int
    queued_at: datetime
    live: bool


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


async def list_recipients(connection: Connection, incidents: Sequence[Incident]) -> dict[int, Recipients]:
    """For each incident, by post, the people who hold the posts of its school, its district and the city."""
    schools = sorted({incident.school for incident in incidents if incident.school})
    districts = sorted({incident.district for incident in incidents if incident.district})
    own: dict[str, list[Recipient]] = defaultdict(list)
    for row in await connection.fetch(_SQL["list_recipients"], schools):
        own[row["school"]].append(read_record(row, Recipient))
    shared: dict[str | None, list[Recipient]] = defaultdict(list)
    for row in await connection.fetch(_SQL["list_shared_recipients"], districts):
        shared[row["district"]].append(read_record(row, Recipient))
    return {
        incident.id: _by_post(
            own.get(incident.school or "", []),
            shared.get(incident.district, []) if incident.district else [],
            shared.get(None, []),
        )
        for incident in incidents
    }


def _by_post(*groups: Sequence[Recipient]) -> Recipients:
    posts: dict[PostKind, list[Recipient]] = defaultdict(list)
    for group in groups:
        for recipient in group:
            posts[recipient.post_kind].append(recipient)
    return posts


async def queue_deliveries(connection: Connection, fired: Sequence[tuple[Incident, Fired]], now: datetime) -> None:
    """Puts the messages of fired steps, each with its incident, into the outbox."""
    rows = [
        QueuedDelivery(
            incident=incident.id,
            round=step.round,
            step=step.step,
            person=who.person,
            post_kind=who.post_kind,
            channel=who.channel,
            live=incident.mode is Mode.LIVE,
            now=now,
        )
        for incident, step in fired
        for who in step.recipients
    ]
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


async def mark_delivered(connection: Connection, ids: Sequence[int], now: datetime) -> None:
    """The channel took them."""
    await connection.execute(_SQL["mark_delivered"], ids, now)


async def mark_refused(connection: Connection, refusals: Sequence[Refusal]) -> None:
    """The channel did not take them."""
    await connection.execute(_SQL["mark_refused"], write_rows(refusals))


async def switch_channel(connection: Connection, channel: str, *, on: bool) -> None:
    """Says whether new steps use a channel."""
    await connection.execute(_SQL["switch_channel"], channel, on)
