"""The change feed: the log, followed. LISTEN only wakes; the table tells."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import msgspec
import structlog

from alerts.domain.chain import LogRow
from alerts.domain.rights import Place
from alerts.outage import Outage
from alerts.storage.board import read_snapshot
from alerts.storage.database import Database
from alerts.storage.errors import StorageUnavailable
from alerts.storage.log import NOTIFY_CHANNEL, read_log_after, read_log_head
from alerts.storage.waking import Waker

__all__ = ["Change", "changes_of", "follow", "read_head_position", "read_snapshot"]

_log = structlog.get_logger()
_PAGE = 500
_SAFETY_SECONDS = 1.0  # a notification can be lost with its connection: the table is asked anyway


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that is not as it was: `item` is the whole thing as it is now, as JSON. `place` is where it says it is:
    devices and verdicts name their school and no district."""

    kind: str
    item: msgspec.Raw
    place: Place


class _Item(msgspec.Struct):
    """What a thing says of where it is. A school is where it is itself."""

    code: Any = None
    school: Any = None
    district: Any = None


class _Body(msgspec.Struct):
    """The parts of a log row's body that a board replays."""

    incident: msgspec.Raw = msgspec.Raw()
    devices: msgspec.Raw = msgspec.Raw()
    schools: msgspec.Raw = msgspec.Raw()
    compliance: msgspec.Raw = msgspec.Raw()


def changes_of(row: LogRow) -> list[Change]:
    """What a row of the log changes on a board, in order: its incident, its devices, their schools, and how schools
    stand by their rules. Rows of other kinds may say something else under these names, a count or codes: no row may end
    a board."""
    body = msgspec.json.decode(row.body, type=_Body)
    changes = [_change("incident", body.incident)] if _is_thing(body.incident) else []
    changes += [_change("device", item) for item in _list_things(body.devices)]
    changes += [_change("school", item) for item in _list_things(body.schools)]
    return changes + [_change("compliance", item) for item in _list_things(body.compliance)]


def _change(kind: str, item: msgspec.Raw) -> Change:
    said = msgspec.json.decode(item, type=_Item)
    school = said.code if kind == "school" else said.school
    return Change(kind, item, Place(_text(said.district), _text(school)))


def _text(said: Any) -> str | None:
    return said if isinstance(said, str) else None


def _is_thing(said: msgspec.Raw) -> bool:
    return bytes(said)[:1] == b"{"


def _list_things(said: msgspec.Raw) -> list[msgspec.Raw]:
    if bytes(said)[:1] != b"[":
        return []
    return [item for item in msgspec.json.decode(said, type=list[msgspec.Raw]) if _is_thing(item)]


async def read_head_position(database: Database) -> int:
    """The position of the newest row."""
    async with database.connection() as connection:
        return (await read_log_head(connection)).position


async def follow(database: Database, after: int) -> AsyncIterator[list[LogRow]]:
    """Yields the log's rows after a position, in pages, for ever; an empty page at least each second.

    While the database is away it yields nothing and tries again; nothing is missing afterwards.
    """
    outage = Outage()
    async with Waker.listening(database, NOTIFY_CHANNEL) as waker:
        while True:
            try:
                async with database.connection() as connection:
                    rows = await read_log_after(connection, after, _PAGE)
            except StorageUnavailable as error:
                if outage.begin():
                    _log.warning("feed.database.lost", error=str(error))
                await waker.wait(_SAFETY_SECONDS)
                continue
            if (away_seconds := outage.end()) is not None:
                _log.info("feed.database.back", away_seconds=away_seconds)
            if rows:
                after = rows[-1].position
            yield rows
            if len(rows) < _PAGE:
                await waker.wait(_SAFETY_SECONDS)
