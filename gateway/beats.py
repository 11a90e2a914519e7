"""Signs of life: the newest one of each device in memory, written in batches once a second. Beats are not rows.

The lane hears everything that devices say: whoever presses or reports lives as well as whoever beats, and what has no
lane is found. It is QoS 0: what is dropped here, at a limit that is counted, was never promised.
"""

import asyncio
from collections.abc import Sequence

import structlog

from alerts.domain.arrivals import Arrival, Channel
from gateway import wire
from gateway.connection import Connection
from gateway.deposit import Deposit, GaveUpError
from gateway.lanes import read_arrival
from gateway.line import Line
from gateway.metrics import DROPPED

_log = structlog.get_logger()

_WRITE_SECONDS = 1.0
_DEVICES_LIMIT = 200_000  # the stress is 35,000
_STRAYS_LIMIT = 2_000
_TAKE_LIMIT = 256
_BATCH_LIMIT = 1_000
# A state can be a last will, so it is judged by its own lane.
_SIGNS = frozenset(Channel) - {Channel.STATE}
_KNOWN = frozenset({*Channel, wire.RECEIPT, wire.COMMAND})


class LastSeen:
    """What came by the beats lane and is not written yet."""

    def __init__(self) -> None:
        self._beats: dict[str, Arrival] = {}
        self._strays: list[Arrival] = []

    def take(self, arrivals: Sequence[Arrival]) -> None:
        """Keep the newest sign of each device on each channel, and what has no lane; let go of the rest."""
        for arrival in arrivals:
            if arrival.channel not in _KNOWN or not _has_every_level(arrival.topic):
                self._keep_stray(arrival)
            elif arrival.channel in _SIGNS:
                self._keep_beat(arrival)

    def hand_out_beats(self) -> list[Arrival]:
        """At most a batch of beats, those longest here first; no longer kept here."""
        return [self._beats.pop(topic) for topic in [*self._beats][:_BATCH_LIMIT]]

    def hand_out_strays(self) -> list[Arrival]:
        """At most a batch of what has no lane, oldest first; no longer kept here."""
        handed, self._strays = self._strays[:_BATCH_LIMIT], self._strays[_BATCH_LIMIT:]
        return handed

    def _keep_beat(self, arrival: Arrival) -> None:
        if arrival.retained:
            DROPPED.labels("retained beat").inc()  # a broker's stored copy is no sign of life
        elif len(self._beats) >= _DEVICES_LIMIT and arrival.topic not in self._beats:
            DROPPED.labels("beat of one device too many").inc()
        else:
            self._beats[arrival.topic] = arrival

    def _keep_stray(self, arrival: Arrival) -> None:
        if len(self._strays) >= _STRAYS_LIMIT:
            DROPPED.labels("unknown channel").inc()
        else:
            self._strays.append(arrival)


class BeatsLane:
    """Hears the beats and writes what was last seen."""

    def __init__(self, line: Line, beats: Deposit, strays: Deposit) -> None:
        self.line = line
        self._beats = beats
        self._strays = strays
        self._last_seen = LastSeen()

    async def run(self) -> None:
        """Listen and write until the line is stopped."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self.line.serve(self._talk), name=f"{self.line.name} listening")
            group.create_task(self._keep_writing(), name=f"{self.line.name} writing")

    def stop(self) -> None:
        """Read nothing more, and write what was last seen."""
        self.line.stop()

    async def _keep_writing(self) -> None:
        stopped = False
        while not stopped:
            await self.line.pause(_WRITE_SECONDS)
            stopped = self.line.stopping
            try:
                await self._write()
            except GaveUpError:
                _log.warning("gateway.lane.gave_up", lane=self.line.name, reason="stopped while the database is away")

    async def _talk(self, connection: Connection) -> None:
        while batch := await connection.take(_TAKE_LIMIT):
            self._last_seen.take([read_arrival(delivery) for delivery in batch])
            connection.acknowledge(batch)

    async def _write(self) -> None:
        while beats := self._last_seen.hand_out_beats():
            await self._beats.store(beats)
        while strays := self._last_seen.hand_out_strays():
            await self._strays.store(strays)


def _has_every_level(topic: str) -> bool:
    return topic.startswith(f"{wire.ROOT}/") and topic.count("/") == wire.ROOT.count("/") + len(wire.LEVELS)
