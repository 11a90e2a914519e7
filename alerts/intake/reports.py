"""States, gates, visitors, check-ins and outputs: read, filed as facts or evidence, or quarantined with the reason."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import uuid4

from alerts.domain.arrivals import Arrival, Channel
from alerts.domain.payloads import NotReadable, kept, read_object, said_text
from alerts.domain.reports import read_evidence, read_state
from alerts.incidents.outputs import OutputReport
from alerts.intake.placing import said_device
from alerts.storage.database import Connection
from alerts.storage.devices import StateFacts, take_states
from alerts.storage.evidence import NewEvidence, Quarantined, insert_evidence, insert_quarantine


async def take_report_batch(
    connection: Connection, arrivals: Sequence[Arrival], now: datetime, limit_seconds: int
) -> None:
    """Files a batch inside the caller's transaction."""
    states: dict[str, tuple[Arrival, StateFacts]] = {}
    evidence: list[NewEvidence] = []
    unread: list[Quarantined] = []
    for arrival in arrivals:
        try:
            if arrival.channel == Channel.STATE:
                facts, problems = _read_facts(arrival)
                states[facts.device] = (arrival, facts)
                unread.extend(quarantined(arrival, problem, now) for problem in problems)
            else:
                evidence.append(_read_evidence(arrival))
        except NotReadable as error:
            unread.append(quarantined(arrival, error.reason, now))
    if states:
        registered = await take_states(connection, [facts for _, facts in states.values()], limit_seconds)
        strangers = (arrival for device, (arrival, _) in states.items() if device not in registered)
        unread.extend(quarantined(arrival, "unknown_device", now) for arrival in strangers)
    if evidence:
        await insert_evidence(connection, evidence, now)
    if unread:
        await insert_quarantine(connection, unread)


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


def _read_evidence(arrival: Arrival) -> NewEvidence:
    read = read_evidence(Channel(arrival.channel), arrival.payload)
    return NewEvidence(
        read.on_date(arrival.received_at),
        said_device(arrival),
        arrival.channel,
        read.identity or f"any:{uuid4().hex}",
        arrival.school and said_text(arrival.school),
        arrival.district and said_text(arrival.district),
        said_text(arrival.topic),
        read.occurred_at,
        arrival.received_at,
        ",".join(read.problems),
        arrival.payload,
    )
