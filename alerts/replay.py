"""The board as it was: the newest keyframe before an instant, and the rows of the log after it, as boards took them.

What was shown follows the order of commits, and a row's own time is when its transaction began: a row that was
overtaken counts from the time of the row before it, for no board could show it earlier.
"""

from __future__ import annotations

import asyncio
import zlib
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec

from alerts.domain.chain import LogRow
from alerts.domain.keyframes import KEYFRAME_ROWS, OLD_AFTER, OLD_ROWS, thin_out
from alerts.domain.rights import CITY, Place
from alerts.feed import Change, changes_of, read_snapshot
from alerts.storage import keyframes
from alerts.storage.database import Database
from alerts.storage.keyframes import Keyframe
from alerts.storage.log import read_log_after, read_log_head
from alerts.storage.registry import read_school_districts

MOST_ROWS = 50_000  # after a keyframe: more only when nobody made keyframes for long
_PAGE = 500
_THINNED_AT_A_TIME = 200


class NotRecorded(LookupError):
    """No board of that time is kept."""


class TooFar(Exception):
    """So much lies between the instant and the keyframe before it that it is not read while boards wait."""


@dataclass(frozen=True, slots=True)
class PastBoard:
    """What a place was shown at an instant, as JSON; everything is known up to the row at `position`."""

    position: int
    at: datetime
    districts: list[msgspec.Raw]
    schools: list[msgspec.Raw]
    incidents: list[msgspec.Raw]
    compliance: list[msgspec.Raw]


@dataclass(frozen=True, slots=True)
class PastChange:
    """A change as the boards were told it, and when."""

    at: datetime
    position: int
    change: Change


@dataclass(frozen=True, slots=True)
class PastChanges:
    """What happened up to `until`; with `more` there is more of it after the row at `position`."""

    items: list[PastChange]
    until: datetime
    position: int
    more: bool


class _Key(msgspec.Struct):
    id: int = 0
    code: str = ""
    school: str | None = None
    district: str | None = None
    state: str = ""


class _Kept(msgspec.Struct):
    districts: list[msgspec.Raw] = []
    schools: list[msgspec.Raw] = []
    incidents: list[msgspec.Raw] = []
    compliance: list[msgspec.Raw] = []


class _Fold:
    """The newest item of each key; what is closed is gone."""

    def __init__(self, keyframe: Keyframe) -> None:
        kept = msgspec.json.decode(zlib.decompress(keyframe.board), type=_Kept)
        self.districts = kept.districts
        self.schools: dict[str, msgspec.Raw] = {}
        self.incidents: dict[int, tuple[Place, msgspec.Raw]] = {}
        self.compliance: dict[str, msgspec.Raw] = {}
        self.district_of: dict[str, str | None] = {}
        for kind, items in (("school", kept.schools), ("incident", kept.incidents), ("compliance", kept.compliance)):
            for item in items:
                self.take(kind, item)

    def take(self, kind: str, item: msgspec.Raw) -> None:
        key = msgspec.json.decode(item, type=_Key) if kind != "device" else _Key()
        if kind == "school":
            self.schools[key.code] = item
            self.district_of[key.code] = key.district
        elif kind == "compliance" and key.school is not None:
            self.compliance[key.school] = item
        elif kind == "incident" and key.state == "closed":
            self.incidents.pop(key.id, None)
        elif kind == "incident":
            self.incidents[key.id] = (Place(key.district, key.school), item)

    def narrow(self, place: Place, position: int, at: datetime) -> PastBoard:
        own = place.district or self.district_of.get(place.school or "")
        return PastBoard(
            position,
            at,
            [one for one in self.districts if place == CITY or msgspec.json.decode(one, type=_Key).code == own],
            [item for code, item in self.schools.items() if place.holds(Place(self.district_of[code], code))],
            [item for where, item in self.incidents.values() if place.holds(where)],
            [
                item
                for school, item in self.compliance.items()
                if place.holds(Place(self.district_of.get(school), school))
            ],
        )


