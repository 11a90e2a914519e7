"""Random histories as boards saw them: what the live feed's snapshot was at some instants, and the replay of them."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec

from alerts.domain.board import Snapshot, divide
from alerts.domain.rights import CITY, Place
from alerts.feed import read_snapshot
from alerts.replay import PastBoard, keep_keyframe, read_past_board, read_past_changes
from alerts.storage.database import Database
from tests.alerts.storage.test_log import happen
from tests.alerts.story import Story

PLACES = (CITY, Place("370202"), Place(school="S1"))
STEPS = 40


@dataclass(frozen=True, slots=True)
class Seen:
    """What the boards of each place showed at an instant."""

    at: datetime
    position: int
    boards: dict[Place, dict[str, Any]]


async def live_a_while(story: Story, chance: random.Random) -> list[Seen]:
    """Lets random things happen, with a keyframe now and then; what boards were shown in between."""
    await keep_keyframe(story.database)
    seen: list[Seen] = []
    for _ in range(STEPS):
        await happen(story, chance)
        if chance.random() < 0.3:
            await keep_keyframe(story.database)
        if chance.random() < 0.2:
            seen.append(_see(await read_snapshot(story.database)))
    return seen


def _see(snapshot: Snapshot) -> Seen:
    parts = {CITY: snapshot, **divide(snapshot)}
    return Seen(snapshot.at, snapshot.position, {place: as_board(parts[place]) for place in PLACES})


def as_board(shown: Snapshot | PastBoard) -> dict[str, Any]:
    """A board by the keys of its items."""
    said = msgspec.json.decode(msgspec.json.encode(shown))
    return {
        "districts": said["districts"],
        "schools": {item["code"]: item for item in said["schools"]},
        "incidents": {item["id"]: item for item in said["incidents"]},
        "compliance": {item["school"]: item for item in said["compliance"]},
    }


async def replay(database: Database, start: Seen, end: Seen, place: Place) -> dict[str, Any]:
    """As the page asks for it: the board at `start`, the changes up to `end` page by page, and what must come of it."""
    past = await read_past_board(database, start.at, place)
    changes: list[Any] = []
    after, more = past.position, True
    since = start.at
    while more:
        told = await read_past_changes(database, after, since, end.at, place, 3)
        changes += [
            {"type": "change", "cursor": str(one.position), "kind": one.change.kind, "item": one.change.item}
            for one in told.items
        ]
        after, since, more = told.position, told.until, told.more
    snapshot = {"type": "snapshot", "cursor": str(past.position), "at": past.at}
    lists = {name: getattr(past, name) for name in ("districts", "schools", "incidents", "compliance")}
    return {"snapshot": snapshot | lists, "changes": changes, "expected": end.boards[place]}
