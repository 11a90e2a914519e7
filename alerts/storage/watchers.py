"""Who looks at which incident right now, as the processes to which boards are connected tell each other."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import msgspec

from alerts.domain.rights import Place
from alerts.domain.watchers import Watcher
from alerts.storage.database import Connection
from alerts.storage.records import write_document
from alerts.storage.statements import read_statements

_SQL = read_statements("watchers")

NOTIFY_CHANNEL = "campus_watching"
PROCESS_LASTS = timedelta(seconds=15)  # it says every 5 s that it is alive: one word may be lost, and one come late
_read_people = msgspec.json.Decoder(list[Watcher]).decode


@dataclass(frozen=True, slots=True)
class WatchedIncident:
    """Where an incident is, and whether it is a live alarm that is not closed."""

    place: Place
    rings: bool


async def renew_process(connection: Connection, process: UUID, now: datetime) -> bool:
    """A process is alive, and those that are not are forgotten. Whether nobody knows what this one said."""
    is_new: bool = await connection.fetchval(_SQL["renew"], process, now, PROCESS_LASTS)
    return is_new


async def find_watched(connection: Connection, incidents: Collection[int]) -> dict[int, WatchedIncident]:
    """Those of them that there are."""
    rows = await connection.fetch(_SQL["find_incidents"], incidents)
    return {row["id"]: WatchedIncident(Place(row["district"], row["school"]), row["rings"]) for row in rows}


async def say_watchers(connection: Connection, process: UUID, people: Mapping[int, Collection[Watcher]]) -> None:
    """Tells the other processes whom this one has at incidents; of others it said before what it did."""
    said = [{"incident": incident, "people": its} for incident, its in people.items()]
    await connection.execute(_SQL["say"], process, write_document(said), NOTIFY_CHANNEL)


async def hear_watchers(connection: Connection, process: UUID, incidents: Collection[int]) -> dict[int, list[Watcher]]:
    """Whom the other processes have at incidents; those without anybody are left out."""
    found: dict[int, list[Watcher]] = {}
    for row in await connection.fetch(_SQL["hear"], process, incidents):
        found.setdefault(row["incident"], []).extend(_read_people(row["people"]))
    return found