async def keep_keyframe(database: Database) -> bool:
    """Keeps the board as it is now if enough happened since the last time. Returns whether it did."""
    async with database.connection() as connection:
        newest = await keyframes.read_newest_position(connection)
        head = (await read_log_head(connection)).position
    if newest is not None and head - newest < KEYFRAME_ROWS:
        return False
    snapshot = await read_snapshot(database)
    board = await asyncio.to_thread(lambda: zlib.compress(msgspec.json.encode(snapshot)))
    async with database.connection() as connection:
        await keyframes.insert_keyframe(connection, Keyframe(snapshot.position, snapshot.at, board))
    return True


async def thin_keyframes(database: Database) -> int:
    """One transaction: some old keyframes that stand closer together than they need, or before the log begins, go.
    Returns how many."""
    async with database.transaction() as connection:
        useless = await keyframes.drop_before_log(connection)
        old = await keyframes.list_positions(connection, await database.read_now(connection) - OLD_AFTER)
        needless = thin_out(old, OLD_ROWS)[:_THINNED_AT_A_TIME]
        await keyframes.drop_keyframes(connection, needless)
    return useless + len(needless)


async def read_first_at(database: Database) -> datetime | None:
    """Since when boards can be shown as they were; None while nothing is kept."""
    async with database.connection() as connection:
        return await keyframes.read_first_at(connection)


async def read_past_board(database: Database, at: datetime, place: Place) -> PastBoard:
    """The board of a place at an instant. Raises NotRecorded and TooFar."""
    async with database.connection() as connection:
        keyframe = await keyframes.find_keyframe(connection, at)
    if keyframe is None:
        raise NotRecorded("no board of that time is kept")
    fold, position = _Fold(keyframe), keyframe.position
    async for shown_at, row in _read_rows(database, keyframe.position, keyframe.at):
        if shown_at > at:
            break
        if row.position - keyframe.position > MOST_ROWS:
            raise TooFar(f"more than {MOST_ROWS} rows of the log lie between the last keyframe and that time")
        for change in changes_of(row):
            fold.take(change.kind, change.item)
        position = row.position
    return fold.narrow(place, position, at)


async def read_past_changes(
    database: Database, after: int, since: datetime, until: datetime, place: Place, limit: int
) -> PastChanges:
    """What a place was told after the row at `after`, whose board was shown at `since`: of at most `limit` rows."""
    districts = {} if place == CITY else await _read_districts(database)
    items: list[PastChange] = []
    position, reached = after, since
    async for shown_at, row in _read_rows(database, after, since):
        if shown_at > until:
            return PastChanges(items, until, position, more=False)
        if row.position - after > limit:
            return PastChanges(items, reached, position, more=True)
        items += [
            PastChange(shown_at, row.position, one) for one in changes_of(row) if _concerns(one, place, districts)
        ]
        position, reached = row.position, shown_at
    async with database.connection() as connection:
        now = await database.read_now(connection)
    return PastChanges(items, min(until, max(now, reached)), position, more=False)


async def _read_rows(database: Database, after: int, shown_at: datetime) -> AsyncIterator[tuple[datetime, LogRow]]:
    """Rows after a position with when boards could show them; a page at a time: between, live boards are served."""
    while True:
        async with database.connection() as connection:
            rows = await read_log_after(connection, after, _PAGE)
        for row in rows:
            shown_at = max(shown_at, row.at)
            yield shown_at, row
        if len(rows) < _PAGE:
            return
        after = rows[-1].position


async def _read_districts(database: Database) -> Mapping[str, str]:
    async with database.connection() as connection:
        districts: Mapping[str, Any] = await read_school_districts(connection)
    return districts


def _concerns(change: Change, place: Place, districts: Mapping[str, str]) -> bool:
    where = change.place
    if where.school is not None and where.district is None:
        where = Place(districts.get(where.school), where.school)
    return place.holds(where)
