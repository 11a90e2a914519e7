"""States, gates, visitors, check-ins and outputs: read, filed as facts or evidence, or quarantined with the reason."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import uuid4

from alerts.domain.arrivals import Arrival, Channel
from alerts.domain.payloads import NotReadable, kept, read_object, said_text
from alerts.domain.reports import read_evidence, read_state
from alerts.incidents.outputs import OutputReport
from alerts.intake.placing import said_device
from alerts.intake.sources import KnownSource, KnownSources
from alerts.storage.database import Connection
from alerts.storage.devices import StateFacts, take_states
from alerts.storage.evidence import (
    KnownMarks,
    NewEvidence,
    Quarantined,
    insert_evidence,
    insert_quarantine,
)


class ReportIntake:
    """Takes in batches of reports, and knows from one to the next who speaks, and which schools are marked already."""

    def __init__(self, silence_limit_seconds: int) -> None:
        self._silence_limit_seconds = silence_limit_seconds
        self._sources = KnownSources()
        self._marks = KnownMarks()

    async def take_batch(self, connection: Connection, arrivals: Sequence[Arrival], now: datetime) -> None:
        """Files a batch inside the caller's transaction."""
        states: dict[str, tuple[Arrival, StateFacts]] = {}
        evidence: list[NewEvidence] = []
        unread: list[Quarantined] = []
        sources = await self._sources.find(connection, arrivals)
        for arrival in arrivals:
            try:
                if arrival.channel == Channel.STATE:
                    facts, problems = _read_facts(arrival)
                    states[facts.device] = (arrival, facts)
                    unread.extend(quarantined(arrival, problem, now) for problem in problems)
                else:
                    evidence.append(_read_evidence(arrival, sources[arrival.topic]))
            except NotReadable as error:
                unread.append(quarantined(arrival, error.reason, now))
        if states:
            strangers = await self._take_states(connection, states)
            unread.extend(quarantined(arrival, "unknown_device", now) for arrival in strangers)
        if evidence:
            await insert_evidence(connection, evidence, now, self._marks)
        if unread:
            await insert_quarantine(connection, unread)

    async def _take_states(
        self, connection: Connection, states: Mapping[str, tuple[Arrival, StateFacts]]
    ) -> list[Arrival]:
        """Returns those of devices that nobody registered."""
        facts = [facts for _, facts in states.values()]
        registered = await take_states(connection, facts, self._silence_limit_seconds)
        return [arrival for device, (arrival, _) in states.items() if device not in registered]


def read_output_report(arrival: Arrival) -> OutputReport | None:
    """What a device says of one of its outputs; None for all else, and for what cannot be read."""
    if arrival.channel != Channel.OUTPUT or arrival.retained:
        return None
    try:
        read_evidence(Channel.OUTPUT, arrival.payload)
        fields, _ = read_object(arrival.payload)
    except NotReadable:
        return None
    return OutputReport(said_device(arrival), fields["command"], fields["on"])


def quarantined(arrival: Arrival, reason: str, now: datetime) -> Quarantined:
    """An arrival as a row of the quarantine."""
    return Quarantined(
        topic=said_text(arrival.topic),
        device=arrival.device and said_text(arrival.device),
        channel=said_text(arrival.channel),
        reason=reason,
        payload=kept(arrival.payload),
        payload_bytes=len(arrival.payload),
        received_at=arrival.received_at,
        recorded_at=now,
    )


def _read_facts(arrival: Arrival) -> tuple[StateFacts, tuple[str, ...]]:
    report = read_state(arrival.payload)
    facts = StateFacts(
        device=said_device(arrival),
        at=arrival.received_at,
        seen=report.online and not arrival.retained,
        online=report.online,
        boot=report.boot,
        firmware=report.firmware,
        battery=report.battery,
        mains=report.mains,
        tamper=report.tamper,
        rssi=report.rssi,
        interval_seconds=report.interval_seconds,
    )
    return facts, report.problems


def _read_evidence(arrival: Arrival, source: KnownSource) -> NewEvidence:
    read = read_evidence(Channel(arrival.channel), arrival.payload)
    return NewEvidence(
        source,
        read.on_date(arrival.received_at),
        read.identity or f"any:{uuid4().hex}",
        read.occurred_at,
        arrival.received_at,
        f"{{{','.join(read.problems + source.problems)}}}",
        arrival.payload,
    )
