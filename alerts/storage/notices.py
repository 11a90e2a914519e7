"""Notices on disk: what is told to people and is not about an incident."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from alerts.storage.database import Connection
from alerts.storage.records import read_records
from alerts.storage.statements import read_statements

_SQL = read_statements("notices")


class NoticeKind(StrEnum):
    """A notice that somebody wrote, or the code that verifies a contact method."""

    NOTICE = "notice"
    VERIFICATION = "verification"


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
