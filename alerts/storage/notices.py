"""Notices on disk: what is told to people and is not about an incident."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

import msgspec

from alerts.domain.registry import PostKind
from alerts.storage.database import Connection
from alerts.storage.records import read_records
from alerts.storage.statements import read_statements

_SQL = read_statements("notices")


class NoticeKind(StrEnum):
    """A notice that somebody wrote, the code that verifies a contact method, what became of somebody's answer, or what
    was changed of how somebody signs in."""

    NOTICE = "notice"
    VERIFICATION = "verification"
    ANSWER = "answer"
    SIGN_IN = "sign_in"


@dataclass(frozen=True, slots=True)
class Notice:
    """What is told: one line, and all of it."""

    id: int
    kind: NoticeKind
    title: str
    text: str
    sent_by: str
    sent_at: datetime


async def read_notices(connection: Connection, ids: Sequence[int]) -> list[Notice]:
    """Notices by id; unknown ones are missing."""
    return read_records(await connection.fetch(_SQL["read"], ids), Notice)


async def insert_notice(connection: Connection, notice: Notice) -> int:
    """Stores a notice (its `id` is not looked at) and returns its id."""
    id_: int = await connection.fetchval(
        _SQL["insert"], notice.kind, notice.title, notice.text, notice.sent_by, notice.sent_at
    )
    return id_


@dataclass(frozen=True, slots=True)
class Audience:
    """Whom a notice is meant for: who holds a post (of these kinds; none: of any) in the whole `city`, in districts or
    at schools, and people named by their codes."""

    city: bool = False
    districts: tuple[str, ...] = ()
    schools: tuple[str, ...] = ()
    posts: tuple[PostKind, ...] = ()
    people: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Listener:
    """Somebody whom a notice is meant for; without a channel nobody can reach them."""

    person: str
    person_name: str
    channel: str | None
    address: str | None


@dataclass(frozen=True, slots=True)
class NoticeProgress:
    """A notice and what became of it. `people` is how many it was meant for, `unreachable` how many of them no channel
    reaches. Each of the others is in one of the last five, by the best that became of any message to them."""

    id: int
    title: str
    text: str
    sent_by: str
    sent_at: datetime
    audience: Audience
    people: int
    unreachable: int
    queued: int
    handed_over: int
    delivered: int
    seen: int
    failed: int


@dataclass(frozen=True, slots=True)
class NoticeMessage:
    """One message of a notice. `attempt` counts the person's methods from 1, `attempts` how often it was tried."""

    id: int
    person: str
    person_name: str
    channel: str
    attempt: int
    state: str
    attempts: int
    queued_at: datetime
    due_at: datetime
    handed_over_at: datetime | None
    delivered_at: datetime | None
    seen_at: datetime | None
    error: str | None


@dataclass(frozen=True, slots=True)
class Unreachable:
    """Somebody whom a notice was meant for and whom no channel reaches."""

    person: str
    person_name: str


async def insert_sent_notice(
    connection: Connection, notice: Notice, audience: Audience, people: int, unreachable: Sequence[str]
) -> int:
    """Stores a notice to many (its `id` is not looked at) and returns its id."""
    said = msgspec.json.encode(audience).decode()
    id_: int = await connection.fetchval(
        _SQL["insert_sent"], notice.title, notice.text, notice.sent_by, notice.sent_at, said, people, unreachable
    )
    return id_


async def list_audience(connection: Connection, audience: Audience) -> list[Listener]:
    """Everybody whom an audience means, each once, with the best way to reach them."""
    rows = await connection.fetch(
        _SQL["list_audience"],
        audience.city,
        audience.districts,
        audience.schools,
        audience.posts,
        audience.people,
    )
    return read_records(rows, Listener)


async def find_shared_channel(connection: Connection) -> str | None:
    """A channel that takes messages for anybody, if one is on."""
    code: str | None = await connection.fetchval(_SQL["find_shared_channel"])
    return code


async def list_unknown(connection: Connection, audience: Audience) -> list[str]:
    """What an audience names and nobody registered, as `school S1`."""
    rows = await connection.fetch(_SQL["list_unknown"], audience.districts, audience.schools, audience.people)
    return [row["unknown"] for row in rows]


async def list_notice_progress(
    connection: Connection, *, before: int | None = None, id_: int | None = None, limit: int = 1
) -> list[NoticeProgress]:
    """Notices with what became of them, newest first."""
    rows = await connection.fetch(_SQL["list_progress"], before, id_, limit)
    return [msgspec.convert({**row, "audience": msgspec.json.decode(row["audience"])}, NoticeProgress) for row in rows]


async def list_notice_messages(
    connection: Connection, notice: int, *, after: int, state: str | None, limit: int
) -> list[NoticeMessage]:
    """The messages of a notice, oldest first."""
    return read_records(await connection.fetch(_SQL["list_people"], notice, after, state, limit), NoticeMessage)


async def list_unreachable(connection: Connection, notice: int) -> list[Unreachable]:
    """Whom a notice was meant for and cannot reach."""
    return read_records(await connection.fetch(_SQL["list_unreachable"], notice), Unreachable)
