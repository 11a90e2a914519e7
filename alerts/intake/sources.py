"""Who speaks on a topic, and for which school. Known from batch to batch, until schools or devices change."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from alerts.domain.arrivals import Arrival
from alerts.domain.payloads import said_text
from alerts.intake.placing import said_device
from alerts.storage.database import Connection
from alerts.storage.evidence import Home, Source, find_homes, read_registry_changes

_LIMIT = 100_000  # topics: a device may name any school


class KnownSource(Source):
    """A source, and why what it says counts at no school."""

    __slots__ = ("problems",)

    def __init__(self, arrival: Arrival, home: Home | None) -> None:
        school = arrival.school and said_text(arrival.school)
        misplaced = home is not None and home.school != school
        super().__init__(
            said_text(arrival.topic),
            arrival.district and said_text(arrival.district),
            school,
            said_device(arrival),
            arrival.channel,
            None if misplaced else home,
        )
        self.problems = ("unknown_device",) * (home is None) + ("wrong_school",) * misplaced


class KnownSources:
    """The sources of topics, by topic."""

    def __init__(self) -> None:
        self._sources: dict[str, KnownSource] = {}
        self._changes: int | None = None

    async def find(self, connection: Connection, arrivals: Sequence[Arrival]) -> Mapping[str, KnownSource]:
        """Those of these arrivals, and others."""
        changes = await read_registry_changes(connection)
        if changes != self._changes or len(self._sources) > _LIMIT:
            # Counted before anything is read: what changes in between is read anew by the next batch.
            self._sources, self._changes = {}, changes
        strange = {arrival.topic: arrival for arrival in arrivals if arrival.topic not in self._sources}
        if strange:
            homes = await find_homes(connection, [said_device(arrival) for arrival in strange.values()])
            for topic, arrival in strange.items():
                self._sources[topic] = KnownSource(arrival, homes.get(said_device(arrival)))
        return self._sources
