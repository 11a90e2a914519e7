"""Messages as people answer them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from alerts.storage.database import Connection
from alerts.storage.records import read_record, read_records
from alerts.storage.statements import read_statements

_SQL = read_statements("answering")


@dataclass(frozen=True, slots=True)
class AnswerableMessage:
    """A message about an incident, with the person whom it called. `namesake`: somebody else whom the incident called
    has the same name. `zone` is the school's."""

    id: int
    incident: int
    person: str
    person_name: str
    namesake: bool
    post_kind: str | None
    channel: str
    address: str
    reason: str
    round: int
    step: int
    code: str | None
    zone: str
    seen_at: datetime | None
    answered_at: datetime | None
    answer: str | None
    late_answer: str | None


async def read_message(connection: Connection, id_: int) -> AnswerableMessage | None:
    """A message about an incident; None when there is none of that number, or it is about something else."""
    row = await connection.fetchrow(_SQL["read"], id_)
    return None if row is None else read_record(row, AnswerableMessage)


async def lock_message(connection: Connection, id_: int) -> None:
    """Locks a message for a change; its incident must be locked before."""
    await connection.execute(_SQL["lock"], id_)


async def find_called(connection: Connection, channel: str, provider_id: str) -> int | None:
    """The message that a provider's call carried."""
    id_: int | None = await connection.fetchval(_SQL["find_called"], channel, provider_id)
    return id_


async def list_messages_to(
    connection: Connection, channel: str, addresses: Sequence[str], since: datetime
) -> list[AnswerableMessage]:
    """Messages about incidents that went to any of these addresses since then, newest first."""
    return read_records(await connection.fetch(_SQL["list_to"], channel, addresses, since), AnswerableMessage)


async def list_open_among(connection: Connection, incidents: Sequence[int]) -> set[int]:
    """Those of these incidents that are not closed."""
    return {row["id"] for row in await connection.fetch(_SQL["list_open_among"], incidents)}


async def mark_seen(connection: Connection, id_: int, now: datetime) -> None:
    """The person has the message before their eyes."""
    await connection.execute(_SQL["mark_seen"], id_, now)


async def mark_answered(connection: Connection, id_: int, answer: str, now: datetime) -> None:
    """The person's answer counts; nothing more needs to reach this person about the incident in this round."""
    await connection.execute(_SQL["mark_answered"], id_, answer, now)
    await connection.execute(_SQL["cover_others"], id_)


async def mark_late(connection: Connection, id_: int, answer: str, now: datetime) -> None:
    """The person answered too late."""
    await connection.execute(_SQL["mark_late"], id_, answer, now)


async def list_takers(connection: Connection, incidents: Sequence[int]) -> dict[int, set[str]]:
    """The people who answered in the present round of incidents that are still open, by incident."""
    takers: dict[int, set[str]] = {}
    for row in await connection.fetch(_SQL["list_takers"], incidents):
        takers.setdefault(row["incident"], set()).add(row["person"])
    return takers


async def was_told_back(connection: Connection, channel: str, address: str, since: datetime) -> bool:
    """Whether somebody at this address was told what became of an answer since then."""
    told: bool = await connection.fetchval(_SQL["was_told_back"], channel, address, since)
    return told
